using System.CommandLine;
using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>measure</c> and <c>report</c>: where the time of clones went, as a table or as a page.</summary>
/// <param name="report">True for <c>report</c>.</param>
internal sealed class MeasureCommand(bool report)
{
    private readonly Argument<string> _file = new("file") { Description = "The HTML file to write; '-' is stdout.", HelpName = "FILE" };
    private readonly Argument<string[]> _names = SharedOptions.Names(
        "name",
        "Names of clones; * and ? are wildcards" + (report ? "." : "; '-' reads them from stdin, one a line."));

    private readonly Option<string?> _batch = SharedOptions.Batch("All clones of this batch.");
    private readonly Option<string?> _selector = SharedOptions.Selector();
    private readonly Option<bool> _all = new("--all") { Description = "All clones of the namespace." };
    private readonly Option<bool> _allNamespaces = SharedOptions.AllNamespaces();
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = report
            ? new Command("report", "Write one self-contained HTML page about a batch: times, timeline, the slowest, what failed and why") { _file }
            : new Command("measure", "Say where the time of clones went: snapshot, restore, bind, boot, for each and over all of them") { _output };
        command.Arguments.Add(_names);
        foreach (var option in new Option[] { _batch, _selector, _all, _allNamespaces })
            command.Options.Add(option);
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => report
            ? ReportAction.RunAsync(Selection(parsed), IsAll(parsed), parsed.GetValue(_file)!, context)
            : MeasureAction.RunAsync(Selection(parsed), IsAll(parsed), parsed.GetValue(_output), context)));
        return command;
    }

    private CloneSelection Selection(ParseResult parsed) => new(
        parsed.GetValue(_names) ?? [], parsed.GetValue(_batch), parsed.GetValue(_selector), parsed.GetValue(_allNamespaces));

    // Looking at all namespaces is looking at all clones.
    private bool IsAll(ParseResult parsed) =>
        parsed.GetValue(_all) || (parsed.GetValue(_allNamespaces) && (parsed.GetValue(_names) ?? []).Length == 0);
}
