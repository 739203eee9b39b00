using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Transfers;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Clones of a stopped machine in another namespace whose disks CDI copies straight from the source's claims: nothing is brought there in between. Each is a machine, then
/// its data volumes, which are the machine's own; names are fixed, so that the same call again completes what an earlier one began.
/// </summary>
/// <param name="cluster">The connection.</param>
/// <param name="options">How the batch is carried out.</param>
/// <param name="batch">The batch.</param>
/// <param name="all">The requests, which have their source in common.</param>
/// <param name="warn">Takes what the user should act on.</param>
internal sealed class ClaimCopies(KubeVirtCluster cluster, CloneOptions options, string batch, IReadOnlyList<CloneRequest> all, Action<TransferWarning> warn)
{
    /// <summary>More than that many clones in a namespace are made of what is brought there once: CDI admits about one data volume in two seconds.</summary>
    public const int MostByChoice = 3;

    private readonly CloneRequest _first = all[0];
    private KubernetesObject? _machine;
    private DataVolumeSource? _source;
    private Fault? _unfit;

    /// <summary>The requests that are carried out this way: all where it was asked for, those an earlier call has begun so, or few enough of a machine that allows it.</summary>
    /// <param name="ns">Namespace they are to be in.</param>
    /// <param name="requests">The requests.</param>
    /// <param name="isBrought">Whether an earlier call has brought the source there already.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<Asked>> ChooseAsync(string ns, IReadOnlyList<CloneRequest> requests, Func<Task<bool>> isBrought, CancellationToken ct)
    {
        if (options.Method is not (CloneMethodChoice.Auto or CloneMethodChoice.DataVolume) || _first.GoldenImage is not null || SourceKinds.Normalize(_first.SourceKind) != SourceKinds.VirtualMachine)
            return [];
        _machine ??= await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, _first.Namespace, _first.SourceName, ct);
        var named = Name(ns, requests);
        foreach (var item in named.Where(n => n.Checked.Fault is null))
            item.Existing = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, item.Checked.Request.TargetName!, ct);
        if (options.Method == CloneMethodChoice.DataVolume && !options.HandOver)
            return named;
        var begun = named.FindAll(IsOurs);
        var fresh = named.Except(begun).ToList();
        if (options.HandOver || fresh.Count is 0 or > MostByChoice || fresh.Exists(f => f.Existing is not null) || await WhyNotAsync(fresh, ct) is not null || await isBrought())
            return begun;
        cluster.Callbacks.Verbose?.Invoke(
            $"{_first.SourceName}: {fresh.Count} {(fresh.Count == 1 ? "clone" : "clones")} in namespace {ns} by method {CloneMethod.DataVolume}, because there are no more than {MostByChoice}: CDI copies the disks of the stopped machine straight there, and nothing has to be brought first");
        return named;
    }

    /// <summary>Makes them, or says of each why not. With a dry run the server is asked, and nothing is made.</summary>
    /// <param name="ns">Namespace they are to be in.</param>
    /// <param name="asked">What <see cref="ChooseAsync"/> gave.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<(CloneRequest Request, PlannedClone? Clone, Fault? Fault)>> MakeAsync(string ns, IReadOnlyList<Asked> asked, CancellationToken ct)
    {
        var results = new List<(CloneRequest, PlannedClone?, Fault?)>(asked.Count);
        var binding = new BindingLookup(cluster);
        var missing = new List<Asked>();
        foreach (var item in asked)
        {
            if (item.Checked.Fault is { } wrong)
                results.Add((item.Request, null, wrong));
            else if (item.Existing is { DeletionTimestamp: null } && !IsOurs(item))
                results.Add((item.Request, null, DirectMethod.Taken(await PlannedAsync(item, ct))));
            else if (IsOurs(item) && item.Existing is { } machine && (await binding.CompleteAsync(CloneRecord.From(machine), ct)).Phase == ClonePhase.Succeeded)
                results.Add(Made(item, await PlannedAsync(item, ct), machine));
            else
                missing.Add(item);
        }

        if (missing.Count == 0)
            return results;
        var fault = await ReadAsync(ct) ?? await PrepareAsync(ns, ct);
        using var maker = new DirectMethod(cluster, options, new InFlightWindow(options.ThrottleLimit ?? CloneOptions.DefaultThrottleLimit, cluster.Clock), CloneMethod.DataVolume);
        foreach (var item in missing)
            results.Add(fault is { } unable ? (item.Request, null, unable) : await MakeOneAsync(item, maker, ct));
        return results;
    }

    /// <summary>
    /// What would be posted, written down: data volumes, and then machines with templates of the same names, which have them adopted. A machine that came first would have
    /// virt-controller make them, with the rights of its service account only.
    /// </summary>
    /// <param name="ns">Namespace they are to be in.</param>
    /// <param name="requests">The requests.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<ManifestItem>> WriteAsync(string ns, IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        _machine ??= await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, _first.Namespace, _first.SourceName, ct);
        var unfit = await ReadAsync(ct);
        var items = new List<ManifestItem>(requests.Count * 2);
        foreach (var item in Name(ns, requests))
        {
            var fault = item.Checked.Fault ?? unfit;
            var prepared = await PlannedAsync(item, ct);
            if (fault is null)
                (prepared, fault) = _source!.PrepareAcross(prepared);
            if (fault is not null)
            {
                items.Add(new ManifestItem { Request = item.Request, Fault = fault with { TargetName = item.Request.DisplayName } });
                continue;
            }

            DataVolumeManifest.Adopt(prepared.Body, prepared.Claims);
            items.AddRange(prepared.Claims.Append(prepared.Body).Select(m => new ManifestItem { Request = item.Request, Manifest = m }));
        }

        return items;
    }

    private async Task<(CloneRequest Request, PlannedClone? Clone, Fault? Fault)> MakeOneAsync(Asked item, DirectMethod maker, CancellationToken ct)
    {
        var planned = await PlannedAsync(item, ct);
        var (prepared, wrong) = _source!.PrepareAcross(planned);
        if (wrong is not null)
            return (item.Request, null, wrong);
        if (item.Existing is { } existing)
        {
            // One that is going makes room while it is tried.
            if (!IsOurs(item))
                prepared = prepared with { Existing = null };
            else if (TakeoverRules.WhyNotSame(existing, prepared.Body) is { } why)
                return (item.Request, null, TakeoverRules.MachineExistsWithAnother(prepared.Request, why));
            else
                prepared = prepared with { Existing = existing };
        }

        var outcome = await maker.CreateAsync(prepared, ct);
        return outcome.Fault is { } refused ? (item.Request, null, TransferFaults.OfDisk(refused, _first.Namespace, prepared.DisplayName)) : Made(item, planned, outcome.Record!.Raw);
    }

    // What comes after takes it for made by an earlier run, and follows it.
    private static (CloneRequest Request, PlannedClone? Clone, Fault? Fault) Made(Asked item, PlannedClone planned, KubernetesObject machine) =>
        TakeoverRules.WhyNotSame(machine, planned.Body) is { } why
            ? (item.Request, null, TakeoverRules.MachineExistsWithAnother(planned.Request, why))
            : (item.Request, planned with { Existing = machine, Method = CloneMethod.DataVolume }, null);

    // Not planned as others are, because what is planned has its source in its own namespace.
    private async Task<PlannedClone> PlannedAsync(Asked item, CancellationToken ct) => new(item.Checked, item.Request, Existing: null)
    {
        Asked = item.There,
        Fingerprint = RequestFingerprint.Of(item.There, item.Checked.Request),
        ApiVersion = (await cluster.GetCloneKindAsync(ct)).ApiVersion,
        Method = CloneMethod.DataVolume,
    };

    private List<Asked> Name(string ns, IReadOnlyList<CloneRequest> requests)
    {
        var names = new CloneCompiler(batch, macs: null, KnownTypes.None);
        return [.. requests.Select(r =>
        {
            var there = r with
            {
                Namespace = ns,
                TargetNamespace = null,
                SourceKind = SourceKinds.VirtualMachine,
                Origin = new(SourceKinds.VirtualMachine, _first.Namespace, _first.SourceName, _machine?.Uid),
            };
            return new Asked(r, there, names.Name(there));
        })];
    }

    private bool IsOurs(Asked item) =>
        item.Existing is { DeletionTimestamp: null } machine && CloneRecord.IsMachine(machine) && machine.Labels.GetValueOrDefault(CloneLabels.Batch) == (item.Request.Batch ?? batch)
        && CloneRecord.From(machine) is { Method: CloneMethod.DataVolume, SourceNamespace: { } from } && from == _first.Namespace;

    // Null where it can be done at all, and nothing is asked for that another way gives and this does not.
    private async Task<string?> WhyNotAsync(List<Asked> asked, CancellationToken ct)
    {
        if (_machine is null)
            return "the source is not there";
        var json = _machine.ToJsonObject();
        if (SourceMachine.IsOn(json))
            return "the source runs";
        if (asked.Exists(a => a.Request.ChangesDisks || a.Request.Resizes || a.Request.VolumeOwnershipPolicy is not null))
            return "what is asked for is had of a snapshot only";
        if (TypeReference.IsOfNamespace(json))
            return "its type is of its own namespace";
        return await ReadAsync(ct) is { } fault ? fault.Message : null;
    }

    private async Task<Fault?> ReadAsync(CancellationToken ct)
    {
        if (_source is not null || _unfit is not null)
            return _unfit;
        var here = _first with { TargetNamespace = null, SourceKind = SourceKinds.VirtualMachine, Batch = _first.Batch ?? batch };
        if (_machine is { } machine && TypeReference.IsOfNamespace(machine.ToJsonObject()))
            return _unfit = TransferFaults.NotByDataVolumes(_first, "its instance type or preference is of its own namespace");
        var planned = new PlannedClone(new CloneCompiler(batch, macs: null, KnownTypes.None).Name(here), _first, Existing: null) { Asked = here, Fingerprint = "", ApiVersion = "" };
        var there = all.Select(r => r with { Namespace = r.TargetNamespace! }).ToList();
        var macs = there.Exists(r => r.GenerateMacAddresses) ? await MacReader.ReadPoolAsync(cluster, there, ct) : null;
        var types = there.Exists(r => r.Resizes) ? await new SizingReader(cluster, new KindReader(cluster), ct).ReadTypesAsync(there, ct) : KnownTypes.None;
        (_source, _unfit) = await DataVolumeSource.ReadAsync(cluster, planned, CloneMethodChoice.DataVolume, new CloneCompiler(batch, macs, types), options.DryRun ? null : options, ct, across: true);
        return _unfit;
    }

    // Namespace, rights, and whatever the machine names there; then what it is configured by, where that is to be copied.
    private async Task<Fault?> PrepareAsync(string ns, CancellationToken ct)
    {
        var target = new TransferTarget { Namespace = ns, SnapshotName = _first.SourceName, Stem = _first.SourceName, OfClaims = true, CopySecrets = options.CopySecrets };
        var preparation = new TransferPreparation(cluster, TransferSource.Of(_machine!), target, transfer: "", warn);
        if (await preparation.CheckAsync(ct) is { } blocked)
            return blocked;
        return options.DryRun ? null : await preparation.MakeAsync(ct);
    }

    /// <summary>A request that is carried out this way.</summary>
    /// <param name="Request">As it was given.</param>
    /// <param name="There">The same in the other namespace.</param>
    /// <param name="Checked">That with its names, checked alone.</param>
    internal sealed record Asked(CloneRequest Request, CloneRequest There, CheckedRequest Checked)
    {
        /// <summary>The machine of its name that is there already.</summary>
        public KubernetesObject? Existing { get; set; }
    }
}
