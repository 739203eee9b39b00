using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>DataVolumes made from a VM's templates.</summary>
internal static class DataVolumeTemplates
{
    /// <summary>A DataVolume as KubeVirt makes it of a template: what a DataSource points to stands in it, not the DataSource.</summary>
    public static JsonObject Generate(Cluster cluster, JsonObject template, string? @namespace)
    {
        var spec = template.ObjectAt("spec")?.Copy() ?? [];
        if (spec.ObjectAt("sourceRef") is { } reference
            && cluster.Get(cluster.DataSources, reference.TextAt("namespace") ?? @namespace, reference.TextAt("name") ?? "").ObjectAt("spec", "source") is { } source)
        {
            spec.Remove("sourceRef");
            spec["source"] = source.Copy();
        }

        var metadata = new JsonObject { ["name"] = template.Name(), ["namespace"] = @namespace };
        if (template.ObjectAt("metadata", "labels") is { } labels)
            metadata["labels"] = labels.DeepClone();
        var annotations = template.ObjectAt("metadata", "annotations")?.Copy() ?? [];
        annotations[CdiNames.AllowAdoption] = "true";
        metadata["annotations"] = annotations;
        return new JsonObject
        {
            ["apiVersion"] = "cdi.kubevirt.io/v1beta1",
            ["kind"] = "DataVolume",
            ["metadata"] = metadata,
            ["spec"] = spec,
        };
    }
}

/// <summary>
/// CDI's DataVolumes: one that clones is <see cref="CloneDataVolumes"/>' work; any other gets a PVC that is "imported" when bound, or
/// takes over the PVC that was filled for it. The import itself (its pod and the PVC beside) is not simulated; what it leaves on the PVC is.
/// </summary>
internal sealed class DataVolumeController
{
    private const string Component = "datavolume-import-controller";
    private readonly Cluster _cluster;
    private readonly CloneDataVolumes _clones;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _bySource;
    private readonly ObjectIndex _byDataSource;

    public DataVolumeController(Cluster cluster, CloneDataVolumes clones)
    {
        _cluster = cluster;
        _clones = clones;
        _queue = cluster.Queue(Reconcile);
        _bySource = cluster.Index(cluster.DataVolumes, d => Source(d) is { } s ? [s.Kind + "/" + Cluster.Key(s.Namespace, s.Name)] : []);
        _byDataSource = cluster.Index(cluster.DataVolumes, d => d.ObjectAt("spec", "sourceRef") is { } r ? [Cluster.Key(r.TextAt("namespace") ?? d.Namespace(), r.TextAt("name") ?? "")] : []);
        cluster.On(cluster.DataVolumes, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.Claims, e =>
        {
            _queue.Add(Cluster.Key(e.Object));
            WakeWaiting(e, "PersistentVolumeClaim");
        });
        cluster.On(cluster.VolumeSnapshots, e => WakeWaiting(e, "VolumeSnapshot"));
        cluster.On(cluster.DataSources, e => Wake(_byDataSource.Find(Cluster.Key(e.Object))));
    }

    private CloneSource? Source(JsonObject dataVolume) => CloneSource.Of(dataVolume, dataVolume.Namespace(), (ns, name) => _cluster.Get(_cluster.DataSources, ns, name));

    // A clone without its source waits for it.
    private void WakeWaiting(StoreEvent e, string kind) => Wake(_bySource.Find(kind + "/" + Cluster.Key(e.Object))
        .Where(k => _cluster.Get(_cluster.DataVolumes, k).TextAt("status", "phase") != "Succeeded"));

    private void Wake(IEnumerable<string> keys)
    {
        foreach (var key in keys)
            _queue.Add(key);
    }

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.DataVolumes, key) is not { } dataVolume)
            return null;
        var source = Source(dataVolume);
        if (dataVolume.IsDeleting())
        {
            if (source is { } cloned)
                _clones.CleanUp(dataVolume, cloned);
            return null;
        }

        var claim = _cluster.Get(_cluster.Claims, key);
        if (claim is not null && claim.IsDeleting())
        {
            _cluster.Recorder.Warning(dataVolume, "ErrResourceMarkedForDeletion", $"Resource {GoText.Quote(claim.Name())} marked for deletion", source?.Component ?? Component);
            return _cluster.Settings.Seconds(1);
        }

        if (dataVolume.Annotation(CdiNames.PrePopulated) is null && (claim is null || Owner(claim).TextAt("uid") == dataVolume.Uid()))
        {
            if (source is { } toClone)
                return _clones.Reconcile(dataVolume, claim, toClone);
            // What a DataSource points to is not known before it is there.
            if (dataVolume.ObjectAt("spec", "sourceRef") is not null)
                return null;
        }

        dataVolume = Annotate(dataVolume, claim);
        var prePopulated = dataVolume.Annotation(CdiNames.PrePopulated) is not null;
        if (claim is null)
        {
            if (prePopulated)
                WriteStatus(dataVolume, "Pending", null);
            else
                CreateClaim(dataVolume);
            return null;
        }

        var owner = Owner(claim);
        if (owner is null && (claim.Annotation(CdiNames.PopulatedFor) == dataVolume.Name() || prePopulated))
        {
            var copy = claim.Copy();
            copy.Ensure("metadata")["ownerReferences"] = new JsonArray(Cluster.OwnerReference(dataVolume, "cdi.kubevirt.io/v1beta1", "DataVolume"));
            claim = _cluster.Update(_cluster.Claims, copy);
        }
        else if (owner.TextAt("uid") != dataVolume.Uid())
        {
            return null;
        }

        var bound = claim.TextAt("status", "phase") == "Bound";
        if (prePopulated || bound)
        {
            if (!prePopulated && !IsFilledByOthers(dataVolume) && claim.Annotation(CdiNames.PodPhase) is null)
                claim = MarkImported(claim);
            WriteStatus(dataVolume, "Succeeded", claim);
        }
        else
        {
            WriteStatus(dataVolume, "Pending", claim);
        }

        return null;
    }

    private static JsonObject? Owner(JsonObject claim) => claim.ArrayAt("metadata", "ownerReferences").Objects().FirstOrDefault(o => o.FlagAt("controller") is true);

    // CDI's webhook and controller mark DataVolumes; one whose PVC is there and was filled for it is told so by name.
    private JsonObject Annotate(JsonObject dataVolume, JsonObject? claim)
    {
        var copy = dataVolume.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations[CdiNames.UsePopulator] = "true";
        if (claim?.Annotation(CdiNames.PopulatedFor) == dataVolume.Name() && dataVolume.Annotation(CdiNames.PrePopulated) is null or "true")
            annotations[CdiNames.PrePopulated] = claim!.Name();
        return copy.Same(dataVolume) ? dataVolume : _cluster.Update(_cluster.DataVolumes, copy);
    }

    private void CreateClaim(JsonObject dataVolume)
    {
        var given = dataVolume.ObjectAt("spec", "pvc") ?? dataVolume.ObjectAt("spec", "storage");
        var spec = given?.Copy() ?? [];
        spec["accessModes"] ??= new JsonArray("ReadWriteOnce");
        if (IsFilledByOthers(dataVolume))
        {
            CreateClaim(dataVolume, spec);
            return;
        }

        var source = new JsonObject { ["apiGroup"] = "cdi.kubevirt.io", ["kind"] = "VolumeImportSource", ["name"] = "volume-import-source-" + dataVolume.Uid() };
        spec["dataSource"] = source;
        spec["dataSourceRef"] = source.DeepClone();
        CreateClaim(dataVolume, spec);
    }

    // What the claim itself refers to fills it: a snapshot, say, and the provisioner.
    private static bool IsFilledByOthers(JsonObject dataVolume)
    {
        var given = dataVolume.ObjectAt("spec", "pvc") ?? dataVolume.ObjectAt("spec", "storage");
        return given.ObjectAt("dataSourceRef") is not null || given.ObjectAt("dataSource") is not null;
    }

    private void CreateClaim(JsonObject dataVolume, JsonObject spec)
    {
        var labels = dataVolume.ObjectAt("metadata", "labels")?.Copy() ?? [];
        labels["alerts.k8s.io/KubePersistentVolumeFillingUp"] = "disabled";
        labels["app"] = "containerized-data-importer";
        labels["app.kubernetes.io/component"] = "storage";
        labels["app.kubernetes.io/managed-by"] = "cdi-controller";
        var annotations = dataVolume.ObjectAt("metadata", "annotations")?.Copy() ?? [];
        annotations[CdiNames.CreatedForDataVolume] = dataVolume.Uid();
        annotations[CdiNames.Immediate] = "";
        annotations[CdiNames.ContentType] = "kubevirt";
        annotations[CdiNames.Preallocation] = "false";
        annotations[CdiNames.UsePopulator] = "true";
        try
        {
            _cluster.Create(_cluster.Claims, CloneClaims.Of(dataVolume, labels, annotations, spec));
        }
        catch (ApiException e)
        {
            _cluster.Recorder.Warning(dataVolume, "ErrClaimNotValid", e.Message, Component);
            throw;
        }
    }

    private JsonObject MarkImported(JsonObject claim)
    {
        var copy = claim.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations[CdiNames.Running] = "false";
        annotations[CdiNames.RunningMessage] = "Import Complete";
        annotations[CdiNames.RunningReason] = "Completed";
        annotations[CdiNames.PodPhase] = "Succeeded";
        annotations[CdiNames.PodRestarts] = "0";
        annotations["cdi.kubevirt.io/storage.pod.schedulable"] = "true";
        annotations[CdiNames.Progress] = "100.0%";
        annotations["cdi.kubevirt.io/storage.populator.pvcPrime"] = "prime-" + claim.Uid();
        return _cluster.Update(_cluster.Claims, copy);
    }

    private void WriteStatus(JsonObject dataVolume, string phase, JsonObject? claim)
    {
        var imported = claim?.Annotation(CdiNames.PodPhase) == "Succeeded";
        var status = dataVolume.ObjectAt("status")?.Copy() ?? [];
        status["phase"] = phase;
        if (claim is not null)
            status["claimName"] = claim.Name();
        if (phase == "Succeeded" && status["progress"] is null or JsonValue && status.TextAt("progress") != "100.0%")
            status["progress"] = imported ? "100.0%" : "N/A";
        var claimPhase = claim.TextAt("status", "phase") ?? "";
        var bound = claim is null
            ? ("Unknown", "NotFound", "No PVC found")
            : claimPhase == "Bound" ? ("True", "Bound", $"PVC {claim.Name()} Bound") : ("False", claimPhase, $"PVC {claim.Name()} {claimPhase}");
        var conditions = new JsonArray(
            Condition(dataVolume, "Bound", bound.Item1, bound.Item2, bound.Item3),
            Condition(dataVolume, "Ready", phase == "Succeeded" ? "True" : "False", null, null),
            Condition(dataVolume, "Running", "False", imported ? "Completed" : null, imported ? "Import Complete" : null));
        status["conditions"] = conditions;
        if (!_cluster.WriteStatus(_cluster.DataVolumes, dataVolume, status))
            return;
        if (phase == "Succeeded" && dataVolume.TextAt("status", "phase") != phase && imported)
            _cluster.Recorder.Normal(dataVolume, "ImportSucceeded", "Successfully imported into PVC " + dataVolume.Name(), Component);
        _cluster.Recorder.Normal(dataVolume, bound.Item2, bound.Item3, Component);
    }

    private JsonNode Condition(JsonObject dataVolume, string type, string value, string? reason, string? message)
    {
        var old = dataVolume.ArrayAt("status", "conditions").Objects().FirstOrDefault(c => c.TextAt("type") == type);
        if (old is not null && old.TextAt("status") == value && old.TextAt("reason") == reason && old.TextAt("message") == message)
            return old.DeepClone();
        var made = new JsonObject { ["lastHeartbeatTime"] = _cluster.Timestamp, ["lastTransitionTime"] = _cluster.Timestamp };
        if (message is not null)
            made["message"] = message;
        if (reason is not null)
            made["reason"] = reason;
        made["status"] = value;
        made["type"] = type;
        return made;
    }
}
