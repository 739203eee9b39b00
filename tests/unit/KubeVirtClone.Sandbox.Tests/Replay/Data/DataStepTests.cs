using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>That steps which are data are carried out as they say, by whom they say.</summary>
public sealed class DataStepTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<List<JsonObject>> ResultsAsync(params string[] steps)
    {
        var data = new JsonObject
        {
            ["name"] = "case",
            ["namespaces"] = new JsonObject { ["src"] = "one", ["dst"] = "two" },
            ["before"] = new JsonArray(),
            ["steps"] = new JsonArray([.. steps.Select((s, i) => (JsonNode?)new JsonObject
            {
                ["ms"] = 10 * i,
                ["step"] = JsonNode.Parse(s),
                ["result"] = new JsonObject { ["stored"] = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = $"0000000{i}-0000-0000-0000-000000000000", ["name"] = "made-in-the-recording" } }, ["object"] = new JsonObject() },
            })]),
        };
        var path = Path.Combine(_folder, "case.json");
        await File.WriteAllTextAsync(path, data.ToJsonString(), TestContext.Current.CancellationToken);
        VectorFiles.In(_folder).Cases.ShouldBe([path]);
        var @case = new DataCase(VectorCase.Load(path));
        await using var sandbox = new ReplaySandbox(@case.Namespaces);
        return [.. new DataReplay(sandbox, @case).Run().ArrayAt("steps").Objects().Select(s => s.ObjectAt("result")!)];
    }

    [Fact]
    public async Task Objects_are_made_in_their_own_namespaces_and_read_patched_and_deleted_there()
    {
        var results = await ResultsAsync(
            """{"do":"create","object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"two"},"data":{"a":"1"}}}""",
            """{"do":"get","kind":"ConfigMap","namespace":"one","name":"c"}""",
            """{"do":"patch","kind":"ConfigMap","namespace":"two","name":"c","body":{"data":{"b":"2"}}}""",
            """{"do":"patch","kind":"ConfigMap","namespace":"two","name":"c","contentType":"application/json-patch+json","body":[{"op":"remove","path":"/data/a"}]}""",
            """{"do":"get","kind":"ConfigMap","namespace":"two","name":"c"}""",
            """{"do":"delete","kind":"ConfigMap","namespace":"two","name":"c","query":"dryRun=All"}""",
            """{"do":"wait","kind":"ConfigMap","namespace":"two","name":"c","gone":true,"seconds":2}""",
            """{"do":"delete","kind":"ConfigMap","namespace":"two","name":"c"}""",
            """{"do":"wait","kind":"ConfigMap","namespace":"two","name":"c","gone":true,"seconds":2}""");
        results.Select(r => r["httpStatus"]?.GetValue<int>()).ShouldBe([201, 404, 200, 200, 200, 200, null, 200, null]);
        results[4].ObjectAt("object", "data")!.ToJsonString().ShouldBe("""{"b":"2"}""");
        results[6].FlagAt("reached").ShouldBe(false);
        results[8].FlagAt("reached").ShouldBe(true);
    }

    [Fact]
    public async Task Users_have_their_own_rights_and_waits_look_for_a_value_or_for_any()
    {
        var results = await ResultsAsync(
            """{"do":"create","user":"alice","object":{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"p","namespace":"two"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}}""",
            """{"do":"create","object":{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"p","namespace":"two"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}}""",
            """{"do":"wait","kind":"PersistentVolumeClaim","namespace":"two","name":"p","path":"status.phase","value":"Lost","seconds":3}""",
            """{"do":"wait","kind":"PersistentVolumeClaim","namespace":"two","name":"p","path":"status.phase","value":"Bound","seconds":3}""",
            """{"do":"wait","kind":"PersistentVolumeClaim","namespace":"two","name":"p","path":"spec.volumeName"}""");
        results[0]["httpStatus"]!.GetValue<int>().ShouldBe(403);
        results[1]["httpStatus"]!.GetValue<int>().ShouldBe(201);
        results.Skip(2).Select(r => r.FlagAt("reached")).ShouldBe([false, true, true]);
    }

    [Fact]
    public async Task What_the_recordings_server_named_is_known_by_the_name_it_has_here()
    {
        var results = await ResultsAsync(
            """{"do":"create","object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"c-","namespace":"one"}}}""",
            """{"do":"get","kind":"ConfigMap","namespace":"one","name":"made-in-the-recording"}""",
            """{"do":"patch","kind":"ConfigMap","namespace":"one","name":"made-in-the-recording","body":{"data":{"owner":"00000000-0000-0000-0000-000000000000"}}}""",
            """{"do":"get","kind":"ConfigMap","namespace":"one","name":"made-in-the-recording"}""");
        results.Skip(1).Select(r => r["httpStatus"]!.GetValue<int>()).ShouldBe([200, 200, 200]);
        results[3].TextAt("object", "data", "owner").ShouldBe(results[0].TextAt("stored", "metadata", "uid"));
    }

    [Fact]
    public async Task A_step_it_does_not_know_is_an_error() =>
        await Should.ThrowAsync<NotSupportedException>(() => ResultsAsync("""{"do":"shake","kind":"ConfigMap"}"""));
}
