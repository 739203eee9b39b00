using KubeVirtClone.Input;

namespace KubeVirtClone.PowerShell.Tests;

public sealed class DurationTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("1.5", 1.5)]
    [InlineData("0", 0)]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5400)]
    [InlineData(" 2d ", 172800)]
    [InlineData("1m500ms", 60.5)]
    [InlineData("00:05:00", 300)]
    [InlineData("1.00:00:00", 86400)]
    public void Reads_what_people_write(string text, double seconds)
    {
        Duration.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("soon")]
    [InlineData("5 parsecs")]
    [InlineData("m")]
    [InlineData("5m-3s")]
    [InlineData("-5")]
    [InlineData("-00:05:00")]
    [InlineData("400d")]
    public void Refuses_what_is_no_duration(string? text) => Duration.TryParse(text, out _).ShouldBeFalse();
}
