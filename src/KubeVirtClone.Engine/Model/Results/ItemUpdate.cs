namespace KubeVirtClone.Engine.Model.Results;

/// <summary>What an <see cref="ItemUpdate{T}"/> says.</summary>
public enum ItemUpdateKind
{
    /// <summary>An item came where it should.</summary>
    Record,

    /// <summary>An item ended with a fault; the others go on.</summary>
    Fault,

    /// <summary>Something to act on about an item that goes on, or that was returned with a reservation.</summary>
    Warning,
}

/// <summary>One message about one of several items that are worked on at the same time.</summary>
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

    /// <summary>The text, for <see cref="ItemUpdateKind.Warning"/>.</summary>
    public Advice? Message { get; init; }

    /// <summary>What the user gave for this item.</summary>
    public object? Input { get; init; }
}
