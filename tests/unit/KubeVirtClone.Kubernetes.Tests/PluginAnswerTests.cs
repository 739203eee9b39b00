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

/// <summary>What a credential plugin is given, how its answer is read, and how it ends.</summary>
public sealed class PluginAnswerTests : PluginFixture
{
    [Fact]
    public async Task Arguments_and_environment_reach_it_as_they_stand()
    {
        string[] arguments = ["get token", "", "say \"hi\"", "it's", "--url=$HOME/%PATH%", "*", @"back\slash\", "für", "-", "a\tb", "two\nlines"];
        var plugin = new TestPlugin(Folder, "", TestPlugin.Token("tok"));
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
        var plugin = new TestPlugin(Folder, "", TestPlugin.Token("tok"));
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
        var plugin = new TestPlugin(Folder, "", TestPlugin.Token("tok"));
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
        var plugin = new TestPlugin(Folder, "echo 'device code has expired' >&2; printf 'no end' >&2; echo S3CR3T; exit 37");
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
        var plugin = new TestPlugin(Folder, "", output);
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
        var plugin = new TestPlugin(Folder, "", output);
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
        var yaml = new TestPlugin(Folder, "", "apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  token: tok-yaml\n");
        var large = new TestPlugin(Folder, "", TestPlugin.Token("tok-large") + new string(' ', 300_000));
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
        var plugin = new TestPlugin(Folder, "sleep 60 & echo $! > $b.child", TestPlugin.Token("tok"));
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
        var plugin = new TestPlugin(Folder, "sleep 600 & echo $! > $b.part; mv $b.part $b.child; wait", TestPlugin.Token("tok"));
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
}
