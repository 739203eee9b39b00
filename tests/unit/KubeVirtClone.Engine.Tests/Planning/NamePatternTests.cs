using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Tests.Planning;

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("h{0}", "h7")]
    [InlineData("h{0:d3}", "h007")]
    [InlineData("{1}-{2}", "golden-web-7")]
    public void A_pattern_is_filled_in(string text, string expected) => NamePattern.Fill(text, "host name", 7, "golden", "web-7").ShouldBe(expected);

    [Theory]
    [InlineData("{0}-copy", "golden-copy")]
    [InlineData("{1}-copy", "golden-copy")]
    [InlineData("h{0:d3}", "h007")]
    public void Where_nothing_is_counted_the_number_is_the_source(string text, string expected) =>
        NamePattern.Fill(text, "host name", 7, "golden", target: null, counted: false).ShouldBe(expected);

    [Theory]
    [InlineData("{9}", "web-7")]
    [InlineData("{0", "web-7")]
    [InlineData("x-{2}", null)]
    public void What_is_no_pattern_is_refused(string text, string? target)
    {
        var refused = Should.Throw<RequestFaultException>(() => NamePattern.Fill(text, "host name", 7, "golden", target));
        refused.Id.ShouldBe(FaultIds.NamePatternInvalid);
        refused.Message.ShouldContain(text);
        refused.Action.ToString().ShouldContain("{2}");
    }

    [Fact]
    public void Of_a_golden_image_the_source_is_the_image()
    {
        var request = new CloneRequest { Namespace = "a", SourceName = "ubuntu-1-abc", GoldenImage = "ubuntu", TargetName = "web", Hostname = "{1}-{0}", CloudInitSecret = "{2}" };
        var filled = NamePattern.Apply(request, 3);
        (filled.Hostname, filled.CloudInitSecret).ShouldBe(("ubuntu-3", "web"));
    }
}
