namespace KubeVirtClone.PowerShell.Tests;

public sealed class AgeTextTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(-3, "0s")]
    [InlineData(42, "42s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(330, "5m30s")]
    [InlineData(700, "11m")]
    [InlineData(11100, "3h5m")]
    [InlineData(36000, "10h")]
    [InlineData(3 * 86400, "3d")]
    [InlineData((3 * 86400) + 7200, "3d2h")]
    [InlineData(12 * 86400, "12d")]
    [InlineData(800 * 86400, "2y")]
    public void Writes_ages_as_kubectl_does(long seconds, string expected) => AgeText.Format(TimeSpan.FromSeconds(seconds)).ShouldBe(expected);

    [Fact]
    public void Writes_nothing_for_no_age() => AgeText.Format(null).ShouldBe("");
}
