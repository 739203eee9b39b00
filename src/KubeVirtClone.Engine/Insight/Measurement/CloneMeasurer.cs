using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Facts;

namespace KubeVirtClone.Engine.Insight.Measurement;

/// <summary>What was measured.</summary>
/// <param name="Clones">The clones, by target name.</param>
/// <param name="Batch">Their sum.</param>
public sealed record CloneMeasurement(IReadOnlyList<CloneTiming> Clones, BatchTiming Batch);

/// <summary>Measures where the time of clones went, from their objects' own times, their events (kept for an hour), and what was seen while they were waited for, here or as it was written down.</summary>
/// <param name="cluster">The connection.</param>
public sealed class CloneMeasurer(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>Measures clones that exist. Those that are gone are left out.</summary>
    /// <param name="clones">The clones.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked at all.</exception>
    public async Task<CloneMeasurement> MeasureAsync(IReadOnlyList<CloneReference> clones, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clones);
        var readings = await new CloneDoctor(_cluster).ReadAsync(clones.Select(c => c.Namespace), ct);
        return Sum(readings.Values.SelectMany(reading =>
        {
            var wanted = clones.Where(c => c.Namespace == reading.Name).ToLookup(c => c.Name, StringComparer.Ordinal);
            return Cases(reading, o => wanted[o.Name].Any(w => string.IsNullOrEmpty(w.Uid) || w.Uid == o.Uid));
        }), _cluster.Times);
    }

    /// <summary>Measures every clone of a batch.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked at all.</exception>
    public async Task<CloneMeasurement> MeasureBatchAsync(string ns, string batch, CancellationToken ct)
    {
        var reading = (await new CloneDoctor(_cluster).ReadAsync([ns], ct))[ns];
        return Sum(Cases(reading, o => o.Labels.GetValueOrDefault(CloneLabels.Batch) == batch), _cluster.Times);
    }

    internal static IEnumerable<CloneCase> Cases(NamespaceReading reading, Func<Kubernetes.KubernetesObject, bool> wanted) =>
        CloneDoctor.CloneObjects(reading).Where(wanted).Select(o => CloneCase.Of(reading, CloneRecord.From(o)));

    internal static CloneMeasurement Sum(IEnumerable<CloneCase> cases, PhaseTimes? times)
    {
        var list = cases.ToList();
        var kept = KeptMoments.Read(list.Select(c => c.Record.Raw));
        var timings = list.ConvertAll(c => TimingReader.Read(c, KeptMoments.Richer(times?.Of(c.Record), kept.GetValueOrDefault(c.Record.Uid))));
        var shared = list.Select(c => c.Snapshot).OfType<Kubernetes.KubernetesObject>()
            .FirstOrDefault(s => s.Labels.ContainsKey(CloneLabels.SharedSnapshot));
        var took = shared?.ItemsAt("status", "conditions").Where(c => c.Text("type") == "Ready" && c.Text("status") == "True")
            .Select(c => ObjectConditions.Time(c.Text("lastTransitionTime")) - shared.CreationTimestamp).FirstOrDefault();
        return new CloneMeasurement([.. timings.OrderBy(t => t.TargetName, StringComparer.Ordinal)], BatchTiming.Of(timings, took));
    }
}
