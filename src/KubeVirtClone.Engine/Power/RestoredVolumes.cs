using System.Collections.Concurrent;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Power;

/// <summary>
/// The volumes that were made for machines which are removed together, and that nobody owns: KubeVirt deletes only what came from a template, or what it
/// was told a machine owns. Each namespace is read once, before its first machine goes. Safe to use from several tasks at a time.
/// </summary>
internal sealed class RestoredVolumes(KubeVirtCluster cluster)
{
    private const int MostNamed = 20;

    private readonly ConcurrentDictionary<string, Lazy<Task<NamespaceVolumes>>> _namespaces = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _removed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Namespace, string Name), bool> _left = new();
    private readonly ConcurrentBag<KubernetesObject> _staying = [];

    /// <summary>The volumes of the namespace of a machine that was made by a restore, or directly with claims that are to stay; null of any other machine, which has none. Asked before it goes.</summary>
    public async Task<NamespaceVolumes?> ReadAsync(VirtualMachineRecord machine, CancellationToken ct) =>
        machine.Annotations.ContainsKey(CloneLabels.LastRestore) || OutlivingClaims.MayHave(machine.Raw)
            ? await _namespaces.GetOrAdd(machine.Namespace, ns => new(() => NamespaceVolumes.ReadAsync(cluster, ns, ct))).Value
            : null;

    /// <summary>Removes what was restored for a machine that goes and nothing else uses, or remembers that it stays.</summary>
    /// <returns>Null when it is going, or is to stay.</returns>
    public async Task<Fault?> FinishAsync(VirtualMachineRecord machine, NamespaceVolumes volumes, bool remove, bool dryRun, CancellationToken ct)
    {
        _removed[$"{machine.Namespace}/{machine.Name}"] = true;
        // Where KubeVirt did not note which restore made a claim, the machine's use of it tells.
        var listed = machine.Volumes.Where(v => v is { IsCopied: true, Reference: not null }).Select(v => v.Reference!).ToHashSet(StringComparer.Ordinal);
        var mine = volumes.NotOwnedBy(
            machine.Uid,
            machine.Annotations.TryGetValue(CloneLabels.LastRestore, out var mark)
                ? volumes.UnusedOf(mark, listed, IsRemoved)
                : volumes.Unused(item => ClaimState.MachineOutlived(item) == machine.Uid, IsRemoved)).ToList();
        if (remove && volumes.Unseen is { } unseen)
            cluster.Callbacks.Warning?.Invoke($"{char.ToUpperInvariant(unseen[0])}{unseen[1..]}.");
        if (!remove)
        {
            foreach (var (kind, item) in mine.Where(v => v.Kind == KubeVirtKinds.PersistentVolumeClaim))
            {
                if (ClaimState.IsToStay(item))
                    _staying.Add(item);
                else
                    _left[(item.Namespace!, item.Name)] = true;
            }

            return null;
        }

        if (!dryRun)
            return await new RestoreKeeper(cluster).RemoveVolumesAsync(mine, static _ => { }, ct);
        foreach (var (kind, item) in mine)
            cluster.Callbacks.Verbose?.Invoke($"{kind.Kind} {item.Namespace}/{item.Name}, which was made for {machine.Name}, would go with it");
        return null;

        bool IsRemoved(string name) => _removed.ContainsKey($"{machine.Namespace}/{name}");
    }

    /// <summary>What stays, in words, one text for each namespace.</summary>
    public IEnumerable<Advice> DescribeLeft() => OutlivingClaims.Describe(_staying).Concat(DescribeRestored());

    private IEnumerable<Advice> DescribeRestored() => _left.Keys.GroupBy(l => l.Namespace, l => l.Name, StringComparer.Ordinal).Select(left =>
    {
        var names = left.Order(StringComparer.Ordinal).ToList();
        var some = string.Join(", ", names.Take(MostNamed)) + (names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "");
        return names.Count == 1
            ? (Advice)$"The claim {some} in {left.Key}, which was restored for the machine, stays with its data. {OptionName.IncludeVolumes} takes it with its machine; now kubectl delete pvc removes it."
            : $"{names.Count} claims in {left.Key}, which were restored for the machines, stay with their data: {some}. {OptionName.IncludeVolumes} takes them with their machines; now kubectl delete pvc removes them.";
    });
}
