using System.Diagnostics;
using k8s.Models;
using KubeVirtClone.Bench.Compare;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Sandbox;
using static k8s.CoreV1OperationsExtensions;

namespace KubeVirtClone.Bench;

/// <summary>Times the engine against the sandbox: <c>./build.sh bench [VMS [CLONES]]</c>, <c>./build.sh bench planning</c> for planning alone, or <c>./build.sh bench compare</c> for every way side by side. One line a measurement, several rounds each.</summary>
internal static class Program
{
    private const int Rounds = 3;
    private const int ListRounds = 15;

    // Until the runtime has compiled for good what a list runs, which it does in the background while it goes on.
    private const int ListWarmUp = 25;

    private static async Task<int> Main(string[] args)
    {
        if (args is ["first-request", var kubeConfig])
        {
            await ClientBench.FirstRequestAsync(kubeConfig);
            return 0;
        }

        if (args is ["sandbox", var count, var file])
        {
            await SandboxAsync(int.Parse(count), file);
            return 0;
        }

        if (args is ["compared-server", var vms, var path])
        {
            await ComparedServer.RunAsync(int.Parse(vms), path);
            return 0;
        }

        if (args is ["compare", ..])
        {
            await CompareBench.RunAsync(args.AsMemory(1));
            return 0;
        }

        if (args is ["planning"])
        {
            await PlanningBench.RunAsync(Rounds);
            return 0;
        }

        var machines = args.Length > 0 ? int.Parse(args[0]) : 10_000;
        var clones = args.Length > 1 ? int.Parse(args[1]) : 100;
        var folder = Directory.CreateTempSubdirectory("kubevirtclone-bench-");
        try
        {
            var seeding = Stopwatch.StartNew();
            var config = Path.Combine(folder.FullName, "kubeconfig");
            using var sandbox = ClientBench.StartSelf("sandbox", $"{machines}", config);
            if (await sandbox.StandardOutput.ReadLineAsync() is null) throw new InvalidOperationException("The sandbox did not start.");
            Report($"start a sandbox with {machines} VMs, a process of its own", seeding.Elapsed);
            await using var cluster = await KubeVirtCluster.ConnectAsync(new KubeConfigOptions { Path = config }, callbacks: null, CancellationToken.None);

            Import(folder.FullName);
            await ClientAsync(cluster.Client, config, machines);
            await PlanningBench.RunAsync(Rounds);
            for (var round = 1; round <= Rounds; round++) await CloneAsync(cluster, clones, $"bench-{round}");
            sandbox.StandardInput.Close();
            await sandbox.WaitForExitAsync();
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The server that is measured against, until standard input ends: in a process of its own, so that its memory and its threads are none of the client's.</summary>
    private static async Task SandboxAsync(int machines, string kubeConfig)
    {
        await using var sandbox = await Sandbox.Sandbox.StartAsync(new SandboxOptions { VmCount = machines }, CancellationToken.None);
        await sandbox.WriteKubeConfigAsync(kubeConfig);
        Console.WriteLine("ready");
        await Console.In.ReadToEndAsync();
    }

    /// <summary>The client by itself; each figure the median of its rounds.</summary>
    private static async Task ClientAsync(IKubernetesClient client, string kubeConfig, int machines)
    {
        var (first, processor, memory) = ClientBench.FirstRequests(kubeConfig, 7);
        Report($"first request of a process: {processor:F0} ms of processor time, {memory:F0} MB", TimeSpan.FromMilliseconds(first));
        List<double> raw = [], whole = [], began = [];
        var (early, most) = (0L, 0L);
        for (var round = 0; round < ListWarmUp + ListRounds; round++)
        {
            raw.Add((await ClientBench.RawListAsync(client.Configuration)).TotalSeconds);
            var list = await ClientBench.ListAsync(client, machines);
            whole.Add(list.Whole.TotalSeconds);
            began.Add(list.First.TotalMilliseconds);
            (early, most) = (Math.Max(early, list.EarlyMegabytes), Math.Max(most, list.Megabytes));
        }

        var (rawTime, listTime) = (ClientBench.Median(raw.Skip(ListWarmUp)), ClientBench.Median(whole.Skip(ListWarmUp)));
        Report($"list {machines} VMs object by object, the first time", TimeSpan.FromSeconds(whole[0]));
        Report($"list {machines} VMs raw, page by page, unread: the median of {ListRounds} turns, after {ListWarmUp} others", TimeSpan.FromSeconds(rawTime));
        Report($"list {machines} VMs object by object, in turn with it: {listTime / rawTime:F2} of raw; first object after {ClientBench.Median(began):F0} ms, heap at most {early} MB at the first 1000 and {most} MB at any time", TimeSpan.FromSeconds(listTime));
        var late = await ClientBench.LateBodiesAsync(200);
        Report($"200 POSTs at the same time whose bodies come 200 ms late: {late.Threads} threads more", late.Time);
        var typed = await ClientBench.LateBodiesAsync(200, each => each.Core.CoreV1.CreateNamespacedSecretAsync(new V1Secret(), "ns"));
        Report($"the same by the official client's typed call: {typed.Threads} threads more", typed.Time);
    }

    private static void Import(string folder)
    {
        // Builds of other versions may lie beside the one just made; manifests are as old as their source.
        if (Directory.Exists("output/KubeVirtClone")
            && Directory.GetFiles("output/KubeVirtClone", "KubeVirtClone.PowerShell.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc) is { } assembly
            && ClientBench.ImportBeyondEmpty(Path.GetFullPath(Path.Combine(assembly, "../KubeVirtClone.psd1")), folder, 5) is { } time)
            Report("import of the module, beyond an empty one", TimeSpan.FromMilliseconds(time));
    }

    private static async Task CloneAsync(KubeVirtCluster cluster, int count, string batch)
    {
        var requests = Enumerable.Range(1, count)
            .Select(number => new CloneRequest { Namespace = "default", SourceName = "golden", TargetName = $"{batch}-{number}" })
            .ToList();
        var options = new CloneOptions { Wait = true, For = WaitState.Bound, Batch = batch, Timeout = TimeSpan.FromMinutes(10) };
        var time = Stopwatch.StartNew();
        var bound = 0;
        await foreach (var update in new CloneOperation(cluster, options).RunAsync(requests, CancellationToken.None))
        {
            if (update.Kind == ItemUpdateKind.Fault) throw new InvalidOperationException(update.Fault!.ToString());
            if (update.Kind == ItemUpdateKind.Record) bound++;
        }

        if (bound != count) throw new InvalidOperationException($"Only {bound} of {count} clones are Bound.");
        Report($"clone one VM {count} times, method Auto, KubeVirt's pace, until Bound", time.Elapsed);
    }

    private static void Report(string what, TimeSpan time) => Console.WriteLine($"{time.TotalSeconds,8:F2} s  {what}");
}
