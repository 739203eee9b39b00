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
    public async Task A_server_of_an_IPv6_address_is_asked_for_in_brackets_and_named_so()
    {
        using var proxy = new TunnelProxy(refuses: true);
        await using var client = KubernetesClientFactory.Create(new ClusterConfiguration { Server = new("https://[fd00::1]:6443"), Proxy = new($"http://127.0.0.1:{proxy.Port}") });

        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        proxy.Heads[0].ShouldStartWith("CONNECT [fd00::1]:6443 HTTP/1.1\r\n");
        error.Message.ShouldStartWith("The API server at [fd00::1]:6443 cannot be reached through the proxy at 127.0.0.1:");
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
        refusal.Message.ShouldContain("through the proxy at 127.0.0.1:");
        refusal.ToString().ShouldNotContain("S3CR3T");

        proxy.Dispose();
        await using var absent = KubernetesClientFactory.Create(new ClusterConfiguration { Server = server.Url, Proxy = new Uri("http://127.0.0.1:1") });
        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => absent.GetAsync(Sample.Thing, "ns", "a", None));
        error.Reason.ShouldBe(UnreachableReason.ConnectionRefused);
        error.Message.ShouldStartWith("The proxy at 127.0.0.1:1 for the API server at localhost:");
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task Several_groups_and_tls_server_name_go_through_with_the_servers_own_host(string kind)
    {
        using var proxy = new TunnelProxy();
        using var socks = new SocksProxy();
        using var certificate = _authority.ServerCertificate("api.internal");
        await using var server = await SecureServerAsync(certificate);
        var bundle = new X509Certificate2Collection();
        bundle.ImportFromPem(_authority.Pem);
        await using var client = KubernetesClientFactory.Create(new ClusterConfiguration
        {
            Server = server.Url,
            Proxy = new Uri(kind == "http" ? $"http://127.0.0.1:{proxy.Port}" : $"socks5://127.0.0.1:{socks.Port}"),
            Trust = new ServerTrust { CertificateAuthorities = bundle, ServerName = "api.internal" },
            Credentials = new ClusterCredentials { Token = "tok", Impersonation = new Impersonation("ann", ["devs", "ops"]) },
        });

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        var headers = server.Requests.ShouldHaveSingleItem().Headers;
        (headers["Impersonate-Group"], headers["Host"]).ShouldBe(("devs,ops", server.Url.Authority));
        (kind == "http" ? proxy.Heads[0].Split(' ')[1] : socks.Asked[0]).ShouldBe(server.Url.Authority);
    }

    [Fact]
    public async Task Http2_is_spoken_through_a_proxy()
    {
        using var proxy = new SocksProxy("us@er", "pass");
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate);
        await using var client = SocksClient(server, $"socks5://us%40er:pass@127.0.0.1:{proxy.Port}");

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.ShouldHaveSingleItem().Protocol.ShouldBe("HTTP/2");
    }

    [Theory]
    [InlineData("", "it wants a user and password")]
    [InlineData("user:S3CR3T@", "it wants another user and password")]
    public async Task A_socks_proxy_that_wants_another_password_is_told(string user, string words)
    {
        using var proxy = new SocksProxy("user", "pass");
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate);
        await using var client = SocksClient(server, $"socks5://{user}127.0.0.1:{proxy.Port}");

        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Message.ShouldContain(words);
        error.ToString().ShouldNotContain("S3CR3T");
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false, "", "it answers 403 Forbidden")]
    [InlineData(true, "", "it wants a user and password (407 Proxy Authentication Required)")]
    public async Task A_refusal_is_told_with_its_status(bool wantsPassword, string user, string words)
    {
        using var proxy = new TunnelProxy(refuses: !wantsPassword, wantsPassword: wantsPassword);
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate);
        await using var client = Client(server, proxy, _authority.Pem, null, user);

        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Message.ShouldContain(words);
        server.Requests.ShouldBeEmpty();
    }

    private IKubernetesClient SocksClient(ScriptedServer server, string proxy)
    {
        var bundle = new X509Certificate2Collection();
        bundle.ImportFromPem(_authority.Pem);
        return KubernetesClientFactory.Create(new ClusterConfiguration
        {
            Server = server.Url,
            Proxy = new Uri(proxy),
            Trust = new ServerTrust { CertificateAuthorities = bundle },
        });
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
