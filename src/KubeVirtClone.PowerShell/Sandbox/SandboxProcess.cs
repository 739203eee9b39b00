using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace KubeVirtClone.Sandbox;

/// <summary>The sandbox as a process of its own. It ends when it is told to, and by itself when this process ends.</summary>
internal sealed class SandboxProcess : IDisposable
{
    private const int KeptErrorCharacters = 4000;
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(3);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private SandboxProcess(ProcessStartInfo start, string folder)
    {
        Folder = folder;
        _process = new Process { StartInfo = start };
    }

    /// <summary>Folder of the kubeconfig, removed with the sandbox.</summary>
    public string Folder { get; }

    /// <summary>The kubeconfig it writes.</summary>
    public string KubeConfig => Path.Combine(Folder, "kubeconfig");

    public int ProcessId { get; private set; }

    /// <summary>False once the process has ended, for whatever reason.</summary>
    public bool IsRunning
    {
        get
        {
            try
            {
                return !_process.HasExited;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }

    /// <summary>Starts the program and returns when it says that it is ready.</summary>
    /// <param name="program">The published command line tool, a dll or an executable.</param>
    /// <param name="arguments">Arguments of its <c>sandbox</c> command.</param>
    /// <param name="seed">JSON of the objects to start with; null for the demo's.</param>
    /// <param name="ct">Cancels; the process is then ended.</param>
    /// <exception cref="SandboxException">It could not be started; the message has its own last words.</exception>
    public static async Task<SandboxProcess> StartAsync(string program, IEnumerable<string> arguments, string? seed, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("kubevirtclone-").FullName;
        var sandbox = new SandboxProcess(StartInfo(program), folder);
        try
        {
            foreach (var argument in (string[])["sandbox", "--kubeconfig", sandbox.KubeConfig, .. arguments])
            {
                sandbox._process.StartInfo.ArgumentList.Add(argument);
            }

            if (seed is not null)
            {
                var file = Path.Combine(folder, "seed.json");
                await File.WriteAllTextAsync(file, seed, ct);
                sandbox._process.StartInfo.ArgumentList.Add("--seed-file");
                sandbox._process.StartInfo.ArgumentList.Add(file);
            }

            await sandbox.StartAsync(ct);
            return sandbox;
        }
        catch
        {
            sandbox.End();
            throw;
        }
    }

    /// <summary>Ends the process and removes its folder. Does nothing when it has ended already.</summary>
    public void End()
    {
        try
        {
            if (IsRunning)
            {
                _process.StandardInput.Close();
                if (!_process.WaitForExit(GracePeriod)) _process.Kill();
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or System.ComponentModel.Win32Exception)
        {
            // It ended in this very moment.
        }

        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A temporary folder: the system clears it away.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(string program)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            // Held open for the sandbox's lifetime: it takes the end of its input as the order to stop.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (!program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)) return start;
        if (!File.Exists(program)) throw new SandboxException($"'{program}' does not exist.", "Check the path in KUBEVIRTCLONE_SANDBOX.");
        start.FileName = DotNetHost.Find() ?? throw new SandboxException(
            $"The sandbox needs the ASP.NET Core {DotNetHost.RequiredMajor} runtime, and no dotnet with it was found on this machine.",
            $"Install the ASP.NET Core {DotNetHost.RequiredMajor} runtime (or the .NET {DotNetHost.RequiredMajor} SDK) from https://dotnet.microsoft.com/download; with it elsewhere than usual, set DOTNET_ROOT.");
        start.ArgumentList.Add(program);
        return start;
    }

    private async Task StartAsync(CancellationToken ct)
    {
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 }) ready.TrySetResult(true);
        };
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        try
        {
            _process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new SandboxException($"'{_process.StartInfo.FileName}' could not be started: {e.Message}", "Check the path in KUBEVIRTCLONE_SANDBOX.");
        }

        ProcessId = _process.Id;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var ended = _process.WaitForExitAsync(ct);
        await Task.WhenAny(ready.Task, ended);
        ct.ThrowIfCancellationRequested();
        if (ready.Task.IsCompleted && File.Exists(KubeConfig)) return;
        await ended;
        string said;
        lock (_errors) said = _errors.ToString().Trim();
        throw new SandboxException(
            string.Create(CultureInfo.InvariantCulture, $"The sandbox ended with exit code {_process.ExitCode}{(said.Length > 0 ? ": " + said : ".")}"),
            "Correct the parameter it complains about; without any, another port may help.");
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_errors)
        {
            if (_errors.Length < KeptErrorCharacters) _errors.AppendLine(line);
        }
    }
}

/// <summary>The sandbox could not be started.</summary>
internal sealed class SandboxException(string message, string recommendedAction) : Exception(message)
{
    public string RecommendedAction { get; } = recommendedAction;
}
