using System.Globalization;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// The CSI snapshot controller and a driver behind it. How a driver behaves is in the VolumeSnapshotClass's parameters:
/// <c>delay</c> (seconds until a snapshot is ready) and <c>error</c> (it fails with this text).
/// </summary>
internal sealed class VolumeSnapshotController
{
    private const string Component = "snapshot-controller";
    private const string AsSource = "snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection";
    private const string BoundProtection = "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection";
    private const string ClaimAsSource = "snapshot.storage.kubernetes.io/pvc-as-source-protection";
    private const double DefaultDelay = 0.2;
    private const double NoticeDelay = 0.15;
    private readonly Cluster _cluster;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _claimsBySource;
    private readonly ObjectIndex _byClaim;
    private readonly Dictionary<string, DateTimeOffset> _taking = [];
    private readonly Dictionary<string, int> _held = [];
    private readonly HashSet<string> _noticed = [];
    private readonly Dictionary<string, int> _refused = [];

    public VolumeSnapshotController(Cluster cluster)
    {
        _cluster = cluster;
        _queue = cluster.Queue(Reconcile);
        _claimsBySource = cluster.Index(cluster.Claims, c => c.TextAt("spec", "dataSource", "kind") == "VolumeSnapshot"
            ? [Cluster.Key(c.Namespace(), c.TextAt("spec", "dataSource", "name") ?? "")]
            : []);
        _byClaim = cluster.Index(cluster.VolumeSnapshots, s => s.TextAt("spec", "source", "persistentVolumeClaimName") is { } c ? [Cluster.Key(s.Namespace(), c)] : []);
        cluster.On(cluster.VolumeSnapshots, e => _queue.Add(Cluster.Key(e.Object)));
    }

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.VolumeSnapshots, key) is not { } snapshot)
        {
            _taking.Remove(key);
            _held.Remove(key);
            _noticed.Remove(key);
            _refused.Remove(key);
            return null;
        }

        if (snapshot.IsDeleting())
            return Delete(key, snapshot);
        // The controller is another process that notices a moment later.
        if (_noticed.Add(key))
            return _cluster.Settings.Seconds(NoticeDelay);

        if (!snapshot.HasFinalizer(AsSource))
        {
            _cluster.AddFinalizer(_cluster.VolumeSnapshots, snapshot, AsSource);
            return null;
        }

        var claimName = snapshot.TextAt("spec", "source", "persistentVolumeClaimName") ?? "";
        if (snapshot.FlagAt("status", "readyToUse") is true || (snapshot.At("status", "error") is not null && !_refused.ContainsKey(key)))
            return null;
        if (snapshot.TextAt("spec", "source", "volumeSnapshotContentName") is { } given)
            return Adopt(snapshot, given);
        if (snapshot["status"] is null)
        {
            if (_cluster.Get(_cluster.Claims, snapshot.Namespace(), claimName) is not { } claim || claim.TextAt("status", "phase") != "Bound")
                return _cluster.Settings.Seconds(1);
            Begin(key, snapshot, claim);
            return null;
        }

        if (!snapshot.HasFinalizer(BoundProtection))
        {
            _cluster.AddFinalizer(_cluster.VolumeSnapshots, snapshot, BoundProtection);
            return null;
        }

        if (_taking.TryGetValue(key, out var due) && _cluster.Now < due)
            return due - _cluster.Now;
        return Complete(key, snapshot, claimName);
    }

    // A snapshot of a content that an administrator made for it, for a handle the driver knows: there is nothing to take.
    private TimeSpan? Adopt(JsonObject snapshot, string contentName)
    {
        var content = _cluster.Get(_cluster.VolumeSnapshotContents, null, contentName);
        var meant = content.ObjectAt("spec", "volumeSnapshotRef");
        if (content is null || meant.TextAt("name") != snapshot.Name() || meant.TextAt("namespace") != snapshot.Namespace()
            || (meant.TextAt("uid") is { Length: > 0 } uid && uid != snapshot.Uid()))
        {
            var problem = content is null
                ? $"VolumeSnapshotContent {contentName} is missing"
                : $"VolumeSnapshotContent [{contentName}] is bound to a different snapshot {meant.TextAt("namespace")}/{meant.TextAt("name")}";
            _cluster.Recorder.Warning(snapshot, content is null ? "SnapshotContentMissing" : "SnapshotContentMisbound", problem, Component);
            return _cluster.Settings.Seconds(5);
        }

        var handle = content.TextAt("spec", "source", "snapshotHandle");
        var taken = _cluster.Api.List(_cluster.VolumeSnapshotContents, null).FirstOrDefault(c => handle is not null && c.TextAt("status", "snapshotHandle") == handle && c.Name() != contentName);
        if (taken is null)
        {
            _cluster.WriteStatus(_cluster.VolumeSnapshots, snapshot, new JsonObject
            {
                ["boundVolumeSnapshotContentName"] = contentName,
                ["error"] = new JsonObject { ["message"] = $"Failed to check and update snapshot content: failed to list snapshot for content {contentName}: \"rpc error: code = NotFound desc = snapshot {handle} not found\"", ["time"] = _cluster.Timestamp },
                ["readyToUse"] = false,
            });
            return null;
        }

        if (string.IsNullOrEmpty(meant.TextAt("uid")))
        {
            var bound = content.Copy();
            bound.Ensure("spec", "volumeSnapshotRef")["uid"] = snapshot.Uid();
            content = _cluster.Update(_cluster.VolumeSnapshotContents, bound);
        }

        _cluster.WriteStatus(_cluster.VolumeSnapshotContents, content, taken.ObjectAt("status")!.Copy());
        _cluster.WriteStatus(_cluster.VolumeSnapshots, snapshot, new JsonObject
        {
            ["boundVolumeSnapshotContentName"] = contentName,
            ["creationTime"] = _cluster.Timestamp,
            ["readyToUse"] = true,
            ["restoreSize"] = new Amount(taken["status"]?["restoreSize"]?.GetValue<long>() ?? 0, Binary: true).ToString(),
        });
        return null;
    }

    private JsonObject? Class(JsonObject snapshot) =>
        _cluster.Get(_cluster.VolumeSnapshotClasses, null, snapshot.TextAt("spec", "volumeSnapshotClassName") ?? "");

    private void Begin(string key, JsonObject snapshot, JsonObject claim)
    {
        _cluster.AddFinalizer(_cluster.Claims, claim, ClaimAsSource);
        var snapshotClass = Class(snapshot);
        var contentName = "snapcontent-" + snapshot.Uid();
        if (_cluster.Get(_cluster.VolumeSnapshotContents, null, contentName) is null)
        {
            _cluster.Create(_cluster.VolumeSnapshotContents, new JsonObject
            {
                ["apiVersion"] = "snapshot.storage.k8s.io/v1",
                ["kind"] = "VolumeSnapshotContent",
                ["metadata"] = new JsonObject { ["name"] = contentName },
                ["spec"] = new JsonObject
                {
                    ["deletionPolicy"] = snapshotClass.TextAt("deletionPolicy") ?? "Delete",
                    ["driver"] = snapshotClass.TextAt("driver") ?? "",
                    ["source"] = new JsonObject { ["volumeHandle"] = claim.TextAt("spec", "volumeName") ?? "" },
                    ["sourceVolumeMode"] = claim.TextAt("spec", "volumeMode") ?? "Filesystem",
                    ["volumeSnapshotClassName"] = snapshotClass?.Name(),
                    ["volumeSnapshotRef"] = new JsonObject
                    {
                        ["apiVersion"] = "snapshot.storage.k8s.io/v1",
                        ["kind"] = "VolumeSnapshot",
                        ["name"] = snapshot.Name(),
                        ["namespace"] = snapshot.Namespace(),
                        ["uid"] = snapshot.Uid(),
                    },
                },
            });
        }

        var delay = double.TryParse(snapshotClass.TextAt("parameters", "delay"), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? seconds : DefaultDelay;
        var slow = _cluster.StorageFaults.Delay("volumesnapshots", snapshot, StorageClass(claim));
        _taking[key] = _cluster.Now + _cluster.Settings.Seconds(delay) + _cluster.Settings.Scaled(slow);
        _cluster.Recorder.Normal(snapshot, "CreatingSnapshot", $"Waiting for a snapshot {key} to be created by the CSI driver.", Component);
        _cluster.WriteStatus(_cluster.VolumeSnapshots, snapshot, new JsonObject { ["boundVolumeSnapshotContentName"] = contentName, ["readyToUse"] = false });
    }

    private TimeSpan? Complete(string key, JsonObject snapshot, string claimName)
    {
        _taking.Remove(key);
        var status = snapshot.ObjectAt("status")!.Copy();
        if (Class(snapshot).TextAt("parameters", "error") is { } error)
        {
            status["error"] = new JsonObject { ["message"] = error, ["time"] = _cluster.Timestamp };
            _cluster.WriteStatus(_cluster.VolumeSnapshots, snapshot, status);
            return null;
        }

        var claim = _cluster.Get(_cluster.Claims, snapshot.Namespace(), claimName);
        if (_cluster.StorageFaults.Error("volumesnapshots", snapshot, StorageClass(claim)) is { } refusal)
            return Refuse(key, snapshot, claim, refusal);
        _refused.Remove(key);
        status.Remove("error");
        _cluster.Recorder.Normal(snapshot, "SnapshotCreated", $"Snapshot {key} was successfully created by the CSI driver.", Component);
        _cluster.Recorder.Normal(snapshot, "SnapshotReady", $"Snapshot {key} is ready to use.", Component);
        if (_cluster.Get(_cluster.VolumeSnapshotContents, null, status.TextAt("boundVolumeSnapshotContentName") ?? "") is { } content)
        {
            _cluster.WriteStatus(_cluster.VolumeSnapshotContents, content, new JsonObject
            {
                ["creationTime"] = _cluster.Now.ToUnixTimeMilliseconds() * 1_000_000,
                ["readyToUse"] = true,
                ["restoreSize"] = (long)Quantity.Value(claim.TextAt("status", "capacity", "storage") ?? "1Gi"),
                ["snapshotHandle"] = "snap-" + snapshot.Uid(),
            });
        }

        status["creationTime"] = _cluster.Timestamp;
        status["readyToUse"] = true;
        status["restoreSize"] = claim.TextAt("status", "capacity", "storage") ?? "1Gi";
        _cluster.WriteStatus(_cluster.VolumeSnapshots, snapshot, status);
        ReleaseClaim(snapshot.Namespace(), claimName);
        return null;
    }

    // The driver is asked again, later each time, until it takes the snapshot.
    private TimeSpan Refuse(string key, JsonObject snapshot, JsonObject? claim, string refusal)
    {
        var tries = _refused.GetValueOrDefault(key);
        _refused[key] = tries + 1;
        var again = _cluster.Settings.Seconds(Math.Min(Math.Pow(2, tries), 300));
        _taking[key] = _cluster.Now + again;
        var message = $"Failed to check and update snapshot content: failed to take snapshot of the volume {claim.TextAt("spec", "volumeName")}: {GoText.Quote(refusal)}";
        if (snapshot.TextAt("status", "error", "message") != message)
        {
            var status = snapshot.ObjectAt("status")!.Copy();
            status["error"] = new JsonObject { ["message"] = message, ["time"] = _cluster.Timestamp };
            _cluster.WriteStatus(_cluster.VolumeSnapshots, snapshot, status);
        }

        return again;
    }

    private static string? StorageClass(JsonObject? claim) => claim.TextAt("spec", "storageClassName");

    // The source claim is protected while any snapshot of it is still being taken.
    private void ReleaseClaim(string? @namespace, string claimName)
    {
        if (_cluster.Get(_cluster.Claims, @namespace, claimName) is not { } claim || !claim.HasFinalizer(ClaimAsSource))
            return;
        var busy = _byClaim.Find(Cluster.Key(@namespace, claimName)).Any(k => _cluster.Get(_cluster.VolumeSnapshots, k) is { } s
            && !s.IsDeleting() && s["status"] is not null && s.FlagAt("status", "readyToUse") is not true && s.At("status", "error") is null);
        if (!busy)
            _cluster.RemoveFinalizer(_cluster.Claims, claim, ClaimAsSource);
    }

    private TimeSpan? Delete(string key, JsonObject snapshot)
    {
        if (snapshot.HasFinalizer(AsSource) && _claimsBySource.Find(key).Any(c => _cluster.Get(_cluster.Claims, c).TextAt("status", "phase") == "Pending"))
        {
            _cluster.Recorder.Warning(snapshot, "SnapshotDeletePending", "Snapshot is being used to restore a PVC", Component);
            var tries = _held.GetValueOrDefault(key);
            _held[key] = tries + 1;
            return _cluster.Settings.Seconds(Math.Min(Math.Pow(2, tries), 300));
        }

        if (snapshot.HasFinalizer(AsSource))
            snapshot = _cluster.RemoveFinalizer(_cluster.VolumeSnapshots, snapshot, AsSource);
        ReleaseClaim(snapshot.Namespace(), snapshot.TextAt("spec", "source", "persistentVolumeClaimName") ?? "");
        if (!snapshot.HasFinalizer(BoundProtection))
        {
            DeleteContent(snapshot);
            return null;
        }

        DeleteContent(snapshot);
        _cluster.RemoveFinalizer(_cluster.VolumeSnapshots, snapshot, BoundProtection);
        return null;
    }

    private void DeleteContent(JsonObject snapshot)
    {
        // A content that is to be retained stays, and with it what the driver keeps.
        if (snapshot.TextAt("status", "boundVolumeSnapshotContentName") is { } content
            && _cluster.Get(_cluster.VolumeSnapshotContents, null, content).TextAt("spec", "deletionPolicy") != "Retain")
        {
            _cluster.DeleteIfThere(_cluster.VolumeSnapshotContents, null, content);
        }
    }
}
