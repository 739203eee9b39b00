namespace KubeVirtClone.Engine.Model.Records;

/// <summary>
/// The source of a clone in another namespace, as it was asked for: the clone itself is of what was brought there, which goes with its batch. Noted on what
/// stands for the clone, and on the snapshot that was brought.
/// </summary>
/// <param name="Kind">Kind of the source: a machine or a snapshot (an image is one).</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid; null where that was not known.</param>
public sealed record CloneOrigin(string Kind, string Namespace, string Name, string? Uid)
{
    /// <summary>What an object notes; null when it notes nothing.</summary>
    internal static CloneOrigin? Of(KubernetesObject item) =>
        item.Annotations.GetValueOrDefault(CloneLabels.Origin)?.Split('/') is [var kind, { Length: > 0 } ns, { Length: > 0 } name, var uid]
            ? new(kind, ns, name, uid.Length > 0 ? uid : null)
            : null;

    /// <summary>The annotation's text: <c>Kind/namespace/name/uid</c>.</summary>
    public override string ToString() => $"{Kind}/{Namespace}/{Name}/{Uid}";
}
