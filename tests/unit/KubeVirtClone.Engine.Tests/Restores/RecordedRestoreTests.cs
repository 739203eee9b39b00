using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.Engine.Tests.Restores;

/// <summary>For each clone a real KubeVirt 1.9 made: the restore we would post has the patches its clone controller wrote, so that both methods give the same machine.</summary>
public sealed class RecordedRestoreTests
{
    private static readonly Lazy<Dictionary<string, JsonObject>> Cases = new(() => File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "recorded-restores.jsonl"))
        .Select(l => (JsonObject)JsonNode.Parse(l)!)
        .DistinctBy(c => c["name"]!.GetValue<string>())
        .ToDictionary(c => c["name"]!.GetValue<string>(), StringComparer.Ordinal));

    public static IEnumerable<TheoryDataRow<string>> Names => Cases.Value.Keys.Select(n => new TheoryDataRow<string>(n));

    [Fact]
    public void Enough_cases_are_there() => Cases.Value.Count.ShouldBeGreaterThanOrEqualTo(80);

    [Theory]
    [MemberData(nameof(Names))]
    public void Patches_are_those_of_the_clone_controller(string name)
    {
        var recorded = Cases.Value[name];
        var machine = (JsonObject)recorded["machine"]!;
        var asked = RequestOf((JsonObject)recorded["clone"]!, recorded["target"]!.GetValue<string>());
        var batch = asked.Patches is null ? [] : PatchRules.Read(asked.Patches);
        var body = RestoreManifest.Build(asked, "snap", RestorePatches.For(machine, asked, batch), "snapshot.kubevirt.io/v1beta1", machine);
        var ours = Read(body["spec"]!["patches"]);
        var theirs = Read(recorded["patches"]);

        // Go walks maps in random order, so removals of keys come in any.
        ours.Where(p => !IsRemoval(p)).ShouldBe(theirs.Where(p => !IsRemoval(p)));
        ours.Where(IsRemoval).Order(StringComparer.Ordinal).ShouldBe(theirs.Where(IsRemoval).Order(StringComparer.Ordinal));
        body["spec"]!["volumeRestorePolicy"]?.GetValue<string>().ShouldBe(recorded["policy"]?.GetValue<string>());
        body["spec"]!["target"]!.ToJsonString().ShouldBe($$"""{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"{{asked.TargetName}}"}""");
        var applied = (JsonObject)machine.DeepClone();
        JsonPatchApplier.Apply(applied, RestorePatches.For(machine, asked, batch)).ShouldBeNull();
    }

    private static CloneRequest RequestOf(JsonObject spec, string target) => new()
    {
        Namespace = "default",
        SourceName = "src",
        TargetName = target,
        CloneName = "r",
        LabelFilter = Strings(spec["labelFilters"]),
        AnnotationFilter = Strings(spec["annotationFilters"]),
        TemplateLabelFilter = Strings(spec["template"]?["labelFilters"]),
        TemplateAnnotationFilter = Strings(spec["template"]?["annotationFilters"]),
        MacAddresses = (spec["newMacAddresses"] as JsonObject)?.ToDictionary(m => m.Key, m => m.Value!.GetValue<string>(), StringComparer.Ordinal),
        SmbiosSerial = spec["newSMBiosSerial"]?.GetValue<string>(),
        Patches = Strings(spec["patches"]) is { Count: > 0 } patches ? patches : null,
        VolumeNamePolicy = spec["volumeNamePolicy"]?.GetValue<string>(),
    };

    private static List<string>? Strings(JsonNode? list) => (list as JsonArray)?.Select(i => i!.GetValue<string>()).ToList();

    private static List<string> Read(JsonNode? patches) =>
        [.. (patches as JsonArray ?? []).Select(p => JsonNode.Parse(p!.GetValue<string>())!).Select(p => $"{p["op"]} {p["from"]} {p["path"]} {p["value"]?.ToJsonString()}")];

    private static bool IsRemoval(string patch) => patch.StartsWith("remove  /metadata/", StringComparison.Ordinal) || patch.StartsWith("remove  /spec/template/metadata/", StringComparison.Ordinal);
}
