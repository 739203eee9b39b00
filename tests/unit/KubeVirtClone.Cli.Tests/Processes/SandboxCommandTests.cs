using System.Net;
using System.Net.Sockets;

namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class SandboxCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmclone-sandbox-").FullName;

    private string KubeConfig => Path.Combine(_folder, "kubeconfig");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(CliProcess.SigTerm)]
    [InlineData(CliProcess.SigInt)]
    public async Task Says_when_it_is_ready_and_ends_well_when_told_to(int signal)
    {
        await using var sandbox = Start();
        await sandbox.SeeAsync("is ready at ");

        sandbox.Output.Trim().ShouldContain(KubeConfig);
        sandbox.Output.Trim().Split('\n').ShouldHaveSingleItem();
        sandbox.Signal(signal);
        var ended = (await sandbox.EndAsync(TimeSpan.FromSeconds(10))).ShouldEndWith(0);

        ended.Error.ShouldContain("is left where it is");
        File.Exists(KubeConfig).ShouldBeTrue();
    }

    [Fact]
    public async Task Its_kubeconfig_is_for_the_owner_only_even_where_a_file_was_open_to_all()
    {
        await File.WriteAllTextAsync(KubeConfig, "old");
        await using var sandbox = Start();
        await sandbox.SeeAsync("is ready at ");

        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(KubeConfig).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Ends_when_its_parent_has_ended()
    {
        await using var parent = CliProcess.Start("/bin/cat", [], kubeConfig: null);
        await using var sandbox = Start("--parent-pid", parent.Id.ToString());
        await sandbox.SeeAsync("is ready at ");

        parent.CloseInput();
        await parent.EndAsync();

        (await sandbox.EndAsync(TimeSpan.FromSeconds(15))).ShouldEndWith(0).Error.ShouldContain("has ended");
    }

    [Fact]
    public async Task With_a_parent_it_ends_when_stdin_is_closed()
    {
        await using var sandbox = Start("--parent-pid", Environment.ProcessId.ToString());
        await sandbox.SeeAsync("is ready at ");

        sandbox.CloseInput();

        (await sandbox.EndAsync(TimeSpan.FromSeconds(15))).ShouldEndWith(0).Error.ShouldContain("stdin was closed");
    }

    [Fact]
    public async Task Without_a_parent_a_closed_stdin_means_nothing()
    {
        await using var sandbox = Start();
        sandbox.CloseInput();
        await sandbox.SeeAsync("is ready at ");

        var got = await CliProcess.RunAsync(CliProcess.Program, ["get"], KubeConfig);

        got.ShouldEndWith(0);
    }

    [Fact]
    public async Task A_port_in_use_is_said_so()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var sandbox = Start("--port", port.ToString());

        var ended = (await sandbox.EndAsync()).ShouldEndWith(1);

        ended.ErrorLines.ShouldHaveSingleItem().ShouldContain($"port {port} is in use");
        ended.Error.ShouldContain("Next step:");
        File.Exists(KubeConfig).ShouldBeFalse();
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_said_so()
    {
        await using var sandbox = CliProcess.Start(
            CliProcess.Program, ["sandbox", "--kubeconfig", Path.Combine(_folder, "none", "kubeconfig")], kubeConfig: null);

        (await sandbox.EndAsync()).ShouldEndWith(1).ErrorLines[0].ShouldContain("can't be written");
    }

    [Fact]
    public async Task More_virtual_machines_can_be_seeded()
    {
        _ = SandboxFixture.Kubectl();
        await using var sandbox = Start("--vms", "7");
        await sandbox.SeeAsync("is ready at ");
        await using var plain = new Plain(_folder);
        await plain.Process.SeeAsync("is ready at ");

        var more = await CountAsync(KubeConfig);
        var few = await CountAsync(plain.KubeConfig);

        (more - few).ShouldBe(7);
    }

    [Theory]
    [InlineData("--profile", "0.1")]
    [InlineData("--fault", "nonsense")]
    public async Task A_wrong_value_is_refused_with_2(string option, string value)
    {
        await using var sandbox = Start(option, value);

        (await sandbox.EndAsync()).ShouldEndWith(2).Error.ShouldContain(value);
    }

    private static async Task<int> CountAsync(string kubeConfig)
    {
        var answer = await CliProcess.RunAsync(SandboxFixture.Kubectl(), ["get", "vm", "-A", "-o", "name"], kubeConfig);
        return answer.ShouldEndWith(0).Lines.Length;
    }

    private CliProcess Start(params string[] arguments) =>
        CliProcess.Start(CliProcess.Program, ["sandbox", "--kubeconfig", KubeConfig, .. arguments], kubeConfig: null);

    private sealed class Plain(string folder) : IAsyncDisposable
    {
        public string KubeConfig { get; } = Path.Combine(folder, "plain");

        public CliProcess Process { get; } =
            CliProcess.Start(CliProcess.Program, ["sandbox", "--kubeconfig", Path.Combine(folder, "plain")], kubeConfig: null);

        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
