using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;

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
    private readonly Dictionary<string, NamespaceTracker> _namespaces = new(StringComparer.Ordinal);
    private readonly KubeVirtCluster _cluster;
    private readonly WatchedCaches _caches;
    private readonly ResourceKind _kind;
    private readonly string? _snapshotVersion;
    private readonly WatchOptions _scope;
    private readonly WaitState _for;
    private readonly TrackerEvents _events;
    private readonly Func<string, string, bool>? _isAwaited;
    private readonly FaultExplainer _explainer;

    private CloneTracker(
        KubeVirtCluster cluster,
        ResourceKind kind,
        string? snapshotVersion,
        WatchOptions scope,
        WaitState @for,
        TrackerEvents events,
        Func<string, string, bool>? isAwaited,
        CancellationToken ct)
    {
        _cluster = cluster;
        _isAwaited = isAwaited;
        _explainer = new FaultExplainer(cluster);
        _kind = kind;
        _snapshotVersion = snapshotVersion;
        _scope = scope;
        _for = @for;
        _events = events;
        _caches = new(cluster, ct, FindStuck);
    }

    /// <summary>Makes a tracker; watches start when there is something to follow.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="kind">Kind of the objects that stand for the clones.</param>
    /// <param name="scope">Selectors that hold for every clone that will be followed.</param>
    /// <param name="for">State waited for.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="ct">Ends everything.</param>
    /// <param name="isAwaited">Whether a clone of a namespace and name may come to be followed; null where any that is in scope may.</param>
    public static async Task<CloneTracker> CreateAsync(
        KubeVirtCluster cluster,
        ResourceKind kind,
        WatchOptions scope,
        WaitState @for,
        TrackerEvents events,
        CancellationToken ct,
        Func<string, string, bool>? isAwaited = null)
    {
        return new CloneTracker(cluster, kind, await cluster.GetSnapshotVersionAsync(ct), scope, @for, events, isAwaited, ct);
    }

    /// <summary>Follows a clone until its wait is over, or <paramref name="ct"/> ends it.</summary>
    /// <param name="reference">The clone.</param>
    /// <param name="initial">It, as who has just made it knows it; null where it is to be seen first.</param>
    /// <param name="timeout">Longest wait; null for none.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<FollowOutcome> FollowAsync(CloneReference reference, CloneRecord? initial, TimeSpan? timeout, CancellationToken ct)
    {
        if (initial is not null && IsThere(initial))
        {
            _cluster.Times.Note(initial, _cluster.Clock.GetUtcNow());
            return new(initial with { Duration = TimeSpan.Zero }, null);
        }

        NamespaceTracker? tracker = null;
        _caches.Do(
            () =>
            {
                if (!_namespaces.TryGetValue(reference.Namespace, out tracker))
                    _namespaces[reference.Namespace] = tracker = new(_caches, _kind, reference.Namespace, _snapshotVersion, _scope, _for, _events, _isAwaited);
            },
            reference.Name);
        var outcome = await tracker!.FollowAsync(reference, initial, timeout, ct);
        return outcome.Fault is { } fault ? outcome with { Fault = await _explainer.ExplainAsync(fault, outcome.Record, ct) } : outcome;
    }

    public ValueTask DisposeAsync() => _caches.DisposeAsync();

    // A machine that was just made with all its claims is what is waited for, and nothing need be watched for its sake.
    private bool IsThere(CloneRecord made) =>
        made is { Phase: ClonePhase.Succeeded, IsGrowing: false } && made.Method.StandsAsMachine() && (_for == WaitState.Succeeded || (_for == WaitState.Bound && made.Bound));

    private void FindStuck()
    {
        foreach (var tracker in _namespaces.Values)
            tracker.FindStuck();
    }
}
