using System.CommandLine;
using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>wait</c>: waits for clones that are being made.</summary>
internal sealed class WaitCommand
{
    private readonly Argument<string[]> _names = SharedOptions.Names(
        "name",
        "Names of clones; * and ? are wildcards; '-' reads them from stdin, one a line.");

    private readonly Option<string?> _batch = SharedOptions.Batch("All clones of this batch.");
    private readonly Option<string?> _selector = SharedOptions.Selector();
    private readonly Option<bool> _all = new("--all") { Description = "All clones of the namespace." };
    private readonly Option<bool> _allNamespaces = SharedOptions.AllNamespaces();
    private readonly Option<WaitTarget> _for = SharedOptions.For();
    private readonly Option<TimeSpan?> _timeout = SharedOptions.Timeout("Longest wait, as 90s or 5m. Without it: no limit.");
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("wait", "Wait until clones are made, and say why one never will be")
        {
            _names, _batch, _selector, _all, _allNamespaces, _for, _timeout, _output,
        };
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => WaitAction.RunAsync(Bind(parsed), context)));
        return command;
    }

    public WaitInvocation Bind(ParseResult parsed) => new(
        new CloneSelection(
            parsed.GetValue(_names) ?? [], parsed.GetValue(_batch), parsed.GetValue(_selector), parsed.GetValue(_allNamespaces)),
        parsed.GetValue(_all),
        parsed.GetValue(_for),
        parsed.GetValue(_timeout),
        parsed.GetValue(_output));
}

/// <summary>The command line of <c>wait</c>.</summary>
internal sealed record WaitInvocation(CloneSelection Selection, bool All, WaitTarget For, TimeSpan? Timeout, OutputFormat Output);
