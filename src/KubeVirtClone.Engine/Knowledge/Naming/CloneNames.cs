using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace KubeVirtClone.Engine.Knowledge.Naming;

/// <summary>Names that come out the same for the same request, so that the same call again finds what the first one made.</summary>
public static class CloneNames
{
    // Kubernetes' own alphabet for random suffixes: no vowels, so no words; no digits that look like letters.
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>Name of the clone object for a target: the target's name, shortened if need be, and ten characters of a hash.</summary>
    /// <param name="batch">The batch id.</param>
    /// <param name="namespace">Namespace of the clone.</param>
    /// <param name="target">Name of the machine to make.</param>
    public static string ForClone(string batch, string @namespace, string target) =>
        Clip(target, NameRules.MaxLabelLength - 11) + "-" + Hash(10, "clone", batch, @namespace, target);

    /// <summary>
    /// Name of the claim of a volume of a machine that is made directly: machine and volume, shortened by a hash above 63 characters. With
    /// <c>RandomizeNames</c> it has a hash always, so that no claim of an earlier machine of that name can be in its way.
    /// </summary>
    /// <param name="batch">The batch id.</param>
    /// <param name="namespace">Namespace of the machine.</param>
    /// <param name="target">Name of the machine.</param>
    /// <param name="volume">Name of the volume.</param>
    /// <param name="randomized">Whether the names are to differ from batch to batch.</param>
    public static string ForClaim(string batch, string @namespace, string target, string volume, bool randomized)
    {
        var plain = $"{target}-{volume}";
        if (!randomized && plain.Length <= NameRules.MaxLabelLength)
            return plain;
        return Clip(plain, NameRules.MaxLabelLength - 11) + "-" + (randomized ? Hash(10, "claim", batch, @namespace, target, volume) : Hash(10, "claim", target, volume));
    }

    /// <summary>Name for a target that was not named, in KubeVirt's own form <c>clone-SOURCE-xxxxx</c>, at most 63 characters.</summary>
    /// <param name="batch">The batch id.</param>
    /// <param name="namespace">Namespace of the clone.</param>
    /// <param name="sourceKind">Kind of the source.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="ordinal">Which one of the batch's unnamed clones of this source it is, from 0.</param>
    public static string ForTarget(string batch, string @namespace, string sourceKind, string source, int ordinal) =>
        $"clone-{Clip(source, NameRules.MaxLabelLength - 12)}-{Hash(5, "target", batch, @namespace, sourceKind, source, ordinal.ToString(CultureInfo.InvariantCulture))}";

    /// <summary>A new batch id: when, and five random characters.</summary>
    /// <param name="now">The time it is made.</param>
    public static string NewBatch(DateTimeOffset now) =>
        string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetString(Alphabet, 5)}");

    /// <summary>Name for a snapshot that was not named: the machine's, the time, five random characters.</summary>
    /// <param name="source">Name of the machine.</param>
    /// <param name="now">The time it is made.</param>
    public static string ForSnapshot(string source, DateTimeOffset now) => $"{Clip(source, NameRules.MaxLabelLength - 22)}-{NewBatch(now)}";

    /// <summary>Name of the snapshot that clones of one machine share in a batch, or that one of them has to itself.</summary>
    /// <param name="batch">The batch id.</param>
    /// <param name="namespace">Namespace of the machine.</param>
    /// <param name="source">Name of the machine.</param>
    /// <param name="target">Target of the only clone it is for; null when they share it.</param>
    public static string ForSharedSnapshot(string batch, string @namespace, string source, string? target = null) =>
        $"{Clip(source, NameRules.MaxLabelLength - 18)}-shared-{Hash(10, "shared", batch, @namespace, source, target ?? "")}";

    /// <summary>Name of the snapshot that holds a version of a golden image.</summary>
    /// <param name="namespace">Namespace.</param>
    /// <param name="image">Name of the image.</param>
    /// <param name="version">Its version.</param>
    public static string ForImage(string @namespace, string image, string version)
    {
        return $"{Clip(Plain($"{image}-{version}"), NameRules.MaxLabelLength - 11)}-{Hash(10, "image", @namespace, image, version)}";
    }

    /// <summary>What names of everything made for one transfer end with: the same for the same snapshot, place, storage class and way.</summary>
    /// <param name="snapshotUid">Identity of the snapshot that is transferred.</param>
    /// <param name="namespace">Namespace it is transferred to.</param>
    /// <param name="storageClass">Storage class asked for; null keeps the source's.</param>
    /// <param name="handOver">Whether snapshots are handed over; else data volumes are made.</param>
    public static string ForTransfer(string snapshotUid, string @namespace, string? storageClass, bool handOver = false) =>
        Hash(10, handOver ? "hand-over" : "transfer", snapshotUid, @namespace, storageClass ?? "");

    /// <summary>Name of the snapshot that a machine or snapshot becomes in another namespace for one batch.</summary>
    /// <param name="batch">The batch id.</param>
    /// <param name="sourceNamespace">Namespace of the source.</param>
    /// <param name="kind">Kind of the source.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="namespace">Namespace it is brought to.</param>
    public static string ForTransferred(string batch, string sourceNamespace, string kind, string source, string @namespace) =>
        $"{Clip(source, NameRules.MaxLabelLength - 18)}-shared-{Hash(10, "transferred", batch, sourceNamespace, kind, source, @namespace)}";

    /// <summary>Name of one object of a transfer.</summary>
    /// <param name="stem">What it is of: an image, a machine, a volume of it.</param>
    /// <param name="transfer">What <see cref="ForTransfer"/> gives.</param>
    public static string InTransfer(string stem, string transfer) => $"{Clip(Plain(stem), NameRules.MaxLabelLength - 11)}-{transfer}";

    /// <summary>Whether a name is that of an object of some transfer.</summary>
    /// <param name="name">The name.</param>
    /// <param name="stem">What it would be of.</param>
    internal static bool IsInTransfer(string name, string stem) =>
        name.Length > 11 && name[^10..].All(Alphabet.Contains) && name == InTransfer(stem, name[^10..]);

    // Image names and versions are label values, which may have characters that object names may not.
    private static string Plain(string text) => string.Concat(text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '-'));

    private static string Clip(string name, int length) =>
        name.Length <= length ? name : name[..length].TrimEnd('-', '.');

    private static string Hash(int length, params string[] parts)
    {
        // Length-prefixed, so that no two lists of parts read the same.
        var text = string.Concat(parts.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Length}:{p}")));
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return string.Create(length, bytes, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = Alphabet[BitConverter.ToUInt16(source, i * 2) % Alphabet.Length];
        });
    }
}
