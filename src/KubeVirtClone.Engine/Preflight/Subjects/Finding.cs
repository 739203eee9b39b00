namespace KubeVirtClone.Engine.Preflight.Subjects;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>The clone would be refused, would never finish, or would not be a clone.</summary>
    Error,

    /// <summary>The clone would be made, but probably not as it was meant, or only when something else happens first.</summary>
    Warning,

    /// <summary>Good to know; nothing is wrong.</summary>
    Information,

    /// <summary>Something could not be looked at, so nothing is known about it. Never a reason to stop.</summary>
    NotChecked,
}

/// <summary>One thing a preflight found out. Never holds a secret.</summary>
public sealed record Finding
{
    /// <summary>How much it matters.</summary>
    public required FindingSeverity Severity { get; init; }

    /// <summary>Stable identifier: one of <see cref="FindingCodes"/>, or of <see cref="FaultIds"/> where making the clone would give that fault.</summary>
    public required string Code { get; init; }

    /// <summary>What it is about: <c>namespace/target</c> for one clone, <c>namespace/source</c> for a source, a namespace, or a kind that could not be read.</summary>
    public required string Item { get; init; }

    /// <summary>What was found, in one or a few sentences.</summary>
    public required string Message { get; init; }

    /// <summary>What it was seen by: the object and field, and what stands there. Empty when the request itself shows it.</summary>
    public string Evidence { get; init; } = "";

    /// <summary>What to do about it; empty when nothing needs doing.</summary>
    public Advice RecommendedAction { get; init; } = Advice.None;

    /// <summary>Category of the fault that an <see cref="FindingSeverity.Error"/> stands for.</summary>
    public FaultCategory Category { get; init; }

    /// <summary>The requests it concerns, as they were given.</summary>
    public IReadOnlyList<CloneRequest> Requests { get; init; } = [];

    /// <summary>True where a clone goes on once somebody makes what is missing, so that an error is no reason to leave it unmade.</summary>
    internal bool MayComeRight { get; init; }

    /// <summary>True for an <see cref="FindingSeverity.Error"/>.</summary>
    public bool IsError => Severity == FindingSeverity.Error;

    /// <summary>The same as a fault.</summary>
    public Fault ToFault() => FaultMapper.Make(
        Code,
        Category,
        Message,
        RecommendedAction.IsEmpty ? "See the message." : RecommendedAction,
        Item);

    /// <inheritdoc/>
    public override string ToString() => $"{Severity} {Code} {Item}: {Message}";
}
