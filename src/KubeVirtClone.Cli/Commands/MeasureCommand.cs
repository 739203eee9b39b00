using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>measure</c> and <c>report</c>: where the time of clones went, as a table or as a page.</summary>
/// <param name="report">True for <c>report</c>.</param>
internal sealed class MeasureCommand(bool report)
{
    private readonly Argument<string> _file = new("file") { Description = "The HTML file to write; '-' is stdout.", HelpName = "FILE" };
    private readonly Option<bool> _all = new("--all") { Description = "All clones of the namespace." };
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = report
            ? new Command("report", "Write one self-contained HTML page about a batch: times, timeline, the slowest, what failed and why") { _file }
            : new Command("measure", "Say where the time of clones went: snapshot, restore, bind, boot, for each and over all of them") { _output };
        command.Options.Add(_all);
        var options = new SelectionOptions(command);
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context =>
        {
            var selection = options.Bind(parsed);
            // Looking at all namespaces is looking at all clones.
            var all = parsed.GetValue(_all) || (selection.AllNamespaces && selection.Names.Count == 0);
            return report
                ? ReportAction.RunAsync(selection, all, parsed.GetValue(_file)!, context)
                : MeasureAction.RunAsync(selection, all, parsed.GetValue(_output), context);
        }));
        return command;
    }
}
