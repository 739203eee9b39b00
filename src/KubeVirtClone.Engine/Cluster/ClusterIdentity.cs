using System.Security.Cryptography;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Engine.Cluster;

/// <summary>What tells one cluster from another, whichever context or address it is reached by.</summary>
/// <param name="Uid">Uid of the namespace <c>kube-system</c>, which a cluster keeps for its life; null where that may not be read.</param>
/// <param name="Server">URL of the API server.</param>
/// <param name="Authority">Fingerprint of the certificates the server is trusted by; empty for the machine's own.</param>
/// <param name="Context">Context of the kubeconfig, to name the cluster by; null inside a cluster.</param>
public sealed record ClusterIdentity(string? Uid, string Server, string Authority, string? Context)
{
    /// <summary>An authority that was not kept, as in a text that only names the server: it is not compared.</summary>
    public const string UnknownAuthority = "?";

    /// <summary>Whether both are one cluster: by uid where both are known, else by server and certificate authority.</summary>
    /// <param name="other">The other.</param>
    public bool IsSameAs(ClusterIdentity other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Uid is { Length: > 0 } && other.Uid is { Length: > 0 }
            ? string.Equals(Uid, other.Uid, StringComparison.Ordinal)
            : string.Equals(Server, other.Server, StringComparison.OrdinalIgnoreCase) && (Authority == other.Authority || Authority == UnknownAuthority || other.Authority == UnknownAuthority);
    }

    /// <inheritdoc/>
    public override string ToString() => Context is null ? Server : $"{Context} ({Server})";

    internal static ClusterIdentity Of(ClusterConfiguration configuration, string? uid) => new(
        uid,
        configuration.Server.GetLeftPart(UriPartial.Path).TrimEnd('/'),
        Fingerprint(configuration.Trust),
        configuration.ContextName);

    private static string Fingerprint(ServerTrust trust)
    {
        if (trust.CertificateAuthorities is not { Count: > 0 } authorities)
            return trust.SkipVerification ? "unverified" : "";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var thumbprint in authorities.Select(c => c.GetCertHashString(HashAlgorithmName.SHA256)).Order(StringComparer.Ordinal))
            hash.AppendData(System.Text.Encoding.ASCII.GetBytes(thumbprint));
        return Convert.ToHexString(hash.GetHashAndReset())[..16].ToLowerInvariant();
    }
}
