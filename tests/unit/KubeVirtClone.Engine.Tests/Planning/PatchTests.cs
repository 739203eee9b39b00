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
    [InlineData("""{"op":"frobnicate","path":"/spec/x","value":1}""", "no operation of a JSON patch", "add, remove")]
    [InlineData("""{"op":"add","value":1}""", "no path", "path")]
    [InlineData("""{"op":"add","path":"spec/x","value":1}""", "changes spec/x", "/spec/")]
    [InlineData("""{"op":"replace","path":"/metadata/name","value":"x"}""", "changes /metadata/name", "target name")]
    [InlineData("""{"op":"add","path":"/metadata/labels","value":{"a":"b"}}""", "changes /metadata/labels", "/metadata/labels/tier")]
    [InlineData("""{"op":"add","path":"/metadata/annotations","value":{"a":"b"}}""", "changes /metadata/annotations", "/metadata/annotations/tier")]
    [InlineData("""{"op":"replace","path":"/spec","value":{}}""", "changes /spec", "single fields below /spec/")]
    [InlineData("""{"op":"add","path":"/metadata/labels/example.com/a","value":"b"}""", "a member of a label", "example.com~1a")]
    [InlineData("""{"op":"move","path":"/metadata/labels/a"}""", "needs \"from\" to move", "from")]
    [InlineData("""{"op":"copy","from":"spec/x","path":"/metadata/labels/a"}""", "needs \"from\" to copy", "from")]
    [InlineData("""{"op":"test","path":"/spec/template","value":{"a":1}}""", "tests /spec/template for a whole object", "one by one")]
    [InlineData("""{"op":"add","path":"/metadata/labels/x","value":"1"},{"op":"add","path":"/metadata/labels/y","value":"2"}""", "is not JSON", "Quote")]
    [InlineData("null", "is not a JSON patch operation: null", "op, path")]
    [InlineData(" ", "is not a JSON patch operation", "op, path")]
    public void What_cannot_work_in_any_form_is_refused_with_advice(string patch, string why, string advice)
    {
        var fault = Check(patch).Fault.ShouldNotBeNull();
        fault.Id.ShouldBe(FaultIds.VMClonePatchInvalid);
        fault.Category.ShouldBe(FaultCategory.InvalidArgument);
        fault.Message.ShouldStartWith("Patch 1 ");
        fault.Message.ShouldContain(why);
        fault.RecommendedAction.ToString().ShouldContain(advice);
    }

    [Theory]
    [InlineData("""{"op":"copy","from":"/metadata/labels/app","path":"/metadata/labels/x"}""", """{"op":"copy","from":"/metadata/labels/app","path":"/metadata/labels/x"}""")]
    [InlineData("""{"op":"remove","from":"/metadata/labels/app","path":"/metadata/labels/x"}""", """{"op":"remove","path":"/metadata/labels/x"}""")]
    [InlineData("""{"op":"add","path":"/metadata/labels/x","value":null}""", """{"op":"add","path":"/metadata/labels/x","value":null}""")]
    public void What_an_operation_does_not_need_is_not_sent(string patch, string sent) => Check(patch).Request.Patches.ShouldBe([sent]);

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

    [Theory]
    [InlineData("""{"op":"add","path":"/metadata/labels/x/y","value":"v"}""", "'/metadata/labels/x' is not there")]
    [InlineData("""{"op":"add","path":"/spec/template/spec/volumes/7","value":"v"}""", "the list has 1 items, so there is no place '7'")]
    [InlineData("""{"op":"replace","path":"/spec/template/spec/volumes/1","value":"v"}""", "the list has 1 items, so there is no item '1'")]
    [InlineData("""{"op":"remove","path":"/metadata/labels/none"}""", "'/metadata/labels/none' is not there")]
    [InlineData("""{"op":"copy","from":"/spec/none/x","path":"/metadata/labels/x"}""", "'/spec/none' is not there")]
    [InlineData("""{"op":"move","from":"/metadata/labels/none","path":"/metadata/labels/x"}""", "'/metadata/labels/none' is not there")]
    [InlineData("""{"op":"test","path":"/metadata/labels/app","value":"v"}""", "'/metadata/labels/app' is \"web\", not \"v\"")]
    [InlineData("""{"op":"test","path":"/metadata/labels/app","value":null}""", "is \"web\", not null")]
    [InlineData("""{"op":"test","path":"/metadata/labels/none","value":"v"}""", "is not there, not \"v\"")]
    public void What_does_not_apply_says_what_is_there_instead(string operation, string why)
    {
        var (failed, said) = JsonPatchApplier.Apply(World.Machine("m"), [Parse("""{"op":"add","path":"/metadata/labels/x","value":"1"}"""), Parse(operation)]).ShouldNotBeNull();

        failed.ToWebhookText().ShouldBe(Parse(operation).ToWebhookText());
        said.ShouldContain(why);
    }

    [Theory]
    [InlineData("""{"op":"copy","from":"/metadata/labels/app","path":"/metadata/labels/x"}""", """{"app":"web","tier":"front","x":"web"}""")]
    [InlineData("""{"op":"move","from":"/metadata/labels/app","path":"/metadata/labels/x"}""", """{"tier":"front","x":"web"}""")]
    [InlineData("""{"op":"test","path":"/metadata/labels/app","value":"web"}""", """{"app":"web","tier":"front"}""")]
    [InlineData("""{"op":"replace","path":"/metadata/labels/app","value":null}""", """{"app":"","tier":"front"}""")]
    public void Labels_come_out_as_KubeVirts_library_leaves_them(string operation, string labels)
    {
        var machine = World.Machine("m");
        machine["spec"]!["template"]!["metadata"]!["labels"] = machine["metadata"]!["labels"]!.DeepClone();
        foreach (var root in new[] { "", "/spec/template" })
            JsonPatchApplier.Apply(machine, [Parse(operation.Replace("/metadata", root + "/metadata", StringComparison.Ordinal))]).ShouldBeNull();

        JsonNode.DeepEquals(machine["metadata"]!["labels"], JsonNode.Parse(labels)).ShouldBeTrue(machine.ToJsonString());
        JsonNode.DeepEquals(machine["spec"]!["template"]!["metadata"]!["labels"], JsonNode.Parse(labels)).ShouldBeTrue(machine.ToJsonString());
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
