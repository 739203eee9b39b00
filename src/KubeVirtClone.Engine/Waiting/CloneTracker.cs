using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Whom a tracker tells what it sees. Called under a lock: must not block.</summary>
/// <param name="Warn">Something the user should know about a clone that goes on.</param>
/// <param name="Seen">A clone changed.</param>
internal sealed record TrackerEvents(
    Action<CloneReference, CloneRecord?, Advice> Warn,
    Action<CloneReference, CloneRecord>? Seen = null);

/// <summary>Follows any number of clones over a number of watches that depends only on how many namespaces they are in.</summary>
internal sealed class CloneTracker : IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    private readonly object _gate = new();
    private readonly Dictionary<string, NamespaceTracker> _namespaces = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop;
    private readonly KubeVirtCluster _cluster;
    private readonly ResourceKind _kind;
    private readonly string? _snapshotVersion;
    private readonly WatchOptions _scope;
    private readonly WaitState _for;
    private readonly TrackerEvents _events;
    private readonly FaultExplainer _explainer;
    private readonly ITimer _timer;

    private CloneTracker(
        KubeVirtCluster cluster,
        ResourceKind kind,
        string? snapshotVersion,
        WatchOptions scope,
        WaitState @for,
        TrackerEvents events,
        CancellationToken ct)
    {
        _cluster = cluster;
        _explainer = new FaultExplainer(cluster);
        _kind = kind;
        _snapshotVersion = snapshotVersion;
        _scope = scope;
        _for = @for;
        _events = events;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _timer = cluster.Clock.CreateTimer(_ => Tick(), state: null, TickInterval, TickInterval);
    }

    /// <summary>Makes a tracker; watches start when there is something to follow.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="kind">Kind of the objects that stand for the clones.</param>
    /// <param name="scope">Selectors that hold for every clone that will be followed.</param>
    /// <param name="for">State waited for.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="ct">Ends everything.</param>
    public static async Task<CloneTracker> CreateAsync(
        KubeVirtCluster cluster,
        ResourceKind kind,
        WatchOptions scope,
        WaitState @for,
        TrackerEvents events,
        CancellationToken ct)
    {
        return new CloneTracker(cluster, kind, await cluster.GetSnapshotVersionAsync(ct), scope, @for, events, ct);
    }

    /// <summary>Follows a clone until its wait is over, or <paramref name="ct"/> ends it.</summary>
    public async Task<FollowOutcome> FollowAsync(CloneReference reference, CloneRecord? initial, TimeSpan? timeout, CancellationToken ct)
    {
        NamespaceTracker? tracker;
        lock (_gate)
        {
            if (!_namespaces.TryGetValue(reference.Namespace, out tracker))
                _namespaces[reference.Namespace] = tracker = new(_cluster, _kind, reference.Namespace, _snapshotVersion, _scope, _for, _events, _stop.Token);
        }

        var outcome = await tracker.FollowAsync(reference, initial, timeout).WaitAsync(ct);
        return outcome.Fault is { } fault ? outcome with { Fault = await _explainer.ExplainAsync(fault, outcome.Record, ct) } : outcome;
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _stop.CancelAsync();
        Task[] ending;
        lock (_gate)
            ending = [.. _namespaces.Values.Select(n => n.CompletionAsync())];
        await Task.WhenAll(ending);
        _stop.Dispose();
    }

    private void Tick()
    {
        NamespaceTracker[] trackers;
        lock (_gate)
            trackers = [.. _namespaces.Values];
        foreach (var tracker in trackers)
            tracker.Tick();
    }
}
