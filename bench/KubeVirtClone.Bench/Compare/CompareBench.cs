using System.Globalization;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Bench.Compare;

/// <summary>
/// Every way to make many machines of one, side by side against one server: rounds in turn, medians, and what each takes beside the bodies as fast as they
/// can be posted. Prints Markdown; draws the last count of clones as a chart.
/// </summary>
internal static class CompareBench
{
    private const int Rounds = 3;

    /// <param name="args">Counts of clones (<c>50,500,2000</c>), machines to list (<c>10000</c>; 0 for none), the chart's file.</param>
    public static async Task RunAsync(ReadOnlyMemory<string> args)
    {
        var counts = (args.Length > 0 ? args.Span[0] : "50,500,2000").Split(',').Select(each => int.Parse(each, CultureInfo.InvariantCulture)).ToList();
        var machines = args.Length > 1 ? int.Parse(args.Span[1], CultureInfo.InvariantCulture) : 10_000;
        var chart = args.Length > 2 ? args.Span[2] : "output/compare.svg";
        var folder = Directory.CreateTempSubdirectory("kubevirtclone-compare-");
        try
        {
            await using var server = await ComparedServer.StartAsync(folder.FullName, machines);
            Console.WriteLine($"Against {server.Name}; {Environment.ProcessorCount} processors, {Rounds} rounds in turn, medians.");
            await using var cluster = await KubeVirtCluster.ConnectAsync(new KubeConfigOptions { Path = server.KubeConfig }, callbacks: null, CancellationToken.None);
            CompareChart.Write(chart, counts[^1], await MakeAsync(server, cluster, counts, hasDisk: false, folder.FullName));
            await MakeAsync(server, cluster, counts, hasDisk: true, folder.FullName);
            if (machines > 0) await ListBench.RunAsync(new Programs(server.KubeConfig), cluster.Client, Rounds);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<IReadOnlyList<WayResult>> MakeAsync(ComparedServer server, KubeVirtCluster cluster, IReadOnlyList<int> counts, bool hasDisk, string folder)
    {
        await using var field = await Field.PrepareAsync(cluster, hasDisk);
        IReadOnlyList<WayResult> results = [];
        if (field is null)
        {
            Console.WriteLine();
            Console.WriteLine("The default storage class binds nothing before a machine starts: clones with disks are left out.");
            return results;
        }

        var ways = Ways.All(field, new Programs(server.KubeConfig), folder);
        foreach (var count in counts)
        {
            results = await MeasureAsync(server, field, ways, count);
            CompareTable.Write($"{count} clones of one VM with a {(hasDisk ? "disk, until every claim is bound" : "container disk")}", results);
        }

        return results;
    }

    private static async Task<IReadOnlyList<WayResult>> MeasureAsync(ComparedServer server, Field field, IReadOnlyList<Way> ways, int count)
    {
        var results = ways.Select(way => new WayResult(way)).ToList();
        for (var round = 0; round < Rounds; round++)
        {
            // Each round begins with another way: what the server has done before is no way's alone.
            for (var turn = 0; turn < ways.Count; turn++)
            {
                var result = results[(round + turn) % ways.Count];
                var few = Math.Min(count, result.Way.AtMost);
                await server.CountAsync();
                var run = await result.Way.RunAsync(field.NewBatch(), few);
                result.Add(run, await server.CountAsync(), few, count);
                await field.ClearAsync();
            }
        }

        return results;
    }
}
