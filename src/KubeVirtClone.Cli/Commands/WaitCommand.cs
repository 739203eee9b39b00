using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>wait</c>: waits for clones that are being made.</summary>
internal sealed class WaitCommand
{
    private readonly Option<bool> _all = new("--all") { Description = "All clones of the namespace." };
    private readonly Option<WaitState> _for = SharedOptions.For();
    private readonly Option<TimeSpan?> _timeout = SharedOptions.Timeout("Longest wait, as 90s or 5m. Without it: no limit.");
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("wait", "Wait until clones are made, and say why one never will be")
        {
            _all, _for, _timeout, _output,
        };
        var selection = new SelectionOptions(command);
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => WaitAction.RunAsync(Bind(parsed, selection.Bind(parsed)), context)));
        return command;
    }

    private WaitInvocation Bind(ParseResult parsed, CloneSelection selection) => new(
        selection,
        parsed.GetValue(_all),
        parsed.GetValue(_for),
        parsed.GetValue(_timeout),
        parsed.GetValue(_output));
}

/// <summary>The command line of <c>wait</c>.</summary>
internal sealed record WaitInvocation(CloneSelection Selection, bool All, WaitState For, TimeSpan? Timeout, OutputFormat Output);
