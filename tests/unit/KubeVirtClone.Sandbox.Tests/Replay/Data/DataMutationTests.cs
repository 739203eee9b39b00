using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>That the comparison of cases whose steps are data lets nothing slip, for all its rules of what is chance.</summary>
public sealed class DataMutationTests
{
    private const int Sample = 150;

    [Theory]
    [InlineData("d04-direct-larger", "steps|left|leftPersistentVolumes")]
    [InlineData("d11-direct-alice", "steps|leftPersistentVolumes")]
    [InlineData("t01-smart", "steps|left|leftPersistentVolumes")]
    [InlineData("t07-other-driver", "left|leftPersistentVolumes")]
    [InlineData("t12-no-rights", "steps")]
    [InlineData("t19-quota", "left")]
    [InlineData("t22-data-source", "left")]
    public void Every_change_of_what_was_answered_and_left_is_found(string name, string parts)
    {
        var data = VectorCase.OfOwn(name).Data;
        var missed = new List<string>();
        foreach (var part in parts.Split('|'))
        {
            var all = Mutation.Of(data[part], [part]).Where(m => !IsByRule(m, data)).ToArray();
            new Random(part.Length).Shuffle(all);
            all.ShouldNotBeEmpty(part);
            missed.AddRange(all.Take(Sample).AsParallel().Where(m => !Found(data, m)).Select(m => m.ToString()));
        }

        missed.ShouldBeEmpty(string.Join(Environment.NewLine, missed.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("t01-smart", "DataVolume", "phase", "CloneFromSnapshotSourceInProgress", "CSICloneInProgress")]
    [InlineData("t03-pvc-source", "DataVolume", "phase", "SnapshotForSmartCloneInProgress", "CloneScheduled")]
    [InlineData("t09-wffc", "DataVolume", "phase", "PrepClaimInProgress", "CloneScheduled")]
    [InlineData("t14-generate-name", "DataVolume", "phase", "CloneScheduled", "Succeeded")]
    [InlineData("t26-deleted-dv", "DataVolume", "event", "DELETED", "MODIFIED")]
    [InlineData("t01-smart", "Event", "reason", "CloneSucceeded", "CloneFailed")]
    [InlineData("t06-smaller", "Event", "reason", "CloneValidationFailed", "CloneWithoutSource")]
    [InlineData("t07-other-driver", "Event", "reason", "NoPopulator", "NoProvisionerMatch")]
    [InlineData("t08-other-volume-mode", "Event", "reason", "IncompatibleVolumeModes", "NoVolumeExpansion")]
    [InlineData("t14-generate-name", "Event", "message", "invalid token", "valid token")]
    [InlineData("t17-unauthorized", "Event", "reason", "UnauthorizedDataVolumeCreate", "FailedDataVolumeCreate")]
    [InlineData("t19-quota", "Event", "reason", "ErrExceededQuota", "Pending")]
    [InlineData("t24-source-in-use", "Event", "reason", "CloneSourceInUse", "CloneSourceFree")]
    [InlineData("d07-direct-no-snapshot", "Event", "reason", "ProvisioningFailed", "ProvisioningWorked")]
    public void What_is_no_chance_is_found_in_the_watch(string name, string kind, string field, string value, string other)
    {
        var data = VectorCase.OfOwn(name).Data;
        var changed = data.Copy();
        var hit = changed.ArrayAt("timeline").Objects().Where(t => t.TextAt("kind") == kind && t.TextAt(field) == value).ToList();
        hit.ShouldNotBeEmpty();
        foreach (var entry in hit)
            entry[field] = other;
        DataComparison.Of(data, changed).ShouldNotBeEmpty();
    }

    private static bool Found(JsonObject data, Mutation mutation)
    {
        try
        {
            return DataComparison.Of(data, mutation.Apply(data)).Count > 0;
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException or FormatException or System.Text.Json.JsonException)
        {
            // A recording without its form is no recording.
            return true;
        }
    }

    // What was asked is no answer, a generation counts writes, and the rest is what PopulationRaces names: a token is what it says, and a
    // populated claim's provisioner.
    private static bool IsByRule(Mutation mutation, JsonObject data)
    {
        var path = mutation.Path;
        var last = path[^1] as string;
        if (path[0] is "steps" && path.ElementAtOrDefault(2) is not "result")
            return true;
        if (last is "generation" || path.Contains("managedFields") || (!mutation.Removes && last?.EndsWith("clone.token", StringComparison.Ordinal) is true))
            return true;
        return last?.EndsWith("storage-provisioner", StringComparison.Ordinal) is true
            && Mutation.Follow(data, path.Take(3)).TextAt("spec", "dataSourceRef", "kind") == "VolumeCloneSource";
    }
}
