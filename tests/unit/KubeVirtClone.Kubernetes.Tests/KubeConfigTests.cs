using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.KubeConfigText;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>Which files and contexts count, and what they are read as together.</summary>
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
    public void Cluster_user_server_and_token_can_be_given_as_to_kubectl()
    {
        _folder.Write(".kube/config", Config("""
            current-context: dev
            clusters:
            - name: c1
              cluster: {server: "https://one.example:6443", tls-server-name: api.internal, proxy-url: "http://p:1"}
            - name: c2
              cluster: {server: "https://two.example"}
            users:
            - name: u1
              user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin, interactiveMode: Never}}
            - name: u2
              user: {token: two}
            - name: u3
              user: {username: ann, password: secret-word}
            contexts:
            - name: dev
              context: {cluster: c1, user: u1, namespace: team}
            """));

        var cluster = KubeConfigLoader.Load(Options() with { Cluster = "c2", User = "u2" });
        (cluster.Server.Host, cluster.UserName, cluster.Credentials.Token, cluster.Namespace).ShouldBe(("two.example", "u2", "two", "team"));

        // The name that a certificate is held against belongs to the entry's own server; the way there does not.
        var moved = KubeConfigLoader.Load(Options() with { Server = "https://moved.example" });
        (moved.Server.Host, moved.Trust.ServerName, moved.Proxy?.Host, moved.Credentials.Plugin is not null).ShouldBe(("moved.example", null, "p", true));

        // A token that is given is the way to log in; no plugin is asked then.
        var token = KubeConfigLoader.Load(Options() with { Token = "given" });
        (token.Credentials.Token, token.Credentials.Plugin).ShouldBe(("given", null));
        (Options() with { Token = "given" }).ToString().ShouldNotContain("given");
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options() with { Token = "given", User = "u3" })).Message.ShouldContain("only one of the two");

        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options() with { Cluster = "no" })).Problem.ShouldBe(KubeConfigProblem.ClusterNotFound);
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options() with { User = "no" })).Problem.ShouldBe(KubeConfigProblem.UserNotFound);
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options() with { Server = "ftp://x" })).Message.ShouldContain("not an http or https URL");
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options() with { Token = "a\nb" })).Message.ShouldNotContain("a\nb");
    }

    [Fact]
    public void An_address_and_a_token_need_no_kubeconfig()
    {
        var cluster = KubeConfigLoader.Load(Options() with { Server = "https://alone.example", Token = "abc" });

        (cluster.Server.Host, cluster.ContextName, cluster.Credentials.Token, cluster.Namespace).ShouldBe(("alone.example", null, "abc", "default"));
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

    [Fact]
    public void Json_and_anchors_are_yaml_too()
    {
        var json = _folder.Write("json", """
            {"current-context":"x","clusters":[{"name":"c","cluster":{"server":"https://c.example"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":""}}],"users":null}
            """);
        KubeConfigLoader.Load(new() { Path = json }).Server.Host.ShouldBe("c.example");

        var anchors = _folder.Write("anchors", Config("""
            current-context: z
            base: &base {cluster: c, namespace: from-base}
            clusters: [{name: c, cluster: {server: "https://c.example"}}]
            contexts:
            - {name: x, context: *base}
            - name: z
              context:
                <<: *base
                namespace: own
            """));
        KubeConfigLoader.Load(new() { Path = anchors }).Namespace.ShouldBe("own");
        KubeConfigLoader.Load(new() { Path = anchors, Context = "x" }).Namespace.ShouldBe("from-base");
    }

    [Fact]
    public void A_file_of_another_kind_a_folder_and_an_unreadable_file_are_refused_wherever_they_stand_in_the_list()
    {
        var good = _folder.Minimal("token: t");
        var folder = Directory.CreateDirectory(_folder.At("folder")).FullName;
        foreach (var (bad, words) in new[]
        {
            (_folder.Write("pod", "apiVersion: v1\nkind: Pod\n"), "kind is 'Pod'"),
            (_folder.Write("small", "apiVersion: v1\nkind: config\n"), "kind is 'config'"),
            (_folder.Write("v2", "apiVersion: v2\nkind: Config\n"), "apiVersion is 'v2'"),
            (folder, "is a folder"),
        })
        {
            foreach (var list in new[] { good + Path.PathSeparator + bad, bad + Path.PathSeparator + good })
                Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options(list))).Message.ShouldContain(words);
            Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(new() { Path = bad })).Message.ShouldContain(words);
        }

        KubeConfigLoader.Load(new() { Path = _folder.Write("bare", File.ReadAllText(good).Replace("apiVersion: v1\nkind: Config\n", "", StringComparison.Ordinal)) })
            .ContextName.ShouldBe("x");
    }

    [Fact]
    public void Links_to_nowhere_are_passed_over_and_blanks_in_the_list_belong_to_names()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there, and names end with no blank.");
        var good = _folder.Minimal("token: t");
        File.CreateSymbolicLink(_folder.At("link"), _folder.At("nowhere"));

        KubeConfigLoader.Load(Options(_folder.At("link") + Path.PathSeparator + good)).ContextName.ShouldBe("x");
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options(good + " "))).Problem.ShouldBe(KubeConfigProblem.NotFound);
        Should.Throw<KubeConfigException>(() => KubeConfigLoader.Load(Options(":"))).Message.ShouldContain("KUBECONFIG names no file");
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

        var named = Options(null, ("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("KUBERNETES_SERVICE_PORT", "443"), ("POD_NAMESPACE", "named"));
        KubeConfigLoader.Load(named with { ServiceAccountDirectory = _folder.At("sa") }).Namespace.ShouldBe("named");
        _folder.Write("sa/namespace", " \n");
        KubeConfigLoader.Load(options).Namespace.ShouldBe("default");
    }

    [Fact]
    public void In_a_pod_a_context_without_a_namespace_takes_the_pods()
    {
        _folder.Write("sa/token", "t");
        _folder.Write("sa/namespace", "runners");
        var path = _folder.Minimal("token: t");
        (string, string)[] pod = [("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("KUBERNETES_SERVICE_PORT", "443")];
        string Namespace(string file, params (string, string)[] more) =>
            KubeConfigLoader.Load(Options(file, more) with { ServiceAccountDirectory = _folder.At("sa") }).Namespace;

        Namespace(path, pod).ShouldBe("runners");
        Namespace(path, [.. pod, ("POD_NAMESPACE", "named")]).ShouldBe("named");
        Namespace(path, ("POD_NAMESPACE", "named")).ShouldBe("default");
        var own = _folder.Write("own", File.ReadAllText(path).Replace("cluster: c,", "cluster: c, namespace: default,", StringComparison.Ordinal));
        Namespace(own, pod).ShouldBe("default");
    }

    [Fact]
    public void A_kubeconfig_goes_before_the_pods_own_cluster()
    {
        _folder.Write("sa/token", "t");
        var path = _folder.Minimal("token: t");
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
        var cluster = KubeConfigLoader.Load(new()
        {
            Path = _folder.Minimal("token: S3CR3T, exec: {command: x, args: [S3CR3T], apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, env: [{name: name, value: S3CR3T}]}"),
        });

        $"{cluster} {cluster.Credentials} {cluster.Credentials.Plugin}".ShouldBe("x (https://c.example/) token, plugin x");
    }

    private KubeConfigOptions Options(string? list = null, params (string Name, string Value)[] variables) => new()
    {
        HomeDirectory = _folder.Path,
        Environment = name => name == "KUBECONFIG" ? list : variables.FirstOrDefault(variable => variable.Name == name).Value,
        ServiceAccountDirectory = _folder.At("no-service-account"),
    };
}
