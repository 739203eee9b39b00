using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Tests.Planning;

public sealed class PerCloneTextTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("plain", "plain")]
    [InlineData("h{0}", "h7")]
    [InlineData("h{0:d3}", "h007")]
    [InlineData("{1}-{2}", "golden-web-7")]
    public void A_pattern_is_filled_in(string? text, string? expected)
    {
        PerCloneText.Fill(text, "host name", 7, "golden", "web-7", out var fault).ShouldBe(expected);
        fault.ShouldBeNull();
    }

    [Theory]
    [InlineData("{9}", "web-7")]
    [InlineData("{0", "web-7")]
    [InlineData("x-{2}", null)]
    public void What_is_no_pattern_is_a_fault(string text, string? target)
    {
        PerCloneText.Fill(text, "host name", 7, "golden", target, out var fault);
        fault.ShouldNotBeNull().Id.ShouldBe(FaultIds.VMCloneNameInvalid);
        fault.Message.ShouldContain(text);
    }

    [Fact]
    public void Of_a_golden_image_the_source_is_the_image()
    {
        var request = new CloneRequest { Namespace = "a", SourceName = "ubuntu-1-abc", GoldenImage = "ubuntu", TargetName = "web", Hostname = "{1}-{0}", CloudInitSecret = "{2}" };
        var filled = PerCloneText.Apply(request, 3, out var fault);
        fault.ShouldBeNull();
        (filled.Hostname, filled.CloudInitSecret).ShouldBe(("ubuntu-3", "web"));
    }
}
