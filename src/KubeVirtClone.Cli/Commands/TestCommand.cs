using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>test</c>: says before anything is made what would go wrong.</summary>
internal sealed class TestCommand
{
    private readonly NewOptions _options = new();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("test", "Say what would go wrong with clones, before any is made; takes what 'new' takes");
        _options.HideExecution();
        _options.AddTo(command);
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => TestAction.RunAsync(_options.Bind(parsed), context)));
        return command;
    }
}
