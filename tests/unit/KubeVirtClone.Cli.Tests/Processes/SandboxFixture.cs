using KubeVirtClone.Cli.Tests.Processes;

[assembly: AssemblyFixture(typeof(SandboxFixture))]

namespace KubeVirtClone.Cli.Tests.Processes;

/// <summary>One sandbox for all process tests, run by the program under test. It starts when the first test needs it. Tests share it: each uses targets and batches of its own.</summary>
public sealed class SandboxFixture : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmclone-cli-").FullName;
    private readonly Lazy<Task<CliProcess>> _sandbox;

    public SandboxFixture() => _sandbox = new(StartSandboxAsync);

    private string KubeConfigFile => Path.Combine(_folder, "kubeconfig");

    /// <summary>Path of the sandbox's kubeconfig, once it is ready.</summary>
    public async Task<string> KubeConfigAsync()
    {
        await _sandbox.Value;
        return KubeConfigFile;
    }

    /// <summary>Runs <c>kubectl-vmclone</c> against the sandbox.</summary>
    internal Task<Finished> RunAsync(params string[] arguments) => RunWithInputAsync("", arguments);

    /// <summary>Runs it with something on stdin.</summary>
    internal async Task<Finished> RunWithInputAsync(string input, params string[] arguments) =>
        await CliProcess.RunAsync(CliProcess.Program, arguments, await KubeConfigAsync(), input);

    /// <summary>Runs kubectl against the sandbox; skips the test where there is none.</summary>
    internal async Task<Finished> KubectlAsync(string input, params string[] arguments)
    {
        return await CliProcess.RunAsync(Kubectl(), arguments, await KubeConfigAsync(), input, CliProcess.Folder);
    }

    /// <summary>Path of kubectl; skips the test where there is none.</summary>
    internal static string Kubectl()
    {
        Assert.SkipUnless(FindKubectl() is not null, "kubectl is not on PATH");
        return FindKubectl()!;
    }

    /// <summary>Starts <c>kubectl-vmclone</c> against the sandbox.</summary>
    internal async Task<CliProcess> StartAsync(params string[] arguments) =>
        CliProcess.Start(CliProcess.Program, arguments, await KubeConfigAsync(), "");

    public async ValueTask DisposeAsync()
    {
        if (_sandbox.IsValueCreated && _sandbox.Value.IsCompletedSuccessfully)
        {
            await using var sandbox = await _sandbox.Value;
            sandbox.Signal(CliProcess.SigTerm);
            await sandbox.EndAsync(TimeSpan.FromSeconds(10));
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task<CliProcess> StartSandboxAsync()
    {
        var sandbox = CliProcess.Start(
            CliProcess.Program, ["sandbox", "--kubeconfig", KubeConfigFile, "--no-pacing", "--clock-factor", "20"], kubeConfig: null);
        await sandbox.SeeAsync("is ready at ");
        return sandbox;
    }

    private static string? FindKubectl() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "kubectl"))
            .FirstOrDefault(File.Exists);
}
