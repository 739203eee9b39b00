using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Facts;

/// <summary>Finds out which of the instance types and preferences that sources name do not exist: one read for each that is named, however many clones there are.</summary>
internal sealed class InstancetypeReader(KubeVirtCluster cluster, KindReader reader)
{
    private const string Group = "instancetype.kubevirt.io";

    public async Task<IReadOnlyList<MissingInstancetype>> FindMissingAsync(IReadOnlyList<CloneRequest> requests, NamespaceState[] namespaces, CancellationToken ct)
    {
        var states = namespaces.ToDictionary(n => n.Name, StringComparer.Ordinal);
        var named = requests.Select(r => (r.Namespace, Kind: SourceKinds.Normalize(r.SourceKind) ?? r.SourceKind, r.SourceName)).Distinct()
            .SelectMany(s => Named(s.Namespace, s.Kind, s.SourceName, states[s.Namespace]))
            .ToList();
        if (named.Count == 0)
            return [];
        // v1 is served from KubeVirt 1.8 on; any version tells whether the object is there.
        var served = await VersionAsync(ct);
        var known = new Dictionary<(string, string, string), Task<bool?>>();
        foreach (var item in named)
            known.TryAdd((item.Namespace, item.Kind, item.Name), ExistsAsync(item, served, ct));
        await Task.WhenAll(known.Values);
        return [.. named.Where(n => known[(n.Namespace, n.Kind, n.Name)].Result == false)];
    }

    private static IEnumerable<MissingInstancetype> Named(string ns, string kind, string name, NamespaceState state)
    {
        var machine = kind == SourceKinds.VirtualMachineSnapshot ? state.SnapshottedMachine(name) : state.MachineJson(name);
        foreach (var (field, standard) in new[] { ("instancetype", "VirtualMachineClusterInstancetype"), ("preference", "VirtualMachineClusterPreference") })
        {
            if (machine?["spec"]?[field] is not JsonObject reference || SourceMachine.Text(reference["name"]) is not { Length: > 0 } type)
                continue;
            // A machine that is pinned to a revision does without the original.
            if (SourceMachine.Text(reference["revisionName"]) is { Length: > 0 } revision)
                yield return new(ns, kind, name, $"spec.{field}.revisionName", "ControllerRevision", revision);
            else
                yield return new(ns, kind, name, $"spec.{field}.name", KindOf(SourceMachine.Text(reference["kind"]) ?? standard, standard), type);
        }
    }

    // Written in any case, singular or plural.
    private static string KindOf(string given, string standard)
    {
        var noun = standard["VirtualMachineCluster".Length..];
        return given.Contains("cluster", StringComparison.OrdinalIgnoreCase) ? standard : "VirtualMachine" + noun;
    }

    private async Task<string?> VersionAsync(CancellationToken ct)
    {
        IReadOnlyList<string> versions = [];
        await reader.ReadAsync(new ResourceKind(Group, "", "versions", Group), ns: null, async () => versions = await cluster.Client.GetServedVersionsAsync(Group, ct));
        return versions.Count == 0 ? null : versions[0];
    }

    private Task<bool?> ExistsAsync(MissingInstancetype item, string? version, CancellationToken ct)
    {
        if (item.Kind == "ControllerRevision")
            return reader.ExistsAsync(RelatedKinds.ControllerRevision, item.Namespace, item.Name, ct);
        if (version is null)
            return Task.FromResult<bool?>(null);
        var wide = item.Kind.Contains("Cluster", StringComparison.Ordinal);
        var kind = new ResourceKind(Group, version, item.Kind.ToLowerInvariant() + "s", item.Kind, Namespaced: !wide);
        return reader.ExistsAsync(kind, wide ? null : item.Namespace, item.Name, ct);
    }
}
