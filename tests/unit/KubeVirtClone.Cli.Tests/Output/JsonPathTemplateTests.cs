using System.Text.Json.Nodes;
using KubeVirtClone.Cli.Output;

namespace KubeVirtClone.Cli.Tests.Output;

public sealed class JsonPathTemplateTests
{
    private static readonly JsonNode Document = JsonNode.Parse("""
        {"kind": "List", "items": [
          {"metadata": {"name": "a", "labels": {"x.io/b": "1"}}, "n": 3, "ok": true, "none": null},
          {"metadata": {"name": "b", "labels": {"x.io/b": "2"}}, "n": 10, "ok": false},
          {"metadata": {"name": "c"}, "n": 7, "list": [1, 2, 3]}]}
        """)!;

    [Theory]
    [InlineData("{.kind}", "List")]
    [InlineData("{$.kind}", "List")]
    [InlineData(".kind", "List")]
    [InlineData("kind is {.kind}!", "kind is List!")]
    [InlineData("{.items[*].metadata.name}", "a b c")]
    [InlineData("{.items[0].metadata.name}", "a")]
    [InlineData("{.items[-1].metadata.name}", "c")]
    [InlineData("{.items[0:2].metadata.name}", "a b")]
    [InlineData("{.items[1:].metadata.name}", "b c")]
    [InlineData("{.items[::2].metadata.name}", "a c")]
    [InlineData("{.items[0,2].metadata.name}", "a c")]
    [InlineData("{.items[9].metadata.name}", "")]
    [InlineData("{.items[*]['metadata'].name}", "a b c")]
    [InlineData("{.items[0]['n','ok']}", "3 true")]
    [InlineData("{.items[*].metadata.labels.x\\.io/b}", "1 2")]
    [InlineData("{.items[*].metadata.labels['x.io/b']}", "1 2")]
    [InlineData("{..name}", "a b c")]
    [InlineData("{.items[?(@.n>5)].metadata.name}", "b c")]
    [InlineData("{.items[?(@.n<=7)].metadata.name}", "a c")]
    [InlineData("{.items[?(@.metadata.name==\"b\")].n}", "10")]
    [InlineData("{.items[?(@.metadata.name!='b')].n}", "3 7")]
    [InlineData("{.items[?(@.ok==true)].n}", "3")]
    [InlineData("{.items[?(@.list)].metadata.name}", "c")]
    [InlineData("{.items[2].list}", "[1,2,3]")]
    [InlineData("{.items[0].none}", "<nil>")]
    [InlineData("{.missing.field}", "")]
    [InlineData("{range .items[*]}{.metadata.name}={.n}{\"\\n\"}{end}", "a=3\nb=10\nc=7\n")]
    [InlineData("{range .items[*]}{.metadata.name}:{range .list[*]}{@},{end};{end}", "a:;b:;c:1,2,3,;")]
    [InlineData("{range .items[*]}{$.kind}{'}'}{end}", "List}List}List}")]
    public void Templates_say_what_kubectl_says(string template, string expected) =>
        JsonPathTemplate.Parse(template).Evaluate(Document).ShouldBe(expected);

    [Theory]
    [InlineData("{.a")]
    [InlineData("{.a[}")]
    [InlineData("{.a[]}")]
    [InlineData("{end}")]
    [InlineData("{range .a}")]
    [InlineData("{.a[?(@.b==c)]}")]
    [InlineData("{a b}")]
    public void What_is_no_template_is_refused(string template) => Should.Throw<FormatException>(() => JsonPathTemplate.Parse(template));

    [Theory]
    [InlineData("custom-columns=A:.kind,B:.items[0,1].n", "List|3,10")]
    [InlineData("custom-columns=A:kind,B:{.items[9]}", "List|<none>")]
    public void Columns_are_paths(string text, string expected) =>
        string.Join('|', OutputFormat.Parse(text).Cells(Document)).ShouldBe(expected);

    [Theory]
    [InlineData("custom-columns=A")]
    [InlineData("custom-columns")]
    [InlineData("jsonpath")]
    [InlineData("xml")]
    public void What_is_no_format_is_refused(string text) => Should.Throw<FormatException>(() => OutputFormat.Parse(text));
}
