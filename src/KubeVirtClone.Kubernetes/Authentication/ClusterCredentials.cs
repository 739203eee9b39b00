using System.Security.Cryptography.X509Certificates;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>How a client proves who it is. Never printed: <see cref="ToString"/> names the kinds only.</summary>
public sealed class ClusterCredentials
{
    /// <summary>Bearer token; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>File with the bearer token, read again as it changes; goes before <see cref="Token"/>. Null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>User name for basic authentication; null for none.</summary>
    public string? Username { get; init; }

    /// <summary>Password for basic authentication.</summary>
    public string? Password { get; init; }

    /// <summary>Client certificate with its private key; null for none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Certificates between the client's and its root, sent along; null for none.</summary>
    public X509Certificate2Collection? ClientCertificateChain { get; init; }

    /// <summary>Program that gives the credentials; used only where there is neither token, user name nor certificate. Null for none.</summary>
    public CredentialPlugin? Plugin { get; init; }

    /// <summary>Log-in at an issuer that gives the bearer token; used only where there is none and no user name. Null for none.</summary>
    public OidcLogin? Oidc { get; init; }

    /// <summary>Whom to act as; null for oneself.</summary>
    public Impersonation? Impersonation { get; init; }

    /// <summary>Whether what they prove the user with can change while a client lives.</summary>
    internal bool IsChanging => TokenFile is not null || (Token is null && Username is null && (Oidc is not null || Plugin is not null));

    /// <summary>Why these credentials cannot be used with a server that wants any; null when they can. Servers without TLS are shown none.</summary>
    internal KubeConfigException? Problem { get; init; }

    /// <summary>The kinds of credentials present, such as <c>token</c>; never their values.</summary>
    public override string ToString()
    {
        var kinds = new List<string>();
        if (ClientCertificate is not null)
            kinds.Add("client certificate");
        if (TokenFile is not null)
            kinds.Add("token file");
        else if (Token is not null)
            kinds.Add("token");
        if (Username is not null)
            kinds.Add("basic");
        if (Plugin is not null)
            kinds.Add("plugin");
        if (Oidc is not null)
            kinds.Add("oidc");
        return kinds.Count == 0 ? "none" : string.Join(", ", kinds);
    }
}

/// <summary>Whom to act as.</summary>
/// <param name="User">User name.</param>
/// <param name="Groups">Groups; may be empty.</param>
/// <param name="Uid">UID; null for none.</param>
/// <param name="Extra">Extra fields, each with its values; null for none.</param>
public sealed record Impersonation(
    string User,
    IReadOnlyList<string> Groups,
    string? Uid = null,
    IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra = null);
