using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>snapshot new|get|wait|remove</c>: snapshots of virtual machines.</summary>
internal sealed class SnapshotCommand
{
    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("snapshot", "Take, list, wait for and remove snapshots of virtual machines");
        command.Aliases.Add("snapshots");
        command.SetAction(parsed => HelpText.Write(parsed, parsed.InvocationConfiguration.Output));
        command.Subcommands.Add(new SnapshotNewCommand().Build(globals, runner));
        command.Subcommands.Add(BuildGet(globals, runner));
        command.Subcommands.Add(BuildWait(globals, runner));
        command.Subcommands.Add(BuildRemove(globals, runner));
        return command;
    }

    private static Command BuildGet(GlobalOptions globals, CommandRunner runner)
    {
        var names = SharedOptions.Names("name", "Names of snapshots; * and ? are wildcards. Without any: all.");
        var batch = SharedOptions.Batch("Only the snapshots that the clones of this batch share.");
        var selector = SharedOptions.Selector("snapshots");
        var fields = SharedOptions.FieldSelector();
        var allNamespaces = SharedOptions.AllNamespaces();
        var output = SharedOptions.Output();
        var command = new Command("get", "List snapshots") { names, batch, selector, fields, allNamespaces, output };
        command.Aliases.Add("list");
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => SnapshotAction.GetAsync(
            new CloneSelection(
                parsed.GetValue(names) ?? [], parsed.GetValue(batch), parsed.GetValue(selector), parsed.GetValue(allNamespaces))
            {
                FieldSelector = parsed.GetValue(fields),
            },
            parsed.GetValue(output),
            context)));
        return command;
    }

    private static Command BuildWait(GlobalOptions globals, CommandRunner runner)
    {
        var names = SharedOptions.Names("name", "Names of snapshots; * and ? are wildcards; '-' reads them from stdin, one a line.");
        var selector = SharedOptions.Selector("snapshots");
        var all = new Option<bool>("--all") { Description = "All snapshots of the namespace." };
        var timeout = SharedOptions.Timeout("Longest wait, as 90s or 5m. Without it: as long as it may still come.");
        var output = SharedOptions.Output();
        var command = new Command("wait", "Wait until snapshots are ready to use; ends at once when one has failed") { names, selector, all, timeout, output };
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => SnapshotAction.WaitAsync(
            new CloneSelection(parsed.GetValue(names) ?? [], Batch: null, parsed.GetValue(selector), AllNamespaces: false),
            parsed.GetValue(all),
            parsed.GetValue(timeout),
            parsed.GetValue(output),
            context)));
        return command;
    }

    private static Command BuildRemove(GlobalOptions globals, CommandRunner runner)
    {
        var names = SharedOptions.Names("name", "Names of snapshots; * and ? are wildcards; '-' reads them from stdin, one a line.");
        var batch = SharedOptions.Batch("The snapshots that the clones of this batch share.");
        var selector = SharedOptions.Selector("snapshots");
        var all = new Option<bool>("--all") { Description = "All snapshots of the namespace." };
        var force = new Option<bool>("--force") { Description = "Remove them whatever still needs them: volumes that are not bound yet can then never be filled." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Don't ask." };
        var output = SharedOptions.Output();
        var command = new Command("remove", "Remove snapshots that nothing needs any more") { names, batch, selector, all, force, yes, output };
        command.Aliases.Add("delete");
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => SnapshotAction.RemoveAsync(
            new CloneSelection(parsed.GetValue(names) ?? [], parsed.GetValue(batch), parsed.GetValue(selector), AllNamespaces: false),
            new RemovalWords(parsed.GetValue(all), parsed.GetValue(force), parsed.GetValue(yes)),
            parsed.GetValue(output),
            context)));
        return command;
    }
}

/// <summary>What the command line says about a removal beside what is removed.</summary>
/// <param name="All">Everything there is.</param>
/// <param name="Force">Whatever still needs it.</param>
/// <param name="Yes">Without asking.</param>
internal sealed record RemovalWords(bool All, bool Force, bool Yes);
