using KubeVirtClone.Sandbox.Controllers;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>
/// The phases in which a claim is filled: everything is done in the source's namespace, on a claim beside, whose volume is then given to
/// the claim that asked. Each phase returns null when it is over, else when to look again at the latest.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="target">The claim that is filled.</param>
/// <param name="source">What it is filled from.</param>
/// <param name="pods">When the pod was asked for that prepares a claim's volume, by the uid of the claim that is filled.</param>
internal sealed class ClonePhases(Cluster cluster, JsonObject target, CloneSource source, Dictionary<string, DateTimeOffset> pods)
{
    private const string Component = "clone-populator";
    private const double PrepDelay = 0.3;
    private static readonly TimeSpan WhenWoken = TimeSpan.MaxValue;

    private string Name => "tmp-pvc-" + target.Uid();

    private string TemporarySource => "tmp-source-pvc-" + target.Uid();

    private string TemporarySnapshot => "tmp-snapshot-" + target.Uid();

    /// <summary>The phases of a way to clone, in order, by the names CDI has for them.</summary>
    public IEnumerable<(string Name, Func<TimeSpan?> Work)> Of(string strategy)
    {
        var size = target.TextAt("spec", "resources", "requests", "storage");
        if (strategy == CdiNames.Copy)
        {
            var from = source.Name;
            if (source.IsSnapshot)
            {
                yield return ("SnapshotClone", () => CloneSnapshot(source.Name, ReadableSource()));
                yield return ("PrepClaim", () => Prepare(TemporarySource, null));
                from = TemporarySource;
            }

            yield return ("HostClone", () => Copy(from));
            yield return ("Rebind", Rebind);
            yield break;
        }

        if (strategy == CdiNames.CsiClone)
        {
            yield return ("CSIClone", CloneClaim);
        }
        else
        {
            if (!source.IsSnapshot)
                yield return ("Snapshot", TakeSnapshot);
            yield return ("SnapshotClone", () => CloneSnapshot(source.IsSnapshot ? source.Name : TemporarySnapshot, null));
        }

        yield return ("PrepClaim", () => Prepare(Name, size));
        yield return ("Rebind", Rebind);
    }

    /// <summary>Whether a wait is for something that will wake the controller.</summary>
    public static TimeSpan? Until(TimeSpan wait) => wait == WhenWoken ? null : wait;

    private JsonObject? Beside(string name) => cluster.Get(cluster.Claims, source.Namespace, name);

    private TimeSpan? TakeSnapshot()
    {
        if (cluster.Get(cluster.VolumeSnapshots, source.Namespace, TemporarySnapshot) is { } taken)
            return taken.FlagAt("status", "readyToUse") is true || taken.TextAt("status", "creationTime") is not null ? null : WhenWoken;
        if (!SourceIsReady())
            return cluster.Settings.Seconds(2);
        var snapshotClass = CloneStrategy.SnapshotClass(cluster, target) ?? throw new ReconcileException("no compatible volumesnapshotclass");
        cluster.Create(cluster.VolumeSnapshots, new JsonObject
        {
            ["apiVersion"] = "snapshot.storage.k8s.io/v1",
            ["kind"] = "VolumeSnapshot",
            ["metadata"] = new JsonObject
            {
                ["name"] = TemporarySnapshot,
                ["namespace"] = source.Namespace,
                ["labels"] = new JsonObject { ["app"] = "containerized-data-importer", [CdiNames.OwnedByUid] = target.Uid() },
            },
            ["spec"] = new JsonObject
            {
                ["source"] = new JsonObject { ["persistentVolumeClaimName"] = source.Name },
                ["volumeSnapshotClassName"] = snapshotClass,
            },
        });
        return WhenWoken;
    }

    // Bound, filled, and used by nobody: the pod of a VM is there as long as its instance.
    private bool SourceIsReady()
    {
        if (cluster.Get(cluster.Claims, source.Namespace, source.Name) is not { } claim || claim.TextAt("status", "phase") != "Bound")
            return false;
        var user = cluster.Api.List(cluster.Instances, source.Namespace).FirstOrDefault(i => i.TextAt("status", "phase") is not ("Succeeded" or "Failed" or "Pending" or null)
            && VirtualMachines.InstanceVolumes(i).Any(v => VirtualMachines.ClaimName(v) == claim.Name()));
        if (user is null)
            return claim.Annotation(CdiNames.ClonePhase) is null or "Succeeded";
        cluster.Recorder.Warning(
            target, "CloneSourceInUse", $"pod {source.Namespace}/{VirtualMachines.PodName(user)} using PersistentVolumeClaim {claim.Name()}", Component);
        return false;
    }

    private TimeSpan? CloneSnapshot(string snapshotName, JsonObject? desired)
    {
        var name = desired is null ? Name : TemporarySource;
        if (Beside(name) is { } made)
            return IsUnderWay(made) ? null : WhenWoken;
        if (cluster.Get(cluster.VolumeSnapshots, source.Namespace, snapshotName) is not { } snapshot)
            throw new ReconcileException("source snapshot does not exist");
        if (snapshot.FlagAt("status", "readyToUse") is not true)
            return WhenWoken;
        var size = snapshot.TextAt("status", "restoreSize") ?? throw new ReconcileException("snapshot missing restoresize");
        Make(desired ?? CloneClaims.Beside(target, name, source.Namespace, CloneClaims.FromSnapshot(snapshotName), Quantity.Value(size) == 0 ? null : size));
        return Beside(name) is { } now && IsUnderWay(now) ? null : WhenWoken;
    }

    private TimeSpan? CloneClaim()
    {
        if (Beside(Name) is { } made)
            return IsUnderWay(made) ? null : WhenWoken;
        if (!SourceIsReady())
            return cluster.Settings.Seconds(2);
        var size = cluster.Get(cluster.Claims, source.Namespace, source.Name).TextAt("status", "capacity", "storage");
        Make(CloneClaims.Beside(target, Name, source.Namespace, new JsonObject { ["kind"] = "PersistentVolumeClaim", ["name"] = source.Name }, size));
        return Beside(Name) is { } now && IsUnderWay(now) ? null : WhenWoken;
    }

    // A claim that waits for its first consumer gets it in the next phase.
    private bool IsUnderWay(JsonObject claim) => claim.TextAt("status", "phase") == "Bound"
        || cluster.Get(cluster.StorageClasses, null, claim.TextAt("spec", "storageClassName") ?? "").TextAt("volumeBindingMode") == "WaitForFirstConsumer";

    // The claim that a snapshot is read back with, so that pods can copy from it.
    private JsonObject ReadableSource()
    {
        var snapshot = cluster.Get(cluster.VolumeSnapshots, source.Namespace, source.Name);
        var content = cluster.Get(cluster.VolumeSnapshotContents, null, snapshot.TextAt("status", "boundVolumeSnapshotContentName") ?? "");
        var claim = CloneClaims.Beside(target, TemporarySource, source.Namespace, CloneClaims.FromSnapshot(source.Name), snapshot.TextAt("status", "restoreSize"));
        claim.Ensure("spec")["storageClassName"] = CloneClaims.ClassOfDriver(cluster, content.TextAt("spec", "driver"));
        claim.Ensure("spec")["volumeMode"] = content.TextAt("spec", "sourceVolumeMode") ?? "Filesystem";
        return claim;
    }

    // A pod that only mounts the claim: it makes a claim bind that waits for a consumer, and lets a file system grow.
    private TimeSpan? Prepare(string name, string? size)
    {
        var claim = Beside(name) ?? throw new ReconcileException($"claim {source.Namespace}/{name} does not exist");
        if (claim.TextAt("status", "phase") != "Bound")
        {
            if (!pods.TryGetValue(target.Uid(), out var starts))
                pods[target.Uid()] = starts = cluster.Now + cluster.Settings.Seconds(PrepDelay);
            if (cluster.Now < starts)
                return starts - cluster.Now;
            if (claim.Annotation("volume.kubernetes.io/selected-node") is null)
            {
                var copy = claim.Copy();
                copy.Ensure("metadata", "annotations")["volume.kubernetes.io/selected-node"] = "sandbox-node-1";
                cluster.Update(cluster.Claims, copy);
            }

            return WhenWoken;
        }

        if (size is null)
            return null;
        var wanted = Quantity.Value(size);
        if (Quantity.Value(claim.TextAt("spec", "resources", "requests", "storage")) < wanted)
        {
            var copy = claim.Copy();
            copy.Ensure("spec", "resources", "requests")["storage"] = size;
            cluster.Update(cluster.Claims, copy);
            return WhenWoken;
        }

        return Quantity.Value(claim.TextAt("status", "capacity", "storage")) < wanted ? WhenWoken : null;
    }

    private TimeSpan? Copy(string from)
    {
        if (Beside(Name) is { } made)
            return made.Annotation(CdiNames.PodPhase) == "Succeeded" ? null : WhenWoken;
        var claim = CloneClaims.Beside(target, Name, source.Namespace, null, null);
        var annotations = claim.Ensure("metadata", "annotations");
        annotations[CdiNames.CloneRequest] = source.Namespace + "/" + from;
        annotations[CdiNames.PodRestarts] = "0";
        annotations[CdiNames.Immediate] = "";
        Make(claim);
        return WhenWoken;
    }

    private TimeSpan? Rebind()
    {
        if (!string.IsNullOrEmpty(target.TextAt("spec", "volumeName")))
            return null;
        var claim = Beside(Name) ?? throw new ReconcileException("source claim does not exist");
        if (cluster.Get(cluster.Volumes, null, claim.TextAt("spec", "volumeName") ?? "") is not { } volume)
            throw new ReconcileException($"persistentvolumes {GoText.Quote(claim.TextAt("spec", "volumeName") ?? "")} not found");
        if (volume.TextAt("spec", "claimRef", "uid") == target.Uid())
            return WhenWoken;
        var copy = volume.Copy();
        copy.Ensure("spec")["claimRef"] = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["name"] = target.Name(),
            ["namespace"] = target.Namespace(),
            ["uid"] = target.Uid(),
        };
        cluster.Update(cluster.Volumes, copy);
        return WhenWoken;
    }

    private void Make(JsonObject claim)
    {
        try
        {
            cluster.Create(cluster.Claims, claim);
        }
        catch (ApiException e) when (e.Code == 403 && e.Message.Contains("exceeded quota", StringComparison.Ordinal))
        {
            cluster.Recorder.Warning(target, "ErrExceededQuota", e.Message, Component);
            throw;
        }
    }
}
