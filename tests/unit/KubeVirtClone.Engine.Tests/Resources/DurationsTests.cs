using KubeVirtClone.Engine.Model.Records;

namespace KubeVirtClone.Engine.Tests.Resources;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172800)]
    [InlineData("1.5m", 90)]
    [InlineData("500ms", 0.5)]
    [InlineData("300", 300)]
    [InlineData(" 5m ", 300)]
    [InlineData("0", 0)]
    [InlineData("1.5", 1.5)]
    [InlineData("1m500ms", 60.5)]
    [InlineData("00:05:00", 300)]
    [InlineData("1.00:00:00", 86400)]
    public void Reads_what_kubectl_and_people_write(string text, double seconds)
    {
        Durations.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("soon")]
    [InlineData("5m-3s")]
    [InlineData("-5")]
    [InlineData("-00:05:00")]
    [InlineData("400d")]
    [InlineData("m")]
    [InlineData("5 minutes")]
    [InlineData("5x")]
    [InlineData("-5m")]
    [InlineData("5m3")]
    [InlineData("1.2.3s")]
    [InlineData("9999999h")]
    public void Refuses_the_rest(string? text) => Durations.TryParse(text, out _).ShouldBeFalse();

    // What kubectl 1.32 prints for these ages.
    [Theory]
    [InlineData(-3, "0s")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(125, "2m5s")]
    [InlineData(600, "10m")]
    [InlineData(659, "10m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData((3 * 3600) + 120, "3h2m")]
    [InlineData(9 * 3600, "9h")]
    [InlineData(49 * 3600, "2d1h")]
    [InlineData(9 * 86400, "9d")]
    [InlineData(800 * 86400, "2y70d")]
    [InlineData(365 * 9 * 86400, "9y")]
    [InlineData((3 * 365 + 40) * 86400, "3y40d")]
    [InlineData(330, "5m30s")]
    [InlineData(12 * 86400, "12d")]
    public void Prints_ages_as_kubectl_does(long seconds, string age) => Durations.Age(TimeSpan.FromSeconds(seconds)).ShouldBe(age);

    [Fact]
    public void Writes_nothing_for_no_age() => Durations.Age(null).ShouldBe("");
}
