using System.Globalization;
using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Knowledge.Manifests;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>measure</c> does.</summary>
internal static class MeasureAction
{
    public static async Task<int> RunAsync(CloneSelection typed, bool all, OutputFormat format, CommandContext context)
    {
        CloneSelector.Require(typed, all, "NAME..., --batch, -l or --all");
        var selection = CloneSelector.ReadNames(typed, context.Console.Input, NameReader.CloneName);
        var cluster = await context.ConnectAsync();
        var clones = await CloneFinder.FindSomeAsync(cluster, selection, context);
        if (clones.Count == 0 && context.Faults.Count == 0)
            context.WriteLine("No clones found.");
        if (clones.Count == 0 && context.Faults.Count > 0)
            return ExitCode.Failure;
        var measured = await new CloneMeasurer(cluster).MeasureAsync([.. clones.Select(c => c.Reference)], context.Cancelled);
        Print(measured, format, selection.AllNamespaces, context);
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static void Print(CloneMeasurement measured, OutputFormat format, bool withNamespace, CommandContext context)
    {
        var output = context.Console.Output;
        if (format.Kind == OutputKind.CustomColumns)
        {
            using var columns = ItemDocument.Open(output, format);
            foreach (var clone in measured.Clones)
                columns!.Add(TimingShapes.Timing.Document(clone));
        }
        else if (format.IsDocument)
        {
            var document = TimingShapes.Document(measured);
            output.Write(format.Kind switch
            {
                OutputKind.Json => JsonText.Write(document) + "\n",
                OutputKind.Yaml => YamlText.Write(document),
                _ => format.Template!.Evaluate(document),
            });
        }
        else
        {
            Add(TimingShapes.Timing, measured.Clones);
            if (measured.Batch.Spreads.Count > 0 && format.IsTable)
            {
                output.Write('\n');
                Add(TimingShapes.Spread, measured.Batch.Spreads);
                context.WriteLine(Summary(measured.Batch));
            }
        }

        output.Flush();

        void Add<T>(RecordShape<T> shape, IReadOnlyList<T> records)
        {
            using var results = new RecordResults<T>(context.Console, format, shape, withNamespace && typeof(T) == typeof(CloneTiming), records);
            foreach (var record in records)
                results.Add(record);
        }
    }

    private static string Summary(BatchTiming batch)
    {
        var parts = new List<string> { $"{batch.Succeeded} of {batch.Count} clone{(batch.Count == 1 ? "" : "s")} done" };
        if (batch.Total is { } total)
            parts[0] += $" in {CellText.Duration(total)}";
        if (batch.Rate is { } rate)
            parts.Add(rate.ToString("0.##", CultureInfo.InvariantCulture) + " a second");
        if (batch.SharedSnapshot is { } snapshot)
            parts.Add($"their shared snapshot took {CellText.Duration(snapshot)}");
        if (batch.Failed > 0)
            parts.Add($"{batch.Failed} failed");
        return string.Join(", ", parts);
    }
}
