using System.Text.Json;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

/// <summary>Events as servers write them, old and new, and as no server should.</summary>
public sealed class ObjectEventTests
{
    private const string About = """ "involvedObject": { "kind": "VirtualMachine", "name": "golden", "uid": "u" } """;

    [Fact]
    public void An_event_of_the_old_kind_has_its_own_times_and_count()
    {
        var read = Read($$"""{ {{About}}, "type": "Warning", "reason": "R", "message": "M", "count": 7, "eventTime": null, "firstTimestamp": "2026-11-20T07:00:00Z", "lastTimestamp": "2026-11-20T08:00:00Z" }""")!;
        read.ShouldBe(new ObjectEvent("VirtualMachine", "golden", "u", "Warning", "R", "M", At("07:00:00"), At("08:00:00"), 7));
    }

    [Fact]
    public void An_event_of_the_new_kind_has_the_times_of_its_series()
    {
        var read = Read($$"""{ {{About}}, "eventTime": "2026-11-20T07:00:00.123456Z", "series": { "count": 3, "lastObservedTime": "2026-11-20T09:00:00.500000Z" } }""")!;
        (read.First, read.Last, read.Count).ShouldBe((At("07:00:00.123456"), At("09:00:00.5"), 1));
    }

    [Fact]
    public void What_an_event_does_not_say_is_empty_and_its_age_is_the_objects()
    {
        var read = Read($$"""{ "metadata": { "name": "e", "creationTimestamp": "2026-11-20T06:00:00Z" }, {{About}} }""")!;
        read.ShouldBe(new ObjectEvent("VirtualMachine", "golden", "u", "", "", "", At("06:00:00"), At("06:00:00"), 1));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "involvedObject": null }""")]
    [InlineData("""{ "involvedObject": {} }""")]
    [InlineData("""{ "involvedObject": "golden" }""")]
    [InlineData("""{ "involvedObject": { "kind": 5 } }""")]
    public void An_event_about_nothing_is_none(string json) => Read(json).ShouldBeNull();

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-11-20T{time}Z", System.Globalization.CultureInfo.InvariantCulture);

    private static ObjectEvent? Read(string json) => ObjectEvent.From(new KubernetesObject(JsonSerializer.Deserialize<JsonElement>(json)));
}
