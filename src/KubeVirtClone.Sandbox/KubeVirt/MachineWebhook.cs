using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Mutating and validating webhooks of VirtualMachines, as far as clones meet them.</summary>
internal sealed class MachineWebhook(ApiMachinery api, Profile profile) : KubeVirtWebhook(api, api.Type("kubevirt.io", "virtualmachines"), profile)
{
    private const string Mutator = "virtualmachines-mutator.kubevirt.io";
    private const string Validator = "virtualmachine-validator.kubevirt.io";

    public override void Mutate(AdmissionRequest request)
    {
        var machine = request.Object!;
        if (machine.IsDeleting())
            return;
        if (machine["spec"] is null)
        {
            ApiCause[] problems = [new(null, null, "spec in body is required"), new(null, null, "spec in body must be of type object: \"null\"")];
            throw ApiException.Denied(Mutator, 422, string.Join(", ", problems.Select(p => p.Message)), problems);
        }

        if (machine.ObjectAt("spec", "template") is null)
            throw ApiException.Denied(Mutator, 422, "spec.template in body is required", [new ApiCause(null, null, "spec.template in body is required")]);
        var written = GoVirtualMachine.Normalize(machine);
        foreach (var key in (ReadOnlySpan<string>)["metadata", "spec"])
        {
            var value = written[key];
            written.Remove(key);
            machine[key] = value;
        }

        var spec = machine.Ensure("spec", "template", "spec");
        var domain = spec.Ensure("domain");
        if (request.Operation == "CREATE")
        {
            SetFirmware(machine.Name(), domain);
            // Mainframes have no PCI topology.
            if (spec.TextAt("architecture") != "s390x")
                machine.Ensure("spec", "template", "metadata", "annotations")["kubevirt.io/pci-topology-version"] ??= "v3";
        }

        if (string.IsNullOrEmpty(spec.TextAt("architecture")))
            spec["architecture"] = "amd64";
        var type = domain.Ensure("machine");
        if (string.IsNullOrEmpty(type.TextAt("type")))
            type["type"] = EffectiveMachine.Matched(Api, machine).Preference.TextAt("machine", "preferredMachineType") ?? MachineSpecCheck.DefaultMachine(spec.TextAt("architecture"));
        domain.Ensure("resources");
        domain.Ensure("devices");
    }

    // Random from 1.6 (uuid) and 1.7 (serial) on; before, the guest's UUID followed from the VM's name and nothing was stored.
    private void SetFirmware(string name, JsonObject domain)
    {
        if (!Profile.Is("machineStoresFirmware"))
            return;
        _ = name;
        var firmware = domain.Ensure("firmware");
        if (string.IsNullOrEmpty(firmware.TextAt("uuid")))
            firmware["uuid"] = Api.NewUid();
        if (string.IsNullOrEmpty(firmware.TextAt("serial")))
            firmware["serial"] = Api.NewUid();
    }

    public override void Validate(AdmissionRequest request)
    {
        var machine = request.Object!;
        if (machine.IsDeleting())
            return;
        var spec = machine.ObjectAt("spec");
        var causes = new List<ApiCause>();
        if (spec.ObjectAt("template") is null)
        {
            causes.Add(new ApiCause("spec.template", "FieldValueRequired", "missing virtual machine template."));
        }
        else
        {
            var effective = Effective(machine);
            causes.AddRange(MachineSpecCheck.Objections(effective, Profile.Is("emptyCdromsAllowed")));
            CheckRunning(spec!, causes);
            if (Profile.Is("machineLiveUpdates"))
                causes.AddRange(LiveUpdateRules.Objections(effective.ObjectAt("spec", "template", "spec")));
        }

        if (causes.Count == 0 && request.OldObject is { } old)
            CheckLocks(machine, old, causes);
        Refuse(Validator, causes);
    }

    // What is judged is the machine with its instancetype and preference; fields that contradict an instancetype are refused first.
    private JsonObject Effective(JsonObject machine)
    {
        var (instancetype, preference) = EffectiveMachine.Matched(Api, machine);
        if (instancetype is null && preference is null)
            return machine;
        Refuse(Validator, [.. EffectiveMachine.Conflicts(machine, instancetype)]);
        var effective = machine.Copy();
        if (machine.ObjectAt("spec", "template", "spec") is { } template)
            effective.Ensure("spec", "template")["spec"] = EffectiveMachine.Expand(template, instancetype, preference);
        return effective;
    }

    private static void CheckRunning(JsonObject spec, List<ApiCause> causes)
    {
        var strategy = spec.TextAt("runStrategy");
        if (spec["running"] is not null && strategy is not null)
            causes.Add(new ApiCause("spec.running", "FieldValueInvalid", "Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead"));
        else if (spec["running"] is null && strategy is null)
            causes.Add(new ApiCause("spec.running", "FieldValueInvalid", "RunStrategy must be specified"));
        if (strategy == "WaitAsReceiver")
            causes.Add(new ApiCause("spec.runStrategy", "FieldValueInvalid", $"Invalid RunStrategy ({strategy}), DecentralizedLiveMigration feature gate is not enabled in kubevirt resource"));
        else if (strategy is not (null or "Halted" or "Manual" or "Always" or "RerunOnFailure" or "Once"))
            causes.Add(new ApiCause("spec.runStrategy", "FieldValueInvalid", $"Invalid RunStrategy ({strategy})"));
    }

    private static void CheckLocks(JsonObject machine, JsonObject old, List<ApiCause> causes)
    {
        // The locks are read off the object as sent, which carries the status it was read with.
        var status = machine.ObjectAt("status") ?? old.ObjectAt("status");
        if (status.TextAt("restoreInProgress") is { } restore && !machine["spec"].Same(old["spec"]) && VirtualMachines.RunStrategy(machine) != VirtualMachines.RunStrategy(old))
            causes.Add(new ApiCause("spec", "FieldValueNotSupported", $"Cannot update VM runStrategy until restore {GoText.Quote(restore)} completes"));
        if (status.TextAt("snapshotInProgress") is not { } snapshot)
            return;
        if (!(machine.ArrayAt("spec", "template", "spec", "volumes") ?? []).Same(old.ArrayAt("spec", "template", "spec", "volumes") ?? []))
            causes.Add(new ApiCause("spec", "FieldValueNotSupported", $"Cannot update vm disks or volumes until snapshot {GoText.Quote(snapshot)} completes"));
        else if (!SameRunning(machine, old))
            causes.Add(new ApiCause("spec", "FieldValueNotSupported", $"Cannot update vm running state until snapshot {GoText.Quote(snapshot)} completes"));
    }

    private static bool SameRunning(JsonObject a, JsonObject b)
    {
        if (a.At("spec", "running") is { } x && b.At("spec", "running") is { } y)
            return x.Same(y);
        return a.At("spec", "runStrategy") is { } r && b.At("spec", "runStrategy") is { } s && r.Same(s);
    }
}

/// <summary>What Kubernetes' own admission does to a PersistentVolumeClaim: default class, volume mode, protection.</summary>
internal sealed class ClaimAdmission(ApiMachinery api) : IAdmission
{
    private readonly ResourceType _claims = api.Type("", "persistentvolumeclaims");
    private readonly ResourceType _classes = api.Type("storage.k8s.io", "storageclasses");

    public bool Handles(AdmissionRequest request) => request.Type == _claims && request.Operation == "CREATE" && request.Subresource is null;

    public void Mutate(AdmissionRequest request)
    {
        var claim = request.Object!;
        var spec = claim.Ensure("spec");
        if (spec["storageClassName"] is null
            && api.List(_classes, null).FirstOrDefault(c => c.Annotation("storageclass.kubernetes.io/is-default-class") == "true") is { } standard)
        {
            spec["storageClassName"] = standard.Name();
        }

        spec["volumeMode"] ??= "Filesystem";
        // Built-in kinds pass through Go's types, which write quantities in their shortest form.
        foreach (var amounts in (JsonObject?[])[spec.ObjectAt("resources", "requests"), spec.ObjectAt("resources", "limits")])
        {
            foreach (var (resource, amount) in (amounts ?? []).ToList())
                amounts![resource] = GoTypes.Write(amount, "Quantity");
        }

        if (spec["dataSource"] is { } source && spec["dataSourceRef"] is null)
            spec["dataSourceRef"] = source.DeepClone();
        else if (spec["dataSource"] is null && spec["dataSourceRef"] is { } reference && reference.TextAt("namespace") is null)
            spec["dataSource"] = reference.DeepClone();
        claim["status"] = new JsonObject { ["phase"] = "Pending" };
        if (!claim.HasFinalizer("kubernetes.io/pvc-protection"))
            claim.Ensure("metadata")["finalizers"] = JsonAccess.StringArray([.. claim.ArrayAt("metadata", "finalizers").Texts(), "kubernetes.io/pvc-protection"]);
    }

    public void Validate(AdmissionRequest request)
    {
    }
}
