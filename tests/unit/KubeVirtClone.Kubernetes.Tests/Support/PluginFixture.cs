using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests.Support;

/// <summary>For tests of credential plugins: programs that are run for real, and servers that look at what they are shown.</summary>
public abstract class PluginFixture : IDisposable
{
    private readonly X509Certificate2 _certificate;

    protected PluginFixture() => _certificate = Authority.ServerCertificate();

    private protected static CancellationToken None => CancellationToken.None;

    private protected TestAuthority Authority { get; } = new();

    private protected TempFolder Folder { get; } = new();

    public void Dispose()
    {
        _certificate.Dispose();
        Authority.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static string? Authorization(SeenRequest seen) => seen.Headers.GetValueOrDefault("Authorization");

    private protected Task<ScriptedServer> ServerAsync(Func<SeenRequest, int> status) =>
        ScriptedServer.StartAsync((http, seen, _) => Answer(status(seen))(http, seen), _certificate);

    /// <summary>A server that wants a client certificate of the authority.</summary>
    private protected Task<ScriptedServer> MutualAsync(Func<HttpContext, SeenRequest, int> status) => ScriptedServer.StartAsync(
        (http, seen, _) => Answer(status(http, seen))(http, seen),
        _certificate,
        https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => Authority.Issued(certificate);
        });

    private protected IKubernetesClient Client(ScriptedServer server, CredentialPlugin plugin, KubernetesClientOptions? options = null) => KubernetesClientFactory.Create(
        Cluster(server, new ClusterCredentials { Plugin = plugin }), options ?? new KubernetesClientOptions { Credentials = new CredentialCache() });

    private protected ClusterConfiguration Cluster(ScriptedServer server, ClusterCredentials credentials)
    {
        var bundle = new X509Certificate2Collection();
        bundle.ImportFromPem(Authority.Pem);
        return new ClusterConfiguration { Server = server.Url, Trust = new ServerTrust { CertificateAuthorities = bundle }, Credentials = credentials };
    }

    private static Func<HttpContext, SeenRequest, Task> Answer(int status) =>
        status == 200 ? Json(Sample.Object("a")) : Json(Sample.Status(status, "Unauthorized", "Unauthorized"), status);
}
