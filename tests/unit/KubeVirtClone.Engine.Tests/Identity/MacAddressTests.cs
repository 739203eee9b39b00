using KubeVirtClone.Engine.Model.Records;

namespace KubeVirtClone.Engine.Tests.Identity;

public sealed class MacAddressTests
{
    [Theory]
    [InlineData("02:00:00:aa:bb:cc")]
    [InlineData("02-00-00-AA-BB-CC")]
    [InlineData("0200.00aa.bbcc")]
    [InlineData("020000AABBCC")]
    [InlineData("0200-00aa-bbcc")]
    [InlineData("  02:00:00:AA:bb:CC ")]
    public void Every_notation_is_written_with_hyphens_in_lower_case(string text)
    {
        MacAddress.TryParse(text, out var mac).ShouldBeTrue();
        mac.ToString().ShouldBe("02-00-00-aa-bb-cc");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("02:00:00:zz")]
    [InlineData("02:00:00:00:00")]
    [InlineData("02:00-00:00:00:00")]
    [InlineData("02:00:00:00:00:00:00:00")]
    [InlineData("0200000000")]
    [InlineData("02/00/00/00/00/00")]
    [InlineData("2:0:0:0:0:1")]
    public void What_is_no_address_is_refused(string? text) => MacAddress.TryParse(text, out _).ShouldBeFalse();
}
