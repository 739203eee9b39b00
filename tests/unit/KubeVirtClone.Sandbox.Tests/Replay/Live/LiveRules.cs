using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>Which cases a live cluster cannot repeat, and why; and what a live replay has to wait for.</summary>
internal static class LiveRules
{
    private const int LongestNamespace = 63;

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

    /// <summary>Waits for the state in which the recording was when a step was taken.</summary>
    public static void AwaitPhase(IReplayTarget target, JsonObject data, string clone, double ms)
    {
        var phase = data.ArrayAt("phases").Objects().LastOrDefault(p => p["ms"]!.GetValue<double>() <= ms);
        if (phase is not null && phase.TextAt("event") != "DELETED")
            target.RunUntil(() => target.Get("VirtualMachineClone", clone).TextAt("status", "phase") == phase.TextAt("status", "phase"), TimeSpan.FromSeconds(60));
    }

    /// <summary>Waits until the namespace holds as many objects of each kind, in the same phases, as at the recording's end.</summary>
    public static void AwaitEnd(IReplayTarget target, JsonObject data, string part, bool detailed, TimeSpan atMost)
    {
        if (data.ObjectAt(part) is not { } recorded)
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
