using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>Tells before anything is made what would go wrong with a batch of clones. Nothing is created or changed.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="options">How the clones would be made; null is the default.</param>
public sealed class ClonePreflight(KubeVirtCluster cluster, PreflightOptions? options = null)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));
    private readonly PreflightOptions _options = options ?? new PreflightOptions();

    /// <summary>Checks requests as <c>CloneOperation</c> would carry them out.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked at all.</exception>
    public Task<PreflightReport> RunAsync(IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return RunAsync([.. requests.Select(r => new PreflightItem(r))], ct);
    }

    /// <summary>Checks items: requests, or manifests that are to be posted as they stand.</summary>
    /// <param name="items">The items.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked at all.</exception>
    public async Task<PreflightReport> RunAsync(IReadOnlyList<PreflightItem> items, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (items.Count == 0)
            return new PreflightReport { Findings = [], Items = 0, ApiRequests = 0 };
        var sent = 0;
        using var observed = _cluster.ObserveTraces(_ => Interlocked.Increment(ref sent));
        var batch = _options.Batch ?? CloneNames.NewBatch(_cluster.Clock.GetUtcNow());
        var reader = new KindReader(_cluster);
        var (resolved, unresolved) = await ResolveImagesAsync(items, ct);
        var names = new CloneCompiler(batch, macs: null, KnownTypes.None);
        var named = resolved.ConvertAll(r => new Named(r.Item, r.Request, names.Name(r.Request)));
        var facts = await new FactGatherer(_cluster, reader).GatherAsync([.. named.Select(n => n.Checked.Request)], _options.Method, ct);
        var compiler = new CloneCompiler(batch, MacPool.Of(facts.Macs.Keys, resolved.Select(r => r.Request)), facts.Types);
        var subjects = named.ConvertAll(n => Subject(n, facts, compiler));
        var existing = _options.SkipExisting ? subjects.FindAll(s => (s.AsItStands || s.Checked.Fault is null) && s.State.Machines.Find(s.Request.TargetName) is not null && !TargetCheck.IsOwnWork(s)) : [];
        var checks = new PreflightBatch([.. subjects.Except(existing)], facts, _options);
        await new Rehearsal(_cluster, reader).RunAsync(checks, ct);
        return new PreflightReport
        {
            Findings = PreflightChecks.Run([.. PreflightChecks.All, new Given([.. unresolved, .. existing.Select(PassedOver)])], checks),
            Items = items.Count,
            ApiRequests = Math.Max(Volatile.Read(ref sent), reader.Requests),
        };
    }

    private async Task<(List<Asked> Resolved, List<Finding> Unresolved)> ResolveImagesAsync(IReadOnlyList<PreflightItem> items, CancellationToken ct)
    {
        var images = new ImageSources(_cluster);
        var resolved = new List<Asked>(items.Count);
        var unresolved = new Dictionary<string, Finding>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            Fault? fault;
            try
            {
                (var request, fault) = await images.ResolveAsync(item.Request, ct);
                if (request is not null)
                    resolved.Add(new Asked(item, request));
            }
            catch (EngineException e) when (e.Fault.Id == FaultIds.ApiForbidden)
            {
                // The image's snapshot cannot be found: nothing about it can be checked, and making the clone would fail the same way.
                fault = e.Fault;
            }

            if (fault is null)
                continue;
            var known = unresolved.GetValueOrDefault(fault.Message) ?? OfFault(fault);
            unresolved[fault.Message] = known with { Requests = [.. known.Requests, item.Request] };
        }

        return (resolved, [.. unresolved.Values]);
    }

    private static Finding PassedOver(PreflightSubject subject) => subject.Finding(
        FindingSeverity.Information,
        FaultIds.VMCloneTargetExists,
        $"A virtual machine '{subject.Request.TargetName}' exists in namespace '{subject.Request.Namespace}': the item is passed over, and nothing about it was checked.",
        "",
        category: FaultCategory.ResourceExists);

    private static Finding OfFault(Fault fault) => new()
    {
        Severity = FindingSeverity.Error,
        Code = fault.Id,
        Item = fault.TargetName ?? "",
        Message = fault.Message,
        RecommendedAction = fault.RecommendedAction,
        Category = fault.Category,
    };

    // What a clone is to be (host name, labels, addresses …) becomes patches and filters only with the source at hand; so does a serial for a
    // machine without firmware section. A source that is not there, or cannot be read, is told by another check.
    private static PreflightSubject Subject(Named named, PreflightFacts facts, CloneCompiler compiler)
    {
        var state = facts.Namespaces[named.Checked.Request.Namespace];
        var subject = new PreflightSubject(named.Item, named.Checked, state);
        return named.Item.Manifest is not null || named.Checked.Fault is not null || (subject.Source is null && IdentityRules.NeedsSource(named.Asked))
            ? subject
            : new PreflightSubject(named.Item, compiler.Compile(named.Checked, named.Asked, subject.Source), state);
    }

    private sealed record Asked(PreflightItem Item, CloneRequest Request);

    private sealed record Named(PreflightItem Item, CloneRequest Asked, CheckedRequest Checked);

    /// <summary>What was found before the checks began.</summary>
    private sealed class Given(IReadOnlyList<Finding> findings) : IPreflightCheck
    {
        public IEnumerable<Finding> Check(PreflightBatch batch) => findings;
    }
}
