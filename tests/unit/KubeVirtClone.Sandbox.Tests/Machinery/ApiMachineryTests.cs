using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.Tests.Machinery;

public sealed class ApiMachineryTests
{
    private static readonly RequestInfo Me = new("me", []);

    private readonly ApiMachinery _api = new(ResourceCatalog.For(Profile.Load("1.9")), TimeProvider.System, seed: 1);

    public ApiMachineryTests() => _api.Create(_api.Type("", "namespaces"), null, Parse("""{"metadata":{"name":"ns"}}"""), Me);

    private ResourceType Clones => _api.Type("clone.kubevirt.io", "virtualmachineclones");

    [Fact]
    public void A_created_object_gets_what_the_server_sets()
    {
        var made = _api.Create(Clones, "ns", Clone("a"), Me);

        made.TextAt("metadata", "namespace").ShouldBe("ns");
        Guid.Parse(made.TextAt("metadata", "uid")!).Version.ShouldBe(4);
        made["metadata"]!["generation"]!.GetValue<int>().ShouldBe(1);
        made.TextAt("metadata", "resourceVersion").ShouldBe(_api.ResourceVersion.ToString());
        _api.Get(Clones, "ns", "a").ShouldBeSameAs(made);
    }

    [Fact]
    public void GenerateName_makes_distinct_names_from_the_prefix()
    {
        var body = Clone("x");
        ((JsonObject)body["metadata"]!).Remove("name");
        body["metadata"]!["generateName"] = "cl-";

        var names = Enumerable.Range(0, 50).Select(_ => _api.Create(Clones, "ns", body, Me).TextAt("metadata", "name")!).ToList();

        names.Distinct().Count().ShouldBe(50);
        names.ShouldAllBe(n => n.StartsWith("cl-", StringComparison.Ordinal) && n.Length == 8);
    }

    [Fact]
    public void A_beginning_of_a_name_that_could_never_be_one_and_too_much_annotation_are_refused()
    {
        var body = Clone("x");
        var metadata = (JsonObject)body["metadata"]!;
        metadata.Remove("name");
        metadata["generateName"] = "a.b-";
        _api.Create(Clones, "ns", body, Me).TextAt("metadata", "name")!.ShouldStartWith("a.b-");
        metadata["generateName"] = "Bad-";
        var refused = Should.Throw<ApiException>(() => _api.Create(Clones, "ns", body, Me));
        refused.Code.ShouldBe(422);
        refused.Status["details"]!["causes"]!.AsArray().Select(c => c!["field"]!.GetValue<string>()).ShouldBe(["metadata.generateName", "metadata.name"]);
        metadata["generateName"] = new string('x', 260);
        Should.Throw<ApiException>(() => _api.Create(Clones, "ns", body, Me)).Message.ShouldEndWith("metadata.generateName: Invalid value: \"" + new string('x', 260) + "\": must be no more than 253 characters");

        metadata.Remove("generateName");
        metadata["name"] = "x";
        metadata["annotations"] = new JsonObject { ["note"] = new string('x', 256 * 1024) };
        Should.Throw<ApiException>(() => _api.Create(Clones, "ns", body, Me)).Message.ShouldEndWith("metadata.annotations: Too long: may not be more than 262144 bytes");
    }

    [Fact]
    public void A_stale_update_is_refused_and_a_current_one_raises_the_generation()
    {
        var made = _api.Create(Clones, "ns", Clone("a"), Me);
        var change = (JsonObject)made.DeepClone();
        change["spec"]!["target"]!["name"] = "other";

        var updated = _api.Update(Clones, "ns", "a", change, Me);

        updated["metadata"]!["generation"]!.GetValue<long>().ShouldBe(2);
        Should.Throw<ApiException>(() => _api.Update(Clones, "ns", "a", change, Me)).Code.ShouldBe(409);
    }

    [Fact]
    public void Status_and_spec_are_written_apart()
    {
        var made = _api.Create(Clones, "ns", Clone("a"), Me);
        var change = (JsonObject)made.DeepClone();
        change["status"] = new JsonObject { ["phase"] = "Succeeded" };
        change["spec"]!["target"]!["name"] = "ignored";

        var updated = _api.Update(Clones, "ns", "a", change, Me, "status");

        updated.TextAt("status", "phase").ShouldBe("Succeeded");
        updated.TextAt("spec", "target", "name").ShouldBe("dst");
        updated["metadata"]!["generation"]!.GetValue<long>().ShouldBe(1);
    }

    [Fact]
    public void An_update_that_changes_nothing_writes_nothing()
    {
        var made = _api.Create(Clones, "ns", Clone("a"), Me);
        var before = _api.ResourceVersion;

        _api.Update(Clones, "ns", "a", (JsonObject)made.DeepClone(), Me).ShouldBeSameAs(made);

        _api.ResourceVersion.ShouldBe(before);
    }

    [Fact]
    public void Finalizers_hold_a_deleted_object_until_they_are_gone()
    {
        var body = Clone("a");
        body["metadata"]!["finalizers"] = new JsonArray("example.com/hold");
        _api.Create(Clones, "ns", body, Me);

        var marked = _api.Delete(Clones, "ns", "a", new DeleteRequest(), Me);

        marked.TextAt("metadata", "deletionTimestamp").ShouldNotBeNull();
        _api.Patch(Clones, "ns", "a", PatchType.Merge, Parse("""{"metadata":{"finalizers":null}}"""), Me);
        _api.Get(Clones, "ns", "a").ShouldBeNull();
    }

    [Fact]
    public void Events_come_in_order_even_when_a_subscriber_writes()
    {
        var seen = new List<string>();
        _api.Subscribe(e =>
        {
            if (e.Type == StoreEventType.Added && e.Name == "a")
                _api.Delete(Clones, "ns", "a", new DeleteRequest(), Me);
        });
        _api.Subscribe(e => seen.Add($"{e.Type} {e.Name}"));

        _api.Create(Clones, "ns", Clone("a"), Me);

        seen.ShouldBe(["Added a", "Deleted a"]);
    }

    [Fact]
    public void Unknown_fields_are_pruned_with_a_warning_or_refused_when_strict()
    {
        var body = Clone("a");
        body["spec"]!["nonsense"] = 1;
        body["spec"]!["source"]!["namespace"] = "other";
        var lenient = new RequestInfo("me", []);

        var stored = _api.Create(Clones, "ns", body, lenient);

        stored["spec"]!["nonsense"].ShouldBeNull();
        lenient.Warnings.ShouldBe(["unknown field \"spec.nonsense\"", "unknown field \"spec.source.namespace\""]);
        Should.Throw<ApiException>(() => _api.Create(Clones, "ns", body, Me with { FieldValidation = "Strict" })).Message.ShouldBe(
            "VirtualMachineClone in version \"v1beta1\" cannot be handled as a VirtualMachineClone: strict decoding error: " +
            "unknown field \"spec.nonsense\", unknown field \"spec.source.namespace\"");
    }

    [Fact]
    public void A_dry_run_stores_nothing_and_shows_no_resourceVersion()
    {
        var shown = _api.Create(Clones, "ns", Clone("a"), Me with { DryRun = true });

        shown.TextAt("metadata", "uid").ShouldNotBeNull();
        shown.TextAt("metadata", "resourceVersion").ShouldBeNull();
        _api.Get(Clones, "ns", "a").ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"source":{}}""", "[spec.source.kind: Required value, spec.source.name: Required value]")]
    [InlineData("""{"source":null}""", "spec.source: Required value")]
    [InlineData("""{"source":{"kind":"a","name":"b"},"volumeNamePolicy":""}""", "spec.volumeNamePolicy: Unsupported value: \"\": supported values: \"RandomizeNames\", \"PrefixTargetName\"")]
    public void Schema_errors_are_worded_as_a_server_words_them(string spec, string problem)
    {
        var body = Clone("cl");
        body["spec"] = JsonNode.Parse(spec);

        var refusal = Should.Throw<ApiException>(() => _api.Create(Clones, "ns", body, Me));

        refusal.Code.ShouldBe(422);
        refusal.Message.ShouldBe("VirtualMachineClone.clone.kubevirt.io \"cl\" is invalid: " + problem);
    }

    [Fact]
    public void The_state_at_an_earlier_revision_can_be_read_until_it_is_compacted()
    {
        _api.Create(Clones, "ns", Clone("a"), Me);
        _api.Create(Clones, "ns", Clone("b"), Me);
        var then = _api.ResourceVersion;
        _api.Delete(Clones, "ns", "a", new DeleteRequest(), Me);
        _api.Create(Clones, "ns", Clone("c"), Me);

        _api.Snapshot(Clones, "ns", then).Items.Select(i => i.Name).ShouldBe(["a", "b"]);

        _api.Compact(_api.ResourceVersion);
        Should.Throw<ApiException>(() => _api.Snapshot(Clones, "ns", then)).Code.ShouldBe(410);
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static JsonObject Clone(string name)
    {
        var clone = Parse(
            """
            {"apiVersion":"clone.kubevirt.io/v1beta1","kind":"VirtualMachineClone","metadata":{},
             "spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"src"},
                     "target":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"dst"}}}
            """);
        clone["metadata"]!["name"] = name;
        return clone;
    }
}
