using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>snapshot get</c>, <c>wait</c> and <c>remove</c> do.</summary>
internal static class SnapshotAction
{
    public static async Task<int> GetAsync(CloneSelection typed, OutputFormat format, CommandContext context)
    {
        var selection = ReadNames(typed, context);
        var cluster = await context.ConnectAsync();
        var snapshots = await FindAsync(cluster, selection, context);
        using (var results = new RecordResults<SnapshotRecord>(context.Console, format, RecordShapes.Snapshot, selection.AllNamespaces, snapshots))
        {
            foreach (var snapshot in snapshots)
                results.Add(snapshot);
        }

        if (snapshots.Count == 0 && context.Faults.Count == 0 && format.IsTable)
            context.WriteLine(selection.AllNamespaces ? "No snapshots found." : $"No snapshots found in namespace {cluster.Namespace}.");
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    public static async Task<int> WaitAsync(CloneSelection typed, bool all, TimeSpan? timeout, OutputFormat format, CommandContext context)
    {
        CloneSelector.Require(typed, all, "NAME..., -l or --all", "snapshots");
        var selection = ReadNames(typed, context);
        var cluster = await context.ConnectAsync();
        var snapshots = await FindAsync(cluster, selection, context);
        if (snapshots.Count > 0)
        {
            using var held = context.HoldResultsOnTerminal(format);
            using var results = new RecordResults<SnapshotRecord>(
                context.Console, format, RecordShapes.Snapshot, withNamespace: false, snapshots, held.Writer);
            using var lastWords = context.OnInterrupt(() =>
            {
                results.Dispose();
                held.Flush();
                context.WriteLine($"interrupted: {results.Count} of {snapshots.Count} snapshots were ready to use; all go on by themselves");
            });
            var updates = new SnapshotWaiter(cluster).WaitAsync(
                [.. snapshots.Select(s => s.Reference)], new SnapshotWaitOptions { Timeout = timeout }, context.Cancelled);
            await context.ShowProgressAsync(
                $"Waiting for {snapshots.Count} snapshot{(snapshots.Count == 1 ? "" : "s")}",
                "ready to use",
                takesTime: true,
                display => new ItemPump<SnapshotRecord>(context, results, snapshots.Count).RunAsync(updates, display));
        }

        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    public static async Task<int> RemoveAsync(CloneSelection typed, RemovalWords words, OutputFormat format, CommandContext context)
    {
        CloneSelector.Require(typed, words.All, "NAME..., --batch, -l or --all", "snapshots");
        var selection = ReadNames(typed, context);
        var cluster = await context.ConnectAsync();
        var snapshots = await FindAsync(cluster, selection, context);
        var what = snapshots.Count == 1 ? $"snapshot {snapshots[0].Reference}" : $"{snapshots.Count} snapshots";
        if (snapshots.Count > 0 && !await Confirmation.AskAsync($"Remove {what}", words.Yes, context))
        {
            context.WriteLine("nothing was removed");
            return ExitCode.Failure;
        }

        if (snapshots.Count == 0 && context.Faults.Count == 0)
            context.WriteLine("no snapshots to remove");
        var catalog = new SnapshotCatalog(cluster);
        await Removal.RunAsync(
            snapshots, RecordShapes.Snapshot, format, context, (snapshot, cancelled) => catalog.RemoveAsync(snapshot, words.Force, cancelled));
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static CloneSelection ReadNames(CloneSelection typed, CommandContext context) => CloneSelector.ReadNames(typed, context.Console.Input, NameReader.SnapshotName);

    private static async Task<List<SnapshotRecord>> FindAsync(KubeVirtCluster cluster, CloneSelection selection, CommandContext context)
    {
        var query = new ListQuery
        {
            Names = selection.Names,
            AllNamespaces = selection.AllNamespaces,
            LabelSelector = CloneFinder.SelectorOf(selection),
            FieldSelector = selection.FieldSelector,
        };
        var snapshots = new List<SnapshotRecord>();
        await foreach (var (snapshot, fault) in new SnapshotCatalog(cluster).ListAsync(query, context.Cancelled))
        {
            if (fault is not null)
                context.Faults.Write(fault);
            else if (snapshot is not null)
                snapshots.Add(snapshot);
        }

        snapshots.Sort((a, b) => (a.Namespace, a.Name).CompareTo((b.Namespace, b.Name)));
        return snapshots;
    }
}
