using System.Globalization;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>
/// Plays the storage below a live cluster's own controllers as the recorder did, for the run's own classes only: volumes for claims,
/// snapshots for snapshot contents (what a driver's provisioner and snapshotter do) and, where no CDI is installed, imports.
/// </summary>
internal sealed class LiveStorage : IAsyncDisposable
{
    private const double VolumeSeconds = 0.6;
    private const double SnapshotSeconds = 0.2;
    private const string BoundProtection = "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection";
    private static readonly string[] WatchedKinds = ["PersistentVolumeClaim", "PersistentVolume", "VolumeSnapshot", "VolumeSnapshotContent", "DataVolume"];
    private readonly LiveCluster _cluster;
    private readonly LiveImports? _imports;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Kind, string Key), JsonObject> _known = [];
    private readonly Dictionary<string, TimeSpan> _snapshotTimes = [];
    private readonly Dictionary<string, DateTimeOffset> _due = [];
    private readonly Dictionary<string, JsonObject> _classes = [];
    private readonly Queue<(string Kind, string Key)> _fresh = new();
    private readonly AutoResetEvent _changed = new(initialState: false);
    private readonly List<Task> _tasks = [];
    private readonly Thread _worker;

    public LiveStorage(LiveCluster cluster, bool playsImports)
    {
        _cluster = cluster;
        _imports = playsImports ? new LiveImports(this) : null;
        foreach (var type in WatchedKinds.Select(cluster.Type))
            _tasks.Add(cluster.Connection.WatchAsync(LiveConnection.Path(type, type.StorageVersion, null), (what, o) => Note(type.Kind, what, o), () => { }, _end.Token));
        _worker = new Thread(Work) { IsBackground = true, Name = "storage" };
        _worker.Start();
    }

    /// <summary>From now on snapshots of volumes of a namespace take this long.</summary>
    public void SetSnapshotTime(string @namespace, TimeSpan time)
    {
        lock (_lock)
            _snapshotTimes[@namespace] = time;
    }

    public JsonObject? Known(string kind, string key)
    {
        lock (_lock)
            return _known.GetValueOrDefault((kind, key));
    }

    /// <summary>A class of this run by its name there; null for any other.</summary>
    public JsonObject? Class(string kind, string? name)
    {
        if (name?.StartsWith(_cluster.Prefix, StringComparison.Ordinal) is not true)
            return null;
        if (!_classes.TryGetValue(kind + name, out var found) && _cluster.Connection.Get(LiveConnection.Path(_cluster.Type(kind), _cluster.Type(kind).StorageVersion, null, name)) is { } read)
            _classes[kind + name] = found = read;
        return found;
    }

    /// <summary>A merge patch; a conflict or an object gone meanwhile shows at the next look.</summary>
    public void Patch(string kind, JsonObject o, JsonObject patch, string? subresource = null) => _cluster.Connection.Send(
        HttpMethod.Patch, LiveConnection.Path(_cluster.Type(kind), _cluster.Type(kind).StorageVersion, o.Namespace(), o.Name(), subresource), patch, "application/merge-patch+json");

    public void Create(JsonObject o)
    {
        var type = _cluster.Type(o.Kind());
        _cluster.Connection.Send(HttpMethod.Post, LiveConnection.Path(type, type.StorageVersion, o.Namespace()), o);
    }

    /// <summary>Makes the volume that fills a claim; the cluster's own volume controller binds the two.</summary>
    public void MakeVolume(JsonObject claim, JsonObject storageClass, string name) => Create(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolume",
        ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = new JsonObject { ["pv.kubernetes.io/provisioned-by"] = storageClass.TextAt("provisioner") } },
        ["spec"] = new JsonObject
        {
            ["accessModes"] = claim.At("spec", "accessModes").Copy(),
            ["capacity"] = new JsonObject { ["storage"] = claim.TextAt("spec", "resources", "requests", "storage") ?? "1Gi" },
            ["claimRef"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "PersistentVolumeClaim", ["name"] = claim.Name(), ["namespace"] = claim.Namespace(), ["uid"] = claim.Uid() },
            ["csi"] = new JsonObject { ["driver"] = storageClass.TextAt("provisioner"), ["volumeHandle"] = name },
            ["persistentVolumeReclaimPolicy"] = storageClass.TextAt("reclaimPolicy") ?? "Delete",
            ["storageClassName"] = storageClass.Name(),
            ["volumeMode"] = claim.TextAt("spec", "volumeMode") ?? "Filesystem",
        },
    });

    /// <summary>Whether a time has passed since this was first asked for a key.</summary>
    public bool HasPassed(string key, TimeSpan time)
    {
        if (!_due.TryGetValue(key, out var due))
            _due[key] = due = DateTimeOffset.UtcNow + time;
        return DateTimeOffset.UtcNow >= due;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _changed.Set();
        _worker.Join(TimeSpan.FromSeconds(30));
        foreach (var ((kind, _), o) in _known.Where(k => k.Key.Kind is "VolumeSnapshotContent" or "PersistentVolume" && IsOurs(k.Value)))
        {
            Patch(kind, o, new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } });
            _cluster.Connection.Send(HttpMethod.Delete, LiveConnection.Path(_cluster.Type(kind), _cluster.Type(kind).StorageVersion, null, o.Name()));
        }

        try
        {
            await Task.WhenAll(_tasks);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException or HttpRequestException or IOException)
        {
            // They were ended.
        }

        _end.Dispose();
        _changed.Dispose();
    }

    private bool IsOurs(JsonObject o) => (o.TextAt("spec", "driver") ?? o.TextAt("spec", "csi", "driver"))?.StartsWith(_cluster.Prefix, StringComparison.Ordinal) is true;

    private void Note(string kind, StoreEventType what, JsonObject o)
    {
        lock (_lock)
        {
            if (what == StoreEventType.Deleted)
                _known.Remove((kind, o.Namespace() + "/" + o.Name()));
            else
                _known[(kind, o.Namespace() + "/" + o.Name())] = o;
            _fresh.Enqueue((kind, o.Namespace() + "/" + o.Name()));
        }

        _changed.Set();
    }

    // What has just changed comes before what may have come due: nobody else is to get to a new DataVolume first.
    private void Work()
    {
        while (!_end.IsCancellationRequested)
        {
            WorkOffFresh();
            List<(string Kind, string Key)> all;
            lock (_lock)
                all = [.. _known.Keys];
            foreach (var (kind, key) in all)
            {
                TryLook(kind, key);
                WorkOffFresh();
            }

            _changed.WaitOne(TimeSpan.FromMilliseconds(100));
        }
    }

    private void WorkOffFresh()
    {
        while (true)
        {
            (string Kind, string Key) next;
            lock (_lock)
            {
                if (!_fresh.TryDequeue(out next))
                    return;
            }

            TryLook(next.Kind, next.Key);
        }
    }

    private void TryLook(string kind, string key)
    {
        try
        {
            if (Known(kind, key) is { } o)
                Look(kind, key, o);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or InvalidOperationException)
        {
            // Tried again at the next look.
        }
    }

    private void Look(string kind, string key, JsonObject o)
    {
        switch (kind)
        {
            case "PersistentVolumeClaim":
                Provision(o);
                break;
            case "PersistentVolume" when IsOurs(o) && o.TextAt("status", "phase") == "Released" && !o.IsDeleting() && o.TextAt("spec", "persistentVolumeReclaimPolicy") == "Delete":
                _cluster.Connection.Send(HttpMethod.Delete, LiveConnection.Path(_cluster.Type(kind), "v1", null, o.Name()));
                break;
            case "VolumeSnapshotContent" when IsOurs(o):
                Snapshot(o);
                break;
            case "DataVolume":
                _imports?.Look(o, Known("PersistentVolumeClaim", key));
                break;
        }
    }

    private void Provision(JsonObject claim)
    {
        if (Class("StorageClass", claim.TextAt("spec", "storageClassName")) is not { } storageClass || claim.IsDeleting() || claim.TextAt("spec", "volumeName") is not null)
            return;
        if ((claim.ObjectAt("spec", "dataSourceRef") ?? claim.ObjectAt("spec", "dataSource")) is { } source && source.TextAt("kind") != "VolumeSnapshot")
        {
            // What a populator fills the provisioner leaves alone; the import makes its volume.
            _imports?.Fill(claim, storageClass);
            return;
        }

        // The volume controller asks the provisioner by this annotation, for late binding once there is a node.
        if (claim.Annotation("volume.kubernetes.io/storage-provisioner") != storageClass.TextAt("provisioner"))
            return;
        var parameters = storageClass.ObjectAt("parameters");
        var started = _due.ContainsKey(claim.Uid());
        if (parameters.TextAt("never") == "true" || ((!started || parameters.TextAt("recheck") == "true") && !IsSourceReady(claim)))
        {
            _due.Remove(claim.Uid());
            return;
        }

        var time = double.TryParse(parameters.TextAt("delay"), CultureInfo.InvariantCulture, out var seconds) ? seconds : VolumeSeconds;
        if (HasPassed(claim.Uid(), TimeSpan.FromSeconds(time)) && HasPassed("once " + claim.Uid(), TimeSpan.Zero))
            MakeVolume(claim, storageClass, "pvc-" + claim.Uid());
    }

    private bool IsSourceReady(JsonObject claim)
    {
        var source = claim.ObjectAt("spec", "dataSource") ?? claim.ObjectAt("spec", "dataSourceRef");
        return source is null || (Known("VolumeSnapshot", claim.Namespace() + "/" + source.TextAt("name")) is { } snapshot
            && !snapshot.IsDeleting() && snapshot.FlagAt("status", "readyToUse") is true);
    }

    private void Snapshot(JsonObject content)
    {
        if (content.IsDeleting())
        {
            if (content.Annotation("snapshot.storage.kubernetes.io/volumesnapshot-being-deleted") is not null && content.HasFinalizer(BoundProtection))
            {
                var rest = content.ArrayAt("metadata", "finalizers").Texts().Where(f => f != BoundProtection);
                Patch("VolumeSnapshotContent", content, new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = JsonAccess.StringArray(rest) } });
            }

            return;
        }

        if (content.FlagAt("status", "readyToUse") is true || content.At("status", "error") is not null)
            return;
        var parameters = Class("VolumeSnapshotClass", content.TextAt("spec", "volumeSnapshotClassName")).ObjectAt("parameters");
        TimeSpan time;
        lock (_lock)
        {
            time = _snapshotTimes.TryGetValue(content.TextAt("spec", "volumeSnapshotRef", "namespace") ?? "", out var given)
                ? given
                : TimeSpan.FromSeconds(double.TryParse(parameters.TextAt("delay"), CultureInfo.InvariantCulture, out var seconds) ? seconds : SnapshotSeconds);
        }

        if (!HasPassed(content.Uid(), time))
            return;
        var now = DateTimeOffset.UtcNow;
        var status = parameters.TextAt("error") is { } error
            ? new JsonObject { ["readyToUse"] = false, ["error"] = new JsonObject { ["message"] = error, ["time"] = JsonAccess.Timestamp(now) } }
            : new JsonObject { ["readyToUse"] = true, ["snapshotHandle"] = "snap-" + content.Uid(), ["creationTime"] = now.ToUnixTimeMilliseconds() * 1_000_000, ["restoreSize"] = 1L << 30 };
        Patch("VolumeSnapshotContent", content, new JsonObject { ["status"] = status }, "status");
    }
}
