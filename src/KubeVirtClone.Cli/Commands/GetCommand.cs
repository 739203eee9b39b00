using System.CommandLine;
using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;

namespace KubeVirtClone.Cli.Commands;

/// <summary>Which clones a command is about.</summary>
/// <param name="Names">Names, wildcards where the command allows them; empty means no limit by name.</param>
/// <param name="Batch">Only of this batch.</param>
/// <param name="LabelSelector">Only with these labels.</param>
/// <param name="AllNamespaces">In all namespaces.</param>
internal sealed record CloneSelection(IReadOnlyList<string> Names, string? Batch, string? LabelSelector, bool AllNamespaces);

/// <summary><c>get</c>: lists clones.</summary>
internal sealed class GetCommand
{
    private readonly Argument<string[]> _names = SharedOptions.Names(
        "name",
        "Names of clones; * and ? are wildcards. Without any: all.");

    private readonly Option<string?> _batch = SharedOptions.Batch("Only clones of this batch.");
    private readonly Option<string?> _selector = SharedOptions.Selector();
    private readonly Option<bool> _allNamespaces = SharedOptions.AllNamespaces();
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Go on and print every change, until interrupted." };
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("get", "List clones") { _names, _batch, _selector, _allNamespaces, _watch, _output };
        command.Aliases.Add("list");
        command.SetAction(parsed => runner.RunAsync(
            parsed,
            globals,
            context => GetAction.RunAsync(BindSelection(parsed), parsed.GetValue(_watch), parsed.GetValue(_output), context)));
        return command;
    }

    public CloneSelection BindSelection(ParseResult parsed) => new(
        [.. (parsed.GetValue(_names) ?? []).Select(Input.CloneArgument.Name)],
        parsed.GetValue(_batch),
        parsed.GetValue(_selector),
        parsed.GetValue(_allNamespaces));
}
