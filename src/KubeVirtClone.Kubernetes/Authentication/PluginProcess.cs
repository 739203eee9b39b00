using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>One run of a credential plugin.</summary>
internal static class PluginProcess
{
    /// <summary>How long a plugin that has ended may leave its output open to programs it started, such as a browser.</summary>
    private static readonly TimeSpan OutputAfterEnd = TimeSpan.FromSeconds(2);

    /// <summary>How long the beginning of a line is held back for its end.</summary>
    private static readonly TimeSpan LineEnd = TimeSpan.FromMilliseconds(200);

    private static readonly HashSet<Process> Running = [];

    /// <summary>A process that exits while a plugin runs takes it along, and waits until that is done: ending a whole tree takes a while on a busy machine.</summary>
    static PluginProcess() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        List<Process> left;
        lock (Running)
            left = [.. Running];
        left.ForEach(Kill);
    };

    /// <summary>What the plugin wrote to standard output. Cancelling ends it and all that it started.</summary>
    /// <param name="plugin">What to run.</param>
    /// <param name="isInteractive">Whether it gets this process's standard input.</param>
    /// <param name="error">Gets what it writes to standard error, line by line; null lets it write to this process's own.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="CredentialException">It could not be run, or failed.</exception>
    public static async Task<byte[]> RunAsync(CredentialPlugin plugin, bool isInteractive, Action<string>? error, CancellationToken ct)
    {
        var name = ExecCredential.Name(plugin);
        var file = PluginCommand.Find(plugin.Command, Environment.GetEnvironmentVariable("PATH"), Environment.GetEnvironmentVariable("PATHEXT"))
            ?? throw Missing(plugin, name);
        var start = new ProcessStartInfo(file)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = !isInteractive,
            RedirectStandardError = error is not null,
        };
        foreach (var argument in plugin.Arguments)
            start.ArgumentList.Add(argument);
        foreach (var (variable, value) in plugin.Environment)
            start.Environment[variable] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = ExecCredential.Info(plugin, isInteractive);
        ct.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new CredentialException(CredentialProblem.PluginFailed, $"{name} could not be started: {Reason(e, file)}.", plugin.InstallHint);
        }

        using var running = new RunningPlugin(process);
        using var killing = ct.Register(static started => Kill((Process)started!), process);
        if (!isInteractive)
            process.StandardInput.Close();
        using var stop = new CancellationTokenSource();
        var output = ReadAsync(process.StandardOutput.BaseStream, stop.Token);
        var told = error is null ? Task.CompletedTask : TellAsync(process.StandardError.BaseStream, error, stop.Token);
        await process.WaitForExitAsync(CancellationToken.None);
        stop.CancelAfter(OutputAfterEnd);
        await told;
        var bytes = await output;
        ct.ThrowIfCancellationRequested();
        return process.ExitCode == 0
            ? bytes
            : throw new CredentialException(CredentialProblem.PluginFailed, $"{name} failed with exit code {process.ExitCode}.");
    }

    private static CredentialException Missing(CredentialPlugin plugin, string name) => new(
        CredentialProblem.PluginMissing,
        Path.IsPathFullyQualified(plugin.Command) ? $"{name} is not there." : $"{name} is not installed: it is in no folder of PATH.",
        plugin.InstallHint);

    private static string Reason(Win32Exception e, string file) => (e.NativeErrorCode, OperatingSystem.IsWindows()) switch
    {
        (2, false) => "the program that its first line names is not there",
        (5, true) or (13, false) => $"'{file}' may not be executed (permission denied)",
        (8, false) or (193, true) => $"'{file}' is not a program for this system",
        _ => e.Message,
    };

    private static void Kill(Process process)
    {
        try
        {
            lock (process)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has just ended by itself, or some of what it started has.
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken stop)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await ReadSomeAsync(stream, buffer, stop) is > 0 and var count)
            whole.Write(buffer, 0, count);
        return whole.ToArray();
    }

    private static async Task TellAsync(Stream stream, Action<string> tell, CancellationToken stop)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var buffer = new byte[4096];
        var text = new char[4097];
        var line = new StringBuilder();
        while (true)
        {
            var reading = ReadSomeAsync(stream, buffer, stop);
            // A prompt has no end of line, and is to be seen while it waits.
            if (line.Length > 0 && await Task.WhenAny(reading, Task.Delay(LineEnd, stop)) != reading)
                Flush();
            var count = await reading;
            var characters = decoder.GetChars(buffer, 0, count, text, 0, flush: count == 0);
            foreach (var character in text.AsSpan(0, characters))
            {
                if (character == '\n')
                    Flush();
                else
                    line.Append(character);
            }

            if (count > 0)
                continue;
            if (line.Length > 0)
                Flush();
            return;
        }

        void Flush()
        {
            tell(line.ToString().TrimEnd('\r'));
            line.Clear();
        }
    }

    /// <summary>Reads; 0 at the end, and when told to stop (a pipe's read cannot be cancelled, but can be left alone).</summary>
    private static async Task<int> ReadSomeAsync(Stream stream, byte[] buffer, CancellationToken stop)
    {
        try
        {
            return await stream.ReadAsync(buffer, CancellationToken.None).AsTask().WaitAsync(stop);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>Keeps a process in <see cref="Running"/> while it runs.</summary>
    private sealed class RunningPlugin : IDisposable
    {
        private readonly Process _process;

        public RunningPlugin(Process process)
        {
            _process = process;
            lock (Running)
                Running.Add(process);
        }

        public void Dispose()
        {
            lock (Running)
                Running.Remove(_process);
        }
    }
}
