using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.Engine.Model.Results;

/// <summary>What a <see cref="CloneUpdate"/> says.</summary>
public enum CloneUpdateKind
{
    /// <summary>A result: the clone was created (not waiting) or reached the state waited for.</summary>
    Record,

    /// <summary>An item ended with a fault; the others go on.</summary>
    Fault,

    /// <summary>Something to act on about an item that goes on, or that was returned with a reservation.</summary>
    Warning,

    /// <summary>A detail for the verbose stream.</summary>
    Verbose,

    /// <summary>An item was passed over because its target exists.</summary>
    Skipped,

    /// <summary>Dry run: the server would take this item. The record is the server's own answer.</summary>
    Planned,

    /// <summary>How far the whole batch is.</summary>
    Progress,
}

/// <summary>One message from a running operation.</summary>
public sealed record CloneUpdate
{
    /// <summary>What it says, and so which of the other members are set.</summary>
    public required CloneUpdateKind Kind { get; init; }

    /// <summary>The clone it is about, when it is known.</summary>
    public CloneRecord? Record { get; init; }

    /// <summary>The fault, for <see cref="CloneUpdateKind.Fault"/>.</summary>
    public Fault? Fault { get; init; }

    /// <summary>The request it is about, when it came from one.</summary>
    public CloneRequest? Request { get; init; }

    /// <summary>The reference it is about, when a wait was asked for.</summary>
    public CloneReference? Reference { get; init; }

    /// <summary>The text, for warnings, verbose lines and skipped items.</summary>
    public Advice? Message { get; init; }

    /// <summary>The counts, for <see cref="CloneUpdateKind.Progress"/>.</summary>
    public CloneProgress? Progress { get; init; }
}
