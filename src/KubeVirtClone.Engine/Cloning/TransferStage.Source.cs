using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Transfers;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Cloning;

internal sealed partial class TransferStage
{
    /// <summary>One source of the batch, which is read, and if need be snapshotted, once for all namespaces.</summary>
    private sealed class Source(TransferStage stage, CloneRequest first, IReadOnlyCollection<string> places)
    {
        private readonly KubeVirtCluster _cluster = stage.Cluster;
        private readonly SnapshotCatalog _snapshots = new(stage.Cluster);
        private (SnapshotRecord Snapshot, SnapshotContent Content, GoldenImageRecord? Image)? _read;
        private Fault? _unread;
        private SharedSnapshot? _taken;
        private bool _isNeeded;

        private string Kind { get; } = SourceKinds.Normalize(first.SourceKind) ?? first.SourceKind;

        /// <summary>The snapshot in the other namespace.</summary>
        public async Task<ListedItem<BroughtSource>> BringAsync(string ns, List<CloneRequest> requests, CancellationToken ct)
        {
            if (await WhyReplacedAsync(ct) is { } another)
                return new(null, another);
            if (first.GoldenImage is not null)
                return await BringImageAsync(ns, ct);
            var batch = first.Batch ?? stage.Batch;
            var name = CloneNames.ForTransferred(batch, first.Namespace, Kind, first.SourceName, ns);
            var target = new TransferTarget
            {
                Namespace = ns,
                SnapshotName = name,
                Stem = first.SourceName,
                OfMachine = Kind == SourceKinds.VirtualMachine,
                Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [CloneLabels.SharedSnapshot] = "true", [CloneLabels.Batch] = batch },
                CopySecrets = stage.Options.CopySecrets,
                HandOver = stage.Options.HandOver,
                Timeout = stage.Options.Timeout,
            };
            if (!stage.Options.DryRun)
            {
                // Also where all is made: an earlier run may have ended before it cleared away.
                stage.Brought(new SharedSnapshot(_cluster, ns, name, first.SourceName, batch), (ns, batch), first);
                if (await AreMadeAsync(ns, batch, requests, ct))
                {
                    if (Kind == SourceKinds.VirtualMachine)
                        _taken ??= Taken(batch);
                    return new(Named(name), null);
                }

                if (await ResumeAsync(target, batch, ct) is { } resumed)
                    return resumed;
            }

            // What stands in the way is known from the machine itself, before it is snapshotted.
            if (Kind == SourceKinds.VirtualMachine && _read is null && _unread is null && await CheckMachineAsync(target, ct) is { } blocked)
                return new(null, blocked);
            if (stage.Options.DryRun && Kind == SourceKinds.VirtualMachine)
                return new(Named(name), null);
            if (stage.Options.DryRun && await _snapshots.FindAsync(first.Namespace, first.SourceName, ct) is not { ReadyToUse: true } and var found)
            {
                // Nobody waits for it to see what would come of it; what is in it is known once it is ready.
                return found switch
                {
                    null => new(null, SnapshotFaults.NotFound($"{first.Namespace}/{first.SourceName}")),
                    { Failed: true } => new(null, SnapshotFaults.Failed(found)),
                    _ => new(Named(name), null),
                };
            }

            return await ReadAsync(ct) is { } fault ? new(null, fault) : await CarryOutAsync(new SnapshotTransfer(_cluster, _read!.Value.Snapshot, _read.Value.Content, target, Warn, news: null), Named(name), ns, ct);
        }

        /// <summary>Whether an earlier call has brought it there, for this batch.</summary>
        public async Task<bool> IsBroughtAsync(string ns, CancellationToken ct) =>
            await _snapshots.FindAsync(ns, CloneNames.ForTransferred(first.Batch ?? stage.Batch, first.Namespace, Kind, first.SourceName, ns), ct) is not null;

        /// <summary>Something of it is on its way to a namespace, or may be: that is found again by what was taken for it, whatever comes of other namespaces.</summary>
        public void Keep(string ns)
        {
            _isNeeded = true;
            stage.Unfinished(ns);
        }

        /// <summary>What was taken for the transfer only goes, unless it is needed.</summary>
        public async Task ClearAsync(CancellationToken ct)
        {
            if (_taken is not null && !_isNeeded)
                await _taken.CollectAsync(new HashSet<string>(StringComparer.Ordinal), ct);
        }

        // Of an image the snapshot is found by its labels, and is looked at when it is read.
        private async Task<Fault?> WhyReplacedAsync(CancellationToken ct)
        {
            if (first.GoldenImage is not null || (string.IsNullOrEmpty(first.SourceUid) && first.SourceMaker is null))
                return null;
            return Kind == SourceKinds.VirtualMachine
                ? await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, first.Namespace, first.SourceName, ct) is { } machine
                    ? ReplacedFaults.OfMachine(machine, first.SourceUid, first.SourceMaker)
                    : null
                : await _snapshots.FindAsync(first.Namespace, first.SourceName, ct) is { } snapshot ? ReplacedFaults.OfSnapshot(snapshot.Raw, first.SourceUid) : null;
        }

        private BroughtSource Named(string snapshot) => new(snapshot, new(Kind, first.Namespace, first.SourceName, first.SourceUid), Image: null);

        private async Task<ListedItem<BroughtSource>> BringImageAsync(string ns, CancellationToken ct)
        {
            if (await ReadAsync(ct) is { } fault)
                return new(null, fault);
            var (_, content, image) = _read!.Value;
            var transfer = ImageTransfer.Of(_cluster, image!, content, ns, storageClass: null, stage.Options.CopySecrets, stage.Options.HandOver, stage.Options.Timeout, Warn, news: null);
            // A copy that was put on another storage class is of the same version, and serves as well.
            var brought = new BroughtSource(
                CloneNames.ForImage(ns, image!.Name, image.Version), new(SourceKinds.VirtualMachineSnapshot, image.Snapshot.Namespace, image.SnapshotName, image.Uid), new(image.Name, image.Version));
            if (await _snapshots.FindAsync(ns, brought.Snapshot, ct) is { ReadyToUse: true, Failed: false } there && there.Labels.GetValueOrDefault(ImageLabels.CopyOfUid) == image.Uid && there.Annotations.ContainsKey(ImageLabels.CopyStorageClass))
                return new(brought, null);
            return await CarryOutAsync(transfer, brought, ns, ct);
        }

        private async Task<ListedItem<BroughtSource>> CarryOutAsync(SnapshotTransfer transfer, BroughtSource foreseen, string ns, CancellationToken ct)
        {
            if (stage.Options.DryRun)
                return await transfer.CheckAsync(ct) is { } blocked ? new(null, blocked) : new(foreseen, null);
            var made = await transfer.RunAsync(ct);
            if (transfer.IsUnfinished)
                Keep(ns);
            return made.Fault is { } fault ? new(null, fault) : new(foreseen.As(made.Value!), null);
        }

        // All of them are there from an earlier run: there is nothing to bring.
        private async Task<bool> AreMadeAsync(string ns, string batch, List<CloneRequest> requests, CancellationToken ct)
        {
            if (stage.Options.Batch is null || requests.Exists(r => string.IsNullOrEmpty(r.TargetName)))
                return false;
            var made = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var found in new CloneCatalog(_cluster).ListAsync(new CloneQuery { Namespace = ns, Batch = batch }, ct))
            {
                if (found.Value is { Phase: ClonePhase.Succeeded } clone)
                    made.Add(clone.TargetName);
            }

            // What made a machine may be gone; the machine still says what that was.
            await foreach (var machine in _cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns, options: null, ct))
            {
                if (CloneRecord.WasMadeBy(machine, CloneNames.ForClone(batch, ns, machine.Name)))
                    made.Add(machine.Name);
            }

            return requests.TrueForAll(r => made.Contains(r.TargetName!));
        }

        // The snapshot of an earlier run that ended somewhere after it was asked for.
        private async Task<ListedItem<BroughtSource>?> ResumeAsync(TransferTarget target, string batch, CancellationToken ct)
        {
            var (ns, name) = (target.Namespace, target.SnapshotName);
            if (await _snapshots.FindAsync(ns, name, ct) is not { Failed: false, Phase: not SnapshotPhase.Deleting } found || found.Batch != batch || found.Labels.GetValueOrDefault(ImageLabels.CopyOfUid) is not { } uid)
                return null;
            // More machines are to come of it: those there are must not take it with them.
            var ready = await new SharedSnapshot(_cluster, ns, name, found.SourceName, batch).EnsureAsync(1, stage.Options.Timeout, Warn, ct);
            if (ready.Fault is { } fault)
                return new(null, fault);
            await TransferRemains.Of(_cluster, target, uid).ClearAsync(Warn, ct);
            if (Kind == SourceKinds.VirtualMachine)
                _taken ??= Taken(batch);
            return new(Named(name).As(found), null);
        }

        private async Task<Fault?> CheckMachineAsync(TransferTarget target, CancellationToken ct)
        {
            if (await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, first.Namespace, first.SourceName, ct) is not { } machine)
            {
                return FaultMapper.Make(
                    FaultIds.VMNotFound, FaultCategory.ObjectNotFound, $"There is no virtual machine '{first.SourceName}' in namespace '{first.Namespace}'.", $"Check name and namespace: {CommandName.GetVM} {OptionName.AllNamespaces}", first.DisplayName);
            }

            return await new TransferPreparation(_cluster, TransferSource.Of(machine), target, target.IdOf(machine.Uid), Warn).CheckAsync(ct);
        }

        private SharedSnapshot Taken(string batch) =>
            new(_cluster, first.Namespace, CloneNames.ForSharedSnapshot(batch, first.Namespace, first.SourceName, "transfer"), first.SourceName, batch) { TakenFor = places };

        private async Task<Fault?> ReadAsync(CancellationToken ct)
        {
            if (_read is not null || _unread is not null)
                return _unread;
            var (snapshot, image) = (default(SnapshotRecord), default(GoldenImageRecord));
            if (first.GoldenImage is { } wanted)
            {
                var found = await new GoldenImageCatalog(_cluster).ResolveAsync(first.Namespace, wanted, first.GoldenImageVersion, ct);
                (image, _unread, snapshot) = (found.Value, found.Fault ?? ReplacedFaults.OfImage(found.Value!, first.SourceUid), found.Value?.Snapshot);
            }
            else if (Kind == SourceKinds.VirtualMachine)
            {
                _taken = Taken(first.Batch ?? stage.Batch);
                (snapshot, _unread) = await _taken.EnsureAsync(1, stage.Options.Timeout, Warn, ct);
            }
            else
            {
                (snapshot, _unread) = await new SnapshotWaiter(_cluster).WaitOneAsync(new SnapshotReference(first.Namespace, first.SourceName), stage.Options.Timeout, Warn, ct);
            }

            if (_unread is not null)
                return _unread;
            var content = await _snapshots.ReadContentAsync(snapshot!, ct);
            if (content is null)
                return _unread = SnapshotFaults.Deleted(snapshot!.Reference);
            _read = (snapshot!, content, image);
            return null;
        }

        private void Warn(TransferWarning warning) => stage.Warn(warning, first);

        private void Warn(Advice text) => Warn(TransferWarning.OfWait(text));
    }
}
