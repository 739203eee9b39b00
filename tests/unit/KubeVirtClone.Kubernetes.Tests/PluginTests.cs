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

/// <summary>When credential plugins are run, and how long what they gave is used, against servers that look at what they are shown.</summary>
public sealed class PluginTests : PluginFixture
{
    [Fact]
    public async Task A_plugin_runs_once_for_any_number_of_requests_and_clients()
    {
        var plugin = new TestPlugin(Folder, "sleep 0.2", TestPlugin.Token("tok-1"));
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
        var plugin = new TestPlugin(Folder, "sleep 0.1", TestPlugin.Token("tok-1"), TestPlugin.Token("tok-2"));
        await using var server = await ServerAsync(seen => Authorization(seen) == "Bearer tok-2" ? 200 : 401);
        await using var client = Client(server, plugin.Settings());

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => client.GetAsync(Sample.Thing, "ns", "a", None)));

        plugin.Runs.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_refuses_what_was_renewed_too_is_believed()
    {
        var plugin = new TestPlugin(Folder, "", TestPlugin.Token("tok-1"), TestPlugin.Token("tok-2"), TestPlugin.Token("tok-3"));
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
        var plugin = new TestPlugin(Folder, "", TestPlugin.Token("tok-1"), TestPlugin.Token("tok-2"), TestPlugin.Token("tok-3"));
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
        var plugin = new TestPlugin(Folder, "", TestPlugin.Token("tok-1", "2026-01-01T00:10:00Z"), TestPlugin.Token("tok-2", "2026-01-01T01:00:00+00:00"));
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
        var plugin = new TestPlugin(Folder, "sleep 1.5", TestPlugin.Token("tok-1"));
        await using var server = await ServerAsync(_ => 200);
        // Time runs 1000 times as fast for deadlines: the plugin takes 25 minutes by it.
        var options = new KubernetesClientOptions { Credentials = new CredentialCache(), TimeProvider = new HastyClock() };
        await using var client = Client(server, plugin.Settings(), options);

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        plugin.Runs.Count.ShouldBe(1);
    }

    [Fact]
    public async Task One_who_gives_up_does_not_take_it_from_the_others()
    {
        var plugin = new TestPlugin(Folder, "sleep 1", TestPlugin.Token("tok"));
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
        var first = Authority.ClientCertificate("EC PKCS#8", "plug1");
        var second = Authority.ClientCertificate("RSA PKCS#1", "plug2");
        var plugin = new TestPlugin(Folder, "", TestPlugin.Certificate(first), TestPlugin.Certificate(second));
        var closed = new TaskCompletionSource();
        var isOver = false;
        await using var server = await MutualAsync((http, seen) =>
        {
            if (seen.ClientName == "plug1")
            {
                http.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.ConnectionClosed.Register(() => closed.TrySetResult());
                if (isOver)
                    return 401;
            }

            return 200;
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
        var plugin = new TestPlugin(Folder, "", TestPlugin.Certificate((hasExpired ? Authority : other).ClientCertificate(
            "EC PKCS#8", "plug1", hasExpired ? new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) : null)));
        await using var server = await MutualAsync((_, _) => 200);
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
        var login = new PluginLogin(new TestPlugin(Folder, "", TestPlugin.Token("t")).Settings(), TimeProvider.System);

        var (reason, words) = TlsAlert.Judge(CertificateRequired, new PluginSource(login, new PluginCaller(() => PluginInteraction.NoTerminal, null)));

        reason.ShouldBe(TlsFailureReason.ClientCertificateRequired);
        words.ShouldStartWith("it wants a client certificate, and the credential plugin '");
        words.ShouldEndWith("gave none (certificate required)");
    }

    [Fact]
    public async Task What_stands_in_the_file_goes_before_a_plugin_and_servers_without_TLS_run_none()
    {
        var plugin = new TestPlugin(Folder, "", TestPlugin.Token("tok-plugin"));
        await using var server = await ServerAsync(_ => 200);
        await using var plain = await ScriptedServer.StartAsync((http, seen, _) => Json(Sample.Object("a"))(http, seen));
        foreach (var credentials in new[]
        {
            new ClusterCredentials { Plugin = plugin.Settings(), Token = "static" },
            new ClusterCredentials { Plugin = plugin.Settings(), TokenFile = Folder.Write("token", "static\n") },
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

    /// <summary>A clock by which a second lasts 17 minutes.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            TimeProvider.System.CreateTimer(callback, state, dueTime > TimeSpan.FromSeconds(1) ? TimeSpan.FromMilliseconds(800) : dueTime, period);
    }
}
