namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>A virtual machine to start, stop or remove.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid, when known: another machine of the same name is then left alone.</param>
public sealed record MachineReference(string Namespace, string Name, string? Uid = null)
{
    /// <summary>The clone that made it, where the machine is meant by that: another machine of the same name is then left alone.</summary>
    public MachineMaker? Maker { get; init; }

    /// <summary>What the user gave, handed back with every update about this machine.</summary>
    public object? Input { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>How machines are started, stopped or removed.</summary>
public sealed record PowerOptions
{
    /// <summary>Wait until each machine runs (started; paused with <see cref="Paused"/>), is off (stopped) or is gone (removed).</summary>
    public bool Wait { get; init; }

    /// <summary>Longest wait for each, from its request; null waits for as long as it may still come.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Start paused, before the guest's first instruction.</summary>
    public bool Paused { get; init; }

    /// <summary>Time the guest gets to shut down, in whole seconds; zero switches it off. Null is what the machine says (30 s unless set). Stop and remove only.</summary>
    public TimeSpan? GracePeriod { get; init; }

    /// <summary>Remove only: also machines that run.</summary>
    public bool Force { get; init; }

    /// <summary>Remove only: also the claims and data volumes that were restored for the machine and that nothing else uses, with their data.</summary>
    public bool IncludeVolumes { get; init; }

    /// <summary>
    /// Remove only: also the claims and data volumes that the machine owns, which would go with it, stay with their data; nobody owns them then. Excludes
    /// <see cref="IncludeVolumes"/>.
    /// </summary>
    public bool KeepVolumes { get; init; }

    /// <summary>Only ask the server whether it would do it.</summary>
    public bool DryRun { get; init; }

    /// <summary>Most requests at once, 1 to 1000.</summary>
    public int ThrottleLimit { get; init; } = 16;
}
