using System.Diagnostics;

namespace KubeVirtClone.Build;

/// <summary>Runs one program of a task in the foreground.</summary>
internal static class Step
{
    /// <summary>Runs <c>dotnet</c> and fails the task when it fails.</summary>
    public static void DotNet(string workingDirectory, params string[] arguments)
    {
        var code = Run(workingDirectory, "dotnet", arguments);
        if (code != 0) throw new BuildFailedException($"dotnet {string.Join(' ', arguments)} ended with exit code {code}.");
    }

    public static int Run(
        string workingDirectory, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Process.Start(Describe(workingDirectory, program, arguments, environment))
            ?? throw new BuildFailedException($"{program} could not be started.");
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Runs a program without showing what it prints; null when it does not exist.</summary>
    public static (int ExitCode, string Output)? Capture(string workingDirectory, string program, params string[] arguments) =>
        Capture(workingDirectory, program, arguments, environment: null);

    /// <summary>The same with more in its environment.</summary>
    public static (int ExitCode, string Output)? Capture(string workingDirectory, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = Describe(workingDirectory, program, arguments, environment);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static ProcessStartInfo Describe(
        string workingDirectory, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = workingDirectory, UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return start;
    }
}
