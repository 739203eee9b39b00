using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>get</c>: lists clones.</summary>
internal sealed class GetCommand
{
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Go on and print every change, until interrupted." };
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("get", "List clones: the VMs they make, and how far each is") { _watch, _output };
        var selection = new SelectionOptions(command, "Names of clones, or of the VMs they make; * and ? are wildcards; '-' reads them from stdin. Without any: all.");
        command.Aliases.Add("list");
        command.SetAction(parsed => runner.RunAsync(
            parsed,
            globals,
            context => GetAction.RunAsync(selection.Bind(parsed), parsed.GetValue(_watch), parsed.GetValue(_output), context)));
        return command;
    }
}
