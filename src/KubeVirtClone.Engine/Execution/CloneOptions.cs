namespace KubeVirtClone.Engine.Execution;

/// <summary>The state a clone is waited for to reach.</summary>
public enum WaitState
{
    /// <summary>The new virtual machine exists.</summary>
    Succeeded,

    /// <summary>Its volumes are really there too: nothing temporary is needed any more.</summary>
    Bound,

    /// <summary>The new virtual machine runs. Clones are created stopped: somebody has to start them.</summary>
    Running,
}

/// <summary>How a batch is carried out.</summary>
public sealed record CloneOptions
{
    /// <summary>Default of <see cref="ThrottleLimit"/>.</summary>
    public const int DefaultThrottleLimit = 16;

    /// <summary>Most clones in flight at once, 1 to 1000: between creation and the state waited for when waiting, else in creation.</summary>
    public int ThrottleLimit { get; init; } = DefaultThrottleLimit;

    /// <summary>Wait for each clone to reach <see cref="For"/>.</summary>
    public bool Wait { get; init; }

    /// <summary>State waited for.</summary>
    public WaitState For { get; init; } = WaitState.Succeeded;

    /// <summary>Longest wait per clone, from its creation; null waits without limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Send every request as a server dry run: nothing is created, refusals are reported.</summary>
    public bool DryRun { get; init; }

    /// <summary>Batch id; the same id, source and targets again make nothing twice. Null generates one.</summary>
    public string? Batch { get; init; }

    /// <summary>Pass over items whose target exists instead of reporting a fault.</summary>
    public bool SkipExisting { get; init; }

    /// <summary>Delete each clone object once it is Bound (the new virtual machine stays). Needs <see cref="Wait"/>.</summary>
    public bool PurgeOnSuccess { get; init; }

    /// <summary>Look at sources and targets before creating anything. False sends the requests as they are.</summary>
    public bool Preflight { get; init; } = true;
}

/// <summary>How existing clones are waited for.</summary>
public sealed record WaitOptions
{
    /// <summary>State waited for.</summary>
    public WaitState For { get; init; } = WaitState.Succeeded;

    /// <summary>Longest wait per clone, from the start of the wait; null waits without limit.</summary>
    public TimeSpan? Timeout { get; init; }
}
