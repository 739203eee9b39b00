using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace KubeVirtClone.Cli.Tests.Processes;

/// <summary>How commands end when something outside them goes wrong, or the user has had enough.</summary>
public sealed class EndingTests(SandboxFixture sandbox) : IDisposable
{
    // A second is what users are promised; a machine that runs every suite at once may keep a process waiting for longer than that. Else it would be minutes.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("vmclone-ending-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Ctrl_c_ends_a_wait_at_once_and_leaves_the_clones()
    {
        // The state Running is never reached: nobody starts the clone.
        await using var waiting = await sandbox.StartAsync(
            "new", "golden", "stop-1", "stop-2", "--batch", "stop", "--for", "running", "--timeout", "10m", "-v");
        await UntilAsync(async () => (await sandbox.RunAsync("get", "--batch", "stop", "-o", "name")).Lines.Length == 2);

        waiting.Signal(CliProcess.SigInt);
        var ended = await waiting.EndAsync(AtOnce);

        ended.ShouldEndWith(130);
        ended.Error.ShouldContain("2 of 2 clones were created and are left alone");
        ended.Error.ShouldContain("kubectl vmclone get --batch stop");
        (await sandbox.RunAsync("get", "--batch", "stop", "-o", "name")).Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Ctrl_c_ends_it_at_once_even_when_the_server_never_answers()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var file = await KubeConfigForAsync($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await using var hung = CliProcess.Start(CliProcess.Program, ["new", "golden", "hung-1", "-v"], file);
        using var connection = await listener.AcceptTcpClientAsync();

        hung.Signal(CliProcess.SigInt);
        var ended = await hung.EndAsync(AtOnce);

        ended.ShouldEndWith(130);
        ended.Error.ShouldContain("none of 1 clones was created; 'kubectl vmclone remove --batch");
    }

    [Fact]
    public async Task A_missing_kubeconfig_is_one_line()
    {
        var ended = (await CliProcess.RunAsync(CliProcess.Program, ["get", "--kubeconfig", "/nowhere/config"], kubeConfig: null)).ShouldEndWith(1);

        ended.ErrorLines.ShouldHaveSingleItem().ShouldContain("KubeConfigNotFound");
        ended.Error.ShouldContain("/nowhere/config");
        ended.Error.ShouldContain("Next step: ");
    }

    [Fact]
    public async Task A_broken_kubeconfig_an_unknown_context_and_a_dead_server_are_one_line_each()
    {
        var broken = Path.Combine(_folder, "broken");
        await File.WriteAllTextAsync(broken, "clusters: [");
        (await CliProcess.RunAsync(CliProcess.Program, ["get"], broken)).ShouldEndWith(1).ErrorLines.ShouldHaveSingleItem().ShouldContain("KubeConfigInvalid");

        (await sandbox.RunAsync("get", "--context", "elsewhere")).ShouldEndWith(1).ErrorLines.ShouldHaveSingleItem().ShouldContain("KubeContextNotFound");

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var dead = await KubeConfigForAsync($"https://127.0.0.1:{port}");
        var ended = (await CliProcess.RunAsync(CliProcess.Program, ["get"], dead)).ShouldEndWith(1);
        ended.ErrorLines.ShouldContain(l => l.Contains("ApiServerUnreachable", StringComparison.Ordinal) && l.Contains("Next step: ", StringComparison.Ordinal));
        ended.Error.ShouldNotContain("secret-token");
    }

    [Theory]
    [InlineData("nobody", "ApiForbidden")]
    [InlineData("expired", "ApiUnauthorized")]
    public async Task A_user_without_rights_and_an_expired_token_are_said_so(string context, string id)
    {
        var ended = (await sandbox.RunAsync("get", "--context", context + "@sandbox")).ShouldEndWith(1);

        ended.ErrorLines.ShouldContain(l => l.Contains(id, StringComparison.Ordinal) && l.Contains("Next step: ", StringComparison.Ordinal));
        ended.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_no_crash()
    {
        var line = $"'{CliProcess.Program}' get -A -o yaml | true";
        var ended = await CliProcess.RunAsync("/bin/sh", ["-c", line], await sandbox.KubeConfigAsync());

        ended.ShouldEndWith(0).Error.ShouldNotContain("Exception");
    }

    private async Task<string> KubeConfigForAsync(string server)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():n}");
        await File.WriteAllTextAsync(file, $$$"""
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "{{{server}}}", insecure-skip-tls-verify: true}}]
            users: [{name: u, user: {token: secret-token}}]
            """);
        return file;
    }

    private static async Task UntilAsync(Func<Task<bool>> reached)
    {
        var clock = Stopwatch.StartNew();
        while (!await reached())
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), "the state waited for was not reached");
    }
}
