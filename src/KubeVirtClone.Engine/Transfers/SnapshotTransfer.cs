using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>
/// Brings a snapshot into another namespace: a data volume for each disk (or, asked for by who may, a claim of a snapshot that is handed over), a stopped machine that carries
/// them, a snapshot of that, and then the machine and its disks go. All names are fixed, so that the same call again completes what an earlier one began, whenever that ended.
/// </summary>
internal sealed class SnapshotTransfer
{
    private static readonly TimeSpan SnapshotDeadline = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan UndoTime = TimeSpan.FromMinutes(1);

    private readonly KubeVirtCluster _cluster;
    private readonly SnapshotRecord _source;
    private readonly TransferTarget _target;
    private readonly Action<Advice> _warn;
    private readonly Action<TransferProgress>? _news;
    private readonly string _transfer;
    private readonly SnapshotCatalog _snapshots;
    private readonly TransferSource _from;
    private readonly TransferRemains _remains;
    private readonly TransferPreparation _preparation;
    private bool _begun;

    /// <summary>
    /// Whether something of it is on its way still: it took longer than it may, or has failed, and not all that was begun could be removed. The same of the same
    /// snapshot takes it up.
    /// </summary>
    public bool IsUnfinished { get; private set; }

    /// <param name="cluster">The connection.</param>
    /// <param name="source">The snapshot; ready to use.</param>
    /// <param name="content">What is in it.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="warn">Takes what the user should act on.</param>
    /// <param name="news">Takes how far each disk is.</param>
    public SnapshotTransfer(KubeVirtCluster cluster, SnapshotRecord source, SnapshotContent content, TransferTarget target, Action<TransferWarning> warn, Action<TransferProgress>? news)
    {
        (_cluster, _source, _target, _warn, _news) = (cluster, source, target, text => warn(TransferWarning.OfWait(text)), news);
        _transfer = target.IdOf(source.Uid);
        _snapshots = new SnapshotCatalog(cluster);
        _from = TransferSource.Of(source, content);
        _remains = TransferRemains.Of(cluster, target, source.Uid);
        _preparation = new TransferPreparation(cluster, _from, target, _transfer, warn);
    }

    /// <summary>Says what stands in the way, before anything is made; null when nothing does, or it is done already.</summary>
    public async Task<Fault?> CheckAsync(CancellationToken ct)
    {
        if (_preparation.WhyNoPlace() is { } noPlace)
            return noPlace;
        var (there, taken) = await LookAsync(ct);
        return taken ?? (there is { ReadyToUse: true, Failed: false, Phase: not SnapshotPhase.Deleting } ? null : await _preparation.CheckAsync(ct));
    }

    /// <summary>Does it, or finds it done. What fails leaves nothing; what is interrupted goes on with the next call.</summary>
    /// <exception cref="EngineException">Nothing further can work.</exception>
    public async Task<ListedItem<SnapshotRecord>> RunAsync(CancellationToken ct)
    {
        Fault? fault = null;
        try
        {
            var found = await FindAsync(ct);
            if (found.Fault is not null)
                return found;
            if (found.Value is not { } snapshot)
            {
                fault = await _preparation.CheckAsync(ct);
                if (fault is not null)
                    return new(null, fault);
                fault = await BringAsync(ct);
                if (fault is not null)
                    return new(null, fault);
                var taken = await TakeAsync(ct);
                if (taken.Fault is not null)
                    return new(null, fault = taken.Fault);
                snapshot = taken.Value!;
            }

            var ready = await ReadyAsync(snapshot, ct);
            fault = ready.Fault;
            if (fault is null)
                await _remains.ClearAsync(_warn, ct);
            return ready;
        }
        catch (Exception e) when (FaultMapper.OfItem(e, $"{_target.Namespace}/{_target.SnapshotName}") is { } ofItem)
        {
            return new(null, fault = ofItem);
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e, $"{_target.Namespace}/{_target.SnapshotName}"));
        }
        finally
        {
            // What only takes longer than it may, or was cut off, is completed by the next call.
            if (fault is { Terminating: false, Id: not (FaultIds.TransferTimeout or FaultIds.VMSnapshotTimeout or FaultIds.ApiAnswerLost) } && _begun)
                await UndoAsync();
            else
                IsUnfinished = fault is not null && _begun;
        }
    }

    // The snapshot of an earlier call, or why what is there is in the way: it has another name where somebody else has made the same version of the image.
    private async Task<(SnapshotRecord? There, Fault? Taken)> LookAsync(CancellationToken ct)
    {
        var found = await _snapshots.FindAsync(_target.Namespace, _target.SnapshotName, ct);
        if (found is null && _target.Image is var (image, version))
            found = (await new GoldenImageCatalog(_cluster).ListOneAsync(_target.Namespace, image, ct)).Find(i => i.Version == version)?.Snapshot;
        if (found is null)
            return (null, null);
        if (found.Labels.GetValueOrDefault(ImageLabels.CopyOfUid) is not { } uid)
            return (null, TransferFaults.Exists(found, $"is a snapshot of its machine '{found.SourceName}', not a copy of {_source.Reference}"));
        if (uid != _source.Uid)
            return (null, TransferFaults.Exists(found, $"is a copy of another snapshot ({found.Annotations.GetValueOrDefault(ImageLabels.CopyOf)}, which is not the {_source.Reference} of now)"));
        if (found.Annotations.GetValueOrDefault(ImageLabels.CopyStorageClass) != _target.StorageClass)
            return (null, TransferFaults.Exists(found, $"its disks are on {(found.Annotations.GetValueOrDefault(ImageLabels.CopyStorageClass) is { } other ? $"class '{other}'" : "the source's classes")}"));
        return (found, null);
    }

    // Done or under way it is ours; what failed makes room for another attempt.
    private async Task<ListedItem<SnapshotRecord>> FindAsync(CancellationToken ct)
    {
        var (there, taken) = await LookAsync(ct);
        if (there is not { } found)
            return new(null, taken);
        if (found is { Failed: false, Phase: not SnapshotPhase.Deleting })
        {
            _cluster.Callbacks.Verbose?.Invoke($"{_source.Reference} was brought into {_target.Namespace} by an earlier call: {found.Reference}");
            return new(found, null);
        }

        if (found.Phase != SnapshotPhase.Deleting && await _snapshots.RemoveAsync(found, force: true, ct) is { } stuck)
            return new(null, stuck);
        await new RemovalWaiter(_cluster).WaitAsync([new(await _cluster.GetSnapshotKindAsync(ct), found.Namespace, found.Name, found.Uid)], RemovalWaiter.Patience, ct);
        return new(null, null);
    }

    private async Task<Fault?> BringAsync(CancellationToken ct)
    {
        _begun = true;
        if (await _preparation.MakeAsync(ct) is { } unmade)
            return unmade;
        return _preparation.HandOver is { } handOver ? await handOver.BringAsync(Carrier, _remains, _news, ct) : await BringByDataVolumesAsync(ct);
    }

    private async Task<Fault?> BringByDataVolumesAsync(CancellationToken ct)
    {
        var posts = new TransferPosts(_cluster, _source.Namespace, _target.Namespace);
        var bodies = _preparation.DataVolumes;
        foreach (var body in bodies.Values)
        {
            if (await posts.MakeAsync(RelatedKinds.DataVolume, body, _remains.IsOurs, ct) is { } refused)
                return refused;
        }

        var names = bodies.Values.Select(TransferPosts.NameOf).ToList();
        if (await new DataVolumeWaiter(_cluster, RelatedKinds.DataVolume, _target.Namespace, _transfer, _news) { WhyNoClaim = _preparation.WhyNoClaimAsync }.WaitAsync(names, _target.Timeout, ct) is { } never)
            return never;
        var templates = _from.Volumes.ToDictionary(v => v.Name, v => TransferManifest.Template(bodies[v.Name], v), StringComparer.Ordinal);
        return await posts.MakeAsync(KubeVirtKinds.VirtualMachine, Carrier(templates), _remains.IsCarrier, ct);
    }

    private JsonObject Carrier(IReadOnlyDictionary<string, JsonObject> templates)
    {
        var machine = CarrierMachine.Build(_from.Machine, templates, plain: _target.HandOver);
        foreach (var (matcher, name) in _preparation.Types)
            machine["spec"]![matcher]!["name"] = name;
        return TransferManifest.Carrier(_target.Namespace, _remains.Carrier, machine);
    }

    private CloneOrigin Origin => _target.OfMachine
        ? new(SourceKinds.VirtualMachine, _source.Namespace, _source.SourceName, _source.Raw.StringAt("status", "sourceUID"))
        : new(SourceKinds.VirtualMachineSnapshot, _source.Namespace, _source.Name, _source.Uid);

    private async Task<ListedItem<SnapshotRecord>> TakeAsync(CancellationToken ct)
    {
        var labels = new Dictionary<string, string>(_target.Labels, StringComparer.Ordinal) { [ImageLabels.CopyOfUid] = _source.Uid };
        var annotations = new Dictionary<string, string>(_target.Annotations, StringComparer.Ordinal)
        {
            [ImageLabels.CopyOf] = _source.Reference.ToString(),
            [ImageLabels.CopySource] = _source.Annotations.GetValueOrDefault(ImageLabels.CopySource) ?? _source.SourceName,
        };
        // An image there is a source by itself.
        if (_target.Image is null)
            annotations[CloneLabels.Origin] = Origin.ToString();
        if (_target.StorageClass is { } storageClass)
            annotations[ImageLabels.CopyStorageClass] = storageClass;
        var request = new SnapshotRequest
        {
            Namespace = _target.Namespace,
            SourceName = _remains.Carrier,
            Name = _target.SnapshotName,
            FailureDeadline = SnapshotDeadline,
            Labels = labels,
            Annotations = annotations,
        };
        return await _snapshots.CreateAsync(request, dryRun: false, ct);
    }

    private async Task<ListedItem<SnapshotRecord>> ReadyAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        _begun = true;
        var ready = snapshot.ReadyToUse ? new(snapshot, null) : await new SnapshotWaiter(_cluster).WaitOneAsync(snapshot.Reference, _target.Timeout, _warn, ct);
        if (ready.Fault is not null)
            return ready;
        var content = await _snapshots.ReadContentAsync(ready.Value!, ct);
        if (content is null || ready.Value!.IsPartial || content.Missing.Count > 0)
            return new(null, SnapshotFaults.Partial(snapshot.Reference.ToString(), _remains.Carrier, content?.Missing ?? []));
        await _preparation.OwnAsync(ready.Value, ct);
        return new(ready.Value with { Size = content.Size, Volumes = content.Volumes }, null);
    }

    private async Task UndoAsync()
    {
        using var limit = new CancellationTokenSource(UndoTime, _cluster.Clock);
        try
        {
            if (await _snapshots.FindAsync(_target.Namespace, _target.SnapshotName, limit.Token) is { } snapshot && snapshot.Labels.GetValueOrDefault(ImageLabels.CopyOfUid) == _source.Uid)
                await _snapshots.RemoveAsync(snapshot, force: true, limit.Token);
            await _remains.RemoveAsync(_warn, limit.Token);
            await _preparation.UndoAsync(limit.Token);
        }
        catch (Exception e) when (e is EngineException or KubernetesException or OperationCanceledException)
        {
            IsUnfinished = true;
            _warn($"What was begun in namespace '{_target.Namespace}' could not all be removed ({e.Message}); the same command again takes it up.");
        }
    }
}
