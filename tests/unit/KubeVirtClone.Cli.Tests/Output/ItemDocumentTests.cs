using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Cli.Output;

namespace KubeVirtClone.Cli.Tests.Output;

public sealed class ItemDocumentTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Json_is_one_list_in_kubectls_shape(int count)
    {
        using var read = JsonDocument.Parse(Write(yaml: false, count));

        read.RootElement.EnumerateObject().Select(p => p.Name).ShouldBe(["apiVersion", "items", "kind", "metadata"]);
        read.RootElement.GetProperty("kind").GetString().ShouldBe("List");
        var items = read.RootElement.GetProperty("items");
        items.GetArrayLength().ShouldBe(count);
        foreach (var item in items.EnumerateArray())
            item.GetProperty("spec").GetProperty("text").GetString().ShouldBe("a: <b>\né");
    }

    [Fact]
    public void Json_is_indented_as_kubectl_does_and_keeps_letters_as_they_are()
    {
        var text = Write(yaml: false, 1);

        text.ShouldStartWith("{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {\n");
        text.ShouldContain("<b>\\né");
        text.ShouldEndWith("}\n");
    }

    [Fact]
    public void Yaml_items_are_nested_in_the_list()
    {
        Write(yaml: true, 2).ShouldStartWith("apiVersion: v1\nitems:\n- kind: Thing\n  spec:\n    list:\n    - 1\n");
        Write(yaml: true, 2).ShouldEndWith("kind: List\nmetadata:\n  resourceVersion: \"\"\n");
        Write(yaml: true, 0).ShouldStartWith("apiVersion: v1\nitems: []\n");
    }

    private static string Write(bool yaml, int count)
    {
        using var writer = new StringWriter();
        using (var document = ItemDocument.Open(writer, yaml ? OutputFormat.Yaml : OutputFormat.Json)!)
        {
            for (var i = 0; i < count; i++)
            {
                document.Add(new JsonObject
                {
                    ["kind"] = "Thing",
                    ["spec"] = new JsonObject { ["list"] = new JsonArray(1), ["text"] = "a: <b>\né" },
                });
            }
        }

        return writer.ToString();
    }
}
