using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>get</c> does.</summary>
internal static class GetAction
{
    public static async Task<int> RunAsync(CloneSelection typed, bool watch, OutputFormat format, CommandContext context)
    {
        var selection = CloneSelector.ReadNames(typed, context.Console.Input, NameReader.CloneName);
        var cluster = await context.ConnectAsync();
        if (watch)
        {
            await WatchAsync(cluster, selection, format, context);
            return ExitCode.Success;
        }

        var clones = await CloneFinder.FindAsync(cluster, selection, context);
        using var results = new RecordResults<CloneRecord>(context.Console, format, CloneShapes.Clone, selection.AllNamespaces, clones, single: IsOne(selection));
        foreach (var clone in clones)
            results.Add(clone);
        if (clones.Count == 0 && context.Faults.Count == 0 && format.IsTable)
            context.WriteLine(selection.AllNamespaces ? "No clones found." : $"No clones found in namespace {cluster.Namespace}.");
        if (clones.Count == 0 && selection is { WholeBatch: { } batch, AllNamespaces: false }
            && await new BatchLeftovers(cluster).DescribeVolumesAsync(null, batch, context.Cancelled) is { } left)
        {
            context.WriteLine("warning: " + ShellWords.Line(left));
        }

        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static bool IsOne(CloneSelection selection) => selection.Names.Count == 1 && !new WildcardName(selection.Names[0]).IsPattern;

    private static async Task WatchAsync(KubeVirtCluster cluster, CloneSelection selection, OutputFormat format, CommandContext context)
    {
        var @namespace = selection.AllNamespaces ? null : cluster.Namespace;
        var filter = new CloneFilter(CloneFinder.QueryOf(selection));
        using var results = new RecordResults<CloneRecord>(context.Console, format, CloneShapes.Clone, selection.AllNamespaces, watching: true);
        var selector = CloneFinder.SelectorOf(selection);
        var restores = $"{CloneLabels.Method}={CloneMethod.Restore}";
        var machines = CloneRecord.MachineSelector;
        List<Task> watches = [WatchKindAsync(await cluster.GetCloneKindAsync(context.Cancelled), selector)];
        if (await cluster.GetSnapshotVersionAsync(context.Cancelled) is { } version)
            watches.Add(WatchKindAsync(KubeVirtKinds.Restore(version), selector is null ? restores : $"{selector},{restores}"));

        watches.Add(WatchKindAsync(KubeVirtKinds.VirtualMachine, selector is null ? machines : $"{selector},{machines}"));

        // A watch ends with an exception only: the first one ends the command.
        await await Task.WhenAny(watches);

        async Task WatchKindAsync(ResourceKind kind, string? labels)
        {
            await foreach (var change in cluster.Client.WatchAsync(kind, @namespace, new WatchOptions { LabelSelector = labels, FieldSelector = selection.FieldSelector }, context.Cancelled))
            {
                // A deleted clone is shown once more, as kubectl shows it.
                if (change.Object is { } clone && (kind != KubeVirtKinds.VirtualMachine || CloneRecord.IsMachine(clone)) && CloneRecord.From(clone) is var record && filter.Takes(record))
                    results.Add(record);
            }
        }
    }
}
