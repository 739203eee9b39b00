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
    public async Task Its_kubeconfig_is_for_the_owner_only()
    {
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

    [Theory]
    [InlineData("--profile", "0.1")]
    [InlineData("--fault", "nonsense")]
    public async Task A_wrong_value_is_refused_with_2(string option, string value)
    {
        await using var sandbox = Start(option, value);

        (await sandbox.EndAsync()).ShouldEndWith(2).Error.ShouldContain(value);
    }

    private CliProcess Start(params string[] arguments) =>
        CliProcess.Start(CliProcess.Program, ["sandbox", "--kubeconfig", KubeConfig, .. arguments], kubeConfig: null);
}
