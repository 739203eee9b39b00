using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>compare</c>: is a clone what was asked for?</summary>
internal sealed class CompareCommand
{
    private readonly Argument<string[]> _names = SharedOptions.Names(
        "name",
        "Names of clones, or of the VMs they made (* and ? are wildcards); vm/NAME for a VM whose clone object is gone; '-' reads them from stdin, one a line.");

    private readonly Option<string?> _batch = SharedOptions.Batch("All clones of this batch.");
    private readonly Option<string?> _selector = SharedOptions.Selector();
    private readonly Option<bool> _all = new("--all") { Description = "All clones of the namespace." };
    private readonly Option<string?> _source = new("--source")
    {
        Description = "Compare with this source, vm/NAME or vmsnapshot/NAME, instead of the one the clone names; needed where the clone object is gone.",
        HelpName = "SOURCE",
    };

    private readonly Option<string?> _sourceNamespace = new("--source-namespace") { Description = "Namespace of --source, where that is not the clone's own.", HelpName = "NAMESPACE" };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print no table; the exit code tells." };
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("compare", "Say where clones differ from their source, and whether that was asked for; exit code 1 when it was not")
        {
            _names, _batch, _selector, _all, _source, _sourceNamespace, _quiet, _output,
        };
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => CompareAction.RunAsync(Bind(parsed), context)));
        return command;
    }

    private CompareInvocation Bind(ParseResult parsed) => new(
        new CloneSelection(parsed.GetValue(_names) ?? [], parsed.GetValue(_batch), parsed.GetValue(_selector), AllNamespaces: false),
        parsed.GetValue(_all),
        parsed.GetValue(_source),
        parsed.GetValue(_sourceNamespace),
        parsed.GetValue(_quiet),
        parsed.GetValue(_output));
}

/// <summary>The command line of <c>compare</c>.</summary>
internal sealed record CompareInvocation(CloneSelection Selection, bool All, string? Source, string? SourceNamespace, bool Quiet, OutputFormat Output);
