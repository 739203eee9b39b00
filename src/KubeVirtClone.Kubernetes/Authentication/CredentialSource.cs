using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>What requests and connections are to be made with. Two of them are the same only when they are one object.</summary>
/// <param name="authorization">Header to send; null for none.</param>
/// <param name="clientCertificate">Certificate for the TLS handshake; null for none.</param>
/// <param name="chain">Certificates between the client's and its root, sent along; null for none.</param>
internal sealed class RequestCredential(
    AuthenticationHeaderValue? authorization, X509Certificate2? clientCertificate, X509Certificate2Collection? chain = null)
{
    private volatile bool _wasAccepted;

    public AuthenticationHeaderValue? Authorization => authorization;

    public X509Certificate2? ClientCertificate => clientCertificate;

    public X509Certificate2Collection? ClientCertificateChain => chain;

    /// <summary>Whether a server has answered a request made with it with anything but 401.</summary>
    public bool WasAccepted
    {
        get => _wasAccepted;
        set => _wasAccepted = value;
    }

    /// <summary>Whether the server would be shown the same.</summary>
    public bool IsSameAs(RequestCredential other) =>
        authorization?.Parameter == other.Authorization?.Parameter
        && clientCertificate?.Thumbprint == other.ClientCertificate?.Thumbprint;
}

/// <summary>Where requests get their credentials. Each way to authenticate that can change over time is one subclass.</summary>
internal abstract class CredentialSource
{
    /// <summary>What was given last, for connections that are made for requests that have their credentials already; null before anything was.</summary>
    public abstract RequestCredential? Latest { get; }

    /// <summary>What gives them where the kubeconfig does not, for messages; null for the kubeconfig.</summary>
    public virtual string? Origin => null;

    /// <summary>What to use now. May take as long as a person takes to log in: no deadline of a connection or request goes over it.</summary>
    public abstract ValueTask<RequestCredential> GetAsync(CancellationToken ct);

    /// <summary>Called after a 401: true when asking again gives something else than what was refused.</summary>
    public abstract ValueTask<bool> RenewAsync(RequestCredential refused, CancellationToken ct);

    /// <summary>The source for a user of a server reached over TLS.</summary>
    /// <exception cref="KubeConfigException">The user's entry asks for something that cannot be done.</exception>
    public static CredentialSource For(ClusterCredentials credentials, KubernetesClientOptions options)
    {
        if (credentials.Problem is { } problem)
            throw problem;
        if (credentials.TokenFile is not null)
            return new TokenFileSource(credentials, options.TimeProvider);
        AuthenticationHeaderValue? header = null;
        if (credentials.Token is not null)
            header = new AuthenticationHeaderValue("Bearer", credentials.Token);
        else if (credentials.Username is not null)
        {
            var pair = Encoding.UTF8.GetBytes($"{credentials.Username}:{credentials.Password}");
            header = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
        }

        if (header is null && credentials.Oidc is { } login)
            return new OidcSource(options.Credentials.Login(login, options.TimeProvider), credentials, options.Warning);
        // As kubectl does: what stands in the file goes before what would have to be fetched.
        if (header is null && credentials.ClientCertificate is null && credentials.Plugin is { } plugin)
            return new PluginSource(options.Credentials.Login(plugin, options.TimeProvider), new PluginCaller(options.PluginInteraction, options.PluginOutput));
        return new FixedSource(new RequestCredential(header, credentials.ClientCertificate, credentials.ClientCertificateChain));
    }

    private sealed class FixedSource(RequestCredential credential) : CredentialSource
    {
        public override RequestCredential? Latest => credential;

        public override ValueTask<RequestCredential> GetAsync(CancellationToken ct) => new(credential);

        public override ValueTask<bool> RenewAsync(RequestCredential refused, CancellationToken ct) => new(false);
    }
}
