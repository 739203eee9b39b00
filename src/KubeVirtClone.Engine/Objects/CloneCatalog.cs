using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Lists and removes clones.</summary>
/// <param name="cluster">The connection.</param>
public sealed class CloneCatalog(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>
    /// Clones, streamed, whichever way they are made. An exact name that neither a clone nor the machine of one has gives a fault in its place
    /// (<see cref="FaultIds.VMCloneNotFound"/>).
    /// </summary>
    /// <param name="query">Which.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses, or serves no clones.</exception>
    public async IAsyncEnumerable<ListedItem<CloneRecord>> ListAsync(CloneQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        var kind = await _cluster.GetCloneKindAsync(ct);
        var listed = new ListQuery { Namespace = query.Namespace, AllNamespaces = query.AllNamespaces, LabelSelector = query.LabelSelector, FieldSelector = query.FieldSelector };
        if (query.Batch is { } batch)
        {
            if (NameRules.WhyNotLabelValue(batch) is { } why)
                throw new EngineException(BadBatch(batch, why));
            listed = listed with { LabelSelector = string.Join(',', new[] { query.LabelSelector, $"{CloneLabels.Batch}={batch}" }.OfType<string>()) };
        }

        var filter = new CloneFilter(query);
        var lister = new ObjectLister(_cluster, kind, FaultIds.VMCloneNotFound, "clone");
        var binding = new BindingLookup(_cluster);
        await foreach (var found in lister.ListAsync(listed, ct))
        {
            if (found.Value is { } clone && CloneRecord.From(clone) is var record && filter.Takes(record))
                yield return new(await binding.CompleteAsync(record, ct), null);
        }

        await foreach (var record in ListRestoresAsync(listed, ct))
        {
            if (filter.Takes(record))
                yield return new(await binding.CompleteAsync(record, ct), null);
        }

        await foreach (var record in ListMachinesAsync(listed, ct))
        {
            if (filter.Takes(record))
                yield return new(await binding.CompleteAsync(record, ct), null);
        }

        foreach (var name in filter.Missing)
            yield return new(null, lister.NotFound(query.AllNamespaces ? null : query.Namespace ?? _cluster.Namespace, name));
    }

    /// <summary>
    /// The clones of machines. Where several clones name one machine, only that which made it is meant, as far as the machine tells. A machine that is not the
    /// one that is meant any more has none.
    /// </summary>
    /// <param name="machines">The machines.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>For each machine its clones, or a fault.</returns>
    /// <exception cref="EngineException">The server cannot be asked, or refuses, or serves no clones.</exception>
    public async Task<IReadOnlyList<(MachineReference Machine, ListedItem<CloneRecord> Found)>> ListOfMachinesAsync(IReadOnlyCollection<MachineReference> machines, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(machines);
        var results = new List<(MachineReference, ListedItem<CloneRecord>)>();
        foreach (var place in machines.GroupBy(m => m.Namespace, StringComparer.Ordinal))
        {
            var wanted = place.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
            var clones = new List<CloneRecord>();
            await foreach (var found in ListAsync(new CloneQuery { Namespace = place.Key }, ct))
            {
                if (found.Value is { } clone && wanted.Contains(clone.TargetName))
                    clones.Add(clone);
            }

            var byMachine = clones.ToLookup(c => c.TargetName, StringComparer.Ordinal);
            var there = new Dictionary<string, KubernetesObject>(StringComparer.Ordinal);
            await foreach (var (machine, _) in new ObjectLister(_cluster, KubeVirtKinds.VirtualMachine, FaultIds.VMNotFound, "virtual machine").ListAsync(new ListQuery { Names = [.. wanted], Namespace = place.Key }, ct))
            {
                if (machine is not null)
                    there[machine.Name] = machine;
            }

            foreach (var machine in place)
                results.AddRange(OfMachine(machine, there.GetValueOrDefault(machine.Name), [.. byMachine[machine.Name]]).Select(found => (machine, found)));
        }

        return results;
    }

    private static IEnumerable<ListedItem<CloneRecord>> OfMachine(MachineReference machine, KubernetesObject? there, List<CloneRecord> clones)
    {
        if (there is not null && ReplacedFaults.OfMachine(there, machine.Uid, maker: null) is { } replaced)
            return [new(null, replaced)];
        if (there is not null && clones.Where(c => MachineMaker.Of(c).Made(there)).ToList() is { Count: > 0 } makers)
            clones = makers;
        return clones.Count == 0 ? [new(null, NoneOfMachine(machine.Namespace, machine.Name))] : clones.Select(c => new ListedItem<CloneRecord>(c, null));
    }

    /// <summary>Clones as they are now, in the order they are asked for.</summary>
    /// <param name="clones">The clones.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>For each what has its name now, which may be another than the one that is meant; null where nothing has it.</returns>
    /// <exception cref="EngineException">The server cannot be asked, or refuses, or serves no clones.</exception>
    public async Task<IReadOnlyList<(CloneReference Clone, CloneRecord? Now)>> ReadAsync(IReadOnlyList<CloneReference> clones, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clones);
        var now = new Dictionary<(string, string), CloneRecord>();
        var binding = new BindingLookup(_cluster);
        foreach (var place in clones.GroupBy(c => c.Namespace, StringComparer.Ordinal))
        {
            var names = place.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
            if (names.Count > ObjectLister.MaxSingleReads)
            {
                await foreach (var found in ListAsync(new CloneQuery { Namespace = place.Key }, ct))
                {
                    if (found.Value is { } clone && names.Contains(clone.Name))
                        now[(clone.Namespace, clone.Name)] = clone;
                }

                continue;
            }

            foreach (var name in names)
            {
                if (await FindAsync(place.Key, name, binding, ct) is { } clone)
                    now[(place.Key, name)] = await binding.CompleteAsync(clone, ct);
            }
        }

        return [.. clones.Select(c => (c, now.GetValueOrDefault((c.Namespace, c.Name))))];
    }

    /// <summary>
    /// For who changes something by names that were given: takes out the clones of which it cannot be told whether they were meant, because a name is that of
    /// one clone and of the machine of another.
    /// </summary>
    /// <param name="clones">What was found by the names; what is ambiguous is taken out.</param>
    /// <param name="names">The names as given.</param>
    /// <returns>A fault for each such name.</returns>
    public static IReadOnlyList<Fault> TakeOutAmbiguous(List<CloneRecord> clones, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(clones);
        ArgumentNullException.ThrowIfNull(names);
        var faults = new List<Fault>();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            foreach (var ns in clones.Select(c => c.Namespace).Distinct(StringComparer.Ordinal).ToList())
            {
                var named = clones.Find(c => c.Namespace == ns && c.Name == name && c.TargetName != name);
                var making = clones.Find(c => c.Namespace == ns && c.TargetName == name && c.Name != name);
                if (named is null || making is null)
                    continue;
                clones.RemoveAll(c => c.Namespace == ns && (c.Name == name || c.TargetName == name));
                faults.Add(FaultMapper.Make(
                    FaultIds.VMCloneNameAmbiguous,
                    FaultCategory.InvalidArgument,
                    $"'{name}' in namespace '{ns}' is the name of a clone, which makes '{named.TargetName}', and of the machine that the clone '{making.Name}' makes.",
                    $"Name what is meant by its other name: {named.TargetName} or {making.Name}.",
                    $"{ns}/{name}"));
            }
        }

        return faults;
    }

    /// <summary>One clone, or null when it does not exist.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Name of the clone object.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public Task<CloneRecord?> FindAsync(string ns, string name, CancellationToken ct) => FindAsync(ns, name, new BindingLookup(_cluster), ct);

    private async Task<CloneRecord?> FindAsync(string ns, string name, BindingLookup binding, CancellationToken ct)
    {
        var kind = await _cluster.GetCloneKindAsync(ct);
        var clone = await KubeVirtCluster.GuardAsync(async () => await _cluster.Client.FindAsync(kind, ns, name, ct) is { } c ? CloneRecord.From(c) : null);
        if (clone is not null)
            return clone;
        return await KubeVirtCluster.GuardAsync(async () =>
        {
            if (await _cluster.GetSnapshotVersionAsync(ct) is { } version
                && await _cluster.Client.FindAsync(KubeVirtKinds.Restore(version), ns, name, ct) is { } restore && CloneRecord.IsCloneRestore(restore))
            {
                return CloneRecord.From(restore);
            }

            return await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, name, ct) is { } machine && CloneRecord.IsMachine(machine)
                ? await binding.CompleteAsync(CloneRecord.From(machine), ct)
                : null;
        });
    }

    // Machines that were made directly: they stand for themselves.
    private async IAsyncEnumerable<CloneRecord> ListMachinesAsync(ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        var selector = string.Join(',', new[] { query.LabelSelector, CloneRecord.MachineSelector }.OfType<string>());
        var lister = new ObjectLister(_cluster, KubeVirtKinds.VirtualMachine, FaultIds.VMCloneNotFound, "clone");
        await using var found = lister.ListAsync(query with { LabelSelector = selector }, ct).GetAsyncEnumerator(ct);
        while (await MayMoveNextAsync(found))
        {
            if (found.Current.Value is { } machine && CloneRecord.IsMachine(machine))
                yield return CloneRecord.From(machine);
        }
    }

    // Who may read clones only, sees those.
    private async Task<bool> MayMoveNextAsync(IAsyncEnumerator<ListedItem<KubernetesObject>> found)
    {
        try
        {
            return await found.MoveNextAsync();
        }
        catch (EngineException e) when (e.Fault.Id == FaultIds.ApiForbidden)
        {
            _cluster.Callbacks.Verbose?.Invoke($"Clones made directly cannot be seen: {e.Message}");
            return false;
        }
    }

    private async IAsyncEnumerable<CloneRecord> ListRestoresAsync(ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        if (await _cluster.GetSnapshotVersionAsync(ct) is not { } version)
            yield break;
        var selector = string.Join(',', new[] { query.LabelSelector, $"{CloneLabels.Method}={CloneMethod.Restore}" }.OfType<string>());
        var lister = new ObjectLister(_cluster, KubeVirtKinds.Restore(version), FaultIds.VMCloneNotFound, "clone");
        await foreach (var found in lister.ListAsync(query with { LabelSelector = selector }, ct))
        {
            if (found.Value is { } restore)
                yield return CloneRecord.From(restore);
        }
    }

    internal async Task<Fault?> DeleteAsync(ResourceKind kind, string ns, string name, string uid, CancellationToken ct)
    {
        const int attempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var options = new DeleteOptions { PreconditionUid = uid.Length > 0 ? uid : null, PropagationPolicy = "Background" };
                await _cluster.Client.DeleteAsync(kind, ns, name, options, ct);
                return null;
            }
            catch (ApiStatusException e) when (e.IsNotFound)
            {
                return null;
            }
            catch (ApiStatusException e) when (e.IsConflict && attempt < attempts)
            {
                try
                {
                    // When what has the name now is another object, ours is gone. Else somebody changed it in the same moment.
                    if (await _cluster.Client.FindAsync(kind, ns, name, ct) is not { } there || (uid.Length > 0 && there.Uid != uid))
                        return null;
                }
                catch (KubernetesException unread)
                {
                    return FaultMapper.From(unread, $"{ns}/{name}");
                }
            }
            catch (KubernetesException e)
            {
                return FaultMapper.From(e, $"{ns}/{name}");
            }
        }
    }

    /// <summary>That there are no clones of a batch: for who waits for it or measures it, and would wait for nothing.</summary>
    /// <param name="ns">The namespace; null where all were searched.</param>
    /// <param name="batch">The batch.</param>
    public static Fault NoneOfBatch(string? ns, string batch) => FaultMapper.Make(
        FaultIds.VMCloneBatchNotFound,
        FaultCategory.ObjectNotFound,
        $"There are no clones of batch '{batch}'{(ns is null ? "" : $" in namespace '{ns}'")}.",
        $"Check the batch id and the namespace. {OptionName.PurgeOnSuccess} removes clone objects as soon as they are done, and KubeVirt deletes a finished clone with its machine.",
        batch);

    private static Fault NoneOfMachine(string ns, string machine) => FaultMapper.Make(
        FaultIds.VMCloneNotFound,
        FaultCategory.ObjectNotFound,
        $"There is no clone that makes the virtual machine '{machine}' in namespace '{ns}'.",
        "It was not made by a clone, or the clone object has been removed since.",
        $"{ns}/{machine}");

    internal static Fault BadBatch(string batch, string why) => FaultMapper.Make(
        FaultIds.VMCloneLabelInvalid,
        FaultCategory.InvalidArgument,
        $"'{batch}' cannot be a batch id: {why}.",
        "Give a batch id of letters, digits, '-', '_' and '.'.",
        batch);
}
