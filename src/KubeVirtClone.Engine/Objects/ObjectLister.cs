using System.Runtime.CompilerServices;
using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Lists objects of one kind by exact names, wildcards, selectors.</summary>
internal sealed class ObjectLister(KubeVirtCluster cluster, ResourceKind kind, string notFoundId, string noun)
{
    // Up to this many exact names are read one by one; more are picked out of one list.
    internal const int MaxSingleReads = 8;

    public async IAsyncEnumerable<ListedItem<KubernetesObject>> ListAsync(ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        var ns = query.AllNamespaces ? null : query.Namespace ?? cluster.Namespace;
        var names = query.Names.Select(n => new WildcardName(n)).ToList();
        if (names.Count is > 0 and <= MaxSingleReads && ns is not null && query is { LabelSelector: null, FieldSelector: null } && names.TrueForAll(n => !n.IsPattern))
        {
            foreach (var name in names.Select(n => n.Text).Distinct(StringComparer.Ordinal))
                yield return await GetAsync(ns, name, ct);
            yield break;
        }

        var missing = names.Where(n => !n.IsPattern).Select(n => n.Text).Distinct(StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        await using var objects = cluster.Client
            .ListAsync(kind, ns, new ListOptions { LabelSelector = query.LabelSelector, FieldSelector = query.FieldSelector }, ct)
            .GetAsyncEnumerator(ct);
        while (await MoveNextAsync(objects, ns))
        {
            if (names.Count > 0 && !names.Exists(n => n.Matches(objects.Current.Name)))
                continue;
            missing.Remove(objects.Current.Name);
            yield return new(objects.Current, null);
        }

        foreach (var name in missing)
            yield return new(null, NotFound(ns, name));
    }

    private async Task<ListedItem<KubernetesObject>> GetAsync(string ns, string name, CancellationToken ct)
    {
        if (NameRules.WhyNotName(name) is not null)
            return new(null, NotFound(ns, name));
        try
        {
            return new(await cluster.Client.GetAsync(kind, ns, name, ct), null);
        }
        catch (ApiStatusException e) when (e.IsNotFound && e.IsApiStatus)
        {
            return new(null, NotFound(ns, name));
        }
        catch (KubernetesException e)
        {
            throw Refused(e, ns);
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<KubernetesObject> objects, string? ns)
    {
        try
        {
            return await objects.MoveNextAsync();
        }
        catch (KubernetesException e)
        {
            throw Refused(e, ns);
        }
    }

    private EngineException Refused(KubernetesException e, string? ns) => new(e switch
    {
        ApiStatusException { IsNotFound: true } when kind.Group == KubeVirtKinds.CloneGroup => FaultMapper.CloneApiMissing(),
        ApiStatusException { IsNotFound: true } => FaultMapper.KubeVirtMissing(e),
        _ => FaultMapper.From(e, ns is null ? kind.Plural : $"{ns}/{kind.Plural}"),
    });

    /// <summary>That nothing has a name, and what that may come from.</summary>
    /// <param name="ns">The namespace; null where all were searched.</param>
    /// <param name="name">The name as given.</param>
    internal Fault NotFound(string? ns, string name) => FaultMapper.Make(
        notFoundId,
        FaultCategory.ObjectNotFound,
        ns is null ? $"There is no {noun} '{name}' in any namespace." : $"There is no {noun} '{name}' in namespace '{ns}'.",
        Hint(ns, name),
        ns is null ? name : $"{ns}/{name}");

    private static Advice Hint(string? ns, string name)
    {
        if (name.Split('/') is [{ Length: > 0 } place, { Length: > 0 } bare] && NameRules.WhyNotName(place) is null)
            return (Advice)$"A name stands without its namespace: write {bare} {OptionName.Namespace} {place}";
        if (name.Any(char.IsAsciiLetterUpper) && NameRules.WhyNotName(name.ToLowerInvariant()) is null)
            return (Advice)$"Names in Kubernetes are all lower case: write {name.ToLowerInvariant()}";
        return ns is null ? "Check the spelling; wildcards are allowed." : (Advice)$"Check the spelling and the namespace ({OptionName.Namespace}, {OptionName.AllNamespaces}); wildcards are allowed.";
    }
}

/// <summary>Reads that take absence for an answer.</summary>
internal static class ClientReads
{
    /// <summary>A claim, as the official client's model; null when it is not there.</summary>
    public static async Task<V1PersistentVolumeClaim?> FindClaimAsync(this IKubernetesClient client, string ns, string name, CancellationToken ct)
    {
        try
        {
            return await client.GetAsync<V1PersistentVolumeClaim>(KubeVirtKinds.PersistentVolumeClaim, ns, name, ct);
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    public static async Task<KubernetesObject?> FindAsync(this IKubernetesClient client, ResourceKind kind, string? ns, string name, CancellationToken ct)
    {
        try
        {
            return await client.GetAsync(kind, ns, name, ct);
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            return null;
        }
    }
}
