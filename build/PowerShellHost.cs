namespace KubeVirtClone.Build;

/// <summary>A PowerShell 7.4 or later on this machine: the one on PATH, else the .NET tool this checkout names.</summary>
internal sealed class PowerShellHost
{
    private const string NotFound =
        "No PowerShell was found: none is on PATH, and 'dotnet tool restore' could not bring the one this checkout names.";

    private readonly string _root;
    private readonly string _program;
    private readonly string[] _prefix;

    private PowerShellHost(string root, string program, params string[] prefix)
    {
        _root = root;
        _program = program;
        _prefix = prefix;
    }

    public static PowerShellHost? Find(Repository repository, out string reason)
    {
        reason = string.Empty;
        var root = repository.Root;
        if (Works(new PowerShellHost(root, "pwsh")) is { } onPath) return onPath;
        if (Step.Capture(root, "dotnet", "tool", "restore") is { ExitCode: 0 }
            && Works(new PowerShellHost(root, "dotnet", "tool", "run", "pwsh", "--")) is { } tool)
        {
            return tool;
        }

        reason = NotFound;
        return null;
    }

    public bool HasModule(string name, string minimumVersion) =>
        Step.Capture(_root, _program, Arguments("-Command", $"if (Get-Module -ListAvailable {name} | Where-Object Version -ge {minimumVersion}) {{ 'yes' }}"))
            is { ExitCode: 0 } answer && answer.Output.Trim() == "yes";

    /// <summary>Runs a script and gives back what it writes.</summary>
    /// <exception cref="BuildFailedException">It ended with an error.</exception>
    public string Capture(string script) =>
        Step.Capture(_root, _program, Arguments("-Command", "$ErrorActionPreference = 'Stop'; " + script)) is { } answer && answer.ExitCode == 0
            ? answer.Output
            : throw new BuildFailedException("PowerShell could not run: " + script);

    public int RunFile(string script, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Step.Run(_root, _program, Arguments(["-File", script, .. arguments]), environment);

    private string[] Arguments(params string[] rest) => [.. _prefix, "-NoLogo", "-NoProfile", "-NonInteractive", .. rest];

    private static PowerShellHost? Works(PowerShellHost candidate) =>
        Step.Capture(candidate._root, candidate._program, candidate.Arguments("-Command", "$PSVersionTable.PSVersion -ge [version]'7.4'"))
            is { ExitCode: 0 } answer && answer.Output.Trim() == "True" ? candidate : null;
}
