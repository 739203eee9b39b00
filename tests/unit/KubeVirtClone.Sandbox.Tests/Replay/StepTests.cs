using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>Steps in words that the project's own cases do not use, as other cases of the kind may have them.</summary>
public sealed class StepTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kubevirtclone-steps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // A case of the project's own with other steps.
    private async Task<JsonObject> ReplayAsync(string like, string part, params (double Ms, string Step, string? Result)[] steps)
    {
        var data = VectorCase.OfOwn(like).Data.Copy();
        data[part] = new JsonArray([.. steps.Select(s => (JsonNode?)new JsonObject { ["ms"] = s.Ms, ["step"] = s.Step, ["result"] = s.Result is null ? null : JsonNode.Parse(s.Result) })]);
        var path = Path.Combine(_folder, "case.json");
        await File.WriteAllTextAsync(path, data.ToJsonString(), TestContext.Current.CancellationToken);
        var @case = VectorCase.Load(path);
        await using var sandbox = new ReplaySandbox(@case.Namespace);
        return @case.IsClone ? new CloneReplay(sandbox, @case).Run().Recording : new RestoreReplay(sandbox, @case).Run().Recording;
    }

    private static List<int?> Statuses(JsonObject recording, string part) => [.. recording.ArrayAt(part).Objects().Select(s => s.At("result", "httpStatus")?.GetValue<int>())];

    [Fact]
    public async Task Steps_of_a_clone_set_start_patch_read_and_delete_what_their_words_name()
    {
        var recording = await ReplayAsync(
            "i09-",
            "during",
            (10, "newSMBiosSerial := \"A1\"", """{"httpStatus":200}"""),
            (20, "change spec.target.name to other", """{"httpStatus":200}"""),
            (30, "PATCH VirtualMachineClone cl", """{"httpStatus":200,"body":{"metadata":{"labels":{"a":"b"}}}}"""),
            (40, "read the clone", null),
            (50, "start the source", """{"httpStatus":409}"""),
            (60, "wait 2 s", null),
            (5000, "delete the temporary restore", "[200]"),
            (5200, "delete the restored PVC", """{"httpStatus":200}"""),
            (5300, "delete the source PVC", "[200]"),
            (5400, "delete the temporary snapshot", """{"httpStatus":200}"""),
            (5500, "delete the source VM", """{"httpStatus":200}"""));
        var done = recording.ArrayAt("during").Objects().ToList();
        Statuses(recording, "during")[..3].ShouldBe([200, 200, 200]);
        done[3].TextAt("result", "spec", "newSMBiosSerial").ShouldBe("A1");
        done[3].TextAt("result", "spec", "target", "name").ShouldBe("other");
        done[3].TextAt("result", "metadata", "labels", "a").ShouldBe("b");
        done[6]["result"]!.ToJsonString().ShouldBe("[200]");
        done[8]["result"]!.ToJsonString().ShouldBe("[200]");
        new[] { done[7], done[9], done[10] }.Select(s => s.At("result", "httpStatus")!.GetValue<int>()).ShouldBe([200, 200, 200]);
        (recording.At("left", "VirtualMachine") as JsonArray).Objects().Select(v => v.TextAt("name")).ShouldNotContain("src");
        await Should.ThrowAsync<NotSupportedException>(() => ReplayAsync("a01-", "during", (10, "shake the cluster", """{"httpStatus":200}""")));
    }

    [Fact]
    public async Task Steps_of_a_restore_delete_what_their_words_or_their_answers_name()
    {
        var recording = await ReplayAsync(
            "r01-",
            "steps",
            (3000, "reached: complete: r", null),
            (3100, "reached: the moon is full", null),
            (3200, "delete the restore r", """{"httpStatus":200}"""),
            (3300, "delete the snapshot", """{"httpStatus":200}"""),
            (3400, "relabel", """{"httpStatus":200,"body":{"metadata":{"labels":{"a":"b"}}},"response":{"kind":"VirtualMachine","metadata":{"name":"src"}}}"""),
            (3500, "delete src", """{"httpStatus":200}"""));
        Statuses(recording, "steps").ShouldBe([null, null, 200, 200, 200, 200]);
        recording.ArrayAt("steps").Objects().ElementAt(4).TextAt("result", "response", "metadata", "labels", "a").ShouldBe("b");
        (recording.At("left", "VirtualMachine") as JsonArray).Objects().Select(v => v.TextAt("name")).ShouldBe(["dst"]);
        recording.At("left", "VirtualMachineRestore").ShouldBeNull();
        await Should.ThrowAsync<NotSupportedException>(() => ReplayAsync("r01-", "steps", (3000, "shake the cluster", """{"httpStatus":200}""")));
    }
}
