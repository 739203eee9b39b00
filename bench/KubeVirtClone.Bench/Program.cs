using System.Diagnostics;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Sandbox;

namespace KubeVirtClone.Bench;

/// <summary>Times the engine against the sandbox: <c>./build.sh bench [VMS [CLONES]]</c>. One line a measurement, several rounds each.</summary>
internal static class Program
{
    private const int Rounds = 3;

    private static async Task<int> Main(string[] args)
    {
        var machines = args.Length > 0 ? int.Parse(args[0]) : 10_000;
        var clones = args.Length > 1 ? int.Parse(args[1]) : 100;
        var folder = Directory.CreateTempSubdirectory("kubevirtclone-bench-");
        try
        {
            var seeding = Stopwatch.StartNew();
            await using var sandbox = await Sandbox.Sandbox.StartAsync(new SandboxOptions { VmCount = machines }, CancellationToken.None);
            Report($"start a sandbox with {machines} VMs", seeding.Elapsed);
            var config = Path.Combine(folder.FullName, "kubeconfig");
            await sandbox.WriteKubeConfigAsync(config);
            await using var cluster = await KubeVirtCluster.ConnectAsync(new KubeConfigOptions { Path = config }, callbacks: null, CancellationToken.None);

            for (var round = 1; round <= Rounds; round++) await ListAsync(cluster, machines);
            for (var round = 1; round <= Rounds; round++) await CloneAsync(cluster, clones, $"bench-{round}");
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task ListAsync(KubeVirtCluster cluster, int expected)
    {
        var time = Stopwatch.StartNew();
        TimeSpan? first = null;
        var seen = 0;
        await foreach (var machine in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns: null, options: null, CancellationToken.None))
        {
            first ??= time.Elapsed;
            if (machine.Name.Length > 0) seen++;
        }

        if (seen < expected) throw new InvalidOperationException($"Only {seen} of {expected} VMs were listed.");
        Report($"list {seen} VMs, first object after {first!.Value.TotalMilliseconds:F0} ms", time.Elapsed);
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
            if (update.Kind == CloneUpdateKind.Fault) throw new InvalidOperationException(update.Fault!.ToString());
            if (update.Kind == CloneUpdateKind.Record) bound++;
        }

        if (bound != count) throw new InvalidOperationException($"Only {bound} of {count} clones are Bound.");
        Report($"clone one VM {count} times, method Auto, KubeVirt's pace, until Bound", time.Elapsed);
    }

    private static void Report(string what, TimeSpan time) => Console.WriteLine($"{time.TotalSeconds,8:F2} s  {what}");
}
