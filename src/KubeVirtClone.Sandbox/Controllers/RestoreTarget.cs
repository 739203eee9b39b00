using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>The VM a restore makes or changes.</summary>
internal sealed class RestoreTarget(Cluster cluster, JsonObject restore, JsonObject? machine)
{
    public const string OwnedByVmAnnotation = "restore.kubevirt.io/owned-by-vm";

    public JsonObject? Machine { get; private set; } = machine;

    /// <summary>Whether this very restore has already written the VM.</summary>
    public bool IsRestored => Machine?.Annotation(ClonePatches.LastRestoreAnnotation) == RestoreController.Mark(restore);

    public static JsonObject Owner(JsonObject machine) => Cluster.OwnerReference(machine, VirtualMachines.ApiVersion, VirtualMachines.KindName);

    public void MarkInProgress()
    {
        if (Machine is null || IsRestored)
            return;
        var current = Machine.TextAt("status", "restoreInProgress");
        if (current == restore.Name())
            return;
        if (current is not null)
            throw new ReconcileException($"vm restore {current} in progress");
        var copy = Machine.Copy();
        copy.Ensure("status")["restoreInProgress"] = restore.Name();
        Machine = cluster.UpdateStatus(cluster.Machines, copy);
    }

    public void MarkDone(bool required)
    {
        if (Machine is null)
        {
            if (required)
                throw new ReconcileException("At this point target should exist");
            return;
        }

        if (Machine.TextAt("status", "restoreInProgress") != restore.Name())
            return;
        var copy = Machine.Copy();
        copy.Ensure("status").Remove("restoreInProgress");
        copy.Ensure("status").Remove("memoryDumpRequest");
        Machine = cluster.UpdateStatus(cluster.Machines, copy);
    }

    /// <summary>True while there is still something to do; <paramref name="status"/> is brought up to date.</summary>
    public bool Reconcile(JsonObject content, JsonObject status)
    {
        if (IsRestored)
            return false;
        var source = content.ObjectAt("spec", "source", "virtualMachine") ?? throw new ReconcileException("unexpected snapshot source");
        if (NameDataVolumes(source, status))
            return true;
        var restored = Generate(source, status);
        if (ReconcileDataVolumes(restored, status))
            return true;
        Write(restored);
        return true;
    }

    // Volumes from a template get a DataVolume, which takes over the restored claim by its annotation.
    private bool NameDataVolumes(JsonObject source, JsonObject status)
    {
        var changed = false;
        foreach (var volume in status.ArrayAt("restores").Objects())
        {
            var name = volume.TextAt("volumeName");
            var original = VirtualMachines.Volumes(source).FirstOrDefault(v => v.TextAt("name") == name).TextAt("dataVolume", "name");
            if (original is null || !VirtualMachines.Templates(source).Any(t => t.Name() == original))
                continue;
            var dataVolume = RestoreVolumes.NameFor(restore, name ?? "", original);
            var claimName = volume.TextAt("persistentVolumeClaim") ?? "";
            var claim = cluster.Get(cluster.Claims, restore.Namespace(), claimName)
                ?? throw new ReconcileException($"pvc {restore.Namespace()}/{claimName} does not exist and should");
            if (claim.Annotation(CdiNames.PopulatedFor) != dataVolume)
            {
                var copy = claim.Copy();
                copy.Ensure("metadata", "annotations")[CdiNames.PopulatedFor] = dataVolume;
                copy.Ensure("metadata").Remove("ownerReferences");
                cluster.Update(cluster.Claims, copy);
            }

            if (volume.TextAt("dataVolumeName") != dataVolume)
            {
                volume["dataVolumeName"] = dataVolume;
                changed = true;
            }
        }

        return changed;
    }

    private JsonObject Generate(JsonObject source, JsonObject status)
    {
        var spec = source.ObjectAt("spec")!.Copy();
        ReplaceVolumes(spec, status);
        JsonObject restored;
        if (Machine is null)
        {
            var metadata = new JsonObject { ["name"] = restore.TextAt("spec", "target", "name"), ["namespace"] = restore.Namespace() };
            foreach (var field in (ReadOnlySpan<string>)["labels", "annotations"])
            {
                if (source.ObjectAt("metadata", field) is { } value)
                    metadata[field] = value.DeepClone();
            }

            restored = new JsonObject { ["metadata"] = metadata, ["spec"] = spec };
            if (spec["running"] is not null)
                spec["running"] = false;
            else
                spec["runStrategy"] = "Halted";
        }
        else
        {
            restored = Machine.Copy();
            restored["spec"] = spec;
            if (Machine.FlagAt("spec", "running") is not null)
            {
                spec["running"] = false;
                spec.Remove("runStrategy");
            }
            else
            {
                spec["runStrategy"] = VirtualMachines.RunStrategy(Machine);
                spec.Remove("running");
            }
        }

        restored.Ensure("metadata", "annotations")[ClonePatches.LastRestoreAnnotation] = RestoreController.Mark(restore);
        var firmware = source.Name() == restored.Name() ? spec.Ensure("template", "spec", "domain", "firmware") : null;
        if (firmware is not null && string.IsNullOrEmpty(firmware.TextAt("uuid")))
            firmware["uuid"] = VirtualMachines.LegacyFirmwareUuid(restored.Name());
        return restored;
    }

    private static void ReplaceVolumes(JsonObject spec, JsonObject status)
    {
        var restores = status.ArrayAt("restores").Objects().ToDictionary(r => r.TextAt("volumeName") ?? "");
        var templates = spec.ArrayAt("dataVolumeTemplates").Objects().ToList();
        var volumes = spec.ArrayAt("template", "spec", "volumes");
        if (volumes is null)
            return;
        var made = new JsonArray();
        foreach (var volume in volumes.Objects())
        {
            if (volume.ObjectAt("memoryDump") is not null)
                continue;
            var copy = volume.Copy();
            if (restores.TryGetValue(volume.TextAt("name") ?? "", out var restored) && VirtualMachines.IsSnapshottable(volume))
            {
                if (volume.TextAt("dataVolume", "name") is not { } dataVolume)
                {
                    copy.Ensure("persistentVolumeClaim")["claimName"] = restored.TextAt("persistentVolumeClaim");
                }
                else if (templates.Find(t => t.Name() == dataVolume) is { } template)
                {
                    template.Ensure("metadata")["name"] = restored.TextAt("dataVolumeName");
                    copy.Ensure("dataVolume")["name"] = restored.TextAt("dataVolumeName");
                }
                else
                {
                    copy = new JsonObject
                    {
                        ["name"] = volume.TextAt("name"),
                        ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = restored.TextAt("persistentVolumeClaim") },
                    };
                }
            }

            made.Add((JsonNode)copy);
        }

        if (made.Count > 0)
            spec.ObjectAt("template", "spec")!["volumes"] = made;
        else
            spec.ObjectAt("template", "spec")!.Remove("volumes");
    }

    private bool ReconcileDataVolumes(JsonObject restored, JsonObject status)
    {
        bool created = false, waiting = false;
        foreach (var template in VirtualMachines.Templates(restored))
        {
            if (cluster.Get(cluster.DataVolumes, restore.Namespace(), template.Name()) is { } dataVolume)
                waiting |= dataVolume.TextAt("status", "phase") is not ("Succeeded" or "WaitForFirstConsumer" or "PendingPopulation");
            else
                created |= CreateDataVolume(template);
        }

        if (Machine is not null)
        {
            var kept = VirtualMachines.Templates(restored).Select(t => t.Name()).ToHashSet();
            var obsolete = JsonAccess.StringArray(VirtualMachines.Templates(Machine).Select(t => t.Name()).Where(n => !kept.Contains(n)));
            if (!obsolete.Same(status.ArrayAt("deletedDataVolumes") ?? []))
            {
                status["deletedDataVolumes"] = obsolete;
                return true;
            }
        }

        return created || waiting;
    }

    private bool CreateDataVolume(JsonObject template)
    {
        var claim = cluster.Get(cluster.Claims, restore.Namespace(), template.Name())
            ?? throw new ReconcileException($"when creating restore dv pvc {restore.Namespace()}/{template.Name()} does not exist and should");
        if (claim.Annotation(CdiNames.PopulatedFor) != template.Name() || claim.ArrayAt("metadata", "ownerReferences") is { Count: > 0 })
            return false;
        if (template.ObjectAt("spec", "sourceRef") is { } reference
            && cluster.Get(cluster.DataSources, reference.TextAt("namespace") ?? restore.Namespace(), reference.TextAt("name") ?? "") is null)
        {
            throw new ReconcileException($"Unable to create restore DataVolume manifest: {cluster.DataSources.QualifiedResource} {GoText.Quote(reference.TextAt("name") ?? "")} not found");
        }

        var dataVolume = DataVolumeTemplates.Generate(cluster, template, restore.Namespace());
        var annotations = dataVolume.Ensure("metadata", "annotations");
        annotations[RestoreController.NameAnnotation] = restore.Name();
        annotations[CdiNames.PrePopulated] = "true";
        try
        {
            cluster.Create(cluster.DataVolumes, dataVolume);
        }
        catch (ApiException e)
        {
            cluster.Recorder.Warning(restore, "RestoreDataVolumeCreateError", $"Error creating restore DataVolume {template.Name()}: {e.Message}", RestoreController.Component);
            throw new ReconcileException("Failed to create restore DataVolume: " + e.Message, e);
        }

        return true;
    }

    private void Write(JsonObject restored)
    {
        var snapshotName = restore.TextAt("spec", "virtualMachineSnapshotName") ?? "";
        foreach (var matcher in (ReadOnlySpan<string>)["instancetype", "preference"])
        {
            if (restored.TextAt("spec", matcher, "revisionName") is { Length: > 0 } revision)
                restored.ObjectAt("spec", matcher)!["revisionName"] = InstancetypeRevisions.Restore(cluster, restore.Namespace(), revision, snapshotName, restored.Name());
        }

        if (Machine is null)
        {
            try
            {
                restored = GoVirtualMachine.Patch(restored, [.. restore.ArrayAt("spec", "patches").Texts()]);
            }
            catch (JsonPatchException e)
            {
                throw new ReconcileException($"error patching VM {restored.Name()}: {e.Message}", e);
            }

            restored["apiVersion"] = VirtualMachines.ApiVersion;
            restored["kind"] = VirtualMachines.KindName;
            Machine = cluster.Create(cluster.Machines, restored);
        }
        else
        {
            Machine = cluster.Update(cluster.Machines, restored);
        }

        foreach (var matcher in (ReadOnlySpan<string>)["instancetype", "preference"])
        {
            if (Machine.TextAt("spec", matcher, "revisionName") is { Length: > 0 } revision)
                InstancetypeRevisions.Claim(cluster, Machine, revision);
        }

        OwnClaims(Machine);
    }

    private void OwnClaims(JsonObject owner)
    {
        if (restore.TextAt("spec", "volumeOwnershipPolicy") == "None")
            return;
        foreach (var volume in VirtualMachines.Volumes(owner))
        {
            if (volume.TextAt("persistentVolumeClaim", "claimName") is not { } name || cluster.Get(cluster.Claims, restore.Namespace(), name) is not { } claim)
                continue;
            if (claim.ArrayAt("metadata", "ownerReferences") is { Count: > 0 } || claim.Annotation(OwnedByVmAnnotation) != restore.Name())
                continue;
            var copy = claim.Copy();
            copy.Ensure("metadata")["ownerReferences"] = new JsonArray(Owner(owner));
            copy.Ensure("metadata", "annotations").Remove(OwnedByVmAnnotation);
            cluster.Update(cluster.Claims, copy);
        }
    }
}
