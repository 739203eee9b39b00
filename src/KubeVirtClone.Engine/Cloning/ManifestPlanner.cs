using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Transfers;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Writes a batch down instead of making it: the objects that would be posted. What can be said in KubeVirt's own terms needs no cluster; golden
/// images, and what a clone is to be, are worked out from the source, which is read for it. Nothing is created.
/// </summary>
public sealed class ManifestPlanner
{
    private readonly KubeVirtCluster _cluster;
    private readonly CloneMethodChoice _method;
    private readonly string _batch;

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="method">How the clones are made. <see cref="CloneMethodChoice.Auto"/> writes VirtualMachineClones, which can all be applied at once.</param>
    /// <param name="batch">Batch id.</param>
    public ManifestPlanner(KubeVirtCluster cluster, CloneMethodChoice method, string batch)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentException.ThrowIfNullOrEmpty(batch);
        _cluster = cluster;
        _method = method;
        _batch = batch;
    }

    // Each step needs what came of the one before, and a machine of which nothing is left in the end.
    private static ManifestItem NotOnPaper(CloneRequest request) => new()
    {
        Request = request,
        Fault = FaultMapper.Make(
            FaultIds.TransferInvalid,
            FaultCategory.InvalidArgument,
            $"A clone of '{request.GoldenImage ?? request.SourceName}' in namespace '{request.TargetNamespace}' cannot be written as manifests: its source has to be brought there first.",
            $"Bring the source there ({CommandName.NewVMGoldenImage}, {CommandName.CopyVMGoldenImage} {OptionName.Destination} {request.TargetNamespace}), and write the manifests of clones of the copy: {OptionName.Namespace} {request.TargetNamespace} {OptionName.GoldenImage} NAME {OptionName.AsManifest}. Or, of a stopped machine, have CDI copy its claims: {OptionName.Method} DataVolume",
            request.DisplayName),
    };

    /// <summary>Why manifests cannot say what is asked for; null where they can.</summary>
    /// <param name="copySecrets">Secrets of the source's namespace are to be copied.</param>
    /// <param name="handOver">The source's snapshots are to be handed over.</param>
    public static Fault? WhyNot(bool copySecrets, bool handOver) => !(copySecrets || handOver) ? null : TransferFaults.Invalid(
        $"{(handOver ? "Handing snapshots over" : "Copying Secrets and ConfigMaps")} is done by the call that makes the clones, and is in no manifest.",
        $"Have the clones made, or leave out {(handOver ? OptionName.HandOver : OptionName.CopySecrets)}.",
        "");

    /// <summary>Whether the objects for a request can be written only with a cluster at hand.</summary>
    /// <param name="request">The request.</param>
    /// <param name="method">How clones are made.</param>
    public static bool NeedsCluster(CloneRequest request, CloneMethodChoice method)
    {
        ArgumentNullException.ThrowIfNull(request);
        return method is CloneMethodChoice.Restore or CloneMethodChoice.Direct or CloneMethodChoice.DataVolume || request.LeavesNamespace || request.GoldenImage is not null || request.VolumeOwnershipPolicy is not null || IdentityRules.NeedsSource(request);
    }

    /// <summary>The objects for requests that need no cluster (<see cref="NeedsCluster"/>), in the order of the requests.</summary>
    /// <param name="requests">The requests. Where one has no namespace its object names none either, and <c>kubectl create</c> takes its own.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="apiVersion">API version of VirtualMachineClone: <c>v1beta1</c>, <c>v1alpha1</c>.</param>
    public static IReadOnlyList<ManifestItem> WithoutCluster(IReadOnlyList<CloneRequest> requests, string batch, string apiVersion)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var compiler = new CloneCompiler(batch, macs: null, KnownTypes.None);
        var items = new List<ManifestItem>(requests.Count);
        foreach (var request in requests)
        {
            var complete = request.Namespace.Length > 0 ? request : request with { Namespace = "default" };
            var compiled = compiler.Compile(compiler.Name(complete), complete, source: null);
            items.AddRange(compiled.Warnings.Select(w => new ManifestItem { Request = request, Warning = w }));
            if (compiled.Fault is { } fault)
            {
                items.Add(new ManifestItem { Request = request, Fault = fault });
                continue;
            }

            var manifest = CloneManifest.Build(compiled.Request, $"{KubeVirtKinds.CloneGroup}/{apiVersion}");
            if (request.Namespace.Length == 0)
                ((JsonObject)manifest["metadata"]!).Remove("namespace");
            items.Add(new ManifestItem { Request = request, Manifest = manifest });
        }

        return items;
    }

    /// <summary>The objects for the requests, each source's together: a snapshot before the restores that need it.</summary>
    /// <param name="requests">The requests, each with its namespace.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or cannot clone.</exception>
    public async Task<IReadOnlyList<ManifestItem>> PlanAsync(IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var options = new CloneOptions
        {
            DryRun = true,
            // One object a clone: a snapshot of its own for each source would have to be ready before its clones.
            Method = _method == CloneMethodChoice.Auto ? CloneMethodChoice.Clone : _method,
            NoSharedSnapshot = _method != CloneMethodChoice.Restore,
        };
        var leaving = requests.Where(r => r.LeavesNamespace).ToList();
        var plan = await new ClonePlanner(_cluster, options, _batch) { OnPaper = true }.PlanAsync([.. requests.Except(leaving)], ct);
        List<ManifestItem> items = [.. await CopiedElsewhereAsync(leaving, ct), .. plan.Updates.Select(u => new ManifestItem { Request = u.Request, Warning = u.Message, Fault = u.Fault })];
        if (_method == CloneMethodChoice.Direct)
        {
            await AddDirectAsync(items, plan, ct);
            return items;
        }

        if (_method == CloneMethodChoice.DataVolume)
        {
            await AddCopiedAsync(items, plan, ct);
            return items;
        }

        // A manifest that leaves out what was asked for would be carried out without it; and nobody is there to let disks grow.
        var method = _method == CloneMethodChoice.Restore ? CloneMethod.Restore : CloneMethod.Clone;
        var version = await KubeVirtCluster.GuardAsync(() => _cluster.GetKubeVirtVersionAsync(ct));
        var unable = new List<PlannedClone>();
        foreach (var clone in plan.Clones)
        {
            var disks = clone.OnlyDirect ?? (clone.Grows ? "KubeVirt restores volumes in the size they had, and a manifest cannot have them grow afterwards" : null);
            var fault = disks is { } why ? DiskMethodCheck.Refusal(clone.Request.SourceName, method, why, clone.DisplayName)
                : VolumeOwnership.Refusal(clone.Request, method, clone.Source, version, clone.DisplayName);
            if (fault is null)
                continue;
            unable.Add(clone);
            items.Add(new ManifestItem { Request = clone.Original, Fault = fault });
        }

        plan = plan with { Clones = [.. plan.Clones.Except(unable)] };
        if (_method != CloneMethodChoice.Restore)
        {
            items.AddRange(plan.Clones.Select(c => new ManifestItem { Request = c.Original, Manifest = c.Body }));
            return items;
        }

        var snapshots = (await _cluster.GetSnapshotKindAsync(ct)).Version;
        foreach (var group in new GroupPlanner(options, _batch, kubeVirt: null, snapshotsServed: true, mayPost: new HashSet<string>(), verbose: null).Plan(plan.Clones))
            AddRestores(items, group, snapshots);
        return items;
    }

    // The claims name no owner, whose uid is not known before it is made.
    private async Task AddDirectAsync(List<ManifestItem> items, ClonePlan plan, CancellationToken ct)
    {
        foreach (var group in plan.Clones.GroupBy(c => (c.Request.Namespace, c.Request.SourceKind, c.Request.SourceName)))
        {
            var (source, why) = await ReadSourceAsync(group.First(), ct);
            foreach (var clone in group)
            {
                var fault = (why ?? source!.WhyNot(clone.Request)) is { } whyNot ? NotWritable(clone, whyNot) : null;
                var prepared = clone with { Method = CloneMethod.Direct };
                if (fault is null)
                    (prepared, fault) = source!.Prepare(prepared);
                if (fault is null && prepared.Claims.Count > 0 && clone.Request.SourceKind != SourceKinds.VirtualMachineSnapshot)
                    fault = NotWritable(clone, "its volumes are filled from a snapshot, whose parts have names only once it is taken");
                if (fault is not null)
                {
                    items.Add(new ManifestItem { Request = clone.Original, Fault = fault });
                    continue;
                }

                items.AddRange(prepared.Revisions.Append(prepared.Body).Concat(prepared.Claims).Select(m => new ManifestItem { Request = clone.Original, Manifest = m }));
            }
        }
    }

    // Of a stopped machine CDI copies the claims straight into another namespace; anything else would have to be brought there in steps.
    private async Task<List<ManifestItem>> CopiedElsewhereAsync(List<CloneRequest> requests, CancellationToken ct)
    {
        var copied = requests.Where(r => _method == CloneMethodChoice.DataVolume && r.GoldenImage is null && SourceKinds.Normalize(r.SourceKind) == SourceKinds.VirtualMachine).ToList();
        List<ManifestItem> items = [.. requests.Except(copied).Select(NotOnPaper)];
        if (copied.Count > 0)
            items.Add(new ManifestItem { Warning = "Create the data volumes before their machines, as they are written: whoever creates them needs the right to clone out of the source's namespace (datavolumes/source)." });
        foreach (var source in copied.GroupBy(r => (r.Namespace, r.SourceName, r.SourceUid, r.SourceMaker)))
        {
            var copies = new ClaimCopies(_cluster, new CloneOptions { DryRun = true, Method = _method }, _batch, [.. source], static _ => { });
            foreach (var place in source.GroupBy(r => r.TargetNamespace!, StringComparer.Ordinal))
                items.AddRange(await KubeVirtCluster.GuardAsync(() => copies.WriteAsync(place.Key, [.. place], ct)));
        }

        return items;
    }

    private async Task AddCopiedAsync(List<ManifestItem> items, ClonePlan plan, CancellationToken ct)
    {
        foreach (var group in plan.Clones.GroupBy(c => (c.Request.Namespace, c.Request.SourceKind, c.Request.SourceName)))
        {
            var (source, unfit) = await DataVolumeSource.ReadAsync(_cluster, group.First(), _method, plan.Compiler, options: null, ct);
            foreach (var clone in group)
            {
                var (prepared, fault) = source is null ? (clone, unfit! with { TargetName = clone.DisplayName }) : source.Prepare(clone);
                if (fault is not null)
                    items.Add(new ManifestItem { Request = clone.Original, Fault = fault });
                else
                    items.AddRange(prepared.Revisions.Append(prepared.Body).Select(m => new ManifestItem { Request = clone.Original, Manifest = m }));
            }
        }
    }

    private async Task<(DirectSource? Source, string? WhyNot)> ReadSourceAsync(PlannedClone first, CancellationToken ct)
    {
        if (first.Request.SourceKind != SourceKinds.VirtualMachineSnapshot)
            return first.Source is { } machine ? (DirectSource.OnPaper("", machine), null) : (null, "it cannot be read");
        var catalog = new SnapshotCatalog(_cluster);
        return await catalog.FindAsync(first.Request.Namespace, first.Request.SourceName, ct) is { } snapshot && await catalog.ReadContentAsync(snapshot, ct) is { } content
            ? await DirectSource.ReadAsync(_cluster, snapshot, content, ct)
            : (null, "it cannot be read, or has no content yet");
    }

    private static Fault NotWritable(PlannedClone clone, string why) => FaultMapper.Make(
        FaultIds.VMCloneSourceUnsupported,
        FaultCategory.InvalidOperation,
        $"Machines made directly of '{clone.Request.SourceName}' cannot be written down: {why}.",
        "Write them of a snapshot or golden image, or by another method.",
        clone.DisplayName);

    private void AddRestores(List<ManifestItem> items, SourceGroup group, string version)
    {
        if (group.Snapshot is { } snapshot)
        {
            items.Add(new ManifestItem
            {
                Warning = $"KubeVirt takes the restores of '{group.SourceName}' only once their snapshot is ready: create the snapshot, wait (kubectl wait --for=condition=Ready vmsnapshot/{snapshot}), then create them; delete it when their volumes are bound. Their patches fit the machine as it is now.",
            });
            var shared = new SharedSnapshot(_cluster, group.Namespace, snapshot, group.SourceName, group.Clones[0].Request.Batch);
            items.Add(new ManifestItem { Manifest = shared.ToManifest(group.Clones.Count, version) });
        }

        foreach (var clone in group.Clones)
        {
            if (clone.Source is not { } source)
            {
                var unreadable = IdentityRules.Unsupported(
                    $"The restore of '{clone.Request.SourceName}' cannot be worked out: the source cannot be read",
                    "Ask for the right to read it, or write a clone: leave the method Restore out.");
                items.Add(new ManifestItem
                {
                    Request = clone.Original,
                    Fault = unreadable.ToFault(clone.DisplayName),
                });
                continue;
            }

            var (restore, fault) = SnapshottedSource.AsRestore(clone, group.Snapshot ?? group.SourceName, source, version, holdStart: false);
            items.Add(new ManifestItem { Request = clone.Original, Manifest = fault is null ? restore.Body : null, Fault = fault });
        }
    }
}
