using System.Diagnostics;
using System.Globalization;

namespace KubeVirtClone.Bench.Compare;

/// <summary>Runs other programs to their end, as users do, with the compared server's kubeconfig.</summary>
internal sealed class Programs(string kubeConfig)
{
    /// <summary>kubectl on PATH; null where there is none.</summary>
    public static string? Kubectl { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);

    /// <summary>kubectl-vmclone as the build has laid it out; null where it has not.</summary>
    public static string? Cli => Existing("output/bin/kubectl-vmclone");

    /// <summary>The module as the build has laid it out; null where it has not.</summary>
    public static string? Module => !Directory.Exists("output/KubeVirtClone")
        ? null
        : Directory.GetFiles("output/KubeVirtClone", "KubeVirtClone.PowerShell.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc) is { } assembly
            ? Existing(Path.Combine(assembly, "../KubeVirtClone.psd1")) : null;

    /// <summary>Runs a program; its time from start to end, and the most memory it was seen to hold.</summary>
    public async Task<Ran> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["KUBECONFIG"] = kubeConfig;
        var time = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var end = process.WaitForExitAsync();
        var most = 0L;
        while (await Task.WhenAny(end, Task.Delay(25)) != end) most = Math.Max(most, Peak(process.Id));
        var took = time.Elapsed;
        if (process.ExitCode != 0) throw new InvalidOperationException($"{Path.GetFileName(program)} {string.Join(' ', arguments)}: {await errors}");
        return new Ran(took, most >> 20, await output);
    }

    /// <summary>Runs PowerShell, which is to write one line of numbers: milliseconds first.</summary>
    public async Task<(Ran Ran, double[] Numbers)> PowerShellAsync(string script)
    {
        var ran = await RunAsync("dotnet", "tool", "run", "pwsh", "-NoProfile", "-NonInteractive", "-Command", "$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'; " + script);
        var line = ran.Output.Trim().Split('\n')[^1];
        return (ran, [.. line.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))]);
    }

    // VmHWM: what it held at most until now. Gone with the process, and not told by other systems.
    private static long Peak(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(each => each.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string? Existing(string path) => File.Exists(path) ? Path.GetFullPath(path) : null;
}

/// <summary>A program that has ended.</summary>
internal sealed record Ran(TimeSpan Time, long Megabytes, string Output);
