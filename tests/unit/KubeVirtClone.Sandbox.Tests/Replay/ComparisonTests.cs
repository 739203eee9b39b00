using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>The comparison itself: equal recordings are equal, and a changed field is found.</summary>
public sealed class ComparisonTests
{
    private static JsonObject Load(string name) => VectorCase.OfOwn(name).Data;

    [Theory]
    [InlineData("a02-")]
    [InlineData("b34-")]
    [InlineData("i11-")]
    public void A_recording_equals_itself(string name) => Comparison.OfClone(Load(name), Load(name)).ShouldBeEmpty();

    [Theory]
    [InlineData("r01-")]
    [InlineData("s03-")]
    public void A_recording_of_restores_equals_itself(string name) => Comparison.OfRestores(Load(name), Load(name)).ShouldBeEmpty();

    public static TheoryData<string, string> Changes() => new()
    {
        { "targetVM.spec.runStrategy", "targetVM.spec.runStrategy" },
        { "targetVM.spec.template.spec.domain.machine.type", "targetVM.spec.template.spec.domain.machine.type" },
        { "targetVM.metadata.labels.app", "targetVM.metadata.labels.app" },
        { "cloneFinal.status.phase", "cloneFinal.status.phase" },
        { "create.httpStatus", "create.httpStatus" },
        { "restores.0.object.spec.target.name", "restores[0].object.spec.target.name" },
        { "restores.0.object.spec.patches.0", "restores[0].object.spec.patches[0]" },
        { "snapshots.0.object.metadata.finalizers.0", "snapshots[0].object.metadata.finalizers[0]" },
        { "contents.0.object.spec.volumeBackups.0.volumeName", "contents[0].object.spec.volumeBackups" },
        { "phases.1.status.phase", "phases" },
        { "leftPVCs.0.spec.storageClassName", "leftPVCs" },
        { "left.VirtualMachine.0.name", "left.VirtualMachine" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_changed_field_is_found(string field, string reported)
    {
        var changed = (JsonObject)Load("a02-").DeepClone();
        var steps = field.Split('.');
        JsonNode at = changed;
        foreach (var step in steps[..^1])
            at = at is JsonArray list ? list[int.Parse(step)]! : at[step]!;
        if (at is JsonArray items)
            items[int.Parse(steps[^1])] = "changed";
        else
            at[steps[^1]] = field == "create.httpStatus" ? 499 : "changed";
        Comparison.OfClone(Load("a02-"), changed).ShouldContain(d => d.StartsWith(reported, StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_event_and_an_additional_one_are_found()
    {
        var without = (JsonObject)Load("a02-").DeepClone();
        var timeline = without["timeline"]!.AsArray();
        timeline.Remove(timeline.Objects().First(e => e.TextAt("reason") == "PVCBound"));
        Comparison.OfClone(Load("a02-"), without).ShouldContain(d => d.StartsWith("events.VirtualMachineClone/cl", StringComparison.Ordinal));
        Comparison.OfClone(without, Load("a02-")).ShouldContain(d => d.StartsWith("events.VirtualMachineClone/cl", StringComparison.Ordinal));
    }

    [Fact]
    public void Other_identifiers_and_times_make_no_difference_but_another_owner_does()
    {
        var other = JsonNode.Parse(Load("a02-").ToJsonString()
            .Replace("d0151d97-fc23-4b0a-a9a0-2cac6ff374ef", "11111111-1111-4111-8111-111111111111", StringComparison.Ordinal)
            .Replace("T08:43:2", "T09:15:1", StringComparison.Ordinal))!.AsObject();
        Comparison.OfClone(Load("a02-"), other).ShouldBeEmpty();
        other["snapshots"]![0]!["object"]!["metadata"]!["ownerReferences"]![0]!["uid"] = "22222222-2222-4222-8222-222222222222";
        Comparison.OfClone(Load("a02-"), other).ShouldNotBeEmpty();
    }

    [Fact]
    public void The_order_of_removals_is_free_and_that_of_other_patches_is_not()
    {
        static JsonObject Swapped(int a, int b)
        {
            var copy = (JsonObject)Load("b34-").DeepClone();
            var patches = copy["restores"]![0]!["object"]!["spec"]!["patches"]!.AsArray();
            (patches[a], patches[b]) = (patches[b]!.DeepClone(), patches[a]!.DeepClone());
            return copy;
        }

        var texts = Load("b34-")["restores"]![0]!["object"]!["spec"]!["patches"]!.AsArray().Texts().ToList();
        var first = texts.FindIndex(p => p.Contains("\"remove\"", StringComparison.Ordinal));
        texts[first + 1].ShouldContain("\"remove\"");
        Comparison.OfClone(Load("b34-"), Swapped(first, first + 1)).ShouldBeEmpty();
        Comparison.OfClone(Load("b34-"), Swapped(0, texts.Count - 1)).ShouldNotBeEmpty();
    }
}
