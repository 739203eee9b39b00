using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>
/// Says of clones that have succeeded what only their claims tell: whether their volumes are bound, and whether they wait for the machine's first start.
/// One list of claims, and of data volumes, per namespace, when it is first needed.
/// </summary>
internal sealed class BindingLookup(KubeVirtCluster cluster)
{
    private readonly Dictionary<(ResourceKind, string), Dictionary<string, ClaimState>?> _known = [];
    private HashSet<string>? _waitingClasses;

    public async Task<CloneRecord> CompleteAsync(CloneRecord clone, CancellationToken ct)
    {
        if (clone.Bound || clone.Phase != ClonePhase.Succeeded)
            return clone;
        var claims = await KnownAsync(KubeVirtKinds.PersistentVolumeClaim, clone.Namespace, ClaimState.Of, ct);
        if (clone.Method == CloneMethod.DataVolume)
        {
            // One that is filled may have been tidied away, and its claim is the machine's own then.
            var dataVolumes = await KnownAsync(RelatedKinds.DataVolume, clone.Namespace, ClaimState.OfDataVolume, ct);
            var filled = clone.WithClaims(name => dataVolumes?.TryGetValue(name, out var state) == true || claims?.TryGetValue(name, out state) == true ? state : null);
            var waits = clone.ClaimNames.Any(name => dataVolumes?.TryGetValue(name, out var state) == true && state.WaitsForConsumer && state.Machine == clone.Uid);
            return waits ? filled with { Message = CloneRecord.WaitsForFirstStart } : filled;
        }

        if (claims is null)
            return clone;
        var completed = clone.Method switch
        {
            CloneMethod.Direct => clone.WithClaims(name => claims.TryGetValue(name, out var state) ? state : null),
            CloneMethod.Restore => clone with { Bound = RestoreKeeper.Claims(clone.Raw).All(name => claims.TryGetValue(name, out var state) && state.IsBound) },
            _ => clone,
        };
        if (completed.Bound || completed.Phase != ClonePhase.Succeeded || (completed.Message.Length > 0 && !completed.IsGrowing))
            return completed;
        IEnumerable<ClaimState> own = clone.Method switch
        {
            CloneMethod.Direct => clone.ClaimNames.Where(claims.ContainsKey).Select(name => claims[name]),
            CloneMethod.Restore => RestoreKeeper.Claims(clone.Raw).Where(claims.ContainsKey).Select(name => claims[name]),
            _ => claims.Values.Where(c => c.Restore?.StartsWith($"tmp-restore-{clone.Uid}-", StringComparison.Ordinal) == true),
        };
        var waiting = await WaitingClassesAsync(ct);
        return own.Any(c => c is { IsBound: false, IsWanted: false, StorageClass: { } name } && waiting.Contains(name)) ? completed with { Message = CloneRecord.WaitsForFirstStart } : completed;
    }

    private async Task<HashSet<string>> WaitingClassesAsync(CancellationToken ct)
    {
        if (_waitingClasses is not null)
            return _waitingClasses;
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (var item in cluster.Client.ListAsync(RelatedKinds.StorageClass, ns: null, options: null, ct))
            {
                if (item.StringAt("volumeBindingMode") == "WaitForFirstConsumer")
                    names.Add(item.Name);
            }
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            cluster.Callbacks.Verbose?.Invoke($"What volumes wait for cannot be seen: {e.ApiMessage}");
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e, "storageclasses"));
        }

        return _waitingClasses = names;
    }

    private async Task<Dictionary<string, ClaimState>?> KnownAsync(ResourceKind kind, string ns, Func<KubernetesObject, ClaimState> read, CancellationToken ct)
    {
        if (!_known.TryGetValue((kind, ns), out var known))
            _known[(kind, ns)] = known = await ReadAsync(kind, ns, read, ct);
        return known;
    }

    private async Task<Dictionary<string, ClaimState>?> ReadAsync(ResourceKind kind, string ns, Func<KubernetesObject, ClaimState> read, CancellationToken ct)
    {
        var states = new Dictionary<string, ClaimState>(StringComparer.Ordinal);
        try
        {
            await foreach (var item in cluster.Client.ListAsync(kind, ns, options: null, ct))
                states[item.Name] = read(item);
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether volumes are bound cannot be seen: {e.ApiMessage}");
            return null;
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e, $"{ns}/{kind.Plural}"));
        }

        return states;
    }
}
