using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>A transfer that makes a golden image of another namespace an image of this name and version there.</summary>
internal static class ImageTransfer
{
    public static SnapshotTransfer Of(
        KubeVirtCluster cluster,
        GoldenImageRecord image,
        SnapshotContent content,
        string destination,
        string? storageClass,
        bool copySecrets,
        bool handOver,
        TimeSpan? timeout,
        Action<TransferWarning> warn,
        Action<TransferProgress>? news)
    {
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        if (image.Description is { } description)
            annotations[ImageLabels.Description] = description;
        var target = new TransferTarget
        {
            Namespace = destination,
            SnapshotName = CloneNames.ForImage(destination, image.Name, image.Version),
            Image = (image.Name, image.Version),
            Stem = image.Name,
            StorageClass = storageClass,
            Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [ImageLabels.Image] = image.Name, [ImageLabels.Version] = image.Version },
            Annotations = annotations,
            CopySecrets = copySecrets,
            HandOver = handOver,
            Timeout = timeout,
        };
        return new SnapshotTransfer(cluster, image.Snapshot, content, target, warn, news);
    }
}
