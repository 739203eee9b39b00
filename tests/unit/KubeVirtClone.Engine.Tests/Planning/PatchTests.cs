using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Planning;

public sealed class PatchTests
{
    public static TheoryData<string, string> Wishes() => new()
    {
        { "/metadata/annotations/url", "\"https://example.com:8080/a,b\"" },
        { "/spec/template/spec/domain/devices/interfaces/0/macAddress", "\"02:00:00:aa:bb:cc\"" },
        { "/spec/template/spec/nodeSelector", """{"disk":"ssd","zone":"a:b"}""" },
        { "/spec/template/spec/tolerations", """[{"key":"gpu","operator":"Exists"},{"key":"x,y"}]""" },
        { "/spec/template/spec/volumes/-", """{"name":"ci","cloudInitNoCloud":{"userData":"#cloud-config\npackages: [a, b]\n"}}""" },
        { "/spec/template/spec/volumes/0", """{"name":"first","emptyDisk":{"capacity":"1Gi"}}""" },
        { "/spec/template/spec/affinity", """{"a":{"b":[[1,2],[{"c":null}],[]]},"d~e/f":{}}""" },
        { "/spec/template/spec/hostname", "\"größe \\\"q\\\" {}\"" },
        { "/spec/template/spec/domain/cpu/cores", "4" },
        { "/spec/template/spec/x", "true" },
    };

    [Theory]
    [MemberData(nameof(Wishes))]
    public void Any_value_goes_through_the_webhooks_check_and_comes_out_the_same(string path, string value)
    {
        var wish = $$"""{"op":"add","path":"{{path}}","value":{{value}}}""";
        var sent = Check(wish).Request.Patches.ShouldNotBeNull();

        sent.ShouldAllBe(p => NaiveRestoreCheck.WhyRefused(p) == null);
        var steps = World.Machine("m");
        JsonPatchApplier.Apply(steps, sent.Select(Parse)).ShouldBeNull();
        var direct = World.Machine("m");
        JsonPatchApplier.Apply(direct, [Parse(wish)]).ShouldBeNull();
        JsonNode.DeepEquals(steps, direct).ShouldBeTrue(steps.ToJsonString());
    }

    [Fact]
    public void A_whole_patch_document_is_taken_operation_by_operation() =>
        Check("""[{"op":"add","path":"/metadata/labels/a","value":"1"},{"op":"remove","path":"/metadata/labels/tier"}]""").Request.Patches!.Count.ShouldBe(2);

    [Theory]
    [InlineData("""{"op":"frobnicate","path":"/spec/x","value":1}""", "add, remove")]
    [InlineData("""{"op":"add","value":1}""", "path")]
    [InlineData("""{"op":"add","path":"spec/x","value":1}""", "/spec/")]
    [InlineData("""{"op":"replace","path":"/metadata/name","value":"x"}""", "target name")]
    [InlineData("""{"op":"add","path":"/metadata/labels","value":{"a":"b"}}""", "one by one")]
    [InlineData("""{"op":"add","path":"/metadata/labels/example.com/a","value":"b"}""", "example.com~1a")]
    [InlineData("""{"op":"move","path":"/metadata/labels/a"}""", "from")]
    [InlineData("""{"op":"test","path":"/spec/template","value":{"a":1}}""", "one by one")]
    [InlineData("""{"op":"add","path":"/metadata/labels/x","value":"1"},{"op":"add","path":"/metadata/labels/y","value":"2"}""", "Quote")]
    [InlineData("null", "op, path")]
    public void What_cannot_work_in_any_form_is_refused_with_advice(string patch, string advice)
    {
        var fault = Check(patch).Fault.ShouldNotBeNull();
        fault.Id.ShouldBe(FaultIds.VMClonePatchInvalid);
        fault.Category.ShouldBe(FaultCategory.InvalidArgument);
        fault.RecommendedAction.ToString().ShouldContain(advice);
    }

    [Theory]
    [InlineData("SER:1,2")]
    [InlineData("a:b")]
    public void A_serial_with_colon_or_comma_becomes_a_patch(string serial)
    {
        var request = RequestRules.Check(World.Request() with { SmbiosSerial = serial, Patches = ["""{"op":"add","path":"/metadata/labels/a","value":"1"}"""] }, "b", 0).Request;

        request.SmbiosSerial.ShouldBeNull();
        request.Patches!.Count.ShouldBe(2);
        NaiveRestoreCheck.WhyRefused(request.Patches[0]).ShouldBeNull();
        var set = JsonNode.Parse(request.Patches[0])!;
        set["path"]!.GetValue<string>().ShouldBe("/spec/template/spec/domain/firmware/serial");
        set["value"]!.GetValue<string>().ShouldBe(serial);
    }

    [Fact]
    public void A_plain_serial_is_sent_as_it_is() =>
        RequestRules.Check(World.Request() with { SmbiosSerial = "a b" }, "b", 0).Request.ShouldSatisfyAllConditions(
            r => r.SmbiosSerial.ShouldBe("a b"),
            r => r.Patches.ShouldBeNull());

    // Seen on a real KubeVirt: a member that is not there is added by replace, and what lies below nothing fails.
    [Theory]
    [InlineData("replace", "/spec/template/spec/domain/devices/interfaces/0/macAddress", true)]
    [InlineData("replace", "/spec/template/spec/affinity/x", false)]
    [InlineData("remove", "/metadata/labels/none", false)]
    [InlineData("remove", "/metadata/labels/app", true)]
    [InlineData("add", "/spec/template/spec/volumes/7", false)]
    [InlineData("add", "/spec/template/spec/volumes/1", true)]
    [InlineData("test", "/metadata/labels/app", false)]
    public void Operations_apply_as_KubeVirts_library_applies_them(string op, string path, bool applies)
    {
        var operation = op == "remove" ? new PatchOperation(op, path) : PatchOperation.With(op, path, "v");
        (JsonPatchApplier.Apply(World.Machine("m"), [operation]) is null).ShouldBe(applies);
    }

    private static CheckedRequest Check(string patch) => RequestRules.Check(World.Request() with { Patches = [patch] }, "b", 0);

    private static PatchOperation Parse(string text)
    {
        var node = JsonNode.Parse(text)!.AsObject();
        return new PatchOperation(node["op"]!.GetValue<string>(), node["path"]!.GetValue<string>())
        {
            From = node["from"]?.GetValue<string>(),
            Value = node["value"]?.DeepClone(),
            HasValue = node.ContainsKey("value"),
        };
    }
}
