using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Cluster;

/// <summary>Watches objects of one kind until the reader has seen enough or the time is up.</summary>
internal sealed class DeadlineWatch(KubeVirtCluster cluster, ResourceKind kind, string ns, WatchOptions scope, TimeSpan? timeout)
{
    /// <summary>Hands every change to <paramref name="onChange"/> until it answers false, or calls <paramref name="onTimeout"/>.</summary>
    /// <exception cref="EngineException">The server does not let us watch.</exception>
    public async Task RunAsync(Func<ResourceEvent, bool> onChange, Action onTimeout, CancellationToken ct)
    {
        using var limit = timeout is { } time ? new CancellationTokenSource(time, cluster.Clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            await foreach (var change in cluster.Client.WatchAsync(kind, ns, scope, either.Token))
            {
                if (!onChange(change))
                    return;
            }
        }
        catch (ObjectDisposedException e)
        {
            throw new EngineException(FaultMapper.WatchEnded($"{ns}/{kind.Plural}", e));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            onTimeout();
            return;
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e, $"{ns}/{kind.Plural}"));
        }

        // A watch goes on for as long as it is read: one that is over has shown nobody what they wait for.
        throw new EngineException(FaultMapper.WatchEnded($"{ns}/{kind.Plural}", cause: null));
    }
}
