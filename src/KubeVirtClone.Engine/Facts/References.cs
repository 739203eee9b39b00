using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>An object that sources or requests name.</summary>
/// <param name="Kind"><c>Secret</c>, <c>ConfigMap</c> or <c>DataSource</c>.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct ObjectName(string Kind, string Namespace, string Name)
{
    /// <summary>What a machine of a namespace names: Secrets, ConfigMaps, and the DataSources of its volume templates.</summary>
    public static IEnumerable<ObjectName> NamedBy(JsonObject? machine, string ns) => MachineReferences.Of(machine)
        .Concat(MachineReferences.DataSources(machine).Select(d => d.Source)).Select(r => new ObjectName(r.Kind, r.Namespace ?? ns, r.Name));
}

/// <summary>What was found of the objects that sources name.</summary>
internal sealed class References
{
    private readonly IReadOnlyDictionary<ObjectName, FoundObject> _found;

    public References(IReadOnlyDictionary<ObjectName, FoundObject> found) => _found = found;

    public static References None { get; } = new(new Dictionary<ObjectName, FoundObject>());

    /// <summary>True when it is known not to exist.</summary>
    public bool Lacks(ObjectName name) => _found.TryGetValue(name, out var found) && found.Exists == false;

    /// <summary>The volume templates of a machine whose DataSource is known not to exist.</summary>
    public IEnumerable<(ObjectName DataSource, string Template)> LackingTemplates(JsonObject? machine, string ns) => MachineReferences.DataSources(machine)
        .Select(d => (Name: new ObjectName(d.Source.Kind, d.Source.Namespace ?? ns, d.Source.Name), d.Template))
        .Where(d => Lacks(d.Name));

    public KubernetesObject? Find(ObjectName name) => _found.GetValueOrDefault(name).Item;

    /// <summary>Kinds that could not be read, each with its namespace and why.</summary>
    public IEnumerable<(string Kind, string Namespace, string WhyNot)> NotRead =>
        _found.Where(f => f.Value.WhyNot is not null).Select(f => (f.Key.Kind, f.Key.Namespace, f.Value.WhyNot!)).DistinctBy(f => (f.Kind, f.Namespace));
}

/// <summary>Reads the objects that sources name: one by one while they are few, else the whole kind once.</summary>
internal sealed class ReferenceReader(KindReader reader)
{
    public async Task<References> ReadAsync(IEnumerable<ObjectName> names, CancellationToken ct)
    {
        var found = await Task.WhenAll(names.Distinct().GroupBy(n => (n.Kind, n.Namespace)).Select(g => ReadAsync(g.Key.Kind, g.Key.Namespace, [.. g], ct)));
        return new References(found.SelectMany(f => f).ToDictionary(f => f.Name, f => f.Found));
    }

    private static ResourceKind KindOf(string kind) => kind switch
    {
        "Secret" => RelatedKinds.Secret,
        "ConfigMap" => RelatedKinds.ConfigMap,
        _ => RelatedKinds.DataSource,
    };

    private async Task<IEnumerable<(ObjectName Name, FoundObject Found)>> ReadAsync(string kind, string ns, IReadOnlyList<ObjectName> names, CancellationToken ct)
    {
        if (names.Count <= ObjectLister.MaxSingleReads)
            return await Task.WhenAll(names.Select(async n => (n, await reader.FindAsync(KindOf(kind), ns, n.Name, ct))));
        var wanted = names.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        var listing = await reader.ListAsync(KindOf(kind), ns, i => wanted.Contains(i.Name), ct);
        return names.Select(n => (n, new FoundObject(listing.IsRead ? listing.Find(n.Name) is not null : null, listing.Find(n.Name), listing.WhyNot)));
    }
}
