using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>wait</c> does.</summary>
internal static class WaitAction
{
    public static async Task<int> RunAsync(WaitInvocation invocation, CommandContext context)
    {
        CloneSelector.Require(invocation.Selection, invocation.All, "NAME..., --batch, -l or --all");
        var selection = CloneSelector.ReadNames(invocation.Selection, context.Console.Input, NameReader.CloneName);
        var cluster = await context.ConnectAsync();
        var clones = await CloneFinder.FindSomeAsync(cluster, selection, context);
        if (clones.Count > 0)
            await WaitAsync(cluster, clones, invocation, context);
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    // The clones will have changed by then, but not their names.
    private static Dictionary<string, int> WidthsOf(IReadOnlyList<CloneRecord> clones) => CloneShapes.Clone.Columns
        .Where(c => c.Header is "TARGET" or "SOURCE" or "NAME" or "BATCH")
        .ToDictionary(c => c.Header, c => clones.Max(clone => c.Text(clone)?.Length ?? 0), StringComparer.Ordinal);

    private static async Task WaitAsync(
        KubeVirtCluster cluster, IReadOnlyList<CloneRecord> clones, WaitInvocation invocation, CommandContext context)
    {
        var options = new WaitOptions { For = invocation.For, Timeout = invocation.Timeout };
        using var held = context.HoldResultsOnTerminal(invocation.Output);
        using var results = new RecordResults<CloneRecord>(
            context.Console, invocation.Output, CloneShapes.Clone, invocation.Selection.AllNamespaces, writer: held.Writer, widths: WidthsOf(clones));
        var pump = new ItemPump<CloneRecord>(context, results);
        using var lastWords = context.OnInterrupt(() =>
        {
            results.Dispose();
            held.Flush();
            context.WriteLine($"interrupted: {results.Count} of {clones.Count} clones had reached {options.For}; all go on by themselves");
        });
        await context.ShowProgressAsync(
            $"Waiting for {clones.Count} clone{(clones.Count == 1 ? "" : "s")}",
            options.For.ToString(),
            takesTime: true,
            display => pump.RunAsync(
                new CloneWaiter(cluster).WaitAsync([.. clones.Select(c => c.Reference)], options, context.Cancelled), display));
    }
}
