namespace KubeVirtClone.Kubernetes;

/// <summary>What a watch saw.</summary>
public enum ResourceEventKind
{
    /// <summary>The object is new to this watch.</summary>
    Added,

    /// <summary>The object changed since this watch last showed it.</summary>
    Modified,

    /// <summary>The object is gone; carries its last state where the server told of it, and kind and metadata alone where its going was not seen.</summary>
    Deleted,

    /// <summary>Everything that exists has been shown; comes after every list, without an object.</summary>
    Synced,
}

/// <summary>One event of a watch.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Object">The object it happened to; null for <see cref="ResourceEventKind.Synced"/>.</param>
public readonly record struct ResourceEvent(ResourceEventKind Kind, KubernetesObject? Object);
