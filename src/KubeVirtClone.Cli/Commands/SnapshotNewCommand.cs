using System.CommandLine;
using KubeVirtClone.Cli.Input;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>snapshot new</c>: takes snapshots.</summary>
internal sealed class SnapshotNewCommand
{
    private readonly Argument<string[]> _machines = SharedOptions.Names(
        "vm",
        "Names of VMs, one snapshot each; * and ? are wildcards; '-' reads them from stdin, one a line.");

    private readonly Option<string?> _name = new("--name")
    {
        Description = "Name of the snapshot, for one VM. Without it: the VM's name, the time and five random characters.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _policy = new("--deletion-policy")
    {
        Description = "What becomes of the data when the snapshot is removed: Delete or Retain.",
        HelpName = "POLICY",
    };

    private readonly Option<TimeSpan?> _deadline = SharedOptions.Duration(
        "--failure-deadline",
        "Longest time it may take, as 90s or 10m. Without it: 5m, as KubeVirt says.");

    private readonly Option<Dictionary<string, string>?> _label = SharedOptions.Pairs("--label", "Label of the snapshot");
    private readonly Option<Dictionary<string, string>?> _annotation = SharedOptions.Pairs("--annotation", "Annotation of the snapshot");
    private readonly Option<bool> _wait = new("--wait") { Description = "Wait until each is ready to use, and print it then." };
    private readonly Option<TimeSpan?> _timeout = SharedOptions.Timeout("Longest wait for one, as 90s or 5m.");
    private readonly Option<DryRunMode> _dryRun = SharedOptions.ServerDryRun();
    private readonly Option<OutputFormat> _output = SharedOptions.Output();

    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("new", "Take a snapshot of a virtual machine, or of several")
        {
            _machines, _name, _policy, _deadline, _label, _annotation, _wait, _timeout, _dryRun, _output,
        };
        command.Aliases.Add("create");
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => RunAsync(parsed, context)));
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var machines = NameReader.Select(parsed.GetValue(_machines) ?? [], context.Console.Input).Select(NameReader.MachineName).ToList();
        var name = parsed.GetValue(_name);
        if (machines.Count == 0)
            throw new UsageException("say which VMs: kubectl vmclone snapshot new VM...");
        if (name is not null && machines.Count > 1)
            throw new UsageException("--name is for one VM: without it each snapshot gets a name of its own");
        var requests = machines.Select(m => new SnapshotRequest
        {
            Namespace = "",
            SourceName = m,
            Name = name,
            DeletionPolicy = parsed.GetValue(_policy),
            FailureDeadline = parsed.GetValue(_deadline),
            Labels = parsed.GetValue(_label),
            Annotations = parsed.GetValue(_annotation),
        });
        return SnapshotNewAction.RunAsync(
            [.. requests],

            // Asking how long to wait is asking to wait.
            wait: parsed.GetValue(_wait) || parsed.GetResult(_timeout) is not null,
            parsed.GetValue(_timeout),
            parsed.GetValue(_dryRun) == DryRunMode.Server,
            parsed.GetValue(_output),
            context);
    }
}
