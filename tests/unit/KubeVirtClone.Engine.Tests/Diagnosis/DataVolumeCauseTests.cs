using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

/// <summary>What CDI can never do is told from what takes a while, by conditions and Events: as recorded, and as its source words the others.</summary>
public sealed class DataVolumeCauseTests
{
    private static readonly Dictionary<string, string> Endless = new(StringComparer.Ordinal)
    {
        ["t06-smaller"] = "smaller than the source",
        ["t11-no-source"] = "its source is gone",
        ["t14-generate-name"] = "token",
        ["t19-quota"] = "the quota of the namespace is full",
    };

    [Fact]
    public void Of_all_recorded_transfers_those_that_never_end_have_a_cause_and_the_others_at_no_moment()
    {
        var endless = new List<string>();
        foreach (var path in Directory.EnumerateFiles(Fixtures(), "*.json").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            using var recorded = JsonDocument.Parse(File.ReadAllText(path));
            foreach (var (dataVolume, moments) in Moments(recorded.RootElement))
            {
                var last = moments[^1];
                if (last.Gone || last.Item.StringAt("status", "phase") == "Succeeded")
                {
                    moments.Select(m => Judge(m, withEvents: true)?.Text).OfType<string>().ShouldBeEmpty($"{name} {dataVolume}");
                    continue;
                }

                endless.Add(name);
                Judge(last, withEvents: true).ShouldNotBeNull($"{name} {dataVolume}").Cause.ShouldContain(Endless[name]);
                // Who may not read Events is told as well.
                Judge(last, withEvents: false).ShouldNotBeNull($"{name} {dataVolume} without Events").Cause.ShouldContain(Endless[name]);
            }
        }

        endless.Distinct().ShouldBe(Endless.Keys, ignoreOrder: true);
    }

    [Theory]
    [InlineData("persistentvolumeclaims \"tmp-pvc-1\" is forbidden: exceeded quota: q", FaultCategory.LimitsExceeded, "source's namespace")]
    [InlineData("persistentvolumeclaims \"d\" is forbidden: exceeded quota: q", FaultCategory.LimitsExceeded, "the quota of the namespace")]
    [InlineData("persistentvolumeclaims \"d\" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi", FaultCategory.LimitsExceeded, "does not take such a claim")]
    [InlineData("target storage class not found", FaultCategory.InvalidArgument, "storage class is not there")]
    [InlineData("target claim's storageclass doesn't exist, clone will not work", FaultCategory.InvalidArgument, "storage class is not there")]
    [InlineData("claim has emptystring storageclass, will not work", FaultCategory.InvalidArgument, "storage class is not there")]
    [InlineData("unable to find a valid storage class for the temporal source claim", FaultCategory.InvalidArgument, "storage class is not there")]
    [InlineData("no compatible volumesnapshotclass", FaultCategory.InvalidOperation, "no VolumeSnapshotClass")]
    [InlineData("target resources requests storage size is smaller than the source 1 < 2", FaultCategory.InvalidArgument, "smaller than the source")]
    [InlineData("source snapshot does not exist", FaultCategory.OperationStopped, "its source is gone")]
    [InlineData("cross-namespace with resource grants is not supported yet", FaultCategory.InvalidOperation, "CDI cannot do it")]
    [InlineData("invalid token", FaultCategory.OperationStopped, "token")]
    [InlineData("claim a/tmp-pvc-1 does not exist", null, null)]
    [InlineData("Operation cannot be fulfilled on persistentvolumeclaims \"d\": the object has been modified", null, null)]
    public void An_error_of_the_populator_is_an_end_or_passes(string error, FaultCategory? category, string? cause)
    {
        var item = DataVolume("CloneScheduled", [("Bound", "False", "Pending", "PVC d Pending"), ("Running", "False", "Error", error)], claim: true);
        var found = DataVolumeCause.Of(item, [], []);
        var seen = found?.Category;
        seen.ShouldBe(category);
        (found?.Cause ?? "").ShouldContain(cause ?? "");
        (found is null).ShouldBe(category is null);
    }

    [Fact]
    public void Pods_that_fail_again_and_again_are_an_end_and_one_that_failed_once_is_not()
    {
        var failing = new[] { ("Running", "False", "Error", "Unable to process data: read /dev/cdi: input/output error") };
        DataVolumeCause.Of(DataVolume("CloneInProgress", failing, claim: true, restarts: 1), [], []).ShouldBeNull();
        DataVolumeCause.Of(DataVolume("CloneInProgress", failing, claim: true, restarts: 3), [], []).ShouldNotBeNull().Cause.ShouldContain("failed 3 times (Unable to process data");
    }

    [Fact]
    public void What_was_in_the_way_of_a_claim_that_is_there_by_now_is_no_end()
    {
        (string, string)[] quota = [("ErrExceededQuota", "exceeded quota: q")];
        DataVolumeCause.Of(DataVolume("Pending", [], claim: false), quota, []).ShouldNotBeNull();
        DataVolumeCause.Of(DataVolume("CloneScheduled", [], claim: true), quota, []).ShouldBeNull();
        DataVolumeCause.Of(DataVolume("CloneScheduled", [], claim: true), [], [("CloneWithoutSource", "The source pvc x doesn't exist")]).ShouldNotBeNull();
        DataVolumeCause.Of(DataVolume("RebindInProgress", [], claim: true), [], [("CloneWithoutSource", "The source pvc x doesn't exist")]).ShouldBeNull();
    }

    private static DataVolumeCause? Judge(Moment moment, bool withEvents) =>
        DataVolumeCause.Of(moment.Item, withEvents ? moment.Events : [], withEvents ? moment.OfClaim : []);

    // What was to be seen of each data volume after every change.
    private static Dictionary<string, List<Moment>> Moments(JsonElement recorded)
    {
        var moments = new Dictionary<string, List<Moment>>(StringComparer.Ordinal);
        var claims = new HashSet<string>(StringComparer.Ordinal);
        var said = new List<(string On, string Reason, string Message)>();
        var states = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var step in recorded.GetProperty("timeline").EnumerateArray())
        {
            var kind = step.GetProperty("kind").GetString();
            if (kind == "Event")
                said.Add((step.GetProperty("on").GetString()!, step.GetProperty("reason").GetString()!, step.GetProperty("message").GetString() ?? ""));
            else if (kind == "PersistentVolumeClaim")
                claims.Add(step.GetProperty("name").GetString()!);
            else if (kind == "DataVolume")
                states[step.GetProperty("name").GetString()!] = step;
            foreach (var (name, state) in states)
            {
                if (!moments.TryGetValue(name, out var list))
                    moments[name] = list = [];
                var conditions = state.GetProperty("conditions").EnumerateArray().Select(c => (c[0].GetString()!, c[1].GetString()!, c[2].GetString()!, c[3].GetString()!));
                list.Add(new(
                    DataVolume(state.GetProperty("phase").GetString() ?? "", conditions, claims.Contains(name)),
                    state.GetProperty("event").GetString() == "DELETED",
                    [.. said.Where(s => s.On == "DataVolume/" + name).Select(s => (s.Reason, s.Message))],
                    [.. said.Where(s => s.On == "PersistentVolumeClaim/" + name).Select(s => (s.Reason, s.Message))]));
            }
        }

        return moments;
    }

    private static KubernetesObject DataVolume(string phase, IEnumerable<(string Type, string Status, string Reason, string Message)> conditions, bool claim, int restarts = 0)
    {
        var status = new JsonObject
        {
            ["phase"] = phase,
            ["restartCount"] = restarts,
            ["conditions"] = new JsonArray([.. conditions.Select(c => (JsonNode)new JsonObject { ["type"] = c.Type, ["status"] = c.Status, ["reason"] = c.Reason, ["message"] = c.Message })]),
        };
        if (claim)
            status["claimName"] = "d";
        return new(JsonSerializer.SerializeToElement(new JsonObject { ["kind"] = "DataVolume", ["metadata"] = new JsonObject { ["name"] = "d" }, ["status"] = status }));
    }

    private static string Fixtures([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures", "vectors-transfer"));

    private sealed record Moment(KubernetesObject Item, bool Gone, IReadOnlyList<(string Reason, string Message)> Events, IReadOnlyList<(string Reason, string Message)> OfClaim);
}
