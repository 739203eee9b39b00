using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Insight.Measurement;

namespace KubeVirtClone.Engine.Insight.Reporting;

/// <summary>What a report tells.</summary>
public sealed record BatchReport
{
    /// <summary>Heading: <c>Batch lab7</c>, for example.</summary>
    public required string Title { get; init; }

    /// <summary>Where the clones are: server and namespaces.</summary>
    public required string Place { get; init; }

    /// <summary>When the cluster was read.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>The clones' times.</summary>
    public required CloneMeasurement Measurement { get; init; }

    /// <summary>What there is to say about those that are not done.</summary>
    public required IReadOnlyList<CloneDiagnosis> Troubles { get; init; }

    /// <summary>What the machines that were made are known by.</summary>
    public IReadOnlyList<ReportedMachine> Machines { get; init; } = [];

    /// <summary>The report as one HTML page that needs nothing else: no script, font, style sheet or image from elsewhere.</summary>
    public string ToHtml() => ReportPage.Render(this);
}

/// <summary>A machine a report tells of.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Identity">What it is known by.</param>
public sealed record ReportedMachine(string Name, MachineIdentity Identity);

/// <summary>Makes reports.</summary>
/// <param name="cluster">The connection.</param>
public sealed class ReportBuilder(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>A report on a batch.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked at all.</exception>
    public async Task<BatchReport> BuildAsync(string ns, string batch, CancellationToken ct)
    {
        var readings = await new CloneDoctor(_cluster).ReadAsync([ns], ct);
        return Build($"Batch {batch}", readings, (_, clone) => clone.Labels.GetValueOrDefault(CloneLabels.Batch) == batch);
    }

    /// <summary>A report on clones.</summary>
    /// <param name="title">Heading.</param>
    /// <param name="clones">The clones.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked at all.</exception>
    public async Task<BatchReport> BuildAsync(string title, IReadOnlyList<CloneReference> clones, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clones);
        var readings = await new CloneDoctor(_cluster).ReadAsync(clones.Select(c => c.Namespace), ct);
        var wanted = clones.ToLookup(c => (c.Namespace, c.Name));
        return Build(title, readings, (ns, clone) => wanted[(ns, clone.Name)].Any(w => string.IsNullOrEmpty(w.Uid) || w.Uid == clone.Uid));
    }

    private BatchReport Build(
        string title,
        Dictionary<string, NamespaceReading> readings,
        Func<string, Kubernetes.KubernetesObject, bool> wanted)
    {
        var cases = readings.Values.SelectMany(r => CloneMeasurer.Cases(r, o => wanted(r.Name, o))).ToList();
        return new BatchReport
        {
            Title = title,
            Place = $"{_cluster.Client.Configuration.Server.Host}, namespace {string.Join(", ", readings.Keys.Order(StringComparer.Ordinal))}",
            ReadAt = _cluster.Clock.GetUtcNow(),
            Measurement = CloneMeasurer.Sum(cases, _cluster.Times),
            Troubles =
            [
                .. cases.Select(c => CloneDoctor.Diagnose(c.Record, c.Reading))
                    .Where(d => d.Code is not CauseCodes.Completed)
                    .OrderBy(d => d.Health == CloneHealth.InProgress)
                    .ThenBy(d => d.TargetName, StringComparer.Ordinal),
            ],
            Machines =
            [
                .. cases.Where(c => c.Record.Phase == ClonePhase.Succeeded && c.Target is not null)
                    .Select(c => new ReportedMachine(c.Record.TargetName, MachineIdentity.Of(c.Target!, c.Reading.Instances.Find(c.Record.TargetName))))
                    .OrderBy(m => m.Name, StringComparer.Ordinal),
            ],
        };
    }
}
