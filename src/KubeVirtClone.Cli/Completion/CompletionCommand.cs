using System.CommandLine;

namespace KubeVirtClone.Cli.Completion;

/// <summary><c>completion</c>: prints the script that makes a shell, or kubectl, ask this program what could come next.</summary>
internal sealed class CompletionCommand
{
    private readonly Argument<string> _shell = new("shell")
    {
        Description = "bash, zsh, fish or pwsh; kubectl for the script that kubectl itself calls.",
        HelpName = "SHELL",
    };

    public Command Build()
    {
        _shell.AcceptOnlyFromAmong([.. CompletionScripts.Shells]);
        var command = new Command("completion", "Print the script that completes this command in a shell") { _shell };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.Write(CompletionScripts.For(parsed.GetRequiredValue(_shell)));
            return ExitCode.Success;
        });
        return command;
    }
}
