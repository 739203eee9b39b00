using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>A log-in at an OpenID Connect issuer (<c>auth-provider: oidc</c> in a kubeconfig). Never printed: <see cref="ToString"/> names the issuer only.</summary>
public sealed class OidcLogin
{
    /// <summary>User entry it belongs to; null when it came from none.</summary>
    public string? UserName { get; init; }

    /// <summary>The issuer's URL, below which its discovery document is.</summary>
    public required Uri Issuer { get; init; }

    /// <summary>What this client is registered as.</summary>
    public required string ClientId { get; init; }

    /// <summary>The client's secret; null for a public client.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>The token to send while it is good; null for none.</summary>
    public string? IdToken { get; init; }

    /// <summary>Gets new tokens; null for none.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Whom to trust as the issuer's certificate's issuer; null for the machine's own authorities.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>The kubeconfig that new tokens are written to; null for none.</summary>
    public string? File { get; init; }

    /// <summary>The issuer; never tokens.</summary>
    public override string ToString() => Issuer.ToString();

    /// <summary>Tells one log-in from another: the same text for the same settings. Holds none of them.</summary>
    internal string Key()
    {
        var all = new JsonArray(Issuer.OriginalString, ClientId, ClientSecret, IdToken, RefreshToken, File, UserName);
        foreach (var authority in CertificateAuthorities ?? [])
            all.Add((JsonNode)authority.Thumbprint);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToJsonString())));
    }
}
