using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>What one request or connection is to be made with.</summary>
/// <param name="Authorization">Header to send; null for none.</param>
/// <param name="ClientCertificate">Certificate for the TLS handshake; null for none.</param>
internal sealed record RequestCredential(AuthenticationHeaderValue? Authorization, X509Certificate2? ClientCertificate);

/// <summary>Where requests get their credentials. Each way to authenticate that can change over time is one subclass.</summary>
internal abstract class CredentialSource
{
    /// <summary>What to use now.</summary>
    public abstract ValueTask<RequestCredential> GetAsync(CancellationToken ct);

    /// <summary>Called after a 401: true when asking again gives something else than what was refused.</summary>
    public abstract ValueTask<bool> RenewAsync(RequestCredential refused, CancellationToken ct);

    public static CredentialSource For(ClusterCredentials credentials, TimeProvider clock)
    {
        if (credentials.TokenFile is not null)
            return new TokenFileSource(credentials.TokenFile, credentials.Token, credentials.ClientCertificate, clock);
        AuthenticationHeaderValue? header = null;
        if (credentials.Token is not null)
            header = new AuthenticationHeaderValue("Bearer", credentials.Token);
        else if (credentials.Username is not null)
        {
            var pair = Encoding.UTF8.GetBytes($"{credentials.Username}:{credentials.Password}");
            header = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
        }

        return new FixedSource(new RequestCredential(header, credentials.ClientCertificate));
    }

    private sealed class FixedSource(RequestCredential credential) : CredentialSource
    {
        public override ValueTask<RequestCredential> GetAsync(CancellationToken ct) => new(credential);

        public override ValueTask<bool> RenewAsync(RequestCredential refused, CancellationToken ct) => new(false);
    }
}
