using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Says of clones by restore, and of machines made directly, whether their volumes are bound, which those do not tell: one list of claims per namespace, when it is first needed.</summary>
internal sealed class BindingLookup(KubeVirtCluster cluster)
{
    private readonly Dictionary<string, Dictionary<string, ClaimState>?> _claims = new(StringComparer.Ordinal);

    public async Task<CloneRecord> CompleteAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Bound || clone.Phase != ClonePhase.Succeeded)
            return clone;
        if (!_claims.TryGetValue(clone.Namespace, out var claims))
            _claims[clone.Namespace] = claims = await ReadAsync(clone.Namespace, ct);
        if (claims is null)
            return clone;
        return clone.Method == CloneMethod.Direct
            ? clone.WithClaims(name => claims.TryGetValue(name, out var state) ? state : null)
            : clone with { Bound = RestoreKeeper.Claims(clone.Raw).All(name => claims.TryGetValue(name, out var state) && state.IsBound) };
    }

    private async Task<Dictionary<string, ClaimState>?> ReadAsync(string ns, CancellationToken ct)
    {
        var claims = new Dictionary<string, ClaimState>(StringComparer.Ordinal);
        try
        {
            await foreach (var claim in cluster.Client.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, options: null, ct))
            {
                claims[claim.Name] = ClaimState.Of(claim);
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

        return claims;
    }
}
