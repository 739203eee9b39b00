using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using static KubeVirtClone.Kubernetes.Tests.Support.KubeConfigText;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>Trusted connections and credentials, over real TLS.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TestAuthority _authority = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_server_of_the_bundles_authority_is_trusted_and_http2_is_spoken()
    {
        using var certificate = _authority.ServerCertificate();
        using var unrelated = new TestAuthority("Unrelated");
        await using var server = await SecureServerAsync(certificate);
        await using var client = KubernetesClientFactory.Create(Cluster(server, unrelated.Pem + _authority.Pem));

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.ShouldHaveSingleItem().Protocol.ShouldBe("HTTP/2");
    }

    [Fact]
    public async Task An_intermediate_in_the_bundle_is_trusted_without_its_root()
    {
        using var intermediate = new TestAuthority("Intermediate", _authority);
        using var certificate = intermediate.ServerCertificate();
        await using var server = await SecureServerAsync(certificate);
        await using var client = KubernetesClientFactory.Create(Cluster(server, intermediate.Pem));

        (await client.GetAsync(Sample.Thing, "ns", "a", None)).Name.ShouldBe("a");
    }

    [Fact]
    public async Task An_expired_certificate_is_refused_as_expired()
    {
        using var certificate = _authority.ServerCertificate(notBefore: DateTimeOffset.UtcNow.AddDays(-20), notAfter: DateTimeOffset.UtcNow.AddDays(-10));

        var error = await RefusedAsync(certificate, _authority.Pem);

        error.Reason.ShouldBe(TlsFailureReason.Expired);
        error.Message.ShouldContain("expired on 2");
    }

    [Fact]
    public async Task An_expired_authority_is_not_called_the_servers_certificate()
    {
        using var expired = new TestAuthority("Old CA", notAfter: DateTimeOffset.UtcNow.AddDays(-10));
        using var certificate = expired.ServerCertificate(notBefore: DateTimeOffset.UtcNow.AddDays(-20));

        var error = await RefusedAsync(certificate, expired.Pem);

        error.Reason.ShouldBe(TlsFailureReason.AuthorityExpired);
        error.Message.ShouldContain("the certificate of its authority 'CN=Old CA' expired on 2");
    }

    [Fact]
    public async Task A_common_name_alone_names_no_server()
    {
        using var certificate = _authority.ServerCertificate(hasAlternativeNames: false);

        var error = await RefusedAsync(certificate, _authority.Pem);

        error.Reason.ShouldBe(TlsFailureReason.NameMismatch);
        error.Message.ShouldContain("common name only");
    }

    [Fact]
    public async Task A_certificate_of_the_future_is_refused_as_not_yet_valid()
    {
        using var certificate = _authority.ServerCertificate(notBefore: DateTimeOffset.UtcNow.AddDays(10), notAfter: DateTimeOffset.UtcNow.AddDays(20));

        (await RefusedAsync(certificate, _authority.Pem)).Reason.ShouldBe(TlsFailureReason.NotYetValid);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused_and_its_names_are_told()
    {
        using var certificate = _authority.ServerCertificate("api.internal");

        var error = await RefusedAsync(certificate, _authority.Pem);

        error.Reason.ShouldBe(TlsFailureReason.NameMismatch);
        error.Message.ShouldContain("not for 'localhost' but for 'api.internal'");
    }

    [Fact]
    public async Task The_tls_server_name_is_asked_for_and_checked_and_the_host_header_stays()
    {
        using var certificate = _authority.ServerCertificate("api.internal");
        string? asked = null;
        await using var server = await SecureServerAsync(certificate, options => options.ServerCertificateSelector = (_, name) =>
        {
            asked = name;
            return certificate;
        });
        await using var client = KubernetesClientFactory.Create(Cluster(server, _authority.Pem, serverName: "api.internal"));

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        asked.ShouldBe("api.internal");
        server.Requests.ShouldHaveSingleItem().Headers["Host"].ShouldBe(server.Url.Authority);
    }

    [Fact]
    public async Task An_unknown_authority_is_refused_as_such()
    {
        using var other = new TestAuthority("Other CA");
        using var certificate = _authority.ServerCertificate();

        (await RefusedAsync(certificate, other.Pem)).Reason.ShouldBe(TlsFailureReason.UnknownAuthority);
        (await RefusedAsync(certificate, null)).Reason.ShouldBe(TlsFailureReason.UnknownAuthority);
    }

    [Fact]
    public async Task Verification_can_be_skipped()
    {
        using var certificate = _authority.ServerCertificate("other.name", DateTimeOffset.UtcNow.AddDays(-20), DateTimeOffset.UtcNow.AddDays(-10));
        await using var server = await SecureServerAsync(certificate);
        await using var client = KubernetesClientFactory.Create(
            new ClusterConfiguration { Server = server.Url, Trust = new ServerTrust { SkipVerification = true } });

        (await client.GetAsync(Sample.Thing, "ns", "a", None)).Name.ShouldBe("a");
    }

    [Theory]
    [InlineData("RSA PKCS#1")]
    [InlineData("RSA PKCS#8")]
    [InlineData("EC SEC 1")]
    [InlineData("EC PKCS#8")]
    public async Task A_client_certificate_from_a_kubeconfig_is_shown(string format)
    {
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate, RequireClientOf(_authority));
        var (clientCertificate, key) = _authority.ClientCertificate(format, "alice");
        var path = _folder.Write("config", $$"""
            current-context: x
            clusters: [{name: c, cluster: {server: "{{server.Url}}", certificate-authority-data: {{Base64(_authority.Pem)}} } }]
            users: [{name: u, user: {client-certificate-data: {{Base64(clientCertificate)}}, client-key-data: {{Base64(key)}} } }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            """);
        await using var client = KubernetesClientFactory.Create(KubeConfigLoader.Load(new() { Path = path }));

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.ShouldHaveSingleItem().ClientName.ShouldBe("alice");
    }

    [Fact]
    public async Task A_refused_client_certificate_is_told_apart_from_other_trouble()
    {
        using var other = new TestAuthority("Other CA");
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate, RequireClientOf(_authority));
        var (clientCertificate, key) = other.ClientCertificate("EC PKCS#8");
        using var credential = X509Certificate2.CreateFromPem(clientCertificate, key);
        await using var client = KubernetesClientFactory.Create(
            Cluster(server, _authority.Pem, new ClusterCredentials { ClientCertificate = credential }));

        var error = await Should.ThrowAsync<ApiServerTlsException>(() => client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None));

        error.Reason.ShouldBe(TlsFailureReason.ClientCertificateRefused);
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_speaks_no_tls_is_told()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a")));
        await using var client = KubernetesClientFactory.Create(new ClusterConfiguration { Server = new Uri($"https://127.0.0.1:{server.Url.Port}") });

        (await Should.ThrowAsync<ApiServerTlsException>(() => client.GetAsync(Sample.Thing, "ns", "a", None))).Reason.ShouldBe(TlsFailureReason.NotTls);
    }

    [Fact]
    public async Task A_connection_that_breaks_during_the_handshake_is_unreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = Task.Run(async () =>
        {
            using var socket = await listener.AcceptSocketAsync();
            var buffer = new byte[1];
            await socket.ReceiveAsync(buffer);
        });
        await using var client = KubernetesClientFactory.Create(
            new ClusterConfiguration { Server = new Uri($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}") });

        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Reason.ShouldBe(UnreachableReason.ConnectionLost);
        await accepting;
    }

    [Fact]
    public async Task Tokens_passwords_and_impersonation_are_sent_as_headers()
    {
        using var certificate = _authority.ServerCertificate();
        await using var server = await SecureServerAsync(certificate);
        var impersonation = new Impersonation("jürgen", ["g1", "g2", "g 3"], "u-1", new Dictionary<string, IReadOnlyList<string>> { ["acme/x"] = ["1", "2"] });
        await using var bearer = KubernetesClientFactory.Create(
            Cluster(server, _authority.Pem, new ClusterCredentials { Token = "tok", Impersonation = impersonation }));
        await using var basic = KubernetesClientFactory.Create(
            Cluster(server, _authority.Pem, new ClusterCredentials { Username = "me", Password = "pä:ss" }));

        await bearer.GetAsync(Sample.Thing, "ns", "a", None);
        await basic.GetAsync(Sample.Thing, "ns", "a", None);

        var headers = server.Requests[0].Headers;
        headers["Authorization"].ShouldBe("Bearer tok");
        headers["Impersonate-User"].ShouldBe("jürgen");
        // The API server reads one group a line; Kestrel joins lines by commas without a blank, and would keep one that was sent.
        headers["Impersonate-Group"].ShouldBe("g1,g2,g 3");
        headers["Impersonate-Uid"].ShouldBe("u-1");
        headers["Impersonate-Extra-acme%2Fx"].ShouldBe("1,2");
        server.Requests[1].Headers["Authorization"].ShouldBe("Basic " + Base64("me:pä:ss"));
    }

    [Fact]
    public async Task A_token_file_is_read_again_after_a_minute_and_at_once_after_a_refusal()
    {
        using var certificate = _authority.ServerCertificate();
        var file = _folder.Write("token", "one\n");
        var valid = "Bearer one";
        await using var server = await ScriptedServer.StartAsync(
            (http, seen, _) => seen.Headers["Authorization"] == valid
                ? Json(Sample.Object("a"))(http, seen)
                : Json(Sample.Status(401, "Unauthorized", "Unauthorized"), 401)(http, seen),
            certificate);
        var clock = new VirtualClock();
        clock.Advance(DateTimeOffset.UtcNow - clock.GetUtcNow());
        await using var client = KubernetesClientFactory.Create(
            Cluster(server, _authority.Pem, new ClusterCredentials { TokenFile = file }), new() { TimeProvider = clock });

        await client.GetAsync(Sample.Thing, "ns", "a", None);
        File.WriteAllText(file, "two");
        await client.GetAsync(Sample.Thing, "ns", "a", None);
        clock.Advance(TimeSpan.FromSeconds(61));
        valid = "Bearer two";
        await client.GetAsync(Sample.Thing, "ns", "a", None);
        File.WriteAllText(file, "three");
        valid = "Bearer three";
        await client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None);
        valid = "Bearer four";
        var error = await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.IsUnauthorized.ShouldBeTrue();
        server.Requests.Select(request => request.Headers["Authorization"][7..]).ShouldBe(["one", "one", "two", "two", "three", "three"]);
    }

    [Fact]
    public async Task No_credential_goes_over_a_line_without_tls_but_whom_to_act_as_does()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a")));
        await using var client = KubernetesClientFactory.Create(
            new ClusterConfiguration { Server = server.Url, Credentials = new ClusterCredentials { Token = "tok", Impersonation = new("x", []) } });

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        var headers = server.Requests.ShouldHaveSingleItem().Headers;
        headers.ContainsKey("Authorization").ShouldBeFalse();
        headers["Impersonate-User"].ShouldBe("x");
    }

    [Fact]
    public async Task No_secret_reaches_an_error_a_trace_or_a_message()
    {
        using var certificate = _authority.ServerCertificate();
        var said = new List<string>();
        await using var server = await ScriptedServer.StartAsync(
            (http, _, number) =>
            {
                if (number > 1)
                    return Json(Sample.Status(401, "Unauthorized", "Unauthorized"), 401)(http, null!);
                Cut(http);
                return Task.CompletedTask;
            },
            certificate);
        await using var client = KubernetesClientFactory.Create(
            Cluster(server, _authority.Pem, new ClusterCredentials { Token = "S3CR3T" }),
            new() { Trace = trace => said.Add(trace.ToString()), Information = said.Add, Warning = said.Add });

        var error = await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        server.Requests[0].Headers["Authorization"].ShouldBe("Bearer S3CR3T");
        said.Count.ShouldBeGreaterThanOrEqualTo(3);
        $"{error} {string.Join(' ', said)} {client.Configuration}".ShouldNotContain("S3CR3T");
    }

    [Fact]
    public async Task A_create_whose_answer_is_lost_over_http2_is_not_sent_twice()
    {
        using var certificate = _authority.ServerCertificate();
        await using var server = await ScriptedServer.StartAsync(
            (http, seen, number) =>
            {
                if (number == 1)
                    return Json(Sample.Object("a"))(http, seen);
                Cut(http);
                return Task.CompletedTask;
            },
            certificate);
        await using var client = KubernetesClientFactory.Create(Cluster(server, _authority.Pem));
        await client.GetAsync(Sample.Thing, "ns", "a", None);

        await Should.ThrowAsync<AnswerLostException>(() => client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None));

        server.Requests.Count.ShouldBe(2);
    }

    private static Action<HttpsConnectionAdapterOptions> RequireClientOf(TestAuthority authority) => options =>
    {
        options.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        options.ClientCertificateValidation = (certificate, _, _) => authority.Issued(certificate);
    };

    private static Task<ScriptedServer> SecureServerAsync(X509Certificate2 certificate, Action<HttpsConnectionAdapterOptions>? https = null) =>
        ScriptedServer.StartAsync((http, seen, _) => Json(Sample.Object("a"))(http, seen), certificate, https);

    private static ClusterConfiguration Cluster(
        ScriptedServer server, string? authorities, ClusterCredentials? credentials = null, string? serverName = null)
    {
        X509Certificate2Collection? bundle = null;
        if (authorities is not null)
        {
            bundle = [];
            bundle.ImportFromPem(authorities);
        }

        return new ClusterConfiguration
        {
            Server = server.Url,
            Trust = new ServerTrust { CertificateAuthorities = bundle, ServerName = serverName },
            Credentials = credentials ?? new ClusterCredentials(),
        };
    }

    private static async Task<ApiServerTlsException> RefusedAsync(X509Certificate2 certificate, string? authorities)
    {
        await using var server = await SecureServerAsync(certificate);
        await using var client = KubernetesClientFactory.Create(Cluster(server, authorities));
        var error = await Should.ThrowAsync<ApiServerTlsException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));
        error.Message.ShouldContain(server.Url.Authority);
        server.Requests.ShouldBeEmpty();
        return error;
    }
}
