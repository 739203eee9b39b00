using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>The time a snapshot has to come about, counted from its creation.</summary>
internal static class SnapshotDeadline
{
    private static readonly TimeSpan Default = TimeSpan.FromMinutes(5);

    /// <summary>What is left; zero stands for "no deadline", below zero for past.</summary>
    public static TimeSpan Left(JsonObject snapshot, Cluster cluster)
    {
        var deadline = snapshot.TextAt("spec", "failureDeadline") is { } text ? GoDuration.Parse(text) : Default;
        if (deadline == TimeSpan.Zero)
            return TimeSpan.Zero;
        return (snapshot.TimeAt("metadata", "creationTimestamp") ?? cluster.Now) + cluster.Settings.Scaled(deadline) - cluster.Now;
    }
}
