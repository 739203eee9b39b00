using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>compare</c> does. Its exit code is 0 when every clone is what was asked for.</summary>
internal static class CompareAction
{
    public static async Task<int> RunAsync(CompareInvocation invocation, CommandContext context)
    {
        CloneSelector.Require(invocation.Selection, invocation.All, "NAME..., --batch, -l or --all");
        var names = NameReader.Select(invocation.Selection.Names, context.Console.Input);
        if (invocation is { Source: null, SourceNamespace: not null })
            throw new UsageException("--source-namespace says where to look for a source, and none is named: add --source, or leave it out");
        var source = invocation.Source is null ? default(SourceReference?) : SourceReference.Parse(invocation.Source);
        var cluster = await context.ConnectAsync();
        var requests = await FindAsync(cluster, invocation, names, context);
        if (requests.Count == 0 && context.Faults.Count == 0)
            context.WriteLine("No clones found.");
        var comparer = new CloneComparer(cluster);
        var comparisons = new List<MachineComparison>();
        foreach (var request in requests)
        {
            var (comparison, fault) = await comparer.CompareAsync(source is { } given ? request.With(given.Kind, given.Name, invocation.SourceNamespace) : request, context.Cancelled);
            if (fault is not null)
                context.Faults.Write(fault);
            else if (comparison is not null)
                comparisons.Add(comparison);
        }

        var different = comparisons.Count(c => !c.AsAsked);
        if (!invocation.Quiet)
        {
            Print(comparisons, invocation.Output, context);
            context.WriteLine($"{comparisons.Count - different} of {comparisons.Count} clone{(comparisons.Count == 1 ? " is" : "s are")} what was asked for");
        }

        return context.Faults.Count == 0 && different == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<List<CompareRequest>> FindAsync(
        KubeVirtCluster cluster, CompareInvocation invocation, IReadOnlyList<string> names, CommandContext context)
    {
        var requests = names.Select(NameReader.MachineNameWithKind).OfType<string>().Select(n => new CompareRequest(cluster.Namespace, n)).ToList();
        var selection = invocation.Selection with { Names = [.. names.Where(n => NameReader.MachineNameWithKind(n) is null).Select(NameReader.CloneName)] };
        if (selection.Names.Count == 0 && requests.Count > 0)
            return requests;
        foreach (var clone in await CloneFinder.FindSomeAsync(cluster, selection, context))
            requests.Add(CompareRequest.Of(clone));
        return requests;
    }

    private static void Print(List<MachineComparison> comparisons, OutputFormat format, CommandContext context)
    {
        if (!format.IsTable)
        {
            using var documents = new RecordResults<MachineComparison>(context.Console, format, ComparisonShapes.Comparison, withNamespace: false);
            foreach (var comparison in comparisons)
                documents.Add(comparison);
            return;
        }

        var rows = comparisons.SelectMany(c => c.Differences.Select(d => new ComparedField(c, d))).ToList();
        using var results = new RecordResults<ComparedField>(context.Console, format, ComparisonShapes.Field, withNamespace: false, rows);
        foreach (var row in rows)
            results.Add(row);
    }
}
