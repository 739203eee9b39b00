using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Machinery;

public sealed class PatchTests
{
    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2}]""", """{"a":[1,2,3]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/-","value":2}]""", """{"a":[1,2]}""")]
    [InlineData("""{"a":{"x/y":1,"m~n":2}}""", """[{"op":"remove","path":"/a/x~1y"},{"op":"remove","path":"/a/m~0n"}]""", """{"a":{}}""")]
    [InlineData("""{"a":{}}""", """[{"op":"replace","path":"/a/new","value":1}]""", """{"a":{"new":1}}""")]
    [InlineData("""{"a":1}""", """[{"op":"move","from":"/a","path":"/b"}]""", """{"b":1}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"copy","from":"/a","path":"/b"}]""", """{"a":{"x":1},"b":{"x":1}}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"remove","path":"/a/-1"}]""", """{"a":[1]}""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":1},{"op":"remove","path":"/a"}]""", """{}""")]
    public void A_json_patch_applies(string document, string patch, string expected) =>
        JsonNode.DeepEquals(JsonPatch.Apply(Parse(document), (JsonArray)JsonNode.Parse(patch)!), JsonNode.Parse(expected)).ShouldBeTrue();

    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"remove","path":"/b"}]""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b/c","value":1}]""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"/nope/x","value":1}]""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/5","value":1}]""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":2}]""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":1.0}]""")]
    [InlineData("""{"a":1}""", """[1]""")]
    [InlineData("""{"a":1}""", """[{"op":"invent","path":"/a"}]""")]
    public void A_json_patch_that_does_not_fit_is_refused(string document, string patch) =>
        Should.Throw<JsonPatchException>(() => JsonPatch.Apply(Parse(document), (JsonArray)JsonNode.Parse(patch)!));

    [Fact]
    public void A_merge_patch_merges_objects_replaces_lists_and_removes_nulls()
    {
        var target = Parse("""{"a":{"x":1,"y":2},"l":[1,2],"gone":1}""");

        Patching.Merge(target, Parse("""{"a":{"y":null,"z":3},"l":[9],"gone":null}"""));

        JsonNode.DeepEquals(target, Parse("""{"a":{"x":1,"z":3},"l":[9]}""")).ShouldBeTrue();
    }

    [Fact]
    public void A_strategic_merge_merges_lists_by_their_key()
    {
        var target = Parse("""{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]},"metadata":{"finalizers":["x"]}}""");

        var merged = StrategicMergePatch.Merge(target, Parse(
            """{"spec":{"containers":[{"name":"a","image":"2"},{"name":"b","$patch":"delete"},{"name":"c"}]},"metadata":{"finalizers":["y"],"$deleteFromPrimitiveList/finalizers":["x"]}}"""));

        JsonNode.DeepEquals(merged["spec"], Parse("""{"containers":[{"name":"a","image":"2"},{"name":"c"}]}""")).ShouldBeTrue();
        merged.TextsAt("metadata", "finalizers").ShouldBe(["y"]);
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}
