using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>start</c> and <c>stop</c>: virtual machines, by name, or the machines a batch of clones made.</summary>
/// <param name="start">True for <c>start</c>.</param>
internal sealed class PowerCommand(bool start)
{
    private readonly Argument<string[]> _names = SharedOptions.Names(
        "name",
        "Names of VMs; * and ? are wildcards; vmclone/NAME is the VM that clone made; '-' reads them from stdin, one a line.");

    private readonly Option<string?> _batch = SharedOptions.Batch("The VMs that the clones of this batch made.");
    private readonly Option<string?> _selector = SharedOptions.Selector("VMs");
    private readonly Option<bool> _all = new("--all") { Description = "All VMs of the namespace." };
    private readonly Option<bool> _wait = new("--wait") { Description = start ? "Wait until each runs, and print it then." : "Wait until each is off, and print it then." };
    private readonly Option<TimeSpan?> _timeout = SharedOptions.Timeout("Longest wait for one VM, as 90s or 5m. Without it: as long as it may still come.");
    private readonly Option<bool> _paused = new("--paused") { Description = "Start paused, before the guest's first instruction." };
    private readonly Option<TimeSpan?> _gracePeriod = SharedOptions.Duration(
        "--grace-period",
        "Time the guest gets to shut down; 0 switches it off. Without it: what the VM says.");

    private readonly Option<int?> _throttle = SharedOptions.WholeNumber("--throttle-limit", "Requests at once, at most.", 1, 1000);
    private readonly Option<DryRunMode> _dryRun = SharedOptions.ServerDryRun();
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command(
            start ? "start" : "stop",
            start ? "Start virtual machines; one that was stopped here gets its run strategy back" : "Stop virtual machines; 'start' brings their run strategy back")
        {
            _names, _batch, _selector, _all, _wait, _timeout, _throttle, _dryRun, _output,
        };
        command.Options.Add(start ? _paused : _gracePeriod);
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => PowerAction.RunAsync(Bind(parsed), context)));
        return command;
    }

    private PowerInvocation Bind(ParseResult parsed) => new(
        start,
        new CloneSelection(parsed.GetValue(_names) ?? [], parsed.GetValue(_batch), parsed.GetValue(_selector), AllNamespaces: false),
        parsed.GetValue(_all),
        new PowerOptions
        {
            // Asking how long to wait is asking to wait.
            Wait = parsed.GetValue(_wait) || parsed.GetResult(_timeout) is not null,
            Timeout = parsed.GetValue(_timeout),
            Paused = start && parsed.GetValue(_paused),
            GracePeriod = start ? null : parsed.GetValue(_gracePeriod),
            DryRun = parsed.GetValue(_dryRun) == DryRunMode.Server,
            ThrottleLimit = parsed.GetValue(_throttle) ?? new PowerOptions().ThrottleLimit,
        },
        parsed.GetValue(_output));
}

/// <summary>The command line of <c>start</c> and <c>stop</c>.</summary>
internal sealed record PowerInvocation(bool Start, CloneSelection Selection, bool All, PowerOptions Options, OutputFormat Output);
