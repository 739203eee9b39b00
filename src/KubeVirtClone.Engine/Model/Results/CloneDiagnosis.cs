namespace KubeVirtClone.Engine.Model.Results;

/// <summary>How a clone stands.</summary>
public enum CloneHealth
{
    /// <summary>Done: the machine is there, and its volumes with it.</summary>
    Completed,

    /// <summary>On its way; nothing is wrong that can be seen.</summary>
    InProgress,

    /// <summary>Waiting for something that may still happen by itself or by somebody's doing.</summary>
    Waiting,

    /// <summary>Will never finish as it stands, though KubeVirt goes on trying.</summary>
    Stuck,

    /// <summary>Ended without success.</summary>
    Failed,
}

/// <summary>One thing seen that supports a diagnosis.</summary>
/// <param name="Object">The object: <c>Kind name</c>.</param>
/// <param name="Field">The field, condition or event it was read from.</param>
/// <param name="Text">What stands there, in the cluster's own words.</param>
/// <param name="Since">Since when, or when last; null when the object does not say.</param>
public sealed record DiagnosisEvidence(string Object, string Field, string Text, DateTimeOffset? Since = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Object} {Field}: {Text}";
}

/// <summary>Why a clone stands where it stands.</summary>
public sealed record CloneDiagnosis
{
    /// <summary>The clone; a restore-made one has <see cref="CloneMethod.Restore"/>.</summary>
    public required CloneReference Reference { get; init; }

    /// <summary>How the clone was made.</summary>
    public CloneMethod Method { get; init; }

    /// <summary>Name of the machine to be made.</summary>
    public required string TargetName { get; init; }

    /// <summary>The clone as read; null when there is no such object any more.</summary>
    public CloneRecord? Record { get; init; }

    /// <summary>How it stands.</summary>
    public required CloneHealth Health { get; init; }

    /// <summary>Stable identifier of the cause, one of <see cref="CauseCodes"/>.</summary>
    public required string Code { get; init; }

    /// <summary>The cause in a sentence or two.</summary>
    public required string Cause { get; init; }

    /// <summary>What it was concluded from, the decisive piece first.</summary>
    public required IReadOnlyList<DiagnosisEvidence> Evidence { get; init; }

    /// <summary>Since when the cause stands, as far as objects and events tell.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>True when the clone can still finish without anybody doing anything.</summary>
    public bool CanEndByItself { get; init; }

    /// <summary>What to do next; empty when nothing needs doing.</summary>
    public Advice NextStep { get; init; } = Advice.None;

    /// <summary>Kinds that could not be read, so that the diagnosis may be incomplete.</summary>
    public IReadOnlyList<string> NotRead { get; init; } = [];

    /// <summary>What can safely be done about it; empty when there is nothing.</summary>
    public RepairPlan Repair { get; init; } = RepairPlan.None;

    /// <summary>True when something could not be read.</summary>
    public bool Partial => NotRead.Count > 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Reference}: {Code}: {Cause}";
}
