using System.CommandLine;
using KubeVirtClone.Cli.Commands;
using KubeVirtClone.Cli.Completion;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>The commands there are. A new one is a class of its own and a line here.</summary>
internal static class CommandTree
{
    public static RootCommand Build(GlobalOptions globals, CommandRunner runner)
    {
        var root = new RootCommand("Clone KubeVirt virtual machines, one at a time or by the hundred, and wait until they are really there.");
        globals.AddTo(root);

        // Without a command there is nothing to refuse: show what there is, as kubectl does.
        root.SetAction(parsed => HelpText.Write(parsed, parsed.InvocationConfiguration.Output));
        root.Subcommands.Add(new NewCommand().Build(globals, runner));
        root.Subcommands.Add(new GetCommand().Build(globals, runner));
        root.Subcommands.Add(new WaitCommand().Build(globals, runner));
        root.Subcommands.Add(new RemoveCommand().Build(globals, runner));
        root.Subcommands.Add(new TestCommand().Build(globals, runner));
        root.Subcommands.Add(new DebugCommand().Build(globals, runner));
        root.Subcommands.Add(new CompareCommand().Build(globals, runner));
        root.Subcommands.Add(new MeasureCommand(report: false).Build(globals, runner));
        root.Subcommands.Add(new MeasureCommand(report: true).Build(globals, runner));
        root.Subcommands.Add(new SnapshotCommand().Build(globals, runner));
        root.Subcommands.Add(new ImageCommand().Build(globals, runner));
        root.Subcommands.Add(new PowerCommand(start: true).Build(globals, runner));
        root.Subcommands.Add(new PowerCommand(start: false).Build(globals, runner));
        root.Subcommands.Add(new SandboxCommand().Build(globals, runner));
        root.Subcommands.Add(new CompletionCommand().Build());
        return root;
    }
}
