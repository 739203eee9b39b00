using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>Says why clones stand where they stand: follows clone, snapshot, content, volume snapshots, restore, claims, machine and events.</summary>
/// <param name="cluster">The connection.</param>
public sealed class CloneDoctor(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>Diagnoses clones: those of KubeVirt's clone controller, those made by restores, and those made directly. Each kind is read once per namespace, however many clones are named.</summary>
    /// <param name="clones">The clones.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>One diagnosis a clone, in the order given.</returns>
    /// <exception cref="EngineException">The server cannot be asked at all.</exception>
    public async Task<IReadOnlyList<CloneDiagnosis>> DiagnoseAsync(IReadOnlyList<CloneReference> clones, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(clones);
        var readings = await ReadAsync(clones.Select(c => c.Namespace), ct);
        return [.. clones.Select(c => Diagnose(c, readings[c.Namespace]))];
    }

    /// <summary>
    /// Diagnoses every clone of a batch. Clones that are not made yet because the snapshot they share is not there are one diagnosis, of that
    /// snapshot.
    /// </summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>One diagnosis a clone, by target name; what is not made yet is last.</returns>
    /// <exception cref="EngineException">The server cannot be asked at all.</exception>
    public async Task<IReadOnlyList<CloneDiagnosis>> DiagnoseBatchAsync(string ns, string batch, CancellationToken ct)
    {
        var reading = (await ReadAsync([ns], ct))[ns];
        return
        [
            .. CloneObjects(reading).Where(o => o.Labels.GetValueOrDefault(CloneLabels.Batch) == batch)
                .Select(o => Diagnose(CloneRecord.From(o), reading))
                .OrderBy(d => d.TargetName, StringComparer.Ordinal),
            .. UnmadeClones.Diagnose(reading, batch),
        ];
    }

    internal static IEnumerable<KubernetesObject> CloneObjects(NamespaceReading reading) =>
        (reading.Clones.Items?.Values ?? []).Concat((reading.Restores.Items?.Values ?? []).Where(CloneRecord.IsCloneRestore)).Concat((reading.Machines.Items?.Values ?? []).Where(CloneRecord.IsMachine));

    internal static CloneDiagnosis Diagnose(CloneRecord record, NamespaceReading reading)
    {
        var clone = CloneCase.Of(reading, record);
        var diagnosis = Diagnoser.Diagnose(clone);
        return diagnosis with { Repair = RepairPlanner.Plan(clone, diagnosis) };
    }

    internal static CloneDiagnosis Diagnose(CloneReference reference, NamespaceReading reading)
    {
        // Somebody else's restore is none of our clones, but can be asked about by its name.
        var named = CloneObjects(reading).Concat(reading.Restores.Items?.Values ?? []).Where(o => o.Name == reference.Name).ToList();
        var found = named.Find(o => reference.Uid is not { Length: > 0 } uid || o.Uid == uid);
        return found is null ? Diagnoser.Gone(reference, named.FirstOrDefault(), reading) : Diagnose(CloneRecord.From(found), reading);
    }

    internal async Task<Dictionary<string, NamespaceReading>> ReadAsync(IEnumerable<string> namespaces, CancellationToken ct)
    {
        var reader = new NamespaceReader(_cluster);
        var readings = await Task.WhenAll(namespaces.Distinct(StringComparer.Ordinal).Select(ns => reader.ReadAsync(ns, ct)));
        return readings.ToDictionary(r => r.Name, StringComparer.Ordinal);
    }
}
