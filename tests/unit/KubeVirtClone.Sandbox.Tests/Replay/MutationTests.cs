using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>
/// That the comparison lets nothing slip: whatever is changed or taken out in what it compares, it says so. Only what stands in
/// <see cref="IsByRule"/> may differ.
/// </summary>
public sealed class MutationTests
{
    private const int Sample = 120;

    private static readonly string[] OfClone = ["create", "phases", "timeline", "snapshots", "restores", "contents", "cloneFinal", "targetName", "targetVM", "left", "leftPVCs", "during", "after", "otherClones"];
    private static readonly string[] OfRestores = ["posted", "steps", "statuses", "timeline", "snapshots", "contents", "restores", "VMs", "left", "leftPVCs", "leftDataVolumes"];

    [Theory]
    [InlineData("a02-", "create|snapshots|restores|contents|cloneFinal|targetVM|left|leftPVCs|phases|timeline")]
    [InlineData("b20-", "create")]
    [InlineData("e27-", "during|restores")]
    [InlineData("h01-", "targetVM|left")]
    [InlineData("j01-", "restores|phases")]
    [InlineData("k02-", "phases")]
    [InlineData("k08-", "otherClones|after")]
    [InlineData("k11-", "after|targetVM")]
    [InlineData("i11-", "during|leftPVCs")]
    [InlineData("r01-", "posted|steps|statuses|timeline|restores|VMs|left|leftPVCs|leftDataVolumes")]
    [InlineData("r14-", "posted|statuses")]
    [InlineData("r41-", "steps|restores")]
    [InlineData("s03-", "snapshots|contents|statuses")]
    [InlineData("s18-", "steps")]
    public void Every_change_of_a_recording_is_found(string name, string parts)
    {
        var @case = VectorCase.OfOwn(name);
        var data = @case.Data;
        var missed = new List<string>();
        foreach (var part in parts.Split('|'))
        {
            (@case.IsClone ? OfClone : OfRestores).ShouldContain(part);
            data[part].ShouldNotBeNull(part);
            var all = Mutation.Of(data[part], [part]).Where(m => !IsByRule(m, data)).ToArray();
            new Random(part.Length).Shuffle(all);
            all.ShouldNotBeEmpty(part);
            missed.AddRange(all.Take(Sample).AsParallel().Where(m => !Found(@case, m)).Select(m => m.ToString()));
        }

        missed.ShouldBeEmpty(string.Join(Environment.NewLine, missed.Order(StringComparer.Ordinal)));
    }

    private static bool Found(VectorCase @case, Mutation mutation)
    {
        try
        {
            var changed = mutation.Apply(@case.Data);
            return (@case.IsClone ? Comparison.OfClone(@case.Data, changed) : Comparison.OfRestores(@case.Data, changed)).Count > 0;
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException)
        {
            // A recording without its form is no recording.
            return true;
        }
    }

    // What was asked is no answer; whether a state was seen as added or modified is not behaviour, nor whether a status was there yet
    // when nothing stood in it; of what is gone only that it went counts; and the races that KnownRaces names.
    private static bool IsByRule(Mutation mutation, JsonObject data)
    {
        var path = mutation.Path;
        var last = path[^1] as string;
        var value = Mutation.Follow(data, path);
        switch (path[0])
        {
            case "create" or "posted" when (path[0] is "create" ? path.ElementAtOrDefault(1) : path.ElementAtOrDefault(2)) is not (null or "httpStatus" or "stored" or "response" or "warnings"):
            case "during" or "after" or "steps" when path.ElementAtOrDefault(2) is "result" && path.ElementAtOrDefault(3) is "body" or "object" or "asUser":
            case "leftPVCs" when last is "apiVersion":
            case "timeline" when !IsCompared(mutation, data):
                return true;
            case "phases" or "statuses" or "otherClones" or "timeline":
                var entry = Mutation.Follow(data, path.TakeWhile(p => p is not "status")) as JsonObject;
                if (last is "event" || entry.TextAt("event") == "DELETED" || (last is "status" && value is null or JsonObject { Count: 0 }))
                    return true;
                // Which of several volumes is ready first, and when the finalizer came, is chance.
                return path[1] is string of && of.StartsWith("VirtualMachineSnapshotContent/", StringComparison.Ordinal)
                    && (path.Count < 4 || (Mutation.Follow(data, path.Take(3)) as JsonObject).FlagAt("status", "readyToUse") is not true);
        }

        return (last is "lastEvent" && value.AsText() != "DELETED")
            || (path.Contains("volumeSnapshotStatus") && last is "readyToUse" && value?.GetValueKind() == System.Text.Json.JsonValueKind.False)
            || (path.Contains("VolumeSnapshot") && (Mutation.Follow(data, path.TakeWhile(p => p is not "VolumeSnapshot").Append("VolumeSnapshot")) as JsonArray).Objects().All(o => o.FlagAt("deleting") is true));
    }

    // Events and states of what KubeVirt works on.
    private static bool IsCompared(Mutation mutation, JsonObject data)
    {
        var entry = Mutation.Follow(data, mutation.Path.Take(2)) as JsonObject;
        return mutation.Path.ElementAtOrDefault(2) switch
        {
            "type" or "reason" or "from" or "message" or "on" => entry.TextAt("on")?.StartsWith("VirtualMachine", StringComparison.Ordinal) is true && entry.TextAt("on")!.Split('/')[0] is not ("VirtualMachine" or "VirtualMachineInstance"),
            "status" => !mutation.Path.Contains("volumeSnapshotStatus"),
            _ => false,
        };
    }
}
