using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>Says of a DataSource whether what it points to can be cloned, and passes on the labels of that.</summary>
internal sealed class DataSourceController
{
    private readonly Cluster _cluster;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _bySource;

    public DataSourceController(Cluster cluster)
    {
        _cluster = cluster;
        _queue = cluster.Queue(Reconcile);
        _bySource = cluster.Index(cluster.DataSources, d => Find(d) is { } s ? [s.Kind + "/" + Cluster.Key(s.Namespace, s.Name)] : []);
        cluster.On(cluster.DataSources, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.VolumeSnapshots, e => Wake("VolumeSnapshot", e.Object));
        cluster.On(cluster.Claims, e => Wake("PersistentVolumeClaim", e.Object));
        cluster.On(cluster.DataVolumes, e => Wake("PersistentVolumeClaim", e.Object));
    }

    private CloneSource? Find(JsonObject dataSource) => CloneSource.Of(
        new JsonObject { ["spec"] = new JsonObject { ["sourceRef"] = new JsonObject { ["kind"] = "DataSource", ["name"] = dataSource.Name(), ["namespace"] = dataSource.Namespace() } } },
        dataSource.Namespace(),
        (ns, name) => ns == dataSource.Namespace() && name == dataSource.Name() ? dataSource : _cluster.Get(_cluster.DataSources, ns, name));

    private void Wake(string kind, JsonObject o) => _queue.Add(_bySource.Find(kind + "/" + Cluster.Key(o)));

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.DataSources, key) is not { } dataSource || dataSource.IsDeleting())
            return null;
        var (ready, reason, message, labels) = Judge(dataSource);
        var copy = dataSource.Copy();
        foreach (var (label, value) in labels ?? [])
        {
            if (label.Contains("kubevirt.io/", StringComparison.Ordinal) && copy.Label(label) is null)
                copy.Ensure("metadata", "labels")[label] = value.Copy();
        }

        var status = copy.Ensure("status");
        var old = status.ArrayAt("conditions").Objects().FirstOrDefault();
        if (old.TextAt("status") != ready || old.TextAt("reason") != reason || old.TextAt("message") != message)
        {
            status["conditions"] = new JsonArray(new JsonObject
            {
                ["lastHeartbeatTime"] = _cluster.Timestamp,
                ["lastTransitionTime"] = old.TextAt("status") == ready ? old.TextAt("lastTransitionTime") : _cluster.Timestamp,
                ["message"] = message,
                ["reason"] = reason,
                ["status"] = ready,
                ["type"] = "Ready",
            });
        }

        if (ready == "True" && Find(dataSource) is { } source)
            status["source"] = new JsonObject { [source.Word] = new JsonObject { ["name"] = source.Name, ["namespace"] = source.Namespace } };
        else
            status.Remove("source");
        if (!copy.Same(dataSource))
            _cluster.Update(_cluster.DataSources, copy);
        return null;
    }

    private (string Ready, string Reason, string Message, JsonObject? Labels) Judge(JsonObject dataSource)
    {
        const string Good = "DataSource is ready to be consumed";
        if (Find(dataSource) is not { } source)
            return ("False", "NoSource", "No source PVC set", null);
        if (source.IsSnapshot)
        {
            if (_cluster.Get(_cluster.VolumeSnapshots, source.Namespace, source.Name) is not { } snapshot)
                return ("False", "NotFound", "Snapshot not found", null);
            return snapshot.FlagAt("status", "readyToUse") is true
                ? ("True", "Ready", Good, snapshot.ObjectAt("metadata", "labels"))
                : ("False", "SnapshotNotReady", "Snapshot phase is not ready", null);
        }

        if (_cluster.Get(_cluster.DataVolumes, source.Namespace, source.Name).TextAt("status", "phase") is { } phase and not "Succeeded")
            return ("False", phase, "Import DataVolume phase " + phase, null);
        return _cluster.Get(_cluster.Claims, source.Namespace, source.Name) is { } claim
            ? ("True", "Ready", Good, claim.ObjectAt("metadata", "labels"))
            : ("False", "NotFound", "PVC not found", null);
    }
}
