using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Writes down when the clones of a batch were seen in each phase, on a few of them: objects count in whole seconds, in which a restore is done.</summary>
internal sealed class MomentKeeper(KubeVirtCluster cluster)
{
    // Nobody waits longer for it than for what it is about.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task KeepAsync(IEnumerable<CloneRecord> clones, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, cluster.Clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await WriteAsync(clones, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            cluster.Callbacks.Verbose?.Invoke("When the clones were seen in each phase could not be written down in time");
        }
    }

    private async Task WriteAsync(IEnumerable<CloneRecord> clones, CancellationToken ct)
    {
        foreach (var alike in clones.GroupBy(c => (c.Namespace, c.Method)))
        {
            var kept = KeptMoments.Read(alike.Select(c => c.Raw));
            // Who looks again later, when they are done, has less to tell.
            var news = alike.Where(c => cluster.Times.Of(c) is { Count: > 1 } seen && KeptMoments.Richer(kept.GetValueOrDefault(c.Uid), seen) == seen);
            foreach (var chunk in news.OrderBy(c => c.Name, StringComparer.Ordinal).Chunk(KeptMoments.MostInOne))
            {
                var text = KeptMoments.Write(chunk, cluster.Times, chunk[0].Raw);
                var body = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [CloneLabels.Moments] = text } } };
                try
                {
                    var kind = await cluster.GetKindAsync(alike.Key.Method, ct);
                    await cluster.Client.PatchAsync(kind, alike.Key.Namespace, chunk[0].Name, PatchKind.Merge, body, new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
                }
                catch (Exception e) when (e is KubernetesException or EngineException)
                {
                    cluster.Callbacks.Verbose?.Invoke($"When the clones were seen in each phase could not be written down: {e.Message}");
                }
            }
        }
    }
}
