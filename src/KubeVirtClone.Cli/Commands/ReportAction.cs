using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Insight.Reporting;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>report</c> does.</summary>
internal static class ReportAction
{
    public static async Task<int> RunAsync(CloneSelection typed, bool all, string file, CommandContext context)
    {
        CloneSelector.Require(typed, all, "NAME..., --batch, -l or --all");
        if (file != "-" && Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
            throw new UsageException($"can't write {file}: there is no folder {folder}");
        var selection = CloneSelector.ReadNames(typed, context.Console.Input, NameReader.CloneName);
        var cluster = await context.ConnectAsync();
        var clones = await CloneFinder.FindAsync(cluster, selection, context);
        if (clones.Count == 0)
        {
            context.WriteLine("No clones found: nothing was written.");
            return ExitCode.Failure;
        }

        var title = selection.Batch is { } batch ? $"Batch {batch}" : clones.Count == 1 ? $"Clone {clones[0].Name}" : $"{clones.Count} clones";
        var report = await new ReportBuilder(cluster).BuildAsync(title, [.. clones.Select(c => c.Reference)], context.Cancelled);
        if (file == "-")
        {
            await context.Console.Output.WriteAsync(report.ToHtml());
            await context.Console.Output.FlushAsync(context.Cancelled);
        }
        else
        {
            await WriteAsync(file, report.ToHtml(), context.Cancelled);
            context.WriteLine($"{file}: a report on {clones.Count} clone{(clones.Count == 1 ? "" : "s")}");
        }

        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task WriteAsync(string file, string text, CancellationToken cancelled)
    {
        try
        {
            await File.WriteAllTextAsync(file, text, cancelled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"can't write {file}: {e.Message}", e);
        }
    }
}
