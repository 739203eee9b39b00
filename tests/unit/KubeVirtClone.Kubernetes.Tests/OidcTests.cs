using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>The auth-provider oidc, against an issuer that is found by discovery only.</summary>
public sealed class OidcTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TestAuthority _authority = new();
    private readonly TempFolder _folder = new();
    private readonly X509Certificate2 _certificate;

    public OidcTests() => _certificate = _authority.ServerCertificate();

    public void Dispose()
    {
        _certificate.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_token_that_is_still_good_is_sent_and_the_issuer_is_not_asked()
    {
        await using var issuer = await IssuerAsync(IdToken(3600, "new"));
        await using var server = await ServerAsync();
        var good = IdToken(3600, "old");

        await GetAsync(Write(server, issuer, good));

        server.Requests.ShouldHaveSingleItem().Headers["Authorization"].ShouldBe("Bearer " + good);
        issuer.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_expired_token_is_refreshed_once_for_all_and_the_new_ones_are_kept_in_the_file()
    {
        var fresh = IdToken(3600, "new");
        await using var issuer = await IssuerAsync(fresh, "refresh 2\"");
        await using var server = await ServerAsync();
        var path = Write(server, issuer, IdToken(5, "old"));
        var cache = new CredentialCache();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => GetAsync(path, cache)));

        server.Requests.Select(seen => seen.Headers["Authorization"]).Distinct().ShouldBe(["Bearer " + fresh]);
        issuer.Requests.Select(seen => seen.Path).ShouldBe(["/realm/.well-known/openid-configuration", "/tokens"]);
        var asked = issuer.Requests[1];
        asked.Body.ShouldBe("grant_type=refresh_token&refresh_token=refresh-1");
        asked.Headers["Authorization"].ShouldBe("Basic " + Convert.ToBase64String("kube+client:s%3Ahh"u8));
        File.ReadAllText(path).ShouldContain("# kept");
        var login = KubeConfigLoader.Load(new() { Path = path }).Credentials.Oidc!;
        (login.IdToken, login.RefreshToken).ShouldBe((fresh, "refresh 2\""));
        Directory.GetFiles(_folder.Path).ShouldNotContain(file => file.EndsWith(".lock", StringComparison.Ordinal) || file.EndsWith(".new", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://issuer.test/realm", "HTTPS_PROXY=http://p.test:3128", "http://p.test:3128/")]
    [InlineData("https://issuer.test/realm", "HTTPS_PROXY=p.test:3128", "http://p.test:3128/")]
    [InlineData("https://issuer.test/realm", "https_proxy=http://small.test:1;HTTPS_PROXY=http://large.test:2", "http://large.test:2/")]
    [InlineData("https://issuer.test/realm", "HTTPS_PROXY=socks5h://p.test", "socks5://p.test:1080/")]
    [InlineData("https://issuer.test/realm", "HTTPS_PROXY=http://u:p%40ss@p.test:3128", "http://p.test:3128/")]
    [InlineData("http://issuer.test/realm", "HTTPS_PROXY=http://p.test:3128", null)]
    [InlineData("http://issuer.test/realm", "HTTP_PROXY=http://p.test:3128", "http://p.test:3128/")]
    [InlineData("https://issuer.test/realm", "ALL_PROXY=http://p.test:3128", null)]
    [InlineData("https://issuer.test/realm", "HTTPS_PROXY=http://p.test:3128;NO_PROXY=.test", null)]
    [InlineData("https://10.1.2.3/realm", "HTTPS_PROXY=http://p.test:3128;NO_PROXY=10.0.0.0/8", null)]
    [InlineData("https://localhost:8443/realm", "HTTPS_PROXY=http://p.test:3128", null)]
    public void The_issuer_is_reached_by_the_proxies_that_hold_for_servers(string address, string environment, string? expected)
    {
        var set = environment.Split(';').Select(each => each.Split('=', 2)).ToDictionary(each => each[0], each => each[1], StringComparer.Ordinal);

        var proxy = OidcIssuer.ProxyFor(new Uri(address), set.GetValueOrDefault);

        proxy?.Address!.ToString().ShouldBe(expected);
        if (expected is null)
            proxy.ShouldBeNull();
        if (environment.Contains('@', StringComparison.Ordinal))
            ((System.Net.NetworkCredential)proxy!.Credentials!).Password.ShouldBe("p@ss");
    }

    [Fact]
    public void A_proxy_for_the_issuer_that_is_not_supported_is_said_so() =>
        Should.Throw<OidcRefusalException>(() => OidcIssuer.ProxyFor(new("https://issuer.test"), name => name == "HTTPS_PROXY" ? "ftp://p" : null)).Message.ShouldContain("'ftp'");

    [Fact]
    public async Task Where_there_was_no_token_one_is_added_in_block_and_flow_style()
    {
        var fresh = IdToken(3600, "new");
        await using var issuer = await IssuerAsync(fresh);
        await using var server = await ServerAsync();
        foreach (var path in new[] { Write(server, issuer, idToken: null), WriteFlow(server, issuer) })
        {
            await GetAsync(path);

            var login = KubeConfigLoader.Load(new() { Path = path }).Credentials.Oidc!;
            (login.IdToken, login.RefreshToken).ShouldBe((fresh, "refresh-1"));
        }
    }

    [Fact]
    public async Task Tokens_that_cannot_be_kept_are_used_and_a_warning_says_so()
    {
        var fresh = IdToken(3600, "new");
        await using var issuer = await IssuerAsync(fresh, "refresh-2");
        await using var server = await ServerAsync();
        var path = Write(server, issuer, idToken: null);
        File.WriteAllText(path + ".lock", "");
        var before = File.ReadAllText(path);
        var warnings = new List<string>();

        await GetAsync(path, warning: warnings.Add);

        server.Requests.ShouldHaveSingleItem().Headers["Authorization"].ShouldBe("Bearer " + fresh);
        File.ReadAllText(path).ShouldBe(before);
        warnings.ShouldHaveSingleItem().ShouldContain(path + ".lock");
        warnings[0].ShouldNotContain("refresh-2");
    }

    [Fact]
    public async Task A_client_that_must_name_itself_in_the_form_is_let_in_too()
    {
        var fresh = IdToken(3600, "new");
        await using var issuer = await IssuerAsync(fresh, isHeaderRefused: true);
        await using var server = await ServerAsync();

        await GetAsync(Write(server, issuer, idToken: null));

        issuer.Requests[^1].Body.ShouldBe("grant_type=refresh_token&refresh_token=refresh-1&client_id=kube+client&client_secret=s%3Ahh");
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("no-discovery", "discovery document is not there (404)")]
    [InlineData("no-endpoint", "names no token_endpoint")]
    [InlineData("plain-endpoint", "token_endpoint is not https")]
    [InlineData("refuse", "refuses the refresh-token (400, invalid_grant)")]
    [InlineData("no-id-token", "answered without id_token")]
    [InlineData("no-trust", "is not trusted")]
    public async Task What_goes_wrong_is_said_without_a_token(string fault, string words)
    {
        await using var issuer = await IssuerAsync(IdToken(3600, "S3CR3T"), fault: fault);
        await using var server = await ServerAsync();

        var error = await Should.ThrowAsync<CredentialException>(() => GetAsync(Write(server, issuer, IdToken(-5, "S3CR3T"), isTrusted: fault != "no-trust")));

        error.Problem.ShouldBe(CredentialProblem.LoginFailed);
        error.Message.ShouldContain(words);
        error.Message.ShouldContain("'u'");
        error.ToString().ShouldNotContain("refresh-1");
        error.ToString().ShouldNotContain(IdToken(3600, "S3CR3T")[..20]);
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_refresh_token_an_expired_token_is_the_end()
    {
        await using var issuer = await IssuerAsync(IdToken(3600, "new"));
        await using var server = await ServerAsync();
        var path = Write(server, issuer, IdToken(-5, "old"));
        File.WriteAllText(path, File.ReadAllText(path).Replace("refresh-token: refresh-1", "x: y", StringComparison.Ordinal));

        var error = await Should.ThrowAsync<CredentialException>(() => GetAsync(path));

        error.Message.ShouldContain("no refresh-token");
        issuer.Requests.ShouldBeEmpty();
    }

    private static string IdToken(int seconds, string name)
    {
        static string Part(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var claims = new JsonObject { ["sub"] = name, ["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds };
        return $"{Part("{\"alg\":\"none\"}")}.{Part(claims.ToJsonString())}.c2ln";
    }

    private static async Task GetAsync(string path, CredentialCache? cache = null, Action<string>? warning = null)
    {
        await using var client = KubernetesClientFactory.Create(
            KubeConfigLoader.Load(new() { Path = path }), new KubernetesClientOptions { Credentials = cache ?? new CredentialCache(), Warning = warning });
        await client.GetAsync(Sample.Thing, "ns", "a", None);
    }

    private Task<ScriptedServer> ServerAsync() => ScriptedServer.StartAsync((http, seen, _) => Json(Sample.Object("a"))(http, seen), _certificate);

    private async Task<ScriptedServer> IssuerAsync(string idToken, string? refreshToken = null, bool isHeaderRefused = false, string fault = "")
    {
        ScriptedServer? issuer = null;
        issuer = await ScriptedServer.StartAsync(
            (http, seen, _) => (seen.Path, fault) switch
            {
                ("/realm/.well-known/openid-configuration", not "no-discovery") => Json(new JsonObject
                {
                    ["token_endpoint"] = fault switch
                    {
                        "no-endpoint" => null,
                        "plain-endpoint" => "http://127.0.0.1:1/tokens",
                        _ => issuer!.Url + "tokens",
                    },
                })(http, seen),
                ("/tokens", "refuse") => Json(new JsonObject { ["error"] = "invalid_grant", ["error_description"] = "refresh-1 is spent" }, 400)(http, seen),
                ("/tokens", "no-id-token") => Json(new JsonObject { ["access_token"] = "x" })(http, seen),
                ("/tokens", _) when isHeaderRefused && seen.Headers.ContainsKey("Authorization") =>
                    Json(new JsonObject { ["error"] = "invalid_client" }, 401)(http, seen),
                ("/tokens", _) => Json(new JsonObject { ["id_token"] = idToken, ["refresh_token"] = refreshToken })(http, seen),
                _ => Json(new JsonObject(), 404)(http, seen),
            },
            _certificate);
        return issuer;
    }

    private string Write(ScriptedServer server, ScriptedServer issuer, string? idToken, bool isTrusted = true) => _folder.Write("config-" + Guid.NewGuid(), $$$$"""
        apiVersion: v1
        kind: Config
        current-context: x
        clusters:
        - name: c
          cluster: {server: "{{{{server.Url}}}}", certificate-authority-data: {{{{Authority}}}}}
        contexts:
        - name: x
          context: {cluster: c, user: u}
        users:
        - name: other
          user: {auth-provider: {name: oidc, config: {refresh-token: not-mine}}}
        - name: u
          user:
            auth-provider:   # kept
              name: oidc
              config:
                idp-issuer-url: {{{{issuer.Url}}}}realm/
                client-id: kube client
                client-secret: 's:hh'
                {{{{(idToken is null ? "# no token yet" : "id-token: " + idToken)}}}}
                refresh-token: refresh-1
                {{{{(isTrusted ? "idp-certificate-authority-data: " + Authority : "a: b")}}}}

        """);

    private string WriteFlow(ScriptedServer server, ScriptedServer issuer) => _folder.Write("flow-" + Guid.NewGuid(), $$$$"""
        {"current-context": "x", "clusters": [{"name": "c", "cluster": {"server": "{{{{server.Url}}}}", "certificate-authority-data": "{{{{Authority}}}}"}}],
         "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
         "users": [{"name": "u", "user": {"auth-provider": {"name": "oidc", "config": {"idp-issuer-url": "{{{{issuer.Url}}}}realm", "client-id": "kube client",
          "client-secret": "s:hh", "refresh-token": "refresh-1", "idp-certificate-authority-data": "{{{{Authority}}}}"} } } }]}
        """);

    private string Authority => KubeConfigText.Base64(_authority.Pem);
}
