using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using KubeVirtClone.Kubernetes.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>Credential plugins, run for real against servers that look at what they are shown.</summary>
public sealed class PluginTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TestAuthority _authority = new();
    private readonly TempFolder _folder = new();
    private readonly X509Certificate2 _certificate;

    public PluginTests() => _certificate = _authority.ServerCertificate();

    public void Dispose()
    {
        _certificate.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_plugin_runs_once_for_any_number_of_requests_and_clients()
    {
        var plugin = new TestPlugin(_folder, "sleep 0.2", TestPlugin.Token("tok-1"));
        await using var server = await ServerAsync(_ => 200);
        var options = new KubernetesClientOptions { Credentials = new CredentialCache() };
        await using var one = Client(server, plugin.Settings(), options);
        await using var two = Client(server, plugin.Settings(), options);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => (i % 2 == 0 ? one : two).GetAsync(Sample.Thing, "ns", "a", None)));

        plugin.Runs.Count.ShouldBe(1);
        server.Requests.Select(Authorization).Distinct().ShouldBe(["Bearer tok-1"]);
    }

    [Fact]
    public async Task Sixteen_refusals_at_once_are_one_renewal()
    {
        var plugin = new TestPlugin(_folder, "sleep 0.1", TestPlugin.Token("tok-1"), TestPlugin.Token("tok-2"));
        await using var server = await ServerAsync(seen => Authorization(seen) == "Bearer tok-2" ? 200 : 401);
        await using var client = Client(server, plugin.Settings());

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => client.GetAsync(Sample.Thing, "ns", "a", None)));

        plugin.Runs.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_refuses_what_was_renewed_too_is_believed()
    {
        var plugin = new TestPlugin(_folder, "", TestPlugin.Token("tok-1"), TestPlugin.Token("tok-2"), TestPlugin.Token("tok-3"));
        await using var server = await ServerAsync(_ => 401);
        await using var client = Client(server, plugin.Settings());

        var error = await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));
        await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.StatusCode.ShouldBe(401);
        plugin.Runs.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Each_token_that_was_good_before_it_was_refused_is_renewed()
    {
        var plugin = new TestPlugin(_folder, "", TestPlugin.Token("tok-1"), TestPlugin.Token("tok-2"), TestPlugin.Token("tok-3"));
        var good = "Bearer tok-1";
        await using var server = await ServerAsync(seen => Authorization(seen) == good ? 200 : 401);
        await using var client = Client(server, plugin.Settings());
        foreach (var token in new[] { "tok-1", "tok-2", "tok-3" })
        {
            good = "Bearer " + token;
            await client.GetAsync(Sample.Thing, "ns", "a", None);
        }

        plugin.Runs.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_token_is_used_until_it_expires_and_no_longer()
    {
        var clock = new VirtualClock();
        var plugin = new TestPlugin(_folder, "", TestPlugin.Token("tok-1", "2026-01-01T00:10:00Z"), TestPlugin.Token("tok-2", "2026-01-01T01:00:00+00:00"));
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(server, plugin.Settings(), new KubernetesClientOptions { TimeProvider = clock, Credentials = new CredentialCache() });

        await client.GetAsync(Sample.Thing, "ns", "a", None);
        clock.Advance(TimeSpan.FromMinutes(9));
        await client.GetAsync(Sample.Thing, "ns", "a", None);
        clock.Advance(TimeSpan.FromMinutes(2));
        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.Select(Authorization).ShouldBe(["Bearer tok-1", "Bearer tok-1", "Bearer tok-2"]);
        plugin.Runs.Count.ShouldBe(2);
    }

    [Fact]
    public async Task No_deadline_of_a_request_or_connection_goes_over_a_plugin()
    {
        var plugin = new TestPlugin(_folder, "sleep 1.5", TestPlugin.Token("tok-1"));
        await using var server = await ServerAsync(_ => 200);
        // Time runs 1000 times as fast for deadlines: the plugin takes 25 minutes by it.
        var options = new KubernetesClientOptions { Credentials = new CredentialCache(), TimeProvider = new HastyClock() };
        await using var client = Client(server, plugin.Settings(), options);

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        plugin.Runs.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Arguments_and_environment_reach_it_as_they_stand()
    {
        string[] arguments = ["get token", "", "say \"hi\"", "it's", "--url=$HOME/%PATH%", "*", @"back\slash\", "für", "-", "a\tb", "two\nlines"];
        var plugin = new TestPlugin(_folder, "", TestPlugin.Token("tok"));
        var settings = plugin.Settings();
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(server, new CredentialPlugin
        {
            ApiVersion = settings.ApiVersion,
            Command = settings.Command,
            Arguments = arguments,
            Environment = [KeyValuePair.Create("CASE_A", "x y"), KeyValuePair.Create("KUBERNETES_EXEC_INFO", "mine"), KeyValuePair.Create("CASE_A", "last")],
        });

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        plugin.Arguments.ShouldBe(arguments);
        plugin.Environment.ShouldContain("CASE_A=last");
        plugin.Environment.ShouldContain(line => line.StartsWith("PATH=", StringComparison.Ordinal));
        plugin.Info.ToJsonString().ShouldBe("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}}""");
    }

    [Theory]
    [InlineData(PluginInteractiveMode.Never, PluginInteraction.Terminal, false)]
    [InlineData(PluginInteractiveMode.Never, PluginInteraction.Forbidden, false)]
    [InlineData(PluginInteractiveMode.IfAvailable, PluginInteraction.NoTerminal, false)]
    [InlineData(PluginInteractiveMode.IfAvailable, PluginInteraction.Terminal, true)]
    [InlineData(PluginInteractiveMode.Always, PluginInteraction.Terminal, true)]
    public async Task It_is_told_whether_it_may_ask(PluginInteractiveMode mode, PluginInteraction interaction, bool told)
    {
        var plugin = new TestPlugin(_folder, "", TestPlugin.Token("tok"));
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(
            server, plugin.Settings(mode), new KubernetesClientOptions { Credentials = new CredentialCache(), PluginInteraction = () => interaction });

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        plugin.Info["spec"]!["interactive"]!.GetValue<bool>().ShouldBe(told);
    }

    [Theory]
    [InlineData(PluginInteractiveMode.Always, PluginInteraction.NoTerminal, CredentialProblem.NeedsTerminal)]
    [InlineData(PluginInteractiveMode.Always, PluginInteraction.Forbidden, CredentialProblem.NotNow)]
    [InlineData(PluginInteractiveMode.IfAvailable, PluginInteraction.Forbidden, CredentialProblem.NotNow)]
    public async Task One_that_may_not_ask_now_is_not_run(PluginInteractiveMode mode, PluginInteraction interaction, CredentialProblem problem)
    {
        var plugin = new TestPlugin(_folder, "", TestPlugin.Token("tok"));
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(
            server, plugin.Settings(mode), new KubernetesClientOptions { Credentials = new CredentialCache(), PluginInteraction = () => interaction });

        var error = await Should.ThrowAsync<CredentialException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Problem.ShouldBe(problem);
        plugin.Runs.ShouldBeEmpty();
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_it_writes_to_stderr_is_told_and_a_failure_names_its_exit_code_only()
    {
        var plugin = new TestPlugin(_folder, "echo 'device code has expired' >&2; printf 'no end' >&2; echo S3CR3T; exit 37");
        var lines = new List<string>();
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(
            server, plugin.Settings(), new KubernetesClientOptions { Credentials = new CredentialCache(), PluginOutput = lines.Add });

        var error = await Should.ThrowAsync<CredentialException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Problem.ShouldBe(CredentialProblem.PluginFailed);
        error.Message.ShouldContain("exit code 37");
        error.ToString().ShouldNotContain("S3CR3T");
        lines.ShouldBe(["device code has expired", "no end"]);
    }

    [Theory]
    [InlineData("\uFEFF{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"tok\"}}")]
    [InlineData("{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"tok\"}}")]
    [InlineData("apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  token: tok\n")]
    public async Task An_answer_is_read_as_kubectl_reads_it(string output)
    {
        var plugin = new TestPlugin(_folder, "", output);
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(server, plugin.Settings());

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.ShouldHaveSingleItem().Headers["Authorization"].ShouldBe("Bearer tok");
    }

    [Theory]
    [InlineData("", "printed nothing")]
    [InlineData("Please log in first S3CR3T\n", "neither JSON nor YAML")]
    [InlineData("""{"kind":"ExecCredential","status":{"token":"S3CR3T"}""", "neither JSON nor YAML")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"Secret","status":{"token":"S3CR3T"}}""", "kind is not ExecCredential")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"S3CR3T"}}""", "answered in client.authentication.k8s.io/v1beta1, but")]
    [InlineData("""{"apiVersion":"S3CR3T","kind":"ExecCredential","status":{"token":"S3CR3T"}}""", "answered in no version")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"}""", "without status")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}""", "neither a token nor")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":["S3CR3T"]}}""", "token is not text")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"S3C\nR3T"}}""", "characters that no token can have")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"S3CR3T","expirationTimestamp":"soon"}}""", "expirationTimestamp")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"S3CR3T"}}""", "without its key")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientKeyData":"S3CR3T"}}""", "without its certificate")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"S3CR3T","clientKeyData":"S3CR3T"}}""", "clientCertificateData that holds no PEM certificate")]
    public async Task An_answer_that_is_none_is_described_and_never_shown(string output, string words)
    {
        var plugin = new TestPlugin(_folder, "", output);
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(server, plugin.Settings());

        var error = await Should.ThrowAsync<CredentialException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Problem.ShouldBe(CredentialProblem.PluginAnswerInvalid);
        error.Message.ShouldContain(words);
        error.ToString().ShouldNotContain("S3C");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_in_YAML_and_a_large_one_are_understood()
    {
        var yaml = new TestPlugin(_folder, "", "apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  token: tok-yaml\n");
        var large = new TestPlugin(_folder, "", TestPlugin.Token("tok-large") + new string(' ', 300_000));
        await using var server = await ServerAsync(_ => 200);
        foreach (var plugin in new[] { yaml, large })
        {
            await using var client = Client(server, plugin.Settings());
            await client.GetAsync(Sample.Thing, "ns", "a", None);
        }

        server.Requests.Select(Authorization).ShouldBe(["Bearer tok-yaml", "Bearer tok-large"]);
    }

    [Fact]
    public async Task One_that_leaves_a_program_behind_which_holds_its_output_is_not_waited_for()
    {
        var plugin = new TestPlugin(_folder, "sleep 60 & echo $! > $b.child", TestPlugin.Token("tok"));
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(server, plugin.Settings());
        var started = Stopwatch.GetTimestamp();

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(30));
        using var child = Process.GetProcessById(int.Parse(File.ReadAllText(plugin.Path + ".child")));
        child.Kill();
    }

    [Fact]
    public async Task Cancelling_ends_it_with_all_that_it_started()
    {
        var plugin = new TestPlugin(_folder, "sleep 600 & echo $! > $b.part; mv $b.part $b.child; wait", TestPlugin.Token("tok"));
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(server, plugin.Settings());
        using var stop = new CancellationTokenSource();
        var request = client.GetAsync(Sample.Thing, "ns", "a", stop.Token);
        while (!File.Exists(plugin.Path + ".child"))
            await Task.Delay(20);
        var processes = plugin.Runs.Append(int.Parse(File.ReadAllText(plugin.Path + ".child"))).ToList();

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => request);

        foreach (var id in processes)
            (await IsGoneAsync(id)).ShouldBeTrue();
    }

    [Fact]
    public async Task One_who_gives_up_does_not_take_it_from_the_others()
    {
        var plugin = new TestPlugin(_folder, "sleep 1", TestPlugin.Token("tok"));
        await using var server = await ServerAsync(_ => 200);
        await using var client = Client(server, plugin.Settings());
        using var stop = new CancellationTokenSource();
        var other = client.GetAsync(Sample.Thing, "ns", "a", None);
        var request = client.GetAsync(Sample.Thing, "ns", "a", stop.Token);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => request);
        (await other).Name.ShouldBe("a");
        plugin.Runs.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_client_certificate_that_is_refused_is_replaced_on_new_connections_and_the_old_ones_are_closed()
    {
        var first = _authority.ClientCertificate("EC PKCS#8", "plug1");
        var second = _authority.ClientCertificate("RSA PKCS#1", "plug2");
        var plugin = new TestPlugin(_folder, "", TestPlugin.Certificate(first), TestPlugin.Certificate(second));
        var closed = new TaskCompletionSource();
        var isOver = false;
        await using var server = await ScriptedServer.StartAsync(
            (http, seen, _) =>
            {
                if (seen.ClientName == "plug1")
                {
                    http.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.ConnectionClosed.Register(() => closed.TrySetResult());
                    if (isOver)
                        return Json(Sample.Status(401, "Unauthorized", "Unauthorized"), 401)(http, seen);
                }

                return Json(Sample.Object("a"))(http, seen);
            },
            _certificate,
            https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (certificate, _, _) => _authority.Issued(certificate);
            });
        await using var client = Client(server, plugin.Settings());

        await client.GetAsync(Sample.Thing, "ns", "a", None);
        isOver = true;
        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.Select(seen => seen.ClientName).ShouldBe(["plug1", "plug1", "plug2"]);
        plugin.Runs.Count.ShouldBe(2);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(false, " gave")]
    [InlineData(true, " gave, which expired on 2026-01-02 03:04:05Z")]
    public async Task A_plugins_certificate_that_the_server_does_not_take_is_called_the_plugins(bool hasExpired, string why)
    {
        using var other = new TestAuthority("Other CA");
        var plugin = new TestPlugin(_folder, "", TestPlugin.Certificate((hasExpired ? _authority : other).ClientCertificate(
            "EC PKCS#8", "plug1", hasExpired ? new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) : null)));
        await using var server = await MutualAsync();
        await using var client = Client(server, plugin.Settings());

        var error = await Should.ThrowAsync<ApiServerTlsException>(() => client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None));

        error.Reason.ShouldBe(TlsFailureReason.ClientCertificateRefused);
        error.Message.ShouldContain("the client certificate that the credential plugin '");
        error.Message.ShouldContain(why);
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void A_server_that_wants_a_certificate_is_said_to_have_got_none_from_the_plugin()
    {
        const int CertificateRequired = 116;
        var login = new PluginLogin(new TestPlugin(_folder, "", TestPlugin.Token("t")).Settings(), TimeProvider.System);

        var (reason, words) = TlsAlert.Judge(CertificateRequired, new PluginSource(login, new PluginCaller(() => PluginInteraction.NoTerminal, null)));

        reason.ShouldBe(TlsFailureReason.ClientCertificateRequired);
        words.ShouldStartWith("it wants a client certificate, and the credential plugin '");
        words.ShouldEndWith("gave none (certificate required)");
    }

    [Fact]
    public async Task What_stands_in_the_file_goes_before_a_plugin_and_servers_without_TLS_run_none()
    {
        var plugin = new TestPlugin(_folder, "", TestPlugin.Token("tok-plugin"));
        await using var server = await ServerAsync(_ => 200);
        await using var plain = await ScriptedServer.StartAsync((http, seen, _) => Json(Sample.Object("a"))(http, seen));
        foreach (var credentials in new[]
        {
            new ClusterCredentials { Plugin = plugin.Settings(), Token = "static" },
            new ClusterCredentials { Plugin = plugin.Settings(), TokenFile = _folder.Write("token", "static\n") },
            new ClusterCredentials { Plugin = plugin.Settings(), Username = "me" },
        })
        {
            await using var client = KubernetesClientFactory.Create(Cluster(server, credentials));
            await client.GetAsync(Sample.Thing, "ns", "a", None);
        }

        await using var open = KubernetesClientFactory.Create(
            new ClusterConfiguration { Server = plain.Url, Credentials = new ClusterCredentials { Plugin = plugin.Settings() } });
        await open.GetAsync(Sample.Thing, "ns", "a", None);

        plugin.Runs.ShouldBeEmpty();
        server.Requests.Select(Authorization).ShouldBe(["Bearer static", "Bearer static", "Basic bWU6"]);
        plain.Requests.ShouldHaveSingleItem().Headers.ContainsKey("Authorization").ShouldBeFalse();
    }

    private Task<ScriptedServer> MutualAsync() => ScriptedServer.StartAsync(
        (http, seen, _) => Json(Sample.Object("a"))(http, seen),
        _certificate,
        https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => _authority.Issued(certificate);
        });

    private static string? Authorization(SeenRequest seen) => seen.Headers.GetValueOrDefault("Authorization");

    private static async Task<bool> IsGoneAsync(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await process.WaitForExitAsync(patience.Token);
            return true;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private Task<ScriptedServer> ServerAsync(Func<SeenRequest, int> status) => ScriptedServer.StartAsync(
        (http, seen, _) => status(seen) is var code && code == 200
            ? Json(Sample.Object("a"))(http, seen)
            : Json(Sample.Status(code, "Unauthorized", "Unauthorized"), code)(http, seen),
        _certificate);

    private IKubernetesClient Client(ScriptedServer server, CredentialPlugin plugin, KubernetesClientOptions? options = null) => KubernetesClientFactory.Create(
        Cluster(server, new ClusterCredentials { Plugin = plugin }), options ?? new KubernetesClientOptions { Credentials = new CredentialCache() });

    private ClusterConfiguration Cluster(ScriptedServer server, ClusterCredentials credentials)
    {
        var bundle = new X509Certificate2Collection();
        bundle.ImportFromPem(_authority.Pem);
        return new ClusterConfiguration { Server = server.Url, Trust = new ServerTrust { CertificateAuthorities = bundle }, Credentials = credentials };
    }

    /// <summary>A clock by which a second lasts 17 minutes.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            TimeProvider.System.CreateTimer(callback, state, dueTime > TimeSpan.FromSeconds(1) ? TimeSpan.FromMilliseconds(800) : dueTime, period);
    }
}
