using System.Diagnostics;
using System.Globalization;
using KubeVirtClone.Sandbox;

namespace KubeVirtClone.Bench.Compare;

/// <summary>The one server all ways are measured against: a live cluster where KUBEVIRTCLONE_TEST_KUBECONFIG names one, else a sandbox in a process of its own.</summary>
internal sealed class ComparedServer : IAsyncDisposable
{
    private readonly Process? _sandbox;

    private ComparedServer(string kubeConfig, Process? sandbox) => (KubeConfig, _sandbox) = (kubeConfig, sandbox);

    public string KubeConfig { get; }

    public string Name => _sandbox is null ? "a live cluster" : "the sandbox, a process of its own, without KubeVirt's brakes on cloning";

    public static async Task<ComparedServer> StartAsync(string folder, int machines)
    {
        if (Environment.GetEnvironmentVariable("KUBEVIRTCLONE_TEST_KUBECONFIG") is { Length: > 0 } live) return new(Path.GetFullPath(live), null);
        var config = Path.Combine(folder, "kubeconfig");
        var sandbox = ClientBench.StartSelf("compared-server", $"{machines}", config);
        if (await sandbox.StandardOutput.ReadLineAsync() is null) throw new InvalidOperationException("The sandbox did not start.");
        return new(config, sandbox);
    }

    /// <summary>What the server has been asked since it was last asked this; null where the server does not count.</summary>
    public async Task<Asked?> CountAsync()
    {
        if (_sandbox is null) return null;
        await _sandbox.StandardInput.WriteLineAsync("count");
        await _sandbox.StandardInput.FlushAsync();
        var counts = (await _sandbox.StandardOutput.ReadLineAsync())!.Split(' ');
        return new Asked(long.Parse(counts[0], CultureInfo.InvariantCulture), long.Parse(counts[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        if (_sandbox is null) return;
        _sandbox.StandardInput.Close();
        await _sandbox.WaitForExitAsync();
        _sandbox.Dispose();
    }

    /// <summary>The sandbox's process: answers every line with what it was asked, until standard input ends.</summary>
    public static async Task RunAsync(int machines, string kubeConfig)
    {
        using var counter = new RequestCounter();
        await using var sandbox = await Sandbox.Sandbox.StartAsync(new SandboxOptions { VmCount = machines, Pacing = false }, CancellationToken.None);
        await sandbox.WriteKubeConfigAsync(kubeConfig);
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is not null)
        {
            var asked = counter.Take();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{asked.Requests} {asked.Watches}"));
        }
    }
}

/// <summary>What a server was asked.</summary>
/// <param name="Requests">All requests, watches too.</param>
/// <param name="Watches">Those that watched.</param>
internal sealed record Asked(long Requests, long Watches);
