using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>
/// Judges the clones of one namespace before they are made, for whoever makes them without having asked: by the preflight's own checks, those that a number of
/// requests answers which hangs on namespaces and sources, not on the number of clones. What may not be read is left out. What they say of a source is found once.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="planning">What planning found in the namespace.</param>
/// <param name="storage">What planning found of the cluster's storage.</param>
/// <param name="options">How the clones are to be made.</param>
internal sealed class PlanJudge(KubeVirtCluster cluster, NamespaceState planning, PreflightFacts storage, PreflightOptions options)
{
    private readonly PreflightBatch _storage = new([], storage, options);

    private readonly Dictionary<SourceKey, IReadOnlyList<Finding>> _ofSources = [];

    /// <summary>Whether a finding leaves a clone unmade: no clone comes of what it is about.</summary>
    public static bool Stops(Finding finding) => finding is { IsError: true, MayComeRight: false };

    /// <summary>What is said of a finding that stops nothing; nothing where nothing is wrong.</summary>
    public static Advice Warning(Finding finding) => finding.Severity is not (FindingSeverity.Error or FindingSeverity.Warning) ? Advice.None
        : finding.RecommendedAction.IsEmpty ? finding.Message : $"{finding.Message} {finding.RecommendedAction}";

    /// <summary>Why the disks asked for can be had by method Direct only; null where any method gives them.</summary>
    public string? WhyOnlyDirect(CheckedRequest item) => DiskMethodCheck.WhyOnlyDirect(Subject(item), _storage);

    /// <summary>Whether a disk has to grow where it is made like the source's.</summary>
    public bool Grows(CheckedRequest item) => DiskMethodCheck.Growing(Subject(item), _storage).Any();

    /// <summary>What is in the way of a clone's target; null when nothing is.</summary>
    public Finding? InTheWay(CheckedRequest item) => TargetCheck.InTheWay(Subject(item));

    /// <summary>What makes the clone impossible, or null, by what is known already; what may not be meant goes to <paramref name="warnings"/>.</summary>
    public Fault? Judge(CheckedRequest item, List<Advice> warnings)
    {
        var subject = Subject(item);
        var key = SourceKey.Of(item.Request);
        if (!_ofSources.TryGetValue(key, out var findings))
        {
            var source = new PreflightSource(subject, [subject]);
            _ofSources[key] = findings = PreflightChecks.InOrder(PreflightChecks.CheapOfSources.SelectMany(c => c.Check(source, _storage)));
        }

        List<Finding>? own = null;
        foreach (var check in PreflightChecks.CheapOfSubjects)
        {
            foreach (var finding in check.Check(subject, _storage))
                (own ??= []).Add(finding);
        }

        if (own is not null)
            findings = PreflightChecks.InOrder(findings.Concat(own));
        Fault? fault = null;
        foreach (var finding in findings)
        {
            if (Stops(finding))
                fault ??= finding.ToFault();
            else if (Warning(finding) is { IsEmpty: false } warning)
                warnings.Add(warning);
        }

        return fault;
    }

    /// <summary>What more is found of the clones that are to be made, once more is read for them; what <see cref="Stops"/> names every request it concerns.</summary>
    /// <param name="types">Instance types and preferences that are asked for.</param>
    /// <param name="clones">The clones, each as given and as it will be sent.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<Finding>> JudgeAsync(
        KnownTypes types, IReadOnlyList<(CloneRequest Original, CheckedRequest Checked)> clones, CancellationToken ct)
    {
        if (clones.Count == 0)
            return [];
        var ns = planning.Name;
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
        var names = sources.SelectMany(s => ObjectName.NamedBy(s.Machine, ns))
            .Concat(clones.SelectMany(c => c.Checked.Request.Secrets).Select(n => new ObjectName("Secret", ns, n)));
        var references = new ReferenceReader(reader).ReadAsync(names, ct);
        await Task.WhenAll(quotas, limits, sizings, references);
        var counted = (await quotas).Items is { Count: > 0 } || (await limits).Items is { Count: > 0 };
        var claims = planning.Claims;
        // A machine's are to be bound before its snapshot is taken; a snapshot's matter where a preference goes by their labels.
        var copied = sources.Where(s => s.Key.Kind == SourceKinds.VirtualMachine || s.Machine!["spec"]?["preference"] is not null)
            .SelectMany(s => SourceMachine.Copied(s.Machine).Concat(SourceMachine.MemoryDumps(s.Machine))).Select(v => v.Claim).ToHashSet(StringComparer.Ordinal);
        if (!claims.IsRead && (counted || copied.Count > 0))
            claims = counted ? await reader.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, ct) : await reader.NamedAsync(KubeVirtKinds.PersistentVolumeClaim, ns, copied, ct);
        var unbound = claims.Items?.Values.Where(c => copied.Contains(c.Name) && !c.IsBound()).ToList() ?? [];
        var classes = storage.StorageClasses;
        if (!classes.IsRead && unbound.Count > 0)
            classes = await reader.ListAsync(RelatedKinds.StorageClass, ns: null, ct);
        var dataVolumes = unbound.Count == 0 ? KindListing.NotAsked : await reader.NamedAsync(RelatedKinds.DataVolume, ns, [.. unbound.Select(c => c.Name)], ct);
        var volumeSnapshots = planning.VolumeSnapshots;
        if (!volumeSnapshots.IsRead && counted && sources.Exists(s => s.Key.Kind == SourceKinds.VirtualMachineSnapshot))
            volumeSnapshots = await reader.ListAsync(RelatedKinds.VolumeSnapshot, ns, ct);
        // What is counted, and whether templates matter, hangs on how the clones are made.
        var known = await references;
        var lacking = sources.FindAll(s => known.LackingTemplates(s.Machine, ns).Any()).ConvertAll(s => s.Key);
        var asksAccess = (counted || sources.Exists(s => MachineReferences.DataSources(s.Machine).Any()))
            && bySource.Exists(s => GroupPlanner.MayBeDirect(options.Method, options.NoSharedSnapshot, [.. s.Clones.Select(c => c.Checked.Request)], s.Machine, lacking.Contains(s.Key)));
        var state = planning with
        {
            VolumeSnapshots = volumeSnapshots,
            Instances = running,
            Claims = claims,
            DataVolumes = dataVolumes,
            Quotas = await quotas,
            LimitRanges = await limits,
            MayPost = asksAccess && await AccessReview.MayPostAsync(cluster, ns, ct),
        };
        var facts = new PreflightFacts
        {
            SnapshotApiVersion = await cluster.GetSnapshotVersionAsync(ct),
            StorageClasses = classes,
            Sizings = (await sizings).ToDictionary(s => s.Key, s => s.Sizing),
            Types = types,
            References = known,
        };
        var subjects = clones.Select(c => new PreflightSubject(new PreflightItem(c.Original), c.Checked, state)).ToList();
        var few = subjects.Where(s => s.Request.Secrets.Any()).Concat(subjects.DistinctBy(s => SourceKey.Of(s.Request))).Distinct().ToList();
        return
        [
            .. PreflightChecks.Run(PreflightChecks.OfClones, new PreflightBatch(subjects, facts, options))
                .Concat(PreflightChecks.Run(PreflightChecks.OfFew, new PreflightBatch(few, facts, options)))
                .Concat(unbound.Count == 0 ? [] : PreflightChecks.Run([new ClaimStateCheck()], new PreflightBatch(subjects, facts, options)).Where(Stops))
                .Concat(Refused(subjects, facts)),
        ];
    }

    private PreflightSubject Subject(CheckedRequest item) => new(new PreflightItem(item.Request), item, planning);

    // What the restore writes is worked out once for all that are asked for alike, of the longest name; each by itself only where that one is refused.
    private IEnumerable<Finding> Refused(List<PreflightSubject> subjects, PreflightFacts facts)
    {
        IReadOnlyList<IPreflightCheck> check = [new RestoredMachineCheck()];
        var doubtful = subjects.GroupBy(s => (SourceKey.Of(s.Request), s.Checked.Compiled))
            .Where(g => PreflightChecks.Run(check, new PreflightBatch([g.MaxBy(s => s.Request.CloneName?.Length ?? 0)!], facts, options)).Any(Stops))
            .SelectMany(g => g)
            .ToList();
        return PreflightChecks.Run(check, new PreflightBatch(doubtful, facts, options));
    }
}
