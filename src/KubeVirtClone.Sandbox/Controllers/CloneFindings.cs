namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>What one look at a clone found; the status is computed from it.</summary>
internal sealed class CloneFindings
{
    public string? Error { get; set; }

    public string? Snapshot { get; set; }

    public bool SnapshotReady { get; set; }

    public string? Restore { get; set; }

    public bool RestoreReady { get; set; }

    public string? Target { get; set; }

    public bool TargetThere { get; set; }

    public bool VolumesBound { get; set; }

    public string? Event { get; private set; }

    public string Reason { get; private set; } = "";

    public bool Failing { get; private set; }

    public bool Pending { get; private set; }

    public bool Stopped => Error is not null || Failing;

    public void Fail(string @event, string reason) => (Event, Reason, Failing) = (@event, reason, true);

    public void Wait(string @event, string reason) => (Event, Reason, Pending) = (@event, reason, true);
}
