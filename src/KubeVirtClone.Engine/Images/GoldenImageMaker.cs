using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Images;

/// <summary>Makes golden images.</summary>
/// <param name="cluster">The connection.</param>
public sealed class GoldenImageMaker(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>
    /// Makes an image: stops the machine if asked, snapshots it, waits until it can be used, checks that every disk is in it, marks it, and only
    /// then removes the machine if asked. When anything fails on the way the snapshot is removed and the machine is as it was, running
    /// again with its run strategy if it was stopped for this. The same call again completes what an interrupted one began.
    /// Gives warnings (what machines made of it will share or have in common), and one record or one fault.
    /// </summary>
    /// <param name="request">The image wanted.</param>
    /// <param name="ct">Stops and undoes.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no snapshot API.</exception>
    public IAsyncEnumerable<ItemUpdate<GoldenImageRecord>> CreateAsync(GoldenImageRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ItemStream.RunAsync<GoldenImageRecord>((updates, stop) => new GoldenImageRun(_cluster, request, updates).RunAsync(stop), ct);
    }
}
