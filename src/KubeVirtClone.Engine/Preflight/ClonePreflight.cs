using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>Tells before anything is made what would go wrong with a batch of clones. Nothing is created or changed.</summary>
public sealed class ClonePreflight
{
    private readonly KubeVirtCluster _cluster;
    private readonly PreflightOptions _options;

    /// <summary>Prepares a preflight; nothing is sent yet.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="options">How the clones would be made; null is the default.</param>
    public ClonePreflight(KubeVirtCluster cluster, PreflightOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
        _options = options ?? new PreflightOptions();
    }

    /// <summary>Checks requests as <see cref="Execution.CloneOperation"/> would carry them out.</summary>
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
        var named = Name(items, batch);
        var reader = new KindReader(_cluster);
        var facts = await new FactGatherer(_cluster, reader).GatherAsync([.. named.Select(n => n.Checked.Request)], ct);
        var subjects = named.Select(n => Subject(n, facts, batch)).ToList();
        return new PreflightReport
        {
            Findings = PreflightChecks.Run(PreflightChecks.All, new PreflightBatch(subjects, facts, _options)),
            Items = items.Count,
            ApiRequests = Math.Max(Volatile.Read(ref sent), reader.Requests),
        };
    }

    private static List<Named> Name(IReadOnlyList<PreflightItem> items, string batch)
    {
        var ordinals = new Dictionary<(string, string, string), int>();
        var named = new List<Named>(items.Count);
        foreach (var item in items)
        {
            var ordinal = 0;
            if (string.IsNullOrEmpty(item.Request.TargetName))
            {
                var source = (item.Request.Namespace, item.Request.SourceKind, item.Request.SourceName);
                ordinal = ordinals.GetValueOrDefault(source);
                ordinals[source] = ordinal + 1;
            }

            named.Add(new Named(item, RequestRules.Check(item.Request, batch, ordinal), ordinal));
        }

        return named;
    }

    private static PreflightSubject Subject(Named named, PreflightFacts facts, string batch)
    {
        var state = facts.Namespaces[named.Checked.Request.Namespace];
        var subject = new PreflightSubject(named.Item, named.Checked, state);
        // A serial for a machine without firmware section is sent as patches: that is known only now.
        return named.Item.Request.SmbiosSerial is not null && subject.Source is { } source && SourceMachine.Domain(source)?["firmware"] is null
            ? new PreflightSubject(named.Item, RequestRules.Check(named.Item.Request, batch, named.Ordinal, sourceHasFirmware: false), state)
            : subject;
    }

    private sealed record Named(PreflightItem Item, CheckedRequest Checked, int Ordinal);
}
