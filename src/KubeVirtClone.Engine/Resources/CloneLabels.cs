namespace KubeVirtClone.Engine.Resources;

/// <summary>Labels and annotations this product puts on the objects it makes.</summary>
public static class CloneLabels
{
    /// <summary>Label with the batch id.</summary>
    public const string Batch = "kubevirtclone.io/batch";

    /// <summary>Label that says who made the object.</summary>
    public const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>Value of <see cref="ManagedBy"/>.</summary>
    public const string ManagedByValue = "kubevirtclone";

    /// <summary>Field manager of every write.</summary>
    public const string FieldManager = "kubevirtclone";
}
