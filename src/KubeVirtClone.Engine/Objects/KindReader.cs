using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Reads whole kinds; what may not be read becomes a reason, never a failure.</summary>
internal sealed class KindReader(KubeVirtCluster cluster)
{
    private int _requests;

    /// <summary>Requests made so far, each list counted once.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public Task<KindListing> ListAsync(ResourceKind kind, string? ns, CancellationToken ct) => ListAsync(kind, ns, _ => true, ct);

    /// <summary>Lists a kind and keeps what is <paramref name="wanted"/>.</summary>
    public async Task<KindListing> ListAsync(ResourceKind kind, string? ns, Func<KubernetesObject, bool> wanted, CancellationToken ct)
    {
        var found = new List<KubernetesObject>();
        var why = await ReadAsync(kind, ns, async () =>
        {
            await foreach (var item in cluster.Client.ListAsync(kind, ns, options: null, ct))
            {
                if (wanted(item))
                    found.Add(item);
            }
        });
        return why is null ? KindListing.Of(found) : KindListing.Refused(why);
    }

    /// <summary>True or false where it is known whether the object exists, else null.</summary>
    public async Task<bool?> ExistsAsync(ResourceKind kind, string? ns, string name, CancellationToken ct)
    {
        var exists = false;
        var why = await ReadAsync(kind, ns, async () => exists = await ClientReads.FindAsync(cluster.Client, kind, ns, name, ct) is not null);
        return why is null ? exists : null;
    }

    /// <summary>An object by its name: whether it exists where that is known, else null and why not.</summary>
    public async Task<FoundObject> FindAsync(ResourceKind kind, string? ns, string name, CancellationToken ct)
    {
        KubernetesObject? item = null;
        var why = await ReadAsync(kind, ns, async () => item = await ClientReads.FindAsync(cluster.Client, kind, ns, name, ct));
        return new FoundObject(why is null ? item is not null : null, item, why);
    }

    /// <summary>Does one read; null when it worked, else why it could not be done.</summary>
    public async Task<string?> ReadAsync(ResourceKind kind, string? ns, Func<Task> read)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await read();
            return null;
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            // The kind is not served here (no CDI, no CSI snapshots), so there is none of it.
            cluster.Callbacks.Verbose?.Invoke($"{kind.Plural} are not served here");
            return null;
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            return $"you may not read {kind.Plural}{(ns is null ? "" : $" in {ns}")}";
        }
        catch (KubernetesException e) when (!FaultMapper.EndsEverything(e))
        {
            cluster.Callbacks.Verbose?.Invoke($"{kind.Plural}{(ns is null ? "" : $" in {ns}")} cannot be read: {e.Message}");
            return e.Message;
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e));
        }
    }
}

/// <summary>What a read of one object gave.</summary>
/// <param name="Exists">Whether it exists; null when that is not known.</param>
/// <param name="Item">The object.</param>
/// <param name="WhyNot">Why it is not known.</param>
internal readonly record struct FoundObject(bool? Exists, KubernetesObject? Item, string? WhyNot);
