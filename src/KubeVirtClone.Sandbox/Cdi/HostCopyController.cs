using System.Globalization;
using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>
/// Copies from claim to claim by two pods, as far as it shows on the claims: once both are bound the copy runs for a while (of the class's
/// parameter <c>copy</c> in seconds) and tells its progress.
/// </summary>
internal sealed class HostCopyController
{
    private const string Component = "clone-controller";
    private const double DefaultTime = 0.7;
    private const double PodsStart = 0.1;
    private readonly Cluster _cluster;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _bySource;
    private readonly Dictionary<string, DateTimeOffset> _starting = [];
    private readonly Dictionary<string, DateTimeOffset> _copying = [];

    public HostCopyController(Cluster cluster)
    {
        _cluster = cluster;
        _queue = cluster.Queue(Reconcile);
        _bySource = cluster.Index(cluster.Claims, c => c.Annotation(CdiNames.CloneRequest) is { } source ? [source] : []);
        cluster.On(cluster.Claims, e =>
        {
            if (e.Object.Annotation(CdiNames.CloneRequest) is not null)
                _queue.Add(Cluster.Key(e.Object));
            _queue.Add(_bySource.Find(Cluster.Key(e.Object)));
        });
    }

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Claims, key) is not { } claim || claim.IsDeleting())
        {
            _starting.Remove(key);
            _copying.Remove(key);
            if (_cluster.Get(_cluster.Claims, key) is { } going)
                _cluster.RemoveFinalizer(_cluster.Claims, going, CdiNames.SourceFinalizer);
            return null;
        }

        if (claim.Annotation(CdiNames.CloneRequest) is not { } source || claim.Annotation(CdiNames.CloneOf) == "true")
            return null;
        if (claim.TextAt("status", "phase") != "Bound" || _cluster.Get(_cluster.Claims, source).TextAt("status", "phase") != "Bound")
            return null;
        if (!_starting.TryGetValue(key, out var start))
            _starting[key] = start = _cluster.Now + _cluster.Settings.Seconds(PodsStart);
        if (_cluster.Now < start)
            return start - _cluster.Now;
        var whole = _cluster.Settings.Seconds(Time(claim));
        if (!_copying.TryGetValue(key, out var due))
        {
            _copying[key] = due = _cluster.Now + whole;
            claim = Begin(claim, source);
        }

        if (_cluster.Now < due)
        {
            Tell(claim, 1 - ((due - _cluster.Now) / whole));
            return TimeSpan.FromTicks(Math.Max(1, Math.Min((due - _cluster.Now).Ticks, (whole / 4).Ticks)));
        }

        _starting.Remove(key);
        _copying.Remove(key);
        End(claim);
        return null;
    }

    private double Time(JsonObject claim)
    {
        var storageClass = _cluster.Get(_cluster.StorageClasses, null, claim.TextAt("spec", "storageClassName") ?? "");
        return double.TryParse(storageClass.TextAt("parameters", "copy"), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? seconds : DefaultTime;
    }

    private JsonObject Begin(JsonObject claim, string source)
    {
        var copy = claim.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations[CdiNames.PodPhase] = "Running";
        annotations[CdiNames.PodReady] = "true";
        annotations[CdiNames.Running] = "true";
        annotations[CdiNames.RunningMessage] = "";
        annotations[CdiNames.RunningReason] = "Pod is running";
        annotations[CdiNames.Group + "storage.sourceClonePodName"] = claim.Uid() + "-source-pod";
        annotations[CdiNames.Group + "storage.uploadPodName"] = "cdi-upload-" + claim.Name();
        annotations[CdiNames.Group + "uploadClientName"] = $"{source}-{claim.Namespace()}/{claim.Name()}";
        copy.Ensure("metadata")["finalizers"] = JsonAccess.StringArray(copy.ArrayAt("metadata", "finalizers").Texts().Append(CdiNames.SourceFinalizer).Distinct());
        return _cluster.Update(_cluster.Claims, copy);
    }

    private void Tell(JsonObject claim, double share)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(share, 0, 0.99) * 100:0.00}%");
        // A claim copied into without a populator says it in its DataVolume only.
        if (share <= 0 || claim.Annotation(CdiNames.Progress) == text || claim.Label(CdiNames.OwnedByUid) is null)
            return;
        var copy = claim.Copy();
        copy.Ensure("metadata", "annotations")[CdiNames.Progress] = text;
        _cluster.Update(_cluster.Claims, copy);
    }

    private void End(JsonObject claim)
    {
        var copy = claim.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations[CdiNames.PodPhase] = "Succeeded";
        annotations[CdiNames.PodReady] = "false";
        annotations[CdiNames.Running] = "false";
        annotations[CdiNames.RunningMessage] = "Import Complete";
        annotations[CdiNames.RunningReason] = "Completed";
        annotations[CdiNames.CloneOf] = "true";
        claim = _cluster.Update(_cluster.Claims, copy);
        _cluster.Recorder.Normal(claim, "CloneSucceeded", "Clone Complete", Component);
        _cluster.RemoveFinalizer(_cluster.Claims, claim, CdiNames.SourceFinalizer);
    }
}
