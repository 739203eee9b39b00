using KubeVirtClone.Engine.Knowledge.Causes;

namespace KubeVirtClone.Engine.Waiting;

/// <summary>Says what a clone is waiting for, from all that is known about it.</summary>
internal static class WaitDescription
{
    public static string Of(CloneRecord record, RelatedObjects related, WaitState @for)
    {
        var parts = new List<string> { $"it is in phase {record.Phase}" };
        if (record.Message.Length > 0)
            parts.Add(record.Message);
        if (record.Phase == ClonePhase.SnapshotInProgress && related.SnapshotOf(record) is { } snapshot)
            parts.Add("the snapshot says: " + (snapshot.Error ?? snapshot.Progress ?? (snapshot.Ready ? "ready" : "not ready")));
        if (record.Phase is ClonePhase.RestoreInProgress or ClonePhase.CreatingTargetVM)
        {
            if (related.RestoreOf(record) is { } restore)
                parts.Add("the restore says: " + (restore.Failure ?? restore.Error ?? (restore.Complete ? "complete" : "in progress")));
            else if (related.EventsOf(record)?.RestoreRefused is { } refused)
                parts.Add("the restore was refused: " + refused);
        }

        if (record.Phase == ClonePhase.Succeeded && @for == WaitState.Running)
        {
            parts.Add(related.MachineOf(record) is { } machine
                ? $"the machine is {machine.Status}{(machine.IsHalted ? " and nobody has started it" : "")}"
                : "the machine is not there");
        }

        return string.Join("; ", parts.Select(StuckReasons.Shorten));
    }
}
