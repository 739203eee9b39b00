using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Transfers;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Comes before all else where clones are to be in other namespaces than their sources: brings each source there, once for all of its clones, and hands
/// on requests that clone within one namespace. An image becomes an image there, which stays; anything else a snapshot that goes with the batch.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="options">How the clones are made.</param>
/// <param name="batch">Their batch.</param>
/// <param name="updates">Takes what becomes of the requests.</param>
/// <param name="told">Takes warnings; null has them among the updates.</param>
/// <param name="found">Takes what limits in other namespaces have to say; null has it among the updates: what nothing can come of as a fault, the rest as a word of warning.</param>
internal sealed partial class TransferStage(
    KubeVirtCluster cluster, CloneOptions options, string batch, ChannelWriter<ItemUpdate<CloneRecord>> updates, Action<TransferWarning, CloneRequest>? told = null, Action<Finding>? found = null)
{
    private readonly object _gate = new();
    private readonly List<SharedSnapshot> _brought = [];
    private readonly Dictionary<(string Namespace, string Batch), CloneRequest> _places = [];
    private readonly HashSet<string> _unfinished = new(StringComparer.Ordinal);
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private readonly Dictionary<CloneRequest, PlannedClone> _copied = new(ReferenceEqualityComparer.Instance);

    /// <summary>Clones that were made in other namespaces without anything having been brought there; they are among no requests any more, and to be followed.</summary>
    public IReadOnlyCollection<PlannedClone> Copied => _copied.Values;

    /// <summary>The requests that can go on; what became of the others is told.</summary>
    /// <param name="requests">All requests of the batch.</param>
    /// <param name="ended">Told of each that ends here, and whether well.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">Nothing further can work.</exception>
    public async Task<IReadOnlyList<CloneRequest>> RunAsync(IReadOnlyList<CloneRequest> requests, Action<bool> ended, CancellationToken ct)
    {
        if (!requests.Any(IsToBeBrought))
            return requests;
        var places = new Dictionary<CloneRequest, ListedItem<CloneRequest>>(ReferenceEqualityComparer.Instance);
        CheckAlone(requests, places);
        if (options.Preflight)
            await LookAheadAsync([.. requests.Where(r => IsToBeBrought(r) && !places.ContainsKey(r))], places, ct);
        using var ending = new FirstFailure(ct);
        var names = new CloneCompiler(batch, macs: null, KnownTypes.None);
        var sources = requests.Where(r => IsToBeBrought(r) && !places.ContainsKey(r)).GroupBy(r => (r.Namespace, r.GoldenImage, r.GoldenImageVersion, Kind: SourceKinds.Normalize(r.SourceKind) ?? r.SourceKind, r.SourceName, r.SourceUid, r.SourceMaker)).ToList();
        await ending.WatchAsync(Task.WhenAll(sources.Select(s => ending.GuardAsync(BringAsync([.. s], places, ending.Token)))));
        var going = new List<CloneRequest>(requests.Count);
        foreach (var request in requests)
        {
            if (_copied.ContainsKey(request))
                continue;
            if (!places.TryGetValue(request, out var place))
            {
                going.Add(request);
                continue;
            }

            if (place.Fault is null && !options.DryRun)
            {
                going.Add(place.Value!);
                continue;
            }

            if (place.Fault is { Id: FaultIds.VMCloneTargetExists } exists && options.SkipExisting)
            {
                updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Skipped, Input = request, Message = exists.Message });
                ended(true);
                continue;
            }

            updates.TryWrite(place.Fault is { } fault
                ? new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Fault, Fault = fault with { TargetName = request.DisplayName }, Input = request }
                : new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Planned, Record = await ForeseeAsync(place.Value!, names, ct), Input = request });
            ended(place.Fault is null);
        }

        return going;
    }

    /// <summary>Ties what was brought over to what was made of it, and clears away what nothing needs any more.</summary>
    public async Task FinishAsync(CancellationToken ct)
    {
        foreach (var shared in _brought)
        {
            await shared.OwnAsync([], ct);
            if (await shared.FindAsync(ct) is { } there && !there.Raw.ItemsAt("metadata", "ownerReferences").Any())
                await shared.MarkAsync(ct);
            // It stays while something needs it; where nothing came of it nobody else would take it away.
            await shared.CollectAsync(new HashSet<string>(StringComparer.Ordinal), ct);
        }

        // Of earlier calls of the batch that ended on their way. Not before nothing else is: what one source has on its way is told from another's by what it is of only.
        foreach (var ((ns, ofBatch), request) in options.Batch is null ? [] : _places.Where(p => !_unfinished.Contains(p.Key.Namespace)))
            await TransferRemains.CollectAsync(cluster, ns, ofBatch, text => Warn(TransferWarning.OfWait(text), request), ct);
    }

    // What a request shows to be wrong by itself is told before its source is looked at, let alone copied.
    private void CheckAlone(IReadOnlyList<CloneRequest> requests, Dictionary<CloneRequest, ListedItem<CloneRequest>> places)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var request in requests)
        {
            var isBrought = IsToBeBrought(request);
            var there = isBrought ? Within(request, request.TargetNamespace!, new("source", null, null)) : request;
            var fault = isBrought ? RequestRules.Check(there, batch, ordinal: 0).Fault : null;
            if (fault is null && !string.IsNullOrEmpty(there.TargetName) && !targets.Add($"{there.Namespace}/{there.TargetName}") && isBrought)
                fault = ClonePlanner.Duplicate(there, "target", there.TargetName);
            if (fault is not null)
                places[request] = new(null, fault);
        }
    }

    // Sizes that cannot be had, and limits that have no room, are told before a byte is copied.
    private async Task LookAheadAsync(IReadOnlyList<CloneRequest> requests, Dictionary<CloneRequest, ListedItem<CloneRequest>> places, CancellationToken ct)
    {
        var foreseen = await new TransferForesight(cluster, options, batch).LookAsync(requests, ct);
        foreach (var (request, fault) in foreseen.Refused)
            places[request] = new(null, fault);
        foreach (var finding in foreseen.Limits)
        {
            if (found is not null)
            {
                found(finding);
            }
            else if (PlanJudge.Stops(finding))
            {
                foreach (var request in finding.Requests)
                    places[request] = new(null, finding.ToFault() with { TargetName = request.DisplayName });
            }
            else if (PlanJudge.Warning(finding) is { IsEmpty: false } warning)
            {
                Warn(new(finding.Code, warning, Advice.None), finding.Requests[0]);
            }
        }
    }

    /// <summary>Whether a request's clone is to be in another namespace than its source. What is no source at all is refused where every other request is judged.</summary>
    public static bool IsToBeBrought(CloneRequest request) =>
        request.LeavesNamespace && (request.GoldenImage is not null || (SourceKinds.Normalize(request.SourceKind) is not null && NameRules.WhyNotName(request.SourceName) is null));

    private async Task BringAsync(List<CloneRequest> requests, Dictionary<CloneRequest, ListedItem<CloneRequest>> places, CancellationToken ct)
    {
        var first = requests[0];
        var source = new Source(this, first, [.. requests.Select(r => r.TargetNamespace!).Distinct(StringComparer.Ordinal)]);
        var copies = new ClaimCopies(cluster, options, batch, requests, warning => Warn(warning, first));
        foreach (var place in requests.GroupBy(r => r.TargetNamespace!, StringComparer.Ordinal))
        {
            var there = place.ToList();
            ListedItem<BroughtSource> brought;
            try
            {
                there = [.. there.Except(await CopyAsync(copies, source, place.Key, there, places, ct))];
                there = [.. there.Except(await TakenAsync(place.Key, there, places, ct))];
                if (there.Count == 0)
                    continue;
                cluster.Callbacks.Verbose?.Invoke($"{first.GoldenImage ?? first.SourceName}: {there.Count} {(there.Count == 1 ? "clone" : "clones")} in namespace {place.Key}, to which it is brought first, once for all of them");
                // Brought over, a source is a snapshot, and that has no claims to copy.
                brought = options.Method == CloneMethodChoice.DataVolume ? new(null, TransferFaults.NotByDataVolumes(first, handOver: options.HandOver)) : await source.BringAsync(place.Key, there, ct);
            }
            catch (Exception e) when (FaultMapper.OfItem(e, place.Key) is { } ofItem)
            {
                source.Keep(place.Key);
                brought = new(null, ofItem);
            }

            lock (_gate)
            {
                foreach (var request in there)
                    places[request] = brought.Fault is { } fault ? new(null, fault) : new(Within(request, place.Key, brought.Value!), null);
            }
        }

        await source.ClearAsync(ct);
    }

    // Those that need nothing brought, because CDI copies their disks from where they are.
    private async Task<List<CloneRequest>> CopyAsync(
        ClaimCopies copies, Source source, string ns, List<CloneRequest> requests, Dictionary<CloneRequest, ListedItem<CloneRequest>> places, CancellationToken ct)
    {
        var chosen = await copies.ChooseAsync(ns, requests, () => source.IsBroughtAsync(ns, ct), ct);
        foreach (var (request, clone, fault) in chosen.Count == 0 ? [] : await copies.MakeAsync(ns, chosen, ct))
        {
            lock (_gate)
            {
                if (clone is not null && !options.DryRun)
                    _copied[request] = clone;
                else
                    places[request] = fault is not null ? new(null, fault) : new(Within(request, ns, new(request.SourceName, clone!.Request.Origin, null)) with { SourceKind = SourceKinds.VirtualMachine }, null);
            }
        }

        return [.. chosen.Select(c => c.Request)];
    }

    // Those whose names others have: nothing is brought for them. What the batch has made itself is taken over where all others are planned.
    private async Task<List<CloneRequest>> TakenAsync(string ns, List<CloneRequest> requests, Dictionary<CloneRequest, ListedItem<CloneRequest>> places, CancellationToken ct)
    {
        var named = requests.Where(r => !string.IsNullOrEmpty(r.TargetName)).ToDictionary(r => r.TargetName!, StringComparer.Ordinal);
        var taken = new List<CloneRequest>();
        if (named.Count == 0 || !options.Preflight)
            return taken;
        var lister = new ObjectLister(cluster, KubeVirtKinds.VirtualMachine, FaultIds.VMNotFound, "virtual machine");
        await foreach (var (machine, _) in lister.ListAsync(new ListQuery { Names = [.. named.Keys], Namespace = ns }, ct))
        {
            if (machine is not { DeletionTimestamp: null } || !named.TryGetValue(machine.Name, out var request))
                continue;
            var ofBatch = request.Batch ?? batch;
            var clone = string.IsNullOrEmpty(request.CloneName) ? CloneNames.ForClone(ofBatch, ns, machine.Name) : request.CloneName;
            if ((CloneRecord.IsMachine(machine) && machine.Labels.GetValueOrDefault(CloneLabels.Batch) == ofBatch) || CloneRecord.WasMadeBy(machine, clone) || await new CloneCatalog(cluster).FindAsync(ns, clone, ct) is not null)
                continue;
            taken.Add(request);
            lock (_gate)
                places[request] = new(null, DirectMethod.Taken(ns, machine.Name));
        }

        return taken;
    }

    private static CloneRequest Within(CloneRequest request, string ns, BroughtSource brought) => request with
    {
        Namespace = ns,
        TargetNamespace = null,
        GoldenImage = null,
        GoldenImageVersion = null,
        SourceKind = SourceKinds.VirtualMachineSnapshot,
        SourceName = brought.Snapshot,
        // Whether the source was the one that is meant has been seen; what was brought is another object.
        SourceUid = null,
        SourceMaker = null,
        Given = request,
        SourceImage = brought.Image,
        Origin = brought.Origin,
    };

    // Its source is not there yet, so that the server cannot be asked about it.
    private async Task<CloneRecord> ForeseeAsync(CloneRequest request, CloneCompiler names, CancellationToken ct)
    {
        var named = names.Name(request).Request;
        var body = CloneManifest.Build(named, (await cluster.GetCloneKindAsync(ct)).ApiVersion);
        RequestFingerprint.Mark(body, RequestFingerprint.Of(request, named), named);
        return CloneRecord.From(new KubernetesObject(body));
    }

    // A source is looked at before and after it is snapshotted, and in each namespace: the same is said once.
    private void Warn(TransferWarning warning, CloneRequest request)
    {
        lock (_gate)
        {
            if (!_warned.Add(warning.Text.ToString()))
                return;
            if (told is not null)
                told(warning, request);
            else
                updates.TryWrite(new ItemUpdate<CloneRecord> { Kind = ItemUpdateKind.Warning, Message = warning.Text, Input = request });
        }
    }

    /// <summary>What a source is in another namespace.</summary>
    /// <param name="Snapshot">Name of the snapshot there.</param>
    /// <param name="Origin">What it comes from; null while that does not matter.</param>
    /// <param name="Image">The golden image that it is.</param>
    private sealed record BroughtSource(string Snapshot, CloneOrigin? Origin, ImageVersion? Image)
    {
        public BroughtSource As(SnapshotRecord there) => new(there.Name, CloneOrigin.Of(there.Raw) ?? Origin, Image);
    }

    private KubeVirtCluster Cluster => cluster;

    private CloneOptions Options => options;

    private string Batch => batch;

    private void Brought(SharedSnapshot snapshot, (string Namespace, string Batch) place, CloneRequest request)
    {
        lock (_gate)
        {
            _brought.Add(snapshot);
            _places.TryAdd(place, request);
        }
    }

    private void Unfinished(string ns)
    {
        lock (_gate)
            _unfinished.Add(ns);
    }
}
