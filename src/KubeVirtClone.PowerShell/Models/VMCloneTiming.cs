using KubeVirtClone.Engine.Insight.Measurement;

namespace KubeVirtClone;

/// <summary>Where one clone's time went. Objects and events of a cluster count in whole seconds.</summary>
public sealed class VMCloneTiming
{
    internal VMCloneTiming(CloneTiming timing)
    {
        Namespace = timing.Namespace;
        Name = timing.Name;
        TargetName = timing.TargetName;
        SourceName = timing.SourceName;
        Method = timing.Method.ToString();
        Batch = timing.Batch;
        Phase = Enum.TryParse<VMClonePhase>(timing.Phase.ToString(), out var phase) ? phase : VMClonePhase.Unknown;
        Started = timing.Started;
        Snapshot = timing.Snapshot;
        Restore = timing.Restore;
        Bind = timing.Bind;
        Boot = timing.Boot;
        Total = timing.Total;
    }

    /// <summary>Namespace.</summary>
    public string Namespace { get; }

    /// <summary>Name of the clone object.</summary>
    public string Name { get; }

    /// <summary>Name of the new machine.</summary>
    public string TargetName { get; }

    /// <summary>Name of the source.</summary>
    public string SourceName { get; }

    /// <summary>How it was made: Clone or Restore.</summary>
    public string Method { get; }

    /// <summary>Batch, or null.</summary>
    public string? Batch { get; }

    /// <summary>Phase when it was measured.</summary>
    public VMClonePhase Phase { get; }

    /// <summary>When the clone object was made.</summary>
    public DateTimeOffset? Started { get; }

    /// <summary>Time until its own snapshot was ready; null when it had none, or that is not known.</summary>
    public TimeSpan? Snapshot { get; }

    /// <summary><see cref="Snapshot"/> as the views show it.</summary>
    [Hidden]
    public string SnapshotText => Durations.Duration(Snapshot);

    /// <summary>From there until the machine was made.</summary>
    public TimeSpan? Restore { get; }

    /// <summary><see cref="Restore"/> as the views show it.</summary>
    [Hidden]
    public string RestoreText => Durations.Duration(Restore);

    /// <summary>From there until every volume was bound; null when they are not bound, or that is not known.</summary>
    public TimeSpan? Bind { get; }

    /// <summary><see cref="Bind"/> as the views show it.</summary>
    [Hidden]
    public string BindText => Durations.Duration(Bind);

    /// <summary>From the machine's start until its guest ran; null when it does not run.</summary>
    public TimeSpan? Boot { get; }

    /// <summary><see cref="Boot"/> as the views show it.</summary>
    [Hidden]
    public string BootText => Durations.Duration(Boot);

    /// <summary>From the clone's creation to the end of its last part, boot aside; null while it is not done.</summary>
    public TimeSpan? Total { get; }

    /// <summary><see cref="Total"/> as the views show it.</summary>
    [Hidden]
    public string TotalText => Durations.Duration(Total);

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{TargetName}: {(Total is null ? Phase.ToString() : TotalText)}";
}
