using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>
/// CDI's controllers of DataVolumes that clone a claim or a snapshot, in their own or from another namespace: they check the source,
/// make the claim, and say how its population goes. A class without a CSI driver has no populator; there pods copy into the claim itself.
/// </summary>
internal sealed class CloneDataVolumes(Cluster cluster, CloneTokens tokens)
{
    private readonly CloneStatus _status = new(cluster);

    /// <summary>Looks at a DataVolume whose claim, when there is one, is its own.</summary>
    public TimeSpan? Reconcile(JsonObject dataVolume, JsonObject? claim, CloneSource source)
    {
        var crosses = source.Namespace != dataVolume.Namespace();
        var mutated = dataVolume.Copy();
        var annotations = mutated.Ensure("metadata", "annotations");
        var populates = HasPopulator(dataVolume);
        annotations[CdiNames.UsePopulator] = populates ? "true" : "false";
        if (mutated.ObjectAt("spec", "storage") is { } storage)
            storage["resources"] ??= new JsonObject();
        if (IsDone(claim))
        {
            if (dataVolume.TextAt("status", "phase") == "Succeeded")
                dataVolume = CleanUp(dataVolume, source);
            _status.Follow(dataVolume, claim, source);
            return null;
        }

        // The token is stored before anything else is done with it.
        if (crosses && dataVolume.Annotation(CloneTokens.ExtendedAnnotation) is null)
        {
            annotations[CloneTokens.ExtendedAnnotation] = tokens.Extend(dataVolume.Annotation(CloneTokens.Annotation), dataVolume.Uid())
                ?? throw new ReconcileException("token missing or expired");
            _status.Follow(Save(dataVolume, mutated), claim, source);
            return null;
        }

        if (claim is null)
        {
            if (Problem(dataVolume, source) is { } problem)
            {
                _status.Explain(Save(dataVolume, mutated), null, problem.Type, problem.Reason, problem.Message);
                return null;
            }

            if (populates && crosses && !mutated.HasFinalizer(CdiNames.DataVolumeFinalizer))
            {
                mutated.Ensure("metadata")["finalizers"] = JsonAccess.StringArray([.. mutated.ArrayAt("metadata", "finalizers").Texts(), CdiNames.DataVolumeFinalizer]);
                _status.Explain(Save(dataVolume, mutated), "CloneScheduled", "Normal", "CloneScheduled", CloneStatus.Message("CloneScheduled", dataVolume, source)!);
                return null;
            }

            claim = CreateClaim(mutated, source, populates, crosses);
        }

        if (populates)
        {
            EnsureCloneSource(dataVolume, source, crosses);
            if (claim.Annotation(CdiNames.CloneType) is { } type)
                annotations[CdiNames.CloneType] = type;
        }
        else
        {
            annotations[CdiNames.CloneType] = CdiNames.Copy;
            claim = FallBack(claim, source);
        }

        if (crosses && claim.Annotation(CloneTokens.ExtendedAnnotation) is null
            && tokens.Extend(dataVolume.Annotation(CloneTokens.ExtendedAnnotation), claim.Uid()) is { } token)
        {
            var copy = claim.Copy();
            copy.Ensure("metadata", "annotations")[CloneTokens.ExtendedAnnotation] = token;
            claim = cluster.Update(cluster.Claims, copy);
        }

        _status.Follow(Save(dataVolume, mutated), claim, source);
        return null;
    }

    /// <summary>Removes what was made in the source's namespace for a DataVolume that is done or goes.</summary>
    public JsonObject CleanUp(JsonObject dataVolume, CloneSource source)
    {
        cluster.DeleteIfThere(cluster.CloneSources, source.Namespace, CloneSourceName(dataVolume));
        cluster.DeleteIfThere(cluster.Claims, source.Namespace, TemporarySource(dataVolume));
        if (!dataVolume.HasFinalizer(CdiNames.DataVolumeFinalizer))
            return dataVolume;
        var copy = dataVolume.Copy();
        var rest = copy.ArrayAt("metadata", "finalizers").Texts().Where(f => f != CdiNames.DataVolumeFinalizer).ToList();
        copy.Ensure("metadata")["finalizers"] = JsonAccess.StringArray(rest);
        if (rest.Count == 0)
            copy.Ensure("metadata").Remove("finalizers");
        return cluster.Update(cluster.DataVolumes, copy);
    }

    /// <summary>The claim made from a snapshot for pods to copy from.</summary>
    private static string TemporarySource(JsonObject dataVolume) => dataVolume.Uid() + "-host-assisted-source-pvc";

    private static string CloneSourceName(JsonObject dataVolume) => "volume-clone-source-" + dataVolume.Uid();

    private static bool IsDone(JsonObject? claim) => claim is not null
        && (ClaimSources.Populator(claim) is null ? claim.Annotation(CdiNames.PodPhase) : claim.Annotation(CdiNames.ClonePhase)) == "Succeeded";

    private bool HasPopulator(JsonObject dataVolume)
    {
        var given = dataVolume.ObjectAt("spec", "pvc") ?? dataVolume.ObjectAt("spec", "storage");
        var name = given.TextAt("storageClassName") ?? CloneClaims.DefaultClass(cluster) ?? "";
        return cluster.Get(cluster.CsiDrivers, null, cluster.Get(cluster.StorageClasses, null, name).TextAt("provisioner") ?? "") is not null;
    }

    private JsonObject Save(JsonObject dataVolume, JsonObject mutated) => mutated.Same(dataVolume) ? dataVolume : cluster.Update(cluster.DataVolumes, mutated);

    private (string Type, string Reason, string Message)? Problem(JsonObject dataVolume, CloneSource source)
    {
        var found = cluster.Get(source.IsSnapshot ? cluster.VolumeSnapshots : cluster.Claims, source.Namespace, source.Name);
        if (found is null)
            return ("Warning", "CloneWithoutSource", $"The source {source.Word} {source.Name} doesn't exist");
        var why = source.IsSnapshot ? SnapshotProblem(found) : ContentProblem(found, dataVolume);
        return (why ?? SizeProblem(dataVolume, found, source)) is { } problem
            ? ("Warning", "CloneValidationFailed", "The clone doesn't meet the validation requirements: " + problem)
            : null;
    }

    private static string? SnapshotProblem(JsonObject snapshot)
    {
        if (snapshot.ObjectAt("status") is null)
            return "no status on source snapshot yet";
        if (snapshot.ObjectAt("status", "error") is { } error)
            return "snapshot in error state with msg: " + (error.TextAt("message") ?? "no details");
        if (string.IsNullOrEmpty(snapshot.TextAt("spec", "volumeSnapshotClassName")))
            return $"snapshot {snapshot.Name()}/{snapshot.Namespace()} does not have volume snap class populated, can't clone";
        return snapshot.TextAt("status", "restoreSize") is null ? "snapshot has no restore size" : null;
    }

    private static string? ContentProblem(JsonObject claim, JsonObject dataVolume)
    {
        var (from, to) = (claim.Annotation(CdiNames.ContentType) ?? "kubevirt", dataVolume.TextAt("spec", "contentType") ?? "kubevirt");
        return from == to ? null : $"Source contentType ({from}) and target contentType ({to}) do not match";
    }

    private string? SizeProblem(JsonObject dataVolume, JsonObject found, CloneSource source)
    {
        var exact = dataVolume.ObjectAt("spec", "pvc") is not null;
        var asked = (dataVolume.ObjectAt("spec", "pvc") ?? dataVolume.ObjectAt("spec", "storage")).TextAt("resources", "requests", "storage");
        var least = Quantity.Value(CloneClaims.SourceSize(cluster, source));
        if (asked is null)
            return least > 0 ? null : "size not specified by user/provisioner, can't tell how much needed for restore";
        // Of a claim with a file system only a size that is taken as it is can be compared.
        if (!source.IsSnapshot && !exact && found.TextAt("spec", "volumeMode") != "Block")
            return null;
        return least > Quantity.Value(asked)
            ? $"target resources requests storage size is smaller than the source {CloneStatus.Bytes(Quantity.Value(asked))} < {CloneStatus.Bytes(least)}"
            : null;
    }

    private JsonObject CreateClaim(JsonObject dataVolume, CloneSource source, bool populates, bool crosses)
    {
        var target = CloneClaims.Target(dataVolume, CloneClaims.Spec(cluster, dataVolume, source), populates, crosses);
        var annotations = target.ObjectAt("metadata", "annotations")!;
        if (populates)
        {
            if (crosses)
                annotations[CdiNames.SourceNamespace] = source.Namespace;
            target.Ensure("spec")["dataSourceRef"] = new JsonObject { ["apiGroup"] = "cdi.kubevirt.io", ["kind"] = ClaimSources.Clone, ["name"] = CloneSourceName(dataVolume) };
        }
        else
        {
            annotations[CdiNames.CloneRequest] = source.Namespace + "/" + (source.IsSnapshot ? MakeTemporarySource(dataVolume, target, source) : source.Name);
        }

        try
        {
            return cluster.Create(cluster.Claims, target);
        }
        catch (ApiException e) when (e.Code == 403 && e.Message.Contains("exceeded quota", StringComparison.Ordinal))
        {
            _status.Explain(dataVolume, "Pending", "Warning", "ErrExceededQuota", e.Message);
            throw;
        }
    }

    private string MakeTemporarySource(JsonObject dataVolume, JsonObject target, CloneSource source)
    {
        var name = TemporarySource(dataVolume);
        if (cluster.Get(cluster.Claims, source.Namespace, name) is not null)
            return name;
        var snapshot = cluster.Get(cluster.VolumeSnapshots, source.Namespace, source.Name);
        var content = cluster.Get(cluster.VolumeSnapshotContents, null, snapshot.TextAt("status", "boundVolumeSnapshotContentName") ?? "");
        var temporary = CloneClaims.Beside(target, name, source.Namespace, CloneClaims.FromSnapshot(source.Name), snapshot.TextAt("status", "restoreSize"));
        temporary.Ensure("metadata")["annotations"] = new JsonObject { [CdiNames.Group + "ownedByDataVolume"] = dataVolume.Namespace() + "/" + dataVolume.Name() };
        var spec = temporary.Ensure("spec");
        spec["storageClassName"] = CloneClaims.ClassOfDriver(cluster, content.TextAt("spec", "driver"));
        spec["volumeMode"] = content.TextAt("spec", "sourceVolumeMode") ?? "Filesystem";
        cluster.Create(cluster.Claims, temporary);
        return name;
    }

    private void EnsureCloneSource(JsonObject dataVolume, CloneSource source, bool crosses)
    {
        var name = CloneSourceName(dataVolume);
        if (cluster.Get(cluster.CloneSources, source.Namespace, name) is not null)
            return;
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = source.Namespace };
        if (crosses)
            metadata["annotations"] = new JsonObject { [CdiNames.Group + "ownedByDataVolume"] = dataVolume.Namespace() + "/" + dataVolume.Name() };
        else
            metadata["ownerReferences"] = new JsonArray(Cluster.OwnerReference(dataVolume, "cdi.kubevirt.io/v1beta1", "DataVolume"));
        var reference = new JsonObject { ["kind"] = source.Kind, ["name"] = source.Name };
        if (source.IsSnapshot)
            reference["apiGroup"] = "snapshot.storage.k8s.io";
        cluster.Create(cluster.CloneSources, new JsonObject
        {
            ["apiVersion"] = "cdi.kubevirt.io/v1beta1",
            ["kind"] = ClaimSources.Clone,
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["source"] = reference },
        });
    }

    private JsonObject FallBack(JsonObject claim, CloneSource source)
    {
        const string Why = "In tree storage class does not support snapshot/clone";
        if (claim.Annotation(CdiNames.CloneType) is not null)
            return claim;
        var copy = claim.Copy();
        copy.Ensure("metadata", "annotations")[CdiNames.CloneType] = CdiNames.Copy;
        copy.Ensure("metadata", "annotations")[CdiNames.FallbackReason] = Why;
        cluster.Recorder.Warning(claim, "NoPopulator", Why, source.Component);
        return cluster.Update(cluster.Claims, copy);
    }
}
