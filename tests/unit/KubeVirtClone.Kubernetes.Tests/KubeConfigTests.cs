using System.Text;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;

namespace KubeVirtClone.Kubernetes.Tests;

public sealed class KubeConfigTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_file_gives_its_current_context()
    {
        _folder.Write(".kube/config", Config("""
            current-context: dev
            clusters:
            - name: c1
              cluster: {server: "https://one.example:6443", tls-server-name: api.internal, insecure-skip-tls-verify: true}
            users:
            - name: u1
              user: {token: abc}
            contexts:
            - name: prod
              context: {cluster: c1, user: u1}
            - name: dev
              context: {cluster: c1, user: u1, namespace: team}
            """));

        var cluster = KubeConfigLoader.Load(Options());

        cluster.Server.ShouldBe(new Uri("https://one.example:6443"));
        (cluster.ContextName, cluster.ClusterName, cluster.UserName, cluster.Namespace).ShouldBe(("dev", "c1", "u1", "team"));
        (cluster.Trust.ServerName, cluster.Trust.SkipVerification, cluster.Trust.CertificateAuthorities).ShouldBe(("api.internal", true, null));
        cluster.Credentials.Token.ShouldBe("abc");
        KubeConfigLoader.Load(Options() with { Context = "prod" }).Namespace.ShouldBe("default");
        KubeConfigLoader.Load(Options() with { Context = "prod", Namespace = "mine" }).Namespace.ShouldBe("mine");
        KubeConfigLoader.ListContexts(Options()).ShouldBe([new("prod", "c1", "u1", null, false), new("dev", "c1", "u1", "team", true)]);
    }

    [Fact]
    public void In_a_list_the_first_file_wins_for_every_entry_as_a_whole()
    {
        var first = _folder.Write("a/one", Config("""
            clusters:
            - name: shared
              cluster: {server: "https://first.example"}
            contexts:
            - name: X
              context: {cluster: shared, user: both}
            """));
        var second = _folder.Write("b/two", Config("""
            current-context: x
            clusters:
            - name: shared
              cluster: {server: "https://second.example", tls-server-name: second}
            - name: other
              cluster: {server: "https://other.example"}
            users:
            - name: both
              user: {username: someone, password: something}
            contexts:
            - name: x
              context: {cluster: other, user: both, namespace: low}
            - name: X
              context: {cluster: other}
            """));
        var third = _folder.Write("c/three", Config("""
            current-context: X
            users:
            - name: both
              user: {token: never}
            """));
        var options = Options(string.Join(Path.PathSeparator, _folder.At("missing"), first, "", second, third, first));

        var current = KubeConfigLoader.Load(options);
        (current.ContextName, current.Server.Host, current.Namespace).ShouldBe(("x", "other.example", "low"));
        (current.Credentials.Username, current.Credentials.Token).ShouldBe(("someone", null));
        var upper = KubeConfigLoader.Load(options with { Context = "X" });
        (upper.Server.Host, upper.Trust.ServerName, upper.UserName).ShouldBe(("first.example", null, "both"));
        KubeConfigLoader.ListContexts(options).Select(context => context.Name).ShouldBe(["X", "x"]);
    }

    [Fact]
    public void Relative_paths_start_at_the_file_they_stand_in()
    {
        using var authority = new TestAuthority("One");
        using var other = new TestAuthority("Two");
        var (certificate, key) = authority.ClientCertificate("EC SEC 1", "relative");
        _folder.Write("a/pki/ca.crt", other.Pem);
        _folder.Write("b/pki/ca.crt", authority.Pem);
        _folder.Write("b/pki/me.crt", certificate);
        _folder.Write("b/me.key", key);
        var first = _folder.Write("a/config", Config("current-context: x"));
        var second = _folder.Write("b/config", Config("""
            clusters:
            - name: c
              cluster: {server: "https://c.example", certificate-authority: pki/ca.crt}
            users:
            - name: u
              user: {client-certificate: ./pki/me.crt, client-key: me.key, tokenFile: ../tok}
            contexts:
            - name: x
              context: {cluster: c, user: u}
            """));

        var cluster = KubeConfigLoader.Load(Options(first + Path.PathSeparator + second));

        cluster.Trust.CertificateAuthorities.ShouldNotBeNull().ShouldHaveSingleItem().Subject.ShouldBe("CN=One");
        cluster.Credentials.ClientCertificate.ShouldNotBeNull().HasPrivateKey.ShouldBeTrue();
        cluster.Credentials.TokenFile.ShouldBe(_folder.At("tok"));
    }

    [Theory]
    [InlineData("RSA PKCS#1")]
    [InlineData("RSA PKCS#8")]
    [InlineData("EC SEC 1")]
    [InlineData("EC PKCS#8")]
    public void Every_key_format_is_read_and_data_goes_before_files(string format)
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.ClientCertificate(format);
        var path = Minimal($"client-certificate-data: {Base64(certificate + authority.Pem)}, client-key-data: {Base64(key)}, client-certificate: /no/such, client-key: /no/such");

        var credentials = KubeConfigLoader.Load(new() { Path = path }).Credentials;

        credentials.ClientCertificate.ShouldNotBeNull().HasPrivateKey.ShouldBeTrue();
        credentials.ClientCertificateChain.ShouldNotBeNull().ShouldHaveSingleItem().Subject.ShouldBe("CN=Test CA");
        credentials.ToString().ShouldBe("client certificate");
    }

    [Fact]
    public void An_EC_key_behind_its_parameters_is_read()
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.ClientCertificate("EC SEC 1");
        var openssl = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + key;

        KubeConfigLoader.Load(new() { Path = Minimal($"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(openssl)}") })
            .Credentials.ClientCertificate.ShouldNotBeNull().HasPrivateKey.ShouldBeTrue();
    }

    [Fact]
    public void Json_and_anchors_are_yaml_too()
    {
        var json = _folder.Write("json", """
            {"current-context":"x","clusters":[{"name":"c","cluster":{"server":"https://c.example"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":""}}],"users":null}
            """);
        KubeConfigLoader.Load(new() { Path = json }).Server.Host.ShouldBe("c.example");

        var anchors = _folder.Write("anchors", Config("""
            current-context: y
            base: &base {cluster: c, namespace: from-base}
            clusters: [{name: c, cluster: {server: "https://c.example"}}]
            contexts:
            - {name: x, context: *base}
            - name: y
              context:
                <<: *base
                namespace: own
            """));
        KubeConfigLoader.Load(new() { Path = anchors }).Namespace.ShouldBe("own");
        KubeConfigLoader.Load(new() { Path = anchors, Context = "x" }).Namespace.ShouldBe("from-base");
    }

    [Fact]
    public void Impersonation_comes_from_the_entry_or_from_the_caller()
    {
        var path = Minimal("as: boss, as-uid: u-1, as-groups: [g1, g2], as-user-extra: {scopes: [a, b]}");

        var entry = KubeConfigLoader.Load(new() { Path = path }).Credentials.Impersonation.ShouldNotBeNull();
        (entry.User, entry.Uid).ShouldBe(("boss", "u-1"));
        entry.Groups.ShouldBe(["g1", "g2"]);
        entry.Extra.ShouldNotBeNull()["scopes"].ShouldBe(["a", "b"]);

        var caller = KubeConfigLoader.Load(new() { Path = path, ImpersonateUser = "me", ImpersonateGroups = ["h"] }).Credentials.Impersonation.ShouldNotBeNull();
        (caller.User, caller.Uid, caller.Extra).ShouldBe(("me", null, null));
        caller.Groups.ShouldBe(["h"]);

        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = Minimal("token: t"), ImpersonateGroups = ["h"] }));
    }

    [Fact]
    public void A_server_without_scheme_is_https_when_there_is_tls_to_speak_of()
    {
        KubeConfigLoader.Load(new() { Path = Minimal("token: t", "server: \"c.example:8443\"") }).Server.ShouldBe(new Uri("http://c.example:8443"));
        KubeConfigLoader.Load(new() { Path = Minimal("token: t", "server: \"c.example:8443\", insecure-skip-tls-verify: true") }).Server
            .ShouldBe(new Uri("https://c.example:8443"));
    }

    [Fact]
    public void A_proxy_is_read()
    {
        KubeConfigLoader.Load(new() { Path = Minimal("token: t", "server: \"https://c\", proxy-url: \"socks5://127.0.0.1:1080\"") }).Proxy
            .ShouldBe(new Uri("socks5://127.0.0.1:1080"));
    }

    [Fact]
    public void Without_a_kubeconfig_a_pod_finds_its_own_cluster()
    {
        using var authority = new TestAuthority();
        _folder.Write("sa/token", "sa-token\n");
        _folder.Write("sa/ca.crt", authority.Pem);
        _folder.Write("sa/namespace", "runners\n");
        var options = Options(null, ("KUBERNETES_SERVICE_HOST", "fd00::1"), ("KUBERNETES_SERVICE_PORT", "443")) with { ServiceAccountDirectory = _folder.At("sa") };

        var cluster = KubeConfigLoader.Load(options);

        (cluster.IsInCluster, cluster.Server, cluster.Namespace).ShouldBe((true, new Uri("https://[fd00::1]:443"), "runners"));
        cluster.Credentials.TokenFile.ShouldBe(_folder.At("sa", "token"));
        cluster.Trust.CertificateAuthorities.ShouldNotBeNull().Count.ShouldBe(1);
        KubeConfigLoader.Load(options with { Namespace = "other" }).Namespace.ShouldBe("other");
        KubeConfigLoader.ListContexts(options).ShouldBeEmpty();
    }

    [Fact]
    public void A_kubeconfig_goes_before_the_pods_own_cluster()
    {
        _folder.Write("sa/token", "t");
        var path = Minimal("token: t");
        var options = Options(path, ("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("KUBERNETES_SERVICE_PORT", "443")) with { ServiceAccountDirectory = _folder.At("sa") };

        KubeConfigLoader.Load(options).IsInCluster.ShouldBeFalse();
    }

    [Fact]
    public void Nothing_to_be_found_says_where_it_looked()
    {
        var home = Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options()));
        home.Problem.ShouldBe(KubeConfigProblem.NotFound);
        home.Message.ShouldContain(_folder.At(".kube", "config"));

        var list = Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options(_folder.At("x") + Path.PathSeparator + _folder.At("y"))));
        list.Message.ShouldContain(_folder.At("x"));
        list.Message.ShouldContain(_folder.At("y"));

        var named = Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = _folder.At("nope") }));
        (named.Problem, named.Path).ShouldBe((KubeConfigProblem.NotFound, _folder.At("nope")));
    }

    [Theory]
    [InlineData("current-context: gone", KubeConfigProblem.ContextNotFound, "'gone'")]
    [InlineData("{}", KubeConfigProblem.NoCurrentContext, "current-context")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}]}", KubeConfigProblem.ClusterNotFound, "'c'")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {user: u}}]}", KubeConfigProblem.ClusterNotFound, "'x'")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: 'https://c'}}]}", KubeConfigProblem.UserNotFound, "'u'")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {}}]}", KubeConfigProblem.Invalid, "cluster 'c': server is missing")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'ftp://c'}}]}", KubeConfigProblem.Invalid, "cluster 'c': server is not")]
    [InlineData("{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://c', proxy-url: 'gopher://S3CR3T'}}]}", KubeConfigProblem.Invalid, "cluster 'c': proxy-url is not")]
    [InlineData("{clusters: [{name: c}, {name: c}]}", KubeConfigProblem.Invalid, "two entries named 'c'")]
    [InlineData("{clusters: [{cluster: {}}]}", KubeConfigProblem.Invalid, "clusters[0]: name is missing")]
    [InlineData("clusters: text", KubeConfigProblem.Invalid, "clusters must be a list")]
    [InlineData("- 1", KubeConfigProblem.Invalid, "not a mapping")]
    [InlineData("a: [", KubeConfigProblem.Invalid, "not valid YAML: line")]
    public void What_is_wrong_is_named(string text, KubeConfigProblem problem, string words)
    {
        var path = _folder.Write("config", text);

        var error = Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = path }));

        error.Problem.ShouldBe(problem);
        error.Message.ShouldContain(words);
        error.Message.ShouldContain(path);
    }

    [Theory]
    [InlineData("client-certificate-data: S3CR3T!!", "user 'u': client-certificate-data is not valid base64")]
    [InlineData("client-certificate-data: UzNDUjNU, client-key-data: UzNDUjNU", "user 'u': client-certificate holds no PEM certificate")]
    [InlineData("client-key-data: UzNDUjNU", "user 'u': client-certificate is missing")]
    [InlineData("client-certificate: /no/such/S3CR3T.crt, client-key-data: UzNDUjNU", "is not there")]
    [InlineData("token: \"S3CR\\u00053T\"", "user 'u': token holds characters")]
    [InlineData("token: [S3CR3T]", "user 'u': token must be text")]
    [InlineData("exec: {command: S3CR3T}", "credential plugin, which is not supported yet")]
    [InlineData("auth-provider: {name: gcp, config: {access-token: S3CR3T}}", "auth-provider was removed")]
    public void A_bad_user_entry_is_named_without_its_values(string user, string words)
    {
        var error = Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = Minimal(user) }));

        error.Message.ShouldContain(words);
        error.ToString().Replace("/no/such/S3CR3T.crt", "", StringComparison.Ordinal).ShouldNotContain("S3CR");
        error.ToString().ShouldNotContain("UzNDUjNU");
    }

    [Fact]
    public void A_key_that_does_not_fit_its_certificate_is_named()
    {
        using var authority = new TestAuthority();
        var (certificate, _) = authority.ClientCertificate("EC SEC 1");
        foreach (var format in new[] { "EC PKCS#8", "RSA PKCS#1" })
        {
            var (_, key) = authority.ClientCertificate(format);

            var error = Should.Throw<KubeConfigException>(
                () => KubeConfigLoader.Load(new() { Path = Minimal($"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}") }));

            error.Problem.ShouldBe(KubeConfigProblem.CredentialUnreadable);
            error.Message.ShouldContain("user 'u': client-key does not fit");
            error.ToString().ShouldNotContain(key.Split('\n')[1]);
        }
    }

    [Fact]
    public void Damaged_yaml_is_reported_without_its_text()
    {
        var path = _folder.Write("config", "users:\n- name: u\n  user:\n    token: S3CR3T\n   password: : S3CR3T\n");

        var error = Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = path }));

        error.ToString().ShouldNotContain("S3CR3T");
        error.Message.ShouldContain("line ");
    }

    [Fact]
    public void Printing_a_configuration_shows_no_secret()
    {
        var cluster = KubeConfigLoader.Load(new() { Path = Minimal("token: S3CR3T, username: me, password: S3CR3T") });

        $"{cluster} {cluster.Credentials}".ShouldBe("x (https://c.example/) token, basic");
    }

    private static string Config(string text) => "apiVersion: v1\nkind: Config\n" + text;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private string Minimal(string user, string cluster = "server: \"https://c.example\"") => _folder.Write("minimal-" + Guid.NewGuid(), Config($$"""
        current-context: x
        clusters:
        - name: c
          cluster: { {{cluster}} }
        users:
        - name: u
          user: { {{user}} }
        contexts:
        - name: x
          context: {cluster: c, user: u}
        """));

    private KubeConfigOptions Options(string? list = null, params (string Name, string Value)[] variables) => new()
    {
        HomeDirectory = _folder.Path,
        Environment = name => name == "KUBECONFIG" ? list : variables.FirstOrDefault(variable => variable.Name == name).Value,
        ServiceAccountDirectory = _folder.At("no-service-account"),
    };
}
