using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>What is known of clones in other namespaces before their sources are brought there.</summary>
/// <param name="Refused">Requests that cannot come out as they are asked for.</param>
/// <param name="Limits">What quotas and limit ranges there have to say to what is to be made.</param>
internal sealed record Foresight(IReadOnlyDictionary<CloneRequest, Fault> Refused, IReadOnlyList<Finding> Limits)
{
    public static Foresight Nothing { get; } = new(new Dictionary<CloneRequest, Fault>(), []);
}

/// <summary>
/// Looks at clones in other namespaces before anything is copied for them: whether their disks can be had as they are asked for, and whether quotas and limit
/// ranges there have room. Where nothing is asked of disks and nobody counts, that is two lists for each namespace.
/// </summary>
internal sealed class TransferForesight(KubeVirtCluster cluster, CloneOptions options, string batch)
{
    private static readonly IPreflightCheck[] OfLimits = [new QuotaCheck(), new LimitRangeCheck()];

    private readonly KindReader _reader = new(cluster);

    /// <summary>Looks at requests whose sources are still to be brought. What cannot be read says nothing.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Foresight> LookAsync(IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        try
        {
            var places = await Task.WhenAll(requests.Select(r => r.TargetNamespace!).Distinct(StringComparer.Ordinal).Select(ns => ReadPlaceAsync(ns, ct)));
            var there = places.ToDictionary(p => p.Namespace, StringComparer.Ordinal);
            var items = await ReadAsync([.. requests.Where(r => r.ChangesDisks || there[r.TargetNamespace!].IsCounted)], there, ct);
            var refused = new Dictionary<CloneRequest, Fault>(ReferenceEqualityComparer.Instance);
            foreach (var item in items)
            {
                if (WhyNot(item, there[item.Original.TargetNamespace!]) is { } fault)
                    refused[item.Original] = fault;
            }

            items.RemoveAll(i => refused.ContainsKey(i.Original));
            return new(refused, [.. await LimitsAsync(items, there, ct)]);
        }
        catch (Exception e) when (FaultMapper.OfItem(e, batch) is { } unseen)
        {
            // Whoever brings the sources comes to the same, and says so.
            cluster.Callbacks.Verbose?.Invoke($"What clones in other namespaces need there is not known beforehand: {unseen.Message}");
            return Foresight.Nothing;
        }
    }

    private async Task<Place> ReadPlaceAsync(string ns, CancellationToken ct)
    {
        if (NameRules.WhyNotName(ns) is not null)
            return new(ns, KindListing.NotAsked, KindListing.NotAsked, MayPost: false);
        var quotas = _reader.ListAsync(RelatedKinds.ResourceQuota, ns, ct);
        var ranges = _reader.ListAsync(RelatedKinds.LimitRange, ns, ct);
        var mayPost = options.Method == CloneMethodChoice.Auto && await AccessReview.MayPostAsync(cluster, ns, ct);
        return new(ns, await quotas, await ranges, mayPost);
    }

    private async Task<List<Item>> ReadAsync(IReadOnlyList<CloneRequest> requests, Dictionary<string, Place> there, CancellationToken ct)
    {
        var images = new ImageSources(cluster);
        var names = there.Keys.ToDictionary(ns => ns, _ => new CloneCompiler(batch, macs: null, KnownTypes.None), StringComparer.Ordinal);
        var named = new List<(CloneRequest Original, CloneRequest Resolved, CheckedRequest Checked)>(requests.Count);
        foreach (var request in requests)
        {
            if ((await images.ResolveAsync(request, ct)).Value is not { } resolved)
                continue;
            resolved = resolved with { SourceKind = SourceKinds.Normalize(resolved.SourceKind) ?? resolved.SourceKind };
            if (names[request.TargetNamespace!].Name(resolved) is { Fault: null } known)
                named.Add((request, resolved, known));
        }

        var items = new List<Item>(named.Count);
        foreach (var place in named.GroupBy(n => n.Original.TargetNamespace!, StringComparer.Ordinal))
        {
            var (taken, brought) = await ThereAsync(place.Key, [.. place.Select(p => (p.Resolved, p.Checked.Request.TargetName!))], ct);
            items.AddRange(place.Where(p => !taken.Contains(p.Checked.Request.TargetName!) && !brought.Contains(SourceKey.Of(p.Resolved))).Select(p => new Item(p.Original, p.Resolved, p.Checked)));
        }

        var finder = new FactFinder(cluster, await cluster.GetCloneKindAsync(ct));
        foreach (var source in items.GroupBy(i => i.Resolved.Namespace, StringComparer.Ordinal).ToList())
        {
            var (facts, storage) = await finder.FindAsync(source.Key, [.. source.Select(i => i.Checked.Request)], givenBatch: null, mayRestore: false, ct);
            foreach (var item in source)
                (item.Facts, item.Storage) = (facts, storage);
        }

        return items;
    }

    // What an earlier call has made or brought is judged where it is.
    private async Task<(HashSet<string> Machines, HashSet<SourceKey> Sources)> ThereAsync(string ns, IReadOnlyList<(CloneRequest Request, string Target)> requests, CancellationToken ct)
    {
        var machines = new HashSet<string>(StringComparer.Ordinal);
        var lister = new ObjectLister(cluster, KubeVirtKinds.VirtualMachine, FaultIds.VMNotFound, "virtual machine");
        await foreach (var (machine, _) in lister.ListAsync(new ListQuery { Names = [.. requests.Select(r => r.Target)], Namespace = ns }, ct))
        {
            if (machine is not null)
                machines.Add(machine.Name);
        }

        var sources = new HashSet<SourceKey>();
        var snapshots = new SnapshotCatalog(cluster);
        foreach (var request in requests.Select(r => r.Request).DistinctBy(SourceKey.Of))
        {
            var name = request.SourceImage is { Version: { } version } image
                ? CloneNames.ForImage(ns, image.Name, version)
                : CloneNames.ForTransferred(request.Batch ?? batch, request.Namespace, request.SourceKind, request.SourceName, ns);
            if (await snapshots.FindAsync(ns, name, ct) is { Failed: false })
                sources.Add(SourceKey.Of(request));
        }

        return (machines, sources);
    }

    private Fault? WhyNot(Item item, Place there)
    {
        if (!item.Original.ChangesDisks)
            return null;
        var known = new PreflightBatch([], item.Storage, new PreflightOptions { Method = options.Method });
        var subject = new PreflightSubject(new PreflightItem(item.Original), item.Checked, item.Facts!);
        if (new DiskCheck().Check(subject, known).FirstOrDefault(f => f.IsError) is { } finding)
            return finding.ToFault() with { TargetName = item.Original.DisplayName };
        if (options.Method == CloneMethodChoice.Direct || there.MayPost || DiskMethodCheck.WhyOnlyDirect(subject, known) is not { } why)
            return null;
        var method = options.Method == CloneMethodChoice.Restore ? CloneMethod.Restore : CloneMethod.Clone;
        return DiskMethodCheck.Refusal(item.Original.GoldenImage ?? item.Original.SourceName, method, why, item.Original.DisplayName);
    }

    // Counted as if each source were there already. What is brought is gone again when the clones are made, and they take no less than it did.
    private async Task<List<Finding>> LimitsAsync(List<Item> items, Dictionary<string, Place> there, CancellationToken ct)
    {
        var findings = new List<Finding>();
        foreach (var place in items.Where(i => there[i.Original.TargetNamespace!].IsCounted).GroupBy(i => i.Original.TargetNamespace!, StringComparer.Ordinal))
        {
            Func<string, decimal> before = static _ => 0;
            foreach (var source in place.GroupBy(i => i.Facts!))
            {
                var checks = await CountAsync([.. source], there[place.Key], before, ct);
                findings.AddRange(PreflightChecks.Run(OfLimits, checks));
                before = new CloneNeeds(checks).All;
            }
        }

        return findings;
    }

    private async Task<PreflightBatch> CountAsync(List<Item> items, Place there, Func<string, decimal> before, CancellationToken ct)
    {
        var facts = items[0].Facts!;
        var claims = facts.Claims;
        if (!claims.IsRead)
            claims = await _reader.ListAsync(KubeVirtKinds.PersistentVolumeClaim, facts.Name, ct);
        var state = facts with
        {
            Name = there.Namespace,
            Claims = claims,
            Quotas = there.Quotas,
            LimitRanges = there.Ranges,
            MayPost = there.MayPost,
        };
        var requests = items.ConvertAll(i => (i.Original, Asked: i.Resolved with { Namespace = there.Namespace, TargetNamespace = null, TargetName = i.Checked.Request.TargetName }));
        var types = requests.Exists(r => r.Asked.Resizes) ? await new SizingReader(cluster, _reader, ct).ReadTypesAsync(requests.Select(r => r.Asked), ct) : KnownTypes.None;
        var compiler = new CloneCompiler(batch, macs: null, types);
        var subjects = requests.ConvertAll(r => new PreflightSubject(new PreflightItem(r.Original), compiler.Compile(compiler.Name(r.Asked), r.Asked, facts.SourceOf(r.Asked)), state));
        var known = new PreflightFacts { SnapshotApiVersion = await cluster.GetSnapshotVersionAsync(ct), StorageClasses = items[0].Storage.StorageClasses, Types = types };
        return new PreflightBatch(subjects, known, new PreflightOptions { Method = options.Method, NoSharedSnapshot = options.NoSharedSnapshot }) { TakenBefore = before };
    }

    private sealed record Place(string Namespace, KindListing Quotas, KindListing Ranges, bool MayPost)
    {
        public bool IsCounted => Quotas.Items is { Count: > 0 } || Ranges.Items is { Count: > 0 };
    }

    private sealed record Item(CloneRequest Original, CloneRequest Resolved, CheckedRequest Checked)
    {
        public NamespaceState? Facts { get; set; }

        public PreflightFacts Storage { get; set; } = new();
    }
}
