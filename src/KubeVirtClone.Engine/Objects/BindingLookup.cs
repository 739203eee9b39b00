using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Says of clones by restore whether their volumes are bound, which restores do not tell: one list of claims per namespace, when it is first needed.</summary>
internal sealed class BindingLookup(KubeVirtCluster cluster)
{
    private readonly Dictionary<string, HashSet<string>?> _bound = new(StringComparer.Ordinal);

    public async Task<CloneRecord> CompleteAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Bound || clone.Phase != ClonePhase.Succeeded)
            return clone;
        if (!_bound.TryGetValue(clone.Namespace, out var bound))
            _bound[clone.Namespace] = bound = await ReadAsync(clone.Namespace, ct);
        return bound is null ? clone : clone with { Bound = RestoreKeeper.Claims(clone.Raw).All(bound.Contains) };
    }

    private async Task<HashSet<string>?> ReadAsync(string ns, CancellationToken ct)
    {
        var bound = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (var claim in cluster.Client.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, options: null, ct))
            {
                if (claim.StringAt("status", "phase") == "Bound")
                    bound.Add(claim.Name);
            }
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether volumes are bound cannot be seen: {e.ApiMessage}");
            return null;
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e, $"{ns}/persistentvolumeclaims"));
        }

        return bound;
    }
}
