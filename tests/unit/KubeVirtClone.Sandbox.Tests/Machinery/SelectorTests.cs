using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.Tests.Machinery;

public sealed class SelectorTests
{
    private static readonly JsonObject Object = (JsonObject)JsonNode.Parse(
        """{"metadata":{"name":"web-1","namespace":"ns","labels":{"app":"web","tier":"front","size":"5"}}}""")!;

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier=front", true)]
    [InlineData("app=db", false)]
    [InlineData("app!=db", true)]
    [InlineData("missing!=db", true)]
    [InlineData("app in (web,db), tier", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("missing notin (web)", true)]
    [InlineData("!missing", true)]
    [InlineData("!app", false)]
    [InlineData("size>4", true)]
    [InlineData("size lt 5", false)]
    [InlineData("app=", false)]
    public void A_label_selector_selects(string text, bool matches) => LabelSelector.Parse(text).Matches(Object).ShouldBe(matches);

    [Theory]
    [InlineData("a b")]
    [InlineData("app in web")]
    [InlineData("app in (web")]
    [InlineData("a=b,")]
    [InlineData("=x")]
    [InlineData("-bad-=x")]
    public void A_bad_label_selector_is_a_bad_request(string text) => Should.Throw<ApiException>(() => LabelSelector.Parse(text)).Code.ShouldBe(400);

    [Theory]
    [InlineData("metadata.name=web-1", true)]
    [InlineData("metadata.name==web-1,metadata.namespace=ns", true)]
    [InlineData("metadata.name!=web-1", false)]
    public void A_field_selector_selects(string text, bool matches)
    {
        var machines = ResourceCatalog.For(Profile.Load("1.9")).First(t => t.Plural == "virtualmachines");

        FieldSelector.Parse(text, machines).Matches(Object).ShouldBe(matches);
        Should.Throw<ApiException>(() => FieldSelector.Parse("spec.running=true", machines)).Code.ShouldBe(400);
    }
}
