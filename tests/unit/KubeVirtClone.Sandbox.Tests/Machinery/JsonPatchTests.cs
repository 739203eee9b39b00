using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Machinery;

public sealed class JsonPatchTests
{
    private static JsonObject Document() => (JsonObject)JsonNode.Parse("""{"a":{"b":1,"l":[1,2]},"s":"x"}""")!;

    private static string Apply(string operation) => JsonPatch.Apply(Document(), JsonPatch.Decode("[" + operation + "]")).ToJsonString();

    [Theory]
    [InlineData("""{"op":"replace","path":"/a/new","value":2}""", """{"a":{"b":1,"l":[1,2],"new":2},"s":"x"}""")]
    [InlineData("""{"op":"add","path":"/a/l/-","value":3}""", """{"a":{"b":1,"l":[1,2,3]},"s":"x"}""")]
    [InlineData("""{"op":"add","path":"/a/l/-1","value":3}""", """{"a":{"b":1,"l":[1,2,3]},"s":"x"}""")]
    [InlineData("""{"op":"add","path":"/s"}""", """{"a":{"b":1,"l":[1,2]},"s":null}""")]
    [InlineData("""{"op":"remove","path":"/a/l/0"}""", """{"a":{"b":1,"l":[2]},"s":"x"}""")]
    [InlineData("""{"op":"move","from":"/s","path":"/a/s"}""", """{"a":{"b":1,"l":[1,2],"s":"x"}}""")]
    [InlineData("""{"op":"copy","from":"/a/b","path":"/c"}""", """{"a":{"b":1,"l":[1,2]},"s":"x","c":1}""")]
    [InlineData("""{"op":"test","path":"/a/none","value":null}""", """{"a":{"b":1,"l":[1,2]},"s":"x"}""")]
    public void Applies_as_the_library_does(string operation, string result) => Apply(operation).ShouldBe(result);

    [Theory]
    [InlineData("""{"op":"remove","path":"/a/none"}""", "error in remove for path: '/a/none': Unable to remove nonexistent key: none: missing value")]
    [InlineData("""{"op":"add","path":"/none/x","value":1}""", "add operation does not apply: doc is missing path: \"/none/x\": missing value")]
    [InlineData("""{"op":"replace","path":"/none/x","value":1}""", "replace operation does not apply: doc is missing path: /none/x: missing value")]
    [InlineData("""{"op":"replace","path":"/a/l/9","value":1}""", "replace operation does not apply: doc is missing key: /a/l/9: missing value")]
    [InlineData("""{"op":"add","path":"/a/l/9","value":1}""", "error in add for path: '/a/l/9': Unable to access invalid index: 9: invalid index referenced")]
    [InlineData("""{"op":"test","path":"/a/b","value":1.0}""", "testing value /a/b failed: test failed")]
    [InlineData("""{"op":"frobnicate","path":"/s"}""", "Unexpected kind: frobnicate")]
    [InlineData("""{"a":"b"}""", "Unexpected kind: unknown")]
    [InlineData("""{"op": replace}""", "invalid character 'r' looking for beginning of value")]
    [InlineData("""[{"op":"add"}]""", "json: cannot unmarshal array into Go value of type jsonpatch.Operation")]
    public void Refuses_in_the_librarys_words(string operation, string message) =>
        Should.Throw<JsonPatchException>(() => Apply(operation)).Message.ShouldBe(message);
}
