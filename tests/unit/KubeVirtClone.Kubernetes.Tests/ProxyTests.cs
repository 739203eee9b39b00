using System.Security.Cryptography.X509Certificates;
using System.Text;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>Through a proxy the server is checked as strictly as without.</summary>
public sealed class ProxyTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Requests_go_through_the_proxy_and_the_server_is_trusted()
    {
        using var proxy = new TunnelProxy();
        using var certificate = _authority.ServerCertificate("api.internal");
        await using var server = await SecureServerAsync(certificate);
        await using var client = Client(server, proxy, _authority.Pem, "api.internal");

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.ShouldHaveSingleItem().Headers["Authorization"].ShouldBe("Bearer tok");
        var head = proxy.Heads.ShouldHaveSingleItem();
        head.ShouldStartWith($"CONNECT ");
        head.ShouldNotContain("tok");
    }

    [Fact]
    public async Task The_proxys_user_and_password_go_to_the_proxy_alone()
    {
        using var proxy = new TunnelProxy(wantsPassword: true);
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate);
        await using var client = Client(server, proxy, _authority.Pem, null, "us%40er:pass@");

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.ShouldHaveSingleItem().Headers.ContainsKey("Proxy-Authorization").ShouldBeFalse();
        proxy.Heads[^1].ShouldContain("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("us@er:pass")));
    }

    [Fact]
    public async Task An_unknown_authority_is_refused_behind_a_proxy_too()
    {
        using var proxy = new TunnelProxy();
        using var other = new TestAuthority("Other CA");
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate);
        await using var client = Client(server, proxy, other.Pem, null);

        var error = await Should.ThrowAsync<ApiServerTlsException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Reason.ShouldBe(TlsFailureReason.UnknownAuthority);
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_proxy_that_refuses_or_is_not_there_is_told()
    {
        using var proxy = new TunnelProxy(refuses: true);
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate);
        await using var refused = Client(server, proxy, _authority.Pem, null, "user:S3CR3T@");

        var refusal = await Should.ThrowAsync<ApiServerUnreachableException>(() => refused.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None));
        refusal.Message.ShouldContain("the proxy does not let it through");
        refusal.ToString().ShouldNotContain("S3CR3T");

        proxy.Dispose();
        await using var absent = KubernetesClientFactory.Create(new ClusterConfiguration { Server = server.Url, Proxy = new Uri("http://127.0.0.1:1") });
        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => absent.GetAsync(Sample.Thing, "ns", "a", None));
        error.Reason.ShouldBe(UnreachableReason.ConnectionRefused);
        error.Message.ShouldStartWith("The proxy at 127.0.0.1:1 for the API server at localhost:");
    }

    private static Task<ScriptedServer> SecureServerAsync(X509Certificate2 certificate) =>
        ScriptedServer.StartAsync((http, seen, _) => Json(Sample.Object("a"))(http, seen), certificate);

    private static IKubernetesClient Client(ScriptedServer server, TunnelProxy proxy, string authorities, string? serverName, string user = "")
    {
        var bundle = new X509Certificate2Collection();
        bundle.ImportFromPem(authorities);
        return KubernetesClientFactory.Create(new ClusterConfiguration
        {
            Server = server.Url,
            Proxy = new Uri($"http://{user}127.0.0.1:{proxy.Port}"),
            Trust = new ServerTrust { CertificateAuthorities = bundle, ServerName = serverName },
            Credentials = new ClusterCredentials { Token = "tok" },
        });
    }
}
