using System.Collections.Concurrent;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Reads kinds, whole or in part; what may not be read becomes a reason, never a failure: the server has the last word anyway.</summary>
internal sealed class KindReader(KubeVirtCluster cluster)
{
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);
    private int _requests;

    /// <summary>Requests made so far, each list counted once.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public Task<KindListing> ListAsync(ResourceKind? kind, string? ns, CancellationToken ct) => ListAsync(kind, ns, _ => true, ct);

    /// <summary>Lists what a label selector selects; null for all.</summary>
    public Task<KindListing> ListAsync(ResourceKind? kind, string? ns, string? selector, CancellationToken ct) => ListAsync(kind, ns, selector, _ => true, ct);

    /// <summary>Lists a kind and keeps what is <paramref name="wanted"/>; null for a kind that nobody asks for, or that is not served.</summary>
    public Task<KindListing> ListAsync(ResourceKind? kind, string? ns, Func<KubernetesObject, bool> wanted, CancellationToken ct) => ListAsync(kind, ns, selector: null, wanted, ct);

    /// <summary>The objects of those names that exist: one by one while they are few, else out of one list.</summary>
    public async Task<KindListing> NamedAsync(ResourceKind? kind, string? ns, IReadOnlyCollection<string> names, CancellationToken ct)
    {
        if (kind is null || names.Count > ObjectLister.MaxSingleReads)
            return await ListAsync(kind, ns, i => names.Contains(i.Name), ct);
        var found = await Task.WhenAll(names.Select(n => FindAsync(kind, ns, n, ct)));
        return found.Select(f => f.WhyNot).FirstOrDefault(w => w is not null) is { } why ? KindListing.Refused(why) : KindListing.Of(found.Select(f => f.Item).OfType<KubernetesObject>());
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
        catch (KubernetesException e) when (!FaultMapper.EndsEverything(e))
        {
            var what = kind.Plural + (ns is null ? "" : " in " + ns);
            if (_told.TryAdd(what, true))
                cluster.Callbacks.Verbose?.Invoke($"Not checked: {what} ({e.Message})");
            return e is ApiStatusException { IsForbidden: true } ? "you may not read " + what : e.Message;
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e));
        }
    }

    private async Task<KindListing> ListAsync(ResourceKind? kind, string? ns, string? selector, Func<KubernetesObject, bool> wanted, CancellationToken ct)
    {
        if (kind is null)
            return KindListing.NotAsked;
        var found = new List<KubernetesObject>();
        var why = await ReadAsync(kind, ns, async () =>
        {
            await foreach (var item in cluster.Client.ListAsync(kind, ns, new ListOptions { LabelSelector = selector }, ct))
            {
                if (wanted(item))
                    found.Add(item);
            }
        });
        return why is null ? KindListing.Of(found) : KindListing.Refused(why);
    }
}

/// <summary>What a read of one object gave.</summary>
/// <param name="Exists">Whether it exists; null when that is not known.</param>
/// <param name="Item">The object.</param>
/// <param name="WhyNot">Why it is not known.</param>
internal readonly record struct FoundObject(bool? Exists, KubernetesObject? Item, string? WhyNot);
