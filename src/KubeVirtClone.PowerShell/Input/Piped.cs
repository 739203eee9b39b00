namespace KubeVirtClone.Input;

/// <summary>Something that came down the pipeline, and the cluster it is of.</summary>
/// <param name="Item">What it stands for.</param>
/// <param name="Input">The object as it came, for error records.</param>
/// <param name="Cluster">The cluster it was read from; null when it does not tell.</param>
internal sealed record Piped<T>(T Item, object? Input, KubeVirtClusterReference? Cluster);
