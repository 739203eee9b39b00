using System.Diagnostics;

namespace KubeVirtClone.Sandbox.Tests.Kubectl;

/// <summary>What a run of kubectl gave.</summary>
internal sealed record KubectlResult(int ExitCode, string Output, string Errors);

/// <summary>A sandbox and a real kubectl pointed at it, with a home folder of its own.</summary>
public class KubectlFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kubevirtclone-kubectl-").FullName;

    internal Sandbox Sandbox { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        Sandbox = await Sandbox.StartAsync(new SandboxOptions { Seeded = false }, TestContext.Current.CancellationToken);
        await Sandbox.WriteKubeConfigAsync(Path.Combine(_folder, "config"));
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Sandbox is not null)
            await Sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The kubeconfig of the sandbox.</summary>
    internal string KubeConfig => Path.Combine(_folder, "config");

    /// <summary>Runs kubectl; skips the test, saying so, where there is none.</summary>
    internal Task<KubectlResult> Run(string arguments, string? input = null) => Run(arguments.Split(' '), input);

    /// <summary>Runs kubectl with arguments that may have spaces.</summary>
    internal async Task<KubectlResult> Run(string[] arguments, string? input)
    {
        using var process = Start(arguments);
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new KubectlResult(process.ExitCode, await output, await errors);
    }

    /// <summary>Starts kubectl and leaves it running.</summary>
    internal Process Start(params string[] arguments)
    {
        var kubectl = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "kubectl.exe" : "kubectl")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(kubectl is null, "kubectl is not on PATH");
        var start = new ProcessStartInfo(kubectl!, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        start.Environment["HOME"] = _folder;
        start.Environment["KUBECONFIG"] = Path.Combine(_folder, "config");
        return Process.Start(start)!;
    }
}
