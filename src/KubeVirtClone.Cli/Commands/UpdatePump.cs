using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Cli.Progress;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Cli.Commands;

/// <summary>Takes what a running operation says to the places where users look for it: results to stdout, all else to stderr.</summary>
internal sealed class UpdatePump(CommandContext context, RecordResults<CloneRecord> results)
{
    /// <summary>The newest counts; null until there are any.</summary>
    public CloneProgress? Progress { get; private set; }

    public async Task RunAsync(IAsyncEnumerable<CloneUpdate> updates, IProgressDisplay display)
    {
        await foreach (var update in updates.WithCancellation(context.Cancelled))
            Take(update, display);
    }

    private void Take(CloneUpdate update, IProgressDisplay display)
    {
        switch (update.Kind)
        {
            case CloneUpdateKind.Record or CloneUpdateKind.Planned when update.Record is not null:
                results.Add(update.Record);
                break;
            case CloneUpdateKind.Fault when update.Fault is not null:
                context.Faults.Write(update.Fault, update.Request?.DisplayName);
                break;
            case CloneUpdateKind.Warning:
                context.WriteLine($"warning: {ShellWords.Line(update.Message)}");
                break;
            case CloneUpdateKind.Verbose:
                context.Verbose(ShellWords.Line(update.Message));
                break;
            case CloneUpdateKind.Skipped:
                context.WriteLine(update.Message is null ? $"{update.Request?.DisplayName}: exists, left out" : ShellWords.Line(update.Message));
                break;
            case CloneUpdateKind.Progress when update.Progress is not null:
                Progress = update.Progress;
                display.Report(update.Progress);
                break;
        }
    }
}
