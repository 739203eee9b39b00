using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Causes;

namespace KubeVirtClone.Engine.Diagnosis;

/// <summary>One clone with the objects around it.</summary>
internal sealed class CloneCase
{
    private CloneCase(NamespaceReading reading, CloneRecord record)
    {
        Reading = reading;
        Record = record;
    }

    public NamespaceReading Reading { get; }

    public CloneRecord Record { get; }

    public bool FromSnapshot => Record.SourceSnapshot is not null;

    public string SnapshotName => Record.SnapshotName ?? Record.SourceSnapshot ?? "tmp-snapshot-" + Record.Uid;

    /// <summary>What in the clone's namespace is its source there, by kind and name.</summary>
    public string SourceText => Record.SourceSnapshot is { } brought ? $"{SourceKinds.VirtualMachineSnapshot} '{brought}'" : $"{Record.SourceKind} '{Record.SourceName}'";

    public KubernetesObject? Snapshot => Reading.Snapshots.Find(SnapshotName);

    public string RestoreName => Record.RestoreName ?? "tmp-restore-" + Record.Uid;

    public KubernetesObject? Restore => Record.Method == CloneMethod.Restore ? Record.Raw : Reading.Restores.Find(RestoreName);

    // A machine of its name beside a clone from another namespace is another one.
    public KubernetesObject? SourceMachine => FromSnapshot || Record.SourceNamespace is not null ? null : Reading.Machines.Find(Record.SourceName);

    public KubernetesObject? Target => Reading.Machines.Find(Record.TargetName);

    /// <summary>The claims this clone's restore made, or is to make; or those made with its machine.</summary>
    public IReadOnlyList<KubernetesObject> Claims
    {
        get
        {
            if (Record.Method == CloneMethod.DataVolume)
                return [.. Record.ClaimNames.Select(n => Reading.Claims.Find(n)).OfType<KubernetesObject>()];
            if (Record.Method == CloneMethod.Direct)
                return [.. Record.ClaimNames.Select(n => Reading.Claims.Find(n)).OfType<KubernetesObject>().Where(c => ClaimState.Of(c).Machine == Record.Uid)];
            var uid = Restore?.Uid;
            var byName = Reading.ClaimsOfRestore(RestoreName)
                .Where(c => uid is null || c.Annotations.GetValueOrDefault("restore.kubevirt.io/lastRestoreUID") is not { } last || last.EndsWith(uid, StringComparison.Ordinal));
            var byStatus = (Restore?.ItemsAt("status", "restores") ?? [])
                .Select(r => Reading.Claims.Find(r.Text("persistentVolumeClaim"))).OfType<KubernetesObject>();
            return [.. byName.Concat(byStatus).DistinctBy(c => c.Name)];
        }
    }

    /// <summary>True when a machine is to be filled from the clone's snapshot still: with the clone the snapshot would go, and the machine could never start.</summary>
    public bool HasUnfilledClaims => Claims.Any(c => !c.IsBound() && Reading.UsersOf(c.Name) is not { Count: 0 });

    public static CloneCase Of(NamespaceReading reading, CloneRecord record) =>
        new(reading, reading.Claims.IsRead || record.Method == CloneMethod.DataVolume ? record.WithClaims(n => StateOf(reading, record, n)) : record);

    /// <summary>Whether a disk of a clone that stands as a machine is there, by the name of its claim or data volume.</summary>
    public bool IsFilled(string disk) => StateOf(Reading, Record, disk) is { IsBound: true } state && (state.Machine == Record.Uid || state.FilledByDataVolume);

    // A data volume that is filled may have been tidied away, and its claim is the machine's own then.
    private static ClaimState? StateOf(NamespaceReading reading, CloneRecord record, string disk)
    {
        if (record.Method == CloneMethod.DataVolume && reading.DataVolumes.Find(disk) is { } dataVolume)
            return ClaimState.OfDataVolume(dataVolume);
        return reading.Claims.Find(disk) is { } claim ? ClaimState.Of(claim) : null;
    }

    /// <summary>How long the clone has existed.</summary>
    public TimeSpan Age => Record.CreationTimestamp is { } made ? Reading.Now - made : TimeSpan.Zero;

    public IEnumerable<ObjectEvent> CloneEvents => Reading.EventsOf(Record.Raw.Kind, Record.Name).Where(e => e.Uid.Length == 0 || e.Uid == Record.Uid);

    /// <summary>Evidence from a condition of an object.</summary>
    public static DiagnosisEvidence Condition(KubernetesObject item, string type)
    {
        var condition = item.ItemsAt("status", "conditions").FirstOrDefault(c => c.Text("type") == type);
        return new DiagnosisEvidence(
            $"{item.Kind} {item.Name}",
            $"condition {type}",
            condition.Text("reason") ?? condition.Text("message") ?? "",
            ObjectConditions.Time(condition.Text("lastTransitionTime")));
    }

    /// <summary>Evidence from an event.</summary>
    public static DiagnosisEvidence Event(ObjectEvent e) =>
        new($"{e.Kind} {e.Name}", $"event {e.Reason}{(e.Count > 1 ? $" (×{e.Count})" : "")}", e.Message, e.First);

    public CloneDiagnosis Diagnosis(
        CloneHealth health,
        string code,
        string cause,
        bool canEnd,
        IEnumerable<DiagnosisEvidence?> evidence,
        DateTimeOffset? since = null)
    {
        var list = evidence.OfType<DiagnosisEvidence>().Where(e => e.Text.Length > 0).ToList();
        return new CloneDiagnosis
        {
            Reference = Record.Reference,
            Method = Record.Method,
            TargetName = Record.TargetName,
            Record = Record,
            Health = health,
            Code = code,
            Cause = cause,
            Evidence = list,
            Since = since ?? list.Select(e => e.Since).FirstOrDefault(s => s is not null) ?? Record.CreationTimestamp,
            CanEndByItself = canEnd,
            NextStep = CauseText.NextStep(code),
            NotRead = Reading.NotRead,
        };
    }
}
