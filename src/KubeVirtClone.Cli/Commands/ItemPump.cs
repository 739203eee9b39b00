using KubeVirtClone.Cli.Progress;

namespace KubeVirtClone.Cli.Commands;

/// <summary>Takes what running work says to the places where users look for it: results to stdout, all else to stderr.</summary>
/// <param name="context">Where it goes.</param>
/// <param name="results">Gets the results.</param>
/// <param name="total">How many items there are, where the work itself does not tell how far it is; they are counted here then.</param>
internal sealed class ItemPump<T>(CommandContext context, RecordResults<T> results, int? total = null)
    where T : class
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private int _failed;

    public async Task RunAsync(IAsyncEnumerable<ItemUpdate<T>> updates, IProgressDisplay display)
    {
        var started = _clock.GetTimestamp();
        Count(display, started);
        await foreach (var update in updates.WithCancellation(context.Cancelled))
        {
            Take(update, display);
            Count(display, started);
        }
    }

    private void Take(ItemUpdate<T> update, IProgressDisplay display)
    {
        var request = update.Input as CloneRequest;
        switch (update.Kind)
        {
            case ItemUpdateKind.Record or ItemUpdateKind.Planned when update.Record is not null:
                results.Add(update.Record);
                break;
            case ItemUpdateKind.Fault when update.Fault is not null:
                _failed++;
                context.Faults.Write(update.Fault, request?.DisplayName);
                break;
            case ItemUpdateKind.Warning:
                context.WriteLine($"warning: {ShellWords.Line(update.Message)}");
                break;
            case ItemUpdateKind.Verbose:
                context.Verbose(ShellWords.Line(update.Message));
                break;
            case ItemUpdateKind.Skipped:
                context.WriteLine(update.Message is null ? $"{request?.DisplayName}: exists, left out" : ShellWords.Line(update.Message));
                break;
            case ItemUpdateKind.Progress when update.Progress is not null:
                display.Report(update.Progress);
                break;
        }
    }

    private void Count(IProgressDisplay display, long started)
    {
        if (total is not { } all)
            return;
        display.Report(new CloneProgress
        {
            Total = all,
            Completed = results.Count,
            Failed = _failed,
            Skipped = 0,
            Running = Math.Max(0, all - results.Count - _failed),
            PercentComplete = all == 0 ? 100 : (results.Count + _failed) * 100d / all,
            Elapsed = _clock.GetElapsedTime(started),
            Slowest = [],
        });
    }
}
