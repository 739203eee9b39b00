using System.CommandLine;
using System.Globalization;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>sandbox</c>: runs a local KubeVirt API to try and test against.</summary>
internal sealed class SandboxCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "sandbox";

    private readonly Option<string> _kubeConfig = new("--kubeconfig")
    {
        Description = "File to write; use it as KUBECONFIG.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<int?> _port = SharedOptions.WholeNumber("--port", "Port on the loopback interface; 0 or none: a free one.", 0, 65_535);
    private readonly Option<string?> _profile = new("--profile") { Description = "Behave as this KubeVirt version (1.9).", HelpName = "VERSION" };
    private readonly Option<int?> _vms = SharedOptions.WholeNumber("--vms", "Seed this many more VMs.", 0, 1_000_000);

    private readonly Option<string?> _seedFile = new("--seed-file")
    {
        Description = "Start with the VMs and objects of this JSON file (- for stdin) in place of the demo's.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _noPacing = new("--no-pacing")
    {
        Description = "Answer as fast as possible, without a real KubeVirt's brakes on cloning.",
    };

    private readonly Option<double?> _clockFactor = new("--clock-factor")
    {
        Description = "Let simulated time run this many times as fast as real time.",
        HelpName = "FACTOR",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0)
                return value;
            result.AddError($"--clock-factor {result.Tokens[0].Value}: write a number above 0");
            return null;
        },
    };

    private readonly Option<string[]> _faults = SharedOptions.Repeatable("--fault", "Switch on a fault", "FAULT");
    private readonly Option<int?> _seed = SharedOptions.WholeNumber("--seed", "Seed of everything random (uids, names, faults), for repeatable runs; another each time when not given.", 0, int.MaxValue);

    private readonly Option<int?> _parentPid = SharedOptions.WholeNumber(
        "--parent-pid", "End when this process ends, or when stdin is closed.", 1, int.MaxValue);

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command(Name, "Run a local KubeVirt API with demo VMs, until it is told to stop")
        {
            _kubeConfig, _port, _profile, _vms, _seedFile, _noPacing, _clockFactor, _faults, _seed, _parentPid,
        };
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => SandboxAction.RunAsync(Bind(parsed), context)));
        return command;
    }

    public SandboxInvocation Bind(ParseResult parsed) => new()
    {
        KubeConfigPath = parsed.GetRequiredValue(_kubeConfig),
        Port = parsed.GetValue(_port) ?? 0,
        Profile = parsed.GetValue(_profile),
        Vms = parsed.GetValue(_vms) ?? 0,
        SeedFile = parsed.GetValue(_seedFile),
        Pacing = !parsed.GetValue(_noPacing),
        ClockFactor = parsed.GetValue(_clockFactor),
        Faults = parsed.GetValue(_faults) ?? [],
        Seed = parsed.GetValue(_seed),
        ParentPid = parsed.GetValue(_parentPid),
    };
}

/// <summary>The command line of <c>sandbox</c>.</summary>
internal sealed record SandboxInvocation
{
    public required string KubeConfigPath { get; init; }

    public int Port { get; init; }

    public string? Profile { get; init; }

    public int Vms { get; init; }

    public string? SeedFile { get; init; }

    public bool Pacing { get; init; } = true;

    public double? ClockFactor { get; init; }

    public IReadOnlyList<string> Faults { get; init; } = [];

    public int? Seed { get; init; }

    public int? ParentPid { get; init; }
}
