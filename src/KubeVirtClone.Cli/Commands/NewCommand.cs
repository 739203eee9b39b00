using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>new</c>: makes one clone or many. <see cref="NewOptions"/> holds the command line, <see cref="NewAction"/> does the work.</summary>
internal sealed class NewCommand
{
    private readonly NewOptions _options = new();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("new", "Clone a virtual machine or a snapshot, once or many times");
        _options.AddTo(command);
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => NewAction.RunAsync(Bind(parsed), context)));
        return command;
    }

    /// <summary>What the command line asks for, before any of it is judged.</summary>
    public NewInvocation Bind(ParseResult parsed) => _options.Bind(parsed);
}
