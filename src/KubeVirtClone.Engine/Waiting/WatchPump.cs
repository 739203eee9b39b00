using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>One watch, started when it is first needed, whose events go to a handler under the owner's lock.</summary>
internal sealed class WatchPump(
    KubeVirtCluster cluster,
    ResourceKind kind,
    string ns,
    WatchOptions options,
    object gate,
    Action<ResourceEvent> handle,
    Action<Fault>? refused = null)
{
    private Task? _run;

    /// <summary>True once everything that exists has been seen.</summary>
    public bool Synced { get; private set; }

    /// <summary>True when the server does not let us watch.</summary>
    public bool Refused { get; private set; }

    public bool Started => _run is not null;

    /// <summary>Task of the watch; done when it ended.</summary>
    public Task Completion => _run ?? Task.CompletedTask;

    /// <summary>Starts the watch unless it runs already. Called under the owner's lock.</summary>
    public void Start(CancellationToken ct)
    {
        _run ??= Task.Run(() => RunAsync(ct), CancellationToken.None);
    }

    private async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var change in cluster.Client.WatchAsync(kind, ns, options, ct))
            {
                lock (gate)
                {
                    if (change.Kind == ResourceEventKind.Synced)
                        Synced = true;
                    handle(change);
                }
            }

            End(FaultMapper.WatchEnded($"{ns}/{kind.Plural}", cause: null));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The owner has ended.
        }
        catch (KubernetesException e)
        {
            End(FaultMapper.From(e, $"{ns}/{kind.Plural}"));
        }
#pragma warning disable CA1031 // Whatever ends a watch ends those who wait for what it would have shown; left alone they would wait for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            End(FaultMapper.WatchEnded($"{ns}/{kind.Plural}", e));
        }
    }

    private void End(Fault fault)
    {
        cluster.Callbacks.Verbose?.Invoke($"{kind.Plural} in {ns} cannot be watched: {fault.Message}");
        lock (gate)
        {
            Refused = true;
            refused?.Invoke(fault);
        }
    }
}
