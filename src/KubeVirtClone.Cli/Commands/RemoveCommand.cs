using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>remove</c>: removes clone objects and, when asked to, the VMs they made.</summary>
internal sealed class RemoveCommand
{
    private readonly Option<bool> _completed = new("--completed") { Description = "Only clones that are done: succeeded, with their volumes bound and as large as was asked. Alone it means all such clones of the namespace." };
    private readonly Option<bool> _all = new("--all") { Description = "All clones of the namespace." };
    private readonly Option<bool> _includeTarget = new("--include-target") { Description = "Remove the cloned VMs as well." };
    private readonly Option<bool> _keepVolumes = new("--keep-volumes")
    {
        Description = "With --include-target: leave the volumes of those VMs, with their data; nobody owns them then.",
    };

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Remove a clone although volumes that are not bound yet need it: they can then never be filled.",
    };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Don't ask." };
    private readonly Option<DryRunMode> _dryRun = SharedOptions.DryRun("client says what would go; server asks the server too; nothing is removed.");
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("remove", "Remove clones; the VMs they made stay unless --include-target is given")
        {
            _completed, _all, _includeTarget, _keepVolumes, _force, _yes, _dryRun, _output,
        };
        var selection = new SelectionOptions(command);
        command.Aliases.Add("delete");
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => RemoveAction.RunAsync(Bind(parsed, selection.Bind(parsed)), context)));
        return command;
    }

    private RemoveInvocation Bind(ParseResult parsed, CloneSelection selection) => new(
        selection,
        parsed.GetValue(_completed),
        parsed.GetValue(_all),
        parsed.GetValue(_includeTarget),
        parsed.GetValue(_keepVolumes),
        parsed.GetValue(_force),
        parsed.GetValue(_yes),
        parsed.GetValue(_dryRun),
        parsed.GetValue(_output));
}

/// <summary>The command line of <c>remove</c>.</summary>
internal sealed record RemoveInvocation(
    CloneSelection Selection, bool Completed, bool All, bool IncludeTarget, bool KeepVolumes, bool Force, bool Yes, DryRunMode DryRun, OutputFormat Output);
