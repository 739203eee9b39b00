using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Measurement;

/// <summary>
/// Notes when each clone of a batch reaches each phase, as the watch tells it: finer than the whole seconds objects and events give, and still
/// there when KubeVirt has deleted them. Begin it before the clones are made.
/// </summary>
public sealed class PhaseWatch : IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly Dictionary<string, Dictionary<ClonePhase, DateTimeOffset>> _seen = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _run;

    private PhaseWatch(KubeVirtCluster cluster, ResourceKind kind, string ns, string batch, CancellationToken ct)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _run = RunAsync(cluster, kind, ns, batch, _stop.Token);
    }

    /// <summary>Begins to watch, and returns when the watch stands.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="ns">Namespace.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public static async Task<PhaseWatch> StartAsync(KubeVirtCluster cluster, string ns, string batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var watch = new PhaseWatch(cluster, await cluster.GetCloneKindAsync(ct), ns, batch, ct);
        await Task.WhenAny(watch._synced.Task, watch._run);
        if (watch._run.IsFaulted)
            await KubeVirtCluster.GuardAsync(async () => { await watch._run; return true; });
        return watch;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _stop.Dispose();
    }

    internal IReadOnlyDictionary<ClonePhase, DateTimeOffset>? Of(string uid)
    {
        lock (_gate)
            return _seen.GetValueOrDefault(uid) is { } phases ? new Dictionary<ClonePhase, DateTimeOffset>(phases) : null;
    }

    private async Task RunAsync(KubeVirtCluster cluster, ResourceKind kind, string ns, string batch, CancellationToken ct)
    {
        try
        {
            var synced = false;
            await foreach (var change in cluster.Client.WatchAsync(kind, ns, new WatchOptions { LabelSelector = $"{CloneLabels.Batch}={batch}" }, ct))
            {
                if (change.Kind == ResourceEventKind.Synced)
                {
                    synced = true;
                    _synced.TrySetResult();
                }
                else if (synced && change is { Object: { } item, Kind: not ResourceEventKind.Deleted })
                {
                    Note(item, cluster.Clock.GetUtcNow());
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private void Note(KubernetesObject item, DateTimeOffset now)
    {
        var record = CloneRecord.From(item);
        lock (_gate)
        {
            if (!_seen.TryGetValue(record.Uid, out var phases))
                _seen[record.Uid] = phases = [];
            phases.TryAdd(record.Phase, now);
        }
    }
}
