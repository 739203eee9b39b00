using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>
/// What a preflight knows of a batch as a whole, for whoever makes it without having asked: addresses given twice, quotas and limit ranges, what is missing, and
/// what of a source its clones will not have. Most of it may still change while KubeVirt tries, and is a word of warning; what no clone can come of is refused. The
/// number of requests hangs on namespaces and sources, not on the number of clones; what may not be read is left out.
/// </summary>
internal sealed class PlannedBatch(KubeVirtCluster cluster)
{
    // About each clone, or about a source by how all of its clones are made.
    private static readonly IPreflightCheck[] OfClones = [new MacUseCheck(), new QuotaCheck(), new TemplateSourceCheck(), new MemoryDumpCheck()];

    // About each source, whichever of its clones is looked at.
    private static readonly IPreflightCheck[] OfSources =
    [
        new LimitRangeCheck(), new RunningDifferenceCheck(), new InstancetypeDriftCheck(), new PersistentStateCheck(), new ReferenceCheck(),
    ];

    // KubeVirt would take such clones, and never finish them: here these codes come of nothing else.
    private static readonly HashSet<string> Hopeless = new(StringComparer.Ordinal)
    {
        FindingCodes.TargetRefused, FindingCodes.TemplateSourceMissing, FindingCodes.ClaimMissing,
    };

    /// <summary>Whether no clone comes of what a finding is about, whatever happens meanwhile.</summary>
    public static bool IsHopeless(Finding finding) => finding.IsError && Hopeless.Contains(finding.Code);

    /// <summary>Errors and warnings about clones of one namespace that are about to be made; those that are <see cref="IsHopeless"/> name every request they concern.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="planning">What planning found there.</param>
    /// <param name="types">Instance types and preferences that are asked for.</param>
    /// <param name="clones">The clones, each as given and as it will be sent.</param>
    /// <param name="options">How they are made.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<Finding>> JudgeAsync(
        string ns, NamespaceFacts planning, KnownTypes types, IReadOnlyList<(CloneRequest Original, CheckedRequest Checked)> clones, PreflightOptions options, CancellationToken ct)
    {
        if (clones.Count == 0)
            return [];
        var reader = new KindReader(cluster);
        var quotas = reader.ListAsync(RelatedKinds.ResourceQuota, ns, ct);
        var limits = reader.ListAsync(RelatedKinds.LimitRange, ns, ct);
        var bySource = clones.GroupBy(c => SourceKey.Of(c.Checked.Request)).Select(g => (g.Key, Machine: planning.SourceOf(g.First().Checked.Request), Clones: g)).ToList();
        var sources = bySource.FindAll(s => s.Machine is not null);
        var instances = await Task.WhenAll(sources
            .Where(s => s.Key.Kind == SourceKinds.VirtualMachine && SourceMachine.IsOn(s.Machine))
            .Select(async s => (await reader.FindAsync(RelatedKinds.Instance, ns, s.Key.Name, ct)).Item));
        var running = KindListing.Of(instances.OfType<KubernetesObject>());
        var sizes = new SizingReader(cluster, reader, ct);
        var sizings = Task.WhenAll(sources.Select(async s => (s.Key, Sizing: await sizes.ReadAsync(ns, s.Machine!, running.Find(s.Key.Name)?.StringAt("status", "virtualMachineRevisionName"), ct))));
        var names = sources.SelectMany(s => MachineReferences.Of(s.Machine).Concat(MachineReferences.DataSources(s.Machine).Select(d => d.Source)).Select(r => new ObjectName(r.Kind, r.Namespace ?? ns, r.Name)))
            .Concat(clones.SelectMany(c => c.Checked.Request.Secrets).Select(n => new ObjectName("Secret", ns, n)));
        var references = new ReferenceReader(reader).ReadAsync(names, ct);
        await Task.WhenAll(quotas, limits, sizings, references);
        // Sizes of volumes matter where somebody counts them, their labels where a preference is.
        var counted = (await quotas).Items is { Count: > 0 } || (await limits).Items is { Count: > 0 };
        var claims = KindListing.Of(planning.Claims);
        if (!claims.IsRead && (counted || sources.Exists(s => s.Machine!["spec"]?["preference"] is not null || SourceMachine.MemoryDumps(s.Machine).Any())))
            claims = await reader.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, ct);
        var volumeSnapshots = planning.VolumeSnapshots;
        if (!volumeSnapshots.IsRead && counted && sources.Exists(s => s.Key.Kind == SourceKinds.VirtualMachineSnapshot))
            volumeSnapshots = await reader.ListAsync(RelatedKinds.VolumeSnapshot, ns, ct);
        // What is counted, and whether templates matter, hangs on how the clones are made.
        var known = await references;
        var lacking = sources.FindAll(s => known.LackingTemplates(s.Machine, ns).Any()).ConvertAll(s => s.Key);
        var asksAccess = (counted || sources.Exists(s => MachineReferences.DataSources(s.Machine).Any()))
            && bySource.Exists(s => GroupPlanner.MayBeDirect(options.Method, options.NoSharedSnapshot, [.. s.Clones.Select(c => c.Checked.Request)], s.Machine, lacking.Contains(s.Key)));
        var state = new NamespaceState
        {
            Name = ns,
            Machines = KindListing.Of(planning.Machines),
            Snapshots = KindListing.Of(planning.Snapshots),
            SnapshottedMachines = planning.SnapshottedMachines,
            Contents = KindListing.Of(planning.Contents),
            VolumeSnapshots = volumeSnapshots,
            Instances = running,
            Claims = claims,
            Quotas = await quotas,
            LimitRanges = await limits,
            MayPost = asksAccess && await AccessReview.MayPostAsync(cluster, ns, ct),
        };
        var facts = new PreflightFacts
        {
            SnapshotApiVersion = await cluster.GetSnapshotVersionAsync(ct),
            Sizings = (await sizings).ToDictionary(s => s.Key, s => s.Sizing),
            Types = types,
            References = known,
        };
        var subjects = clones.Select(c => new PreflightSubject(new PreflightItem(c.Original), c.Checked, state)).ToList();
        var few = subjects.Where(s => s.Request.Secrets.Any()).Concat(subjects.DistinctBy(s => SourceKey.Of(s.Request))).Distinct().ToList();
        return
        [
            .. PreflightChecks.Run(OfClones, new PreflightBatch(subjects, facts, options))
                .Concat(PreflightChecks.Run(OfSources, new PreflightBatch(few, facts, options)))
                .Concat(Refused(subjects, facts, options))
                .Where(f => f.Severity is FindingSeverity.Error or FindingSeverity.Warning),
        ];
    }

    // What the restore writes is worked out once for all that are asked for alike, of the longest name; each by itself only where that one is refused.
    private static IEnumerable<Finding> Refused(List<PreflightSubject> subjects, PreflightFacts facts, PreflightOptions options)
    {
        IReadOnlyList<IPreflightCheck> check = [new RestoredMachineCheck()];
        var doubtful = subjects.GroupBy(s => (SourceKey.Of(s.Request), s.Checked.Compiled))
            .Where(g => PreflightChecks.Run(check, new PreflightBatch([g.MaxBy(s => s.Request.CloneName?.Length ?? 0)!], facts, options)).Any(IsHopeless))
            .SelectMany(g => g)
            .ToList();
        return PreflightChecks.Run(check, new PreflightBatch(doubtful, facts, options));
    }
}
