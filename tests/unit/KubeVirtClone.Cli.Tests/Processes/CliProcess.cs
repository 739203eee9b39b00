using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace KubeVirtClone.Cli.Tests.Processes;

/// <summary>A program run as users run it: its own process, its streams piped, ended by force when it outlives any reasonable time.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(100);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Lock _lock = new();
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource Seen)> _waiting = [];
    private readonly Task _reading;

    private CliProcess(ProcessStartInfo start, string? input)
    {
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(PumpAsync(_process.StandardOutput, _output), PumpAsync(_process.StandardError, _error));
        if (input is not null)
        {
            _process.StandardInput.Write(input);
            _process.StandardInput.Close();
        }
    }

    /// <summary>Where the program under test is: as users get it where the build names that, else as built.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("KUBEVIRTCLONE_TEST_CLI") is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;

    /// <summary>The program under test.</summary>
    public static string Program { get; } = Path.Combine(Folder, "kubectl-vmclone");

    public int Id => _process.Id;

    public string Output { get { lock (_lock) return _output.ToString(); } }

    public string Error { get { lock (_lock) return _error.ToString(); } }

    /// <summary>Starts a program. Its stdin stays open unless <paramref name="input"/> is given.</summary>
    public static CliProcess Start(string program, IEnumerable<string> arguments, string? kubeConfig, string? input = null, string? path = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (IgnoresInterrupts())
        {
            start.FileName = "env";
            start.ArgumentList.Add("--default-signal=INT");
            start.ArgumentList.Add(program);
        }

        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        if (kubeConfig is not null)
            start.Environment["KUBECONFIG"] = kubeConfig;
        else
            start.Environment.Remove("KUBECONFIG");
        start.Environment["HOME"] = Path.GetTempPath();
        if (path is not null)
            start.Environment["PATH"] = path + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        return new CliProcess(start, input);
    }

    // A test run in the background of a shell ignores SIGINT, and so would what it starts: nothing could be interrupted.
    private static bool IgnoresInterrupts()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        var mask = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..].Trim();
        return (Convert.ToUInt64(mask, 16) & (1UL << (SigInt - 1))) != 0;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<Finished> RunAsync(
        string program, IEnumerable<string> arguments, string? kubeConfig, string input = "", string? path = null)
    {
        await using var process = Start(program, arguments, kubeConfig, input, path);
        return await process.EndAsync();
    }

    public Task<Finished> EndAsync() => EndAsync(Longest);

    public async Task<Finished> EndAsync(TimeSpan longest)
    {
        using var timeout = new CancellationTokenSource(longest);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException(
                $"{_process.StartInfo.FileName} has not ended after {longest.TotalSeconds:f0} s.\nstdout: {Output}\nstderr: {Error}", e);
        }

        await _reading;
        return new Finished(_process.ExitCode, Output, Error);
    }

    /// <summary>Waits until stdout and stderr together hold a text.</summary>
    public async Task SeeAsync(string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((all => all.Contains(text, StringComparison.Ordinal), seen));
            Look();
        }

        if (await Task.WhenAny(seen.Task, _process.WaitForExitAsync(), Task.Delay(Longest)) != seen.Task)
        {
            await Task.WhenAny(_reading, Task.Delay(1000));
            if (!seen.Task.IsCompleted)
                throw new TimeoutException($"'{text}' was never printed.\nstdout: {Output}\nstderr: {Error}");
        }
    }

    public void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0)
            throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Types something at the program's terminal.</summary>
    public void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    public void CloseInput() => _process.StandardInput.Close();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task PumpAsync(StreamReader reader, StringBuilder into)
    {
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
            lock (_lock)
            {
                into.Append(buffer, 0, read);
                Look();
            }
        }
    }

    private void Look()
    {
        var all = _output.ToString() + _error;
        foreach (var (wanted, seen) in _waiting)
        {
            if (wanted(all))
                seen.TrySetResult();
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int pid, int signal);
}

/// <summary>A program that has ended.</summary>
internal sealed record Finished(int Code, string Output, string Error)
{
    /// <summary>Asserts the exit code, showing both streams when it is another.</summary>
    public Finished ShouldEndWith(int code)
    {
        Code.ShouldBe(code, $"stdout: {Output}\nstderr: {Error}");
        return this;
    }

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
