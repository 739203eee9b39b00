using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>debug</c>: says why clones stand where they stand, and repairs what can safely be repaired.</summary>
internal sealed class DebugCommand
{
    private readonly Option<bool> _all = new("--all") { Description = "All clones of the namespace." };
    private readonly Option<bool> _repair = new("--repair")
    {
        Description = "Do what is shown under Repair, clone by clone: it deletes only what the clone left behind and no VM uses.",
    };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Don't ask before a repair." };
    private readonly Option<OutputFormat> _output = SharedOptions.Output("Without it: a paragraph for each clone that is not done.");

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("debug", "Say why a clone is stuck: cause, evidence, since when, whether it can still end by itself, next step")
        {
            _all, _repair, _yes, _output,
        };
        var selection = new SelectionOptions(command);
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => DebugAction.RunAsync(Bind(parsed, selection.Bind(parsed)), context)));
        return command;
    }

    private DebugInvocation Bind(ParseResult parsed, CloneSelection selection) => new(
        selection,
        parsed.GetValue(_all),
        parsed.GetValue(_repair),
        parsed.GetValue(_yes),
        parsed.GetResult(_output) is null ? null : parsed.GetValue(_output));
}

/// <summary>The command line of <c>debug</c>.</summary>
internal sealed record DebugInvocation(CloneSelection Selection, bool All, bool Repair, bool Yes, OutputFormat? Output);
