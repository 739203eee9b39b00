namespace KubeVirtClone.Engine.Model.Results;

/// <summary>What an <see cref="ItemUpdate{T}"/> says.</summary>
public enum ItemUpdateKind
{
    /// <summary>An item came where it should: it was made, or reached the state waited for.</summary>
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

    /// <summary>How far all items together are.</summary>
    Progress,
}

/// <summary>One message of work on several items at the same time.</summary>
/// <typeparam name="T">What an item is.</typeparam>
public sealed record ItemUpdate<T>
    where T : class
{
    /// <summary>What it says, and so which of the other members are set.</summary>
    public required ItemUpdateKind Kind { get; init; }

    /// <summary>The item, when it is known.</summary>
    public T? Record { get; init; }

    /// <summary>The fault, for <see cref="ItemUpdateKind.Fault"/>.</summary>
    public Fault? Fault { get; init; }

    /// <summary>The text, for warnings, verbose lines and skipped items.</summary>
    public Advice? Message { get; init; }

    /// <summary>What was given for this item: for clones the <see cref="CloneRequest"/> or <see cref="CloneReference"/>, otherwise what the user gave.</summary>
    public object? Input { get; init; }

    /// <summary>The counts, for <see cref="ItemUpdateKind.Progress"/>.</summary>
    public CloneProgress? Progress { get; init; }
}

/// <summary>What an update about a clone came from.</summary>
public static class CloneUpdates
{
    extension(ItemUpdate<CloneRecord> update)
    {
        /// <summary>The request it is about, when it came from one.</summary>
        public CloneRequest? Request => update.Input as CloneRequest;

        /// <summary>The reference it is about, when a wait was asked for.</summary>
        public CloneReference? Reference => update.Input as CloneReference;
    }
}
