using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Cli.Progress;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Cli.Commands;

/// <summary>As <see cref="UpdatePump"/>, for operations over machines, snapshots and images: results to stdout, all else to stderr.</summary>
internal sealed class ItemPump<T>(CommandContext context, RecordResults<T> results, int total)
    where T : class
{
    private readonly TimeProvider _clock = TimeProvider.System;

    public async Task RunAsync(IAsyncEnumerable<ItemUpdate<T>> updates, IProgressDisplay display)
    {
        var started = _clock.GetTimestamp();
        var failed = 0;
        display.Report(Progress(failed, started));
        await foreach (var update in updates.WithCancellation(context.Cancelled))
        {
            switch (update.Kind)
            {
                case ItemUpdateKind.Record when update.Record is not null:
                    results.Add(update.Record);
                    break;
                case ItemUpdateKind.Fault when update.Fault is not null:
                    failed++;
                    context.Faults.Write(update.Fault);
                    break;
                case ItemUpdateKind.Warning:
                    context.WriteLine("warning: " + ShellWords.Line(update.Message));
                    break;
            }

            display.Report(Progress(failed, started));
        }
    }

    private CloneProgress Progress(int failed, long started) => new()
    {
        Total = total,
        Completed = results.Count,
        Failed = failed,
        Skipped = 0,
        Running = Math.Max(0, total - results.Count - failed),
        PercentComplete = total == 0 ? 100 : (results.Count + failed) * 100d / total,
        Elapsed = _clock.GetElapsedTime(started),
        Slowest = [],
    };
}
