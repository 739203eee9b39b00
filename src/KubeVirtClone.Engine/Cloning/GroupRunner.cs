using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Makes the clones of one source from one snapshot: has it taken, posts the clones once it can be used, ties it to them, and clears it away.</summary>
internal sealed class GroupRunner(KubeVirtCluster cluster, CloneOptions options, CloneMaker maker, SourceGroup group)
{
    private readonly SharedSnapshot? _shared = group.Snapshot is { } name
        ? new SharedSnapshot(cluster, group.Namespace, name, group.SourceName, group.Clones[0].Request.Batch)
        : null;

    public async Task RunAsync(CancellationToken ct)
    {
        // What is done needs no snapshot; what an earlier run left unfinished needs the one it was made of.
        var needing = await NeedingAsync(ct);
        var ready = group.Clones.Except(needing).ToList();
        if (needing.Count > 0)
        {
            var (prepared, fault) = group.Method == CloneMethod.DataVolume ? await CopyAsync(needing, ct) : options.DryRun ? await RehearseAsync(needing, ct) : await PrepareAsync(needing, ct);
            // What may not be done for one may not be done for any.
            if (fault is { Exception: ApiStatusException status } && maker.Run.OneNamespace && FaultMapper.IsAccessDenied(status))
                throw new EngineException(fault);
            if (fault is not null)
                maker.FailAll(needing, fault);
            else
                ready.AddRange(prepared);
        }

        var tally = new Tally(ready.Count, owners => OwnAsync(owners, ct));
        var made = await maker.MakeAsync(ready, tally.Add, ct);
        // With none to come, a snapshot of an earlier run goes back to the clones that it has.
        await (ready.Count > 0 ? tally.Tied : OwnAsync([], ct));
        // Machines made directly need it only until their claims are bound, and nothing else takes it away.
        var direct = made.Any(m => m.Record is { Method: CloneMethod.Direct });
        if (_shared is not null && !options.DryRun && (options.Wait || made.Count == 0 || needing.Count == 0 || direct))
            await CollectAsync(made, ct);
    }

    private async Task<List<PlannedClone>> NeedingAsync(CancellationToken ct)
    {
        var binding = new BindingLookup(cluster);
        var needing = new List<PlannedClone>(group.Clones.Count);
        foreach (var clone in group.Clones)
        {
            if (clone.Existing is not { } existing || await IsUnfinishedAsync(existing))
                needing.Add(clone);
        }

        return needing;

        // A machine stands for a restore that is done, or for a clone made directly, of which its claims tell.
        async Task<bool> IsUnfinishedAsync(KubernetesObject existing) =>
            (existing.Kind != SourceKinds.VirtualMachine || CloneRecord.IsMachine(existing))
            && (await binding.CompleteAsync(CloneRecord.From(existing), ct)).Phase != ClonePhase.Succeeded;
    }

    private async Task<(IReadOnlyList<PlannedClone> Clones, Fault? Fault)> PrepareAsync(List<PlannedClone> needing, CancellationToken ct)
    {
        var warn = (Advice text) => maker.Run.Warn(text);
        SnapshotRecord? snapshot;
        // A snapshot being taken is work in flight as much as a clone is.
        await maker.Run.Window.AcquireAsync(ct);
        try
        {
            var found = _shared is not null
                ? await _shared.EnsureAsync(group.Clones.Count, options.Timeout, warn, ct)
                : await FindNamedAsync(warn, ct);
            if (found.Fault is { } fault)
                return ([], await GiveUpAsync(fault, ct));
            snapshot = found.Value!;
        }
        finally
        {
            maker.Run.Window.Release();
        }

        var content = await new SnapshotCatalog(cluster).ReadContentAsync(snapshot, ct);
        if (content is null)
            return ([], await GiveUpAsync(SnapshotFaults.Deleted(snapshot.Reference), ct));
        if (snapshot.IsPartial || content.Missing.Count > 0)
            return ([], await GiveUpAsync(SnapshotFaults.Partial(snapshot.Reference.ToString(), group.SourceName, content.Missing), ct));
        var (direct, never) = needing.Exists(c => c.Method == CloneMethod.Direct) ? await DirectSource.ReadAsync(cluster, snapshot, content, ct) : (null, null);
        var told = new HashSet<string>(StringComparer.Ordinal);
        var source = new SnapshottedSource(cluster, maker.Run, snapshot, content, direct);
        var clones = new List<PlannedClone>(needing.Count);
        foreach (var item in needing)
        {
            var clone = item;
            if (_shared is not null && ReplacedFaults.OfSnapshotted(snapshot, content, clone.Request.SourceUid) is { } another)
            {
                maker.FailOne(clone, another);
                continue;
            }

            if (clone.Method == CloneMethod.Direct && (never ?? direct!.WhyNot(clone.Request)) is { } whyNot)
            {
                if (told.Add(whyNot))
                    cluster.Callbacks.Verbose?.Invoke($"{group.SourceName}: not by method {CloneMethod.Direct}: {whyNot}");
                if (options.Method != CloneMethodChoice.Auto || clone.Existing is not null)
                {
                    maker.FailOne(clone, NotDirect(clone, whyNot));
                    continue;
                }

                if (clone.OnlyDirect is { } only)
                {
                    maker.FailOne(clone, NotDirect(clone, $"{whyNot}; and {only}"));
                    continue;
                }

                if (VolumeOwnership.Refusal(clone.Request, CloneMethod.Restore, content.Machine, maker.Run.KubeVirt, clone.DisplayName) is { } unable)
                {
                    maker.FailOne(clone, unable);
                    continue;
                }

                clone = clone with { Method = CloneMethod.Restore };
            }

            var (prepared, fault) = await source.PrepareAsync(clone, ct);
            if (fault is null)
                clones.Add(prepared);
            else
                maker.FailOne(clone, fault);
        }

        return (clones, null);
    }

    // A dry run reads the same, and has the server try the machines.
    private async Task<(IReadOnlyList<PlannedClone> Clones, Fault? Fault)> CopyAsync(List<PlannedClone> needing, CancellationToken ct)
    {
        var (source, fault) = await DataVolumeSource.ReadAsync(cluster, needing[0], options.Method, maker.Run.Plan.Compiler, options.DryRun ? null : options, ct);
        if (source is null)
            return ([], fault);
        var clones = new List<PlannedClone>(needing.Count);
        foreach (var clone in needing)
        {
            var (prepared, wrong) = source.Prepare(clone);
            if (wrong is null)
                clones.Add(prepared);
            else
                maker.FailOne(clone, wrong);
        }

        return (clones, null);
    }

    private async Task<ListedItem<SnapshotRecord>> FindNamedAsync(Action<Advice> warn, CancellationToken ct)
    {
        var snapshot = new SnapshotReference(group.Namespace, group.SourceName);
        return await new SnapshotWaiter(cluster).WaitOneAsync(snapshot, options.Timeout, warn, ct);
    }

    // A dry run makes no snapshot; the restores of one that is not there are checked as far as the server checks such.
    private async Task<(IReadOnlyList<PlannedClone> Clones, Fault? Fault)> RehearseAsync(List<PlannedClone> needing, CancellationToken ct)
    {
        if (_shared is not null && await _shared.TryAsync(needing.Count, ct) is { } refused)
            return ([], refused);
        // What cannot be worked out without a look at the source is tried as the restore it would be, where the way was not asked for.
        var direct = needing.FindAll(c => c.Method == CloneMethod.Direct && (c.Source is not null || options.Method != CloneMethodChoice.Auto));
        var others = needing.Except(direct).Select(c => c.Method == CloneMethod.Direct ? c with { Method = CloneMethod.Restore } : c).ToList();
        var tried = RehearseDirect(direct);
        if (others.Count == 0)
            return (tried, null);
        var version = (await cluster.GetSnapshotKindAsync(ct)).Version;
        return ([.. tried, .. others.Select(c => SnapshottedSource.WithBody(c, group.Snapshot ?? group.SourceName, c.Checked.Patches, version, c.Source))], null);
    }

    // The machines are tried as they would come out of the source as it is now.
    private List<PlannedClone> RehearseDirect(List<PlannedClone> needing)
    {
        var clones = new List<PlannedClone>(needing.Count);
        foreach (var clone in needing)
        {
            if (clone.Source is not { } machine)
            {
                maker.FailOne(clone, NotDirect(clone, "it cannot be read, so that what would come of it is not known"));
                continue;
            }

            var compiled = maker.Run.Plan.Compiler.Compile(clone.Checked, clone.Asked, machine);
            var (prepared, fault) = compiled.Fault is { } wrong ? (clone, wrong) : DirectSource.OnPaper(group.Snapshot ?? group.SourceName, machine).Prepare(clone.Of(compiled));
            if (fault is null)
                clones.Add(prepared);
            else
                maker.FailOne(clone, fault);
        }

        return clones;
    }

    private Fault NotDirect(PlannedClone clone, string why) => FaultMapper.Make(
        FaultIds.VMCloneSourceUnsupported,
        FaultCategory.InvalidOperation,
        $"'{group.SourceName}' cannot be cloned by method Direct: {why}.",
        $"Have it made by a restore: {OptionName.Method} Restore, or leave {OptionName.Method} out.",
        clone.DisplayName);

    private async Task<Fault> GiveUpAsync(Fault fault, CancellationToken ct)
    {
        // A snapshot taken for clones that are not to come serves nobody.
        if (_shared is { Made: true })
            await _shared.CollectAsync(new HashSet<string>(StringComparer.Ordinal), ct);
        return fault.Id is FaultIds.VMSnapshotFailed ? fault with { Id = FaultIds.VMCloneSnapshotFailed } : fault;
    }

    private Task OwnAsync(IReadOnlyCollection<CloneRecord> made, CancellationToken ct)
    {
        if (_shared is null || options.DryRun)
            return Task.CompletedTask;
        return made.Any(c => c.Method == CloneMethod.Direct) ? _shared.MarkAsync(ct) : _shared.OwnAsync(made, ct);
    }

    private async Task CollectAsync(IReadOnlyList<MadeClone> made, CancellationToken ct)
    {
        var givenUp = made.Where(IsGivenUp).Select(m => m.Planned.Request.TargetName!).ToHashSet(StringComparer.Ordinal);
        await _shared!.CollectAsync(givenUp, ct);
    }

    // Whose machine was made is not, whatever was waited for after that: its claims may still have to be filled. Whose time ran out, or for which there was no room, may
    // still come; what failed for another reason will not.
    private static bool IsGivenUp(MadeClone made) => made is
    {
        Record: not { Phase: ClonePhase.Succeeded },
        Fault.Id: not (FaultIds.VMCloneTimeout or FaultIds.QuotaExceeded),
    };

    /// <summary>Waits until each clone of the group exists or is known not to, then ties the snapshot to those that do.</summary>
    private sealed class Tally(int count, Func<IReadOnlyCollection<CloneRecord>, Task> tie)
    {
        private readonly object _gate = new();
        private readonly List<CloneRecord> _owners = [];
        private int _left = count;

        public Task Tied { get; private set; } = Task.CompletedTask;

        public void Add(MadeClone made)
        {
            lock (_gate)
            {
                if (made.Record is { } record && (record.Raw.Kind != SourceKinds.VirtualMachine || record.Method == CloneMethod.Direct))
                    _owners.Add(record.Kept());
                if (--_left == 0)
                    Tied = tie(_owners);
            }
        }
    }
}
