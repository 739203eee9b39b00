using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>snapshot new</c> does.</summary>
internal static class SnapshotNewAction
{
    public static async Task<int> RunAsync(
        IReadOnlyList<SnapshotRequest> requests, bool wait, TimeSpan? timeout, bool dryRun, OutputFormat format, CommandContext context)
    {
        var cluster = await context.ConnectAsync();
        requests = await FindSourcesAsync(cluster, requests, context);
        var made = new List<SnapshotRecord>();
        RecordResults<SnapshotRecord>? printing = null;
        using var held = context.HoldResultsOnTerminal(format);
        using var lastWords = context.OnInterrupt(() =>
        {
            printing?.Dispose();
            held.Flush();
            context.WriteLine($"interrupted: {made.Count} of {requests.Count} snapshots were asked for and go on by themselves; see 'kubectl vmclone snapshot get'");
        });
        await CreateAsync(cluster, requests, dryRun, made, context);
        using var results = new RecordResults<SnapshotRecord>(
            context.Console, format, RecordShapes.Snapshot, withNamespace: false, made, held.Writer);
        printing = results;
        if (wait && !dryRun && made.Count > 0)
        {
            var updates = new SnapshotWaiter(cluster).WaitAsync(
                [.. made.Select(s => s.Reference)], new SnapshotWaitOptions { Timeout = timeout }, context.Cancelled);
            await context.ShowProgressAsync(
                $"Snapshotting {made.Count} VM{(made.Count == 1 ? "" : "s")}",
                "ready to use",
                takesTime: true,
                display => new ItemPump<SnapshotRecord>(context, results, made.Count).RunAsync(updates, display));
        }
        else
        {
            foreach (var snapshot in made)
                results.Add(snapshot);
        }

        if (dryRun)
            context.WriteLine($"{made.Count} of {requests.Count} snapshots would be taken (server dry run: nothing was made)");
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<IReadOnlyList<SnapshotRequest>> FindSourcesAsync(
        KubeVirtCluster cluster, IReadOnlyList<SnapshotRequest> requests, CommandContext context)
    {
        var found = new List<SnapshotRequest>();
        foreach (var (request, fault) in await new SnapshotSources(cluster).FindAsync(requests, context.Cancelled))
        {
            if (fault is not null)
                context.Faults.Write(fault);
            else if (!found.Exists(f => f.SourceName == request.SourceName))
                found.Add(request);
        }

        if (requests[0].Name is not null && found.Count > 1)
            throw new UsageException("--name is for one VM: without it each snapshot gets a name of its own");
        return found;
    }

    private static async Task CreateAsync(
        KubeVirtCluster cluster, IReadOnlyList<SnapshotRequest> requests, bool dryRun, List<SnapshotRecord> made, CommandContext context)
    {
        var catalog = new SnapshotCatalog(cluster);
        foreach (var request in requests)
        {
            var (snapshot, fault) = await catalog.CreateAsync(request, dryRun, context.Cancelled);
            if (fault is not null)
                context.Faults.Write(fault);
            else if (snapshot is not null)
                made.Add(snapshot);
        }
    }
}
