namespace KubeVirtClone.Engine.Model.Records;

/// <summary>Labels and annotations that make a snapshot a golden image.</summary>
public static class ImageLabels
{
    /// <summary>Label with the image's name.</summary>
    public const string Image = "kubevirtclone.io/image";

    /// <summary>Label with the version.</summary>
    public const string Version = "kubevirtclone.io/image-version";

    /// <summary>Label with the image's name while it is still being made; such a snapshot is no image yet.</summary>
    public const string Pending = "kubevirtclone.io/image-pending";

    /// <summary>Annotation of a snapshot that is to become an image: the run that makes it, which alone may take it away again.</summary>
    internal const string Run = "kubevirtclone.io/image-run";

    /// <summary>Annotation with the description.</summary>
    public const string Description = "kubevirtclone.io/image-description";

    /// <summary>Annotation: the source that is removed once the image is made, as <c>uid/generation</c>. While a machine with that uid and generation is there, its removal is still to be done.</summary>
    public const string SourceToRemove = "kubevirtclone.io/image-source-to-remove";

    /// <summary>Label of a snapshot whose data was transferred from another namespace: uid of the snapshot it was transferred from.</summary>
    public const string CopyOfUid = "kubevirtclone.io/copy-of-uid";

    /// <summary>Annotation of the same: <c>namespace/name</c> of that snapshot.</summary>
    public const string CopyOf = "kubevirtclone.io/copy-of";

    /// <summary>Annotation of the same: name of the machine that was snapshotted.</summary>
    public const string CopySource = "kubevirtclone.io/copy-source";

    /// <summary>Annotation of the same: the storage class asked for; without it each disk has kept its own.</summary>
    public const string CopyStorageClass = "kubevirtclone.io/copy-storage-class";

    /// <summary>Label of the data volumes of one transfer: what the names of all its objects end with.</summary>
    public const string Transfer = "kubevirtclone.io/transfer";
}
