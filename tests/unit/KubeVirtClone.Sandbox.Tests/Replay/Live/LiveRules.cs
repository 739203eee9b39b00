using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>Which cases a live cluster cannot repeat, and why; and what a live replay has to wait for.</summary>
internal static class LiveRules
{
    private const int LongestNamespace = 63;
    private static readonly string[] MomentKinds = ["VirtualMachineSnapshot", "VirtualMachineSnapshotContent", "VirtualMachineRestore", "PersistentVolumeClaim", "VolumeSnapshot", "VirtualMachine"];

    /// <summary>Why a case cannot be repeated on a cluster; null when it can.</summary>
    public static string? WhyNot(LiveCluster cluster, VectorCase @case)
    {
        if (cluster.Prefix.Length + @case.Namespace.Length > LongestNamespace)
            return $"its namespace {cluster.Prefix}{@case.Namespace} would have more than {LongestNamespace} characters";
        if (cluster.HasNodes && StartsMachine(@case.Data))
            return "a VM is started in it: the recording had no nodes, this cluster has";
        if (Preparation.RoleOf(@case.Data) is { } role && !cluster.Has("ClusterRole", role))
            return $"it gives the role {role}, which the cluster does not have";
        return RaceOf(@case.Data);
    }

    /// <summary>Waits until the cluster is where the recording was at a moment: the clone's phase, and what had been made by then.</summary>
    public static void AwaitMoment(IReplayTarget target, JsonObject data, string clone, double ms)
    {
        var phase = data.ArrayAt("phases").Objects().LastOrDefault(p => p["ms"]!.GetValue<double>() <= ms && p.TextAt("event") != "DELETED");
        var made = Made(data.ArrayAt("timeline").Objects().Where(t => t["ms"]!.GetValue<double>() < ms));
        target.RunUntil(
            () =>
            {
                var now = Made(Recorder.Timeline(target.Changes).Objects());
                return (phase is null || target.Get("VirtualMachineClone", clone).TextAt("status", "phase") == phase.TextAt("status", "phase"))
                    && made.All(m => now.GetValueOrDefault(m.Key) >= m.Value);
            },
            TimeSpan.FromSeconds(60));

        static Dictionary<string, int> Made(IEnumerable<JsonObject> timeline) => timeline
            .Where(t => t.TextAt("event") == "ADDED" && MomentKinds.Contains(t.TextAt("kind")) && !KnownRaces.IsImportHelper(t.TextAt("name") ?? ""))
            .CountBy(t => t.TextAt("kind")!).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Waits until a clone has ended as recorded and its temporary objects went, if they went.</summary>
    public static void AwaitClone(IReplayTarget target, JsonObject data, string clone)
    {
        AwaitMoment(target, data, clone, FirstStep(data.ArrayAt("after")));
        var gone = data.ArrayAt("restores").Objects().Concat(data.ArrayAt("snapshots").Objects()).All(o => o.TextAt("lastEvent") == "DELETED");
        target.RunUntil(() => !gone || target.List("VirtualMachineRestore").Concat(target.List("VirtualMachineSnapshot")).All(o => !o.Name().StartsWith("tmp-", StringComparison.Ordinal)), TimeSpan.FromSeconds(60));
        target.Run(TimeSpan.FromSeconds(1));

        static double FirstStep(JsonArray? steps) => steps.Objects().Select(s => s["ms"]?.GetValue<double>() ?? double.MaxValue).DefaultIfEmpty(double.MaxValue).First();
    }

    /// <summary>Waits until the namespace holds as many objects of each kind, in the same phases, as at the recording's end.</summary>
    public static void AwaitEnd(IReplayTarget target, JsonObject data, string part, bool detailed, TimeSpan atMost)
    {
        if (data.ObjectAt(part) is not { Count: > 0 } recorded || recorded.Any(p => p.Value is not JsonArray))
            return;
        var wanted = Summary(recorded).ToList();
        target.RunUntil(
            () =>
            {
                var now = Recorder.Left(target, detailed);
                return Summary(now).SequenceEqual(wanted) && Snapshots(now) <= Snapshots(recorded);
            },
            atMost);
    }

    /// <summary>Lets a cluster work until nothing has changed for a while, at most for a minute.</summary>
    public static void AwaitQuiet(IReplayTarget target, TimeSpan quiet)
    {
        var count = -1;
        for (var waited = TimeSpan.Zero; waited < TimeSpan.FromMinutes(1) && target.Changes.Count != count; waited += quiet)
        {
            count = target.Changes.Count;
            target.Run(quiet);
        }
    }

    /// <summary>
    /// A recording without what two controllers race for on any cluster: whether the VM controller had put its marks on a new VM, and the
    /// volume snapshotter its own on a claim, when the content took its copy.
    /// </summary>
    public static JsonObject WithoutRaces(JsonObject recording)
    {
        var copy = recording.Copy();
        foreach (var content in copy.ArrayAt("contents").Objects().Concat(copy.ArrayAt("contentsHistory").Objects()).Select(c => c.ObjectAt("object")))
        {
            var metadata = content.ObjectAt("spec", "source", "virtualMachine", "metadata");
            metadata?.Remove("finalizers");
            foreach (var mark in (ReadOnlySpan<string>)["kubevirt.io/latest-observed-api-version", "kubevirt.io/storage-observed-api-version"])
                metadata.ObjectAt("annotations")?.Remove(mark);
            if (metadata.ObjectAt("annotations") is { Count: 0 })
                metadata!.Remove("annotations");
            foreach (var claim in content.ArrayAt("spec", "volumeBackups").Objects().Select(b => b.ObjectAt("persistentVolumeClaim", "metadata")))
                claim?.Remove("finalizers");
        }

        return copy;
    }

    private static bool StartsMachine(JsonObject data) => data.ArrayAt("beforeState").Objects().Any(o => o.Kind() == "VirtualMachineInstance")
        || data.ArrayAt("timeline").Objects().Any(t => t.TextAt("kind") == "VirtualMachineInstance");

    // Both of a pair accepted for one target: the webhook's cache had not seen the first.
    private static string? RaceOf(JsonObject data) => data.ArrayAt("posted").Objects()
        .Where(p => p["httpStatus"]?.GetValue<int>() == 201 && p.TextAt("object", "kind") == "VirtualMachineRestore")
        .GroupBy(p => (Math.Round(p["ms"]!.GetValue<double>() / 100), p.TextAt("object", "spec", "target", "name")))
        .Any(g => g.Count() > 1)
        ? "restores to one target are posted in the same instant: which of them are accepted is chance"
        : null;

    private static int Snapshots(JsonObject left) => left.ArrayAt("VolumeSnapshot")?.Count ?? 0;

    // The recordings caught some VolumeSnapshots on their way out: there may be fewer, and are counted apart.
    private static IEnumerable<string> Summary(JsonObject left) => left
        .Where(p => p.Key is not ("VolumeSnapshot" or "VolumeSnapshotContent" or "PersistentVolume" or "ControllerRevision"))
        .SelectMany(p => ((JsonArray)p.Value!).Objects()
            .Where(o => !KnownRaces.IsImportHelper(o.TextAt("name") ?? ""))
            .Select(o => $"{p.Key} {o.TextAt("phase")} {o["complete"]?.ToJsonString()} {o["readyToUse"]?.ToJsonString()} {o["deleting"]?.ToJsonString()} {o.TextAt("printableStatus")}"))
        .Order(StringComparer.Ordinal);
}

/// <summary>A case cannot be repeated on a cluster, for the reason given.</summary>
internal sealed class NotRepeatableException(string reason) : Exception(reason);
