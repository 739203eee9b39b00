using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Machinery;

public sealed class GoJsonTests
{
    [Theory]
    [InlineData("""{"b":[1,-2.5,1e3,true,false,null],"a":{"x":"\u00e9\n\"\\ é"}}""")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData(" { } ")]
    public void It_reads_what_other_readers_read(string json) =>
        JsonNode.DeepEquals(GoJson.Parse(json), JsonNode.Parse(json)).ShouldBeTrue();

    [Theory]
    [InlineData("{not json", "invalid character 'n' looking for beginning of object key string")]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{\"a\" 1}", "invalid character '1' after object key")]
    [InlineData("{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair")]
    [InlineData("[1 2]", "invalid character '2' after array element")]
    [InlineData("{} x", "invalid character 'x' after top-level value")]
    [InlineData("tru", "unexpected end of JSON input")]
    [InlineData("{\"a\":1", "unexpected end of JSON input")]
    [InlineData("nonsense", "invalid character 'o' in literal null (expecting 'u')")]
    [InlineData("{a:1}", "invalid character 'a' looking for beginning of object key string")]
    [InlineData("\\", "invalid character '\\\\' looking for beginning of value")]
    [InlineData("trux", "invalid character 'x' in literal true (expecting 'e')")]
    [InlineData("\"\\q\"", "invalid character 'q' in string escape code")]
    public void Errors_are_worded_as_Gos(string json, string message) =>
        Should.Throw<GoJsonException>(() => GoJson.Parse(json)).Message.ShouldBe(message);

    [Fact]
    public void A_text_says_its_first_error_or_none()
    {
        GoJson.Error("[1 2]").ShouldBe("invalid character '2' after array element");
        GoJson.Error("""[{"op":"add"}]""").ShouldBeNull();
    }

    [Theory]
    [InlineData(10_000, null)]
    [InlineData(10_001, "exceeded max depth")]
    public void Lists_go_as_deep_as_Gos_decoder_follows(int depth, string? error)
    {
        // On a stack of its own: what is asked is where it stops, not how deep a test's thread may go.
        string? found = null;
        var thread = new Thread(() => found = GoJson.Error(new string('[', depth) + new string(']', depth)), 64 * 1024 * 1024);
        thread.Start();
        thread.Join();
        found.ShouldBe(error);
    }

    [Fact]
    public void The_last_of_duplicate_keys_wins_and_is_reported()
    {
        var duplicates = new List<string>();

        var node = GoJson.Parse(Encoding.UTF8.GetBytes("""{"a":{"b":1,"b":2},"l":[{"c":1,"c":2}]}"""), duplicates);

        node!["a"]!["b"]!.GetValue<int>().ShouldBe(2);
        duplicates.ShouldBe(["a.b", "l[0].c"]);
    }

    [Fact]
    public void Frozen_trees_compare_equal_whoever_made_their_numbers()
    {
        var made = new JsonObject { ["b"] = 1.0, ["a"] = 2, ["c"] = 3L };

        JsonTree.Frozen(made).ToJsonString().ShouldBe("""{"a":2,"b":1,"c":3}""");
        JsonTree.Frozen(made)["c"]!.GetValue<int>().ShouldBe(3);
    }
}
