using System.Net.Http.Headers;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>Credentials from an OpenID Connect log-in, for one client.</summary>
internal sealed class OidcSource(OidcTokens tokens, ClusterCredentials credentials, Action<string>? warning) : CredentialSource
{
    private volatile RequestCredential? _latest;

    public override RequestCredential? Latest => _latest;

    public override async ValueTask<RequestCredential> GetAsync(CancellationToken ct)
    {
        var token = await tokens.GetAsync(warning, ct);
        if (_latest is { } latest && latest.Authorization?.Parameter == token)
            return latest;
        return _latest = new RequestCredential(
            new AuthenticationHeaderValue("Bearer", token), credentials.ClientCertificate, credentials.ClientCertificateChain);
    }

    /// <summary>As in kubectl, only its expiry makes a token be refreshed: refresh tokens can often be used only once.</summary>
    public override ValueTask<bool> RenewAsync(RequestCredential refused, CancellationToken ct) => new(false);
}
