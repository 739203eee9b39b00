using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>A clone in another namespace knows its source, whatever it was brought there as.</summary>
public sealed class OriginTests
{
    private static readonly CloneRequest OfMachine = new() { Namespace = "default", SourceName = "golden", TargetNamespace = OtherNamespace.Name, TargetName = "desk" };

    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    [InlineData(CloneMethodChoice.DataVolume)]
    public async Task It_tells_it_and_is_compared_with_it_when_what_was_brought_has_gone(CloneMethodChoice method)
    {
        await using var other = await OtherNamespace.CreateAsync();
        var made = await CloneAsync(other, OfMachine, method);
        other.Lab.Settle();
        other.List("VirtualMachineSnapshot").ShouldBeEmpty();

        var clone = (await ListAsync(other, "golden")).ShouldHaveSingleItem();
        (clone.Uid, clone.Source, clone.SourceKind, clone.SourceName, clone.SourceNamespace).ShouldBe((made.Uid, "vm/default/golden", SourceKinds.VirtualMachine, "golden", "default"));
        clone.Origin!.Uid.ShouldBe(other.Lab.Get("VirtualMachine", "golden").TextAt("metadata", "uid"));
        var again = CloneRequest.FromClone(clone);
        (again.Namespace, again.SourceKind, again.SourceName, again.TargetNamespace, again.DisplayName).ShouldBe(("default", SourceKinds.VirtualMachine, "golden", OtherNamespace.Name, "team-b/desk"));

        var (comparison, fault) = await CompareAsync(other, new(OtherNamespace.Name, "desk"));
        fault.ShouldBeNull();
        comparison!.Source.ShouldBe("vm/default/golden");
        comparison.Unexpected.Select(d => d.ToString()).ShouldBeEmpty();

        other.Lab.Patch("VirtualMachine", "golden", new JsonObject { ["spec"] = new JsonObject { ["template"] = new JsonObject { ["spec"] = new JsonObject { ["hostname"] = "changed" } } } });
        (await CompareAsync(other, CompareRequest.Of(clone))).Comparison!.Unexpected.Select(d => d.Path).ShouldBe(["spec.template.spec.hostname"]);
    }

    [Fact]
    public async Task Where_nothing_is_left_to_compare_with_that_is_said()
    {
        await using var other = await OtherNamespace.CreateAsync();
        await CloneAsync(other, OfMachine, CloneMethodChoice.Direct);
        var machine = other.Lab.Get("VirtualMachine", "golden")!;
        other.Lab.Delete("VirtualMachine", "golden");
        var gone = (await CompareAsync(other, new(OtherNamespace.Name, "desk"))).Fault!;
        gone.Id.ShouldBe(FaultIds.VMCloneNothingToCompare);
        gone.Message.ShouldStartWith("Nothing is left to compare 'desk' with: its source, the virtual machine 'golden' in namespace 'default', does not exist any more, and the snapshot 'golden-shared-");

        // Another of its name is not what it was made of.
        other.Lab.Post(new JsonObject { ["apiVersion"] = "kubevirt.io/v1", ["kind"] = "VirtualMachine", ["metadata"] = new JsonObject { ["name"] = "golden" }, ["spec"] = machine["spec"]!.DeepClone() });
        other.Lab.Settle();
        (await CompareAsync(other, new(OtherNamespace.Name, "desk"))).Fault!.Message.ShouldContain("is not the one of then (uid ");
        // Who means it all the same says so.
        (await CompareAsync(other, new CompareRequest(OtherNamespace.Name, "desk").With(SourceKinds.VirtualMachine, "golden", "default"))).Comparison!.Source.ShouldBe("vm/default/golden");
    }

    [Fact]
    public async Task While_what_was_brought_is_there_it_stands_in_for_a_source_that_is_gone()
    {
        await using var other = await OtherNamespace.CreateAsync();
        await other.Lab.CloneAsync([OfMachine], Lab.Options() with { Wait = false });
        var brought = other.List("VirtualMachineSnapshot").ShouldHaveSingleItem().Name();
        other.Lab.Delete("VirtualMachine", "golden");
        var (comparison, fault) = await CompareAsync(other, new(OtherNamespace.Name, "desk"));
        fault.ShouldBeNull();
        comparison!.Source.ShouldBe($"vmsnapshot/{brought}");
        comparison.Unexpected.Select(d => d.ToString()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_is_found_by_its_name_and_a_snapshot_by_its_own()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var image = OfMachine with { SourceName = "", GoldenImage = "img", TargetName = "of-image" };
        var record = await CloneAsync(other, image, CloneMethodChoice.Direct);
        (await ListAsync(other, "img")).ShouldHaveSingleItem().Uid.ShouldBe(record.Uid);
        (record.Source, record.SourceNamespace).ShouldBe(($"image/img:{other.Image.Version}", "default"));
        var again = CloneRequest.FromClone(record);
        (again.GoldenImage, again.GoldenImageVersion, again.Namespace, again.TargetNamespace).ShouldBe(("img", other.Image.Version, "default", OtherNamespace.Name));
        (await CompareAsync(other, CompareRequest.Of(record))).Comparison!.Source.ShouldBe($"vmsnapshot/default/{other.Image.SnapshotName}");

        var snapshot = OfMachine with { SourceKind = SourceKinds.VirtualMachineSnapshot, SourceName = other.Image.SnapshotName, TargetName = "of-snapshot" };
        (await CloneAsync(other, snapshot, CloneMethodChoice.Restore)).Source.ShouldBe($"vmsnapshot/default/{other.Image.SnapshotName}");
        (await CompareAsync(other, new(OtherNamespace.Name, "of-snapshot"))).Comparison!.Unexpected.ShouldBeEmpty();

        // The copy of an image stays, and is one.
        other.Lab.Delete("VirtualMachineSnapshot", other.Image.SnapshotName);
        (await CompareAsync(other, CompareRequest.Of(record))).Comparison!.Unexpected.ShouldBeEmpty();
        (await CompareAsync(other, new(OtherNamespace.Name, "of-snapshot"))).Fault!.Id.ShouldBe(FaultIds.VMCloneNothingToCompare);
    }

    [Fact]
    public async Task A_copy_of_such_a_clone_has_its_own_source()
    {
        await using var other = await OtherNamespace.CreateAsync();
        await CloneAsync(other, OfMachine, CloneMethodChoice.DataVolume);
        foreach (var method in new[] { CloneMethodChoice.DataVolume, CloneMethodChoice.Direct })
        {
            var copy = new CloneRequest { Namespace = OtherNamespace.Name, SourceName = "desk", TargetName = $"copy-{method}".ToLowerInvariant() };
            var record = await CloneAsync(other, copy, method);
            (record.Source, record.SourceNamespace).ShouldBe(("vm/desk", null));
        }
    }

    [Fact]
    public async Task A_type_that_was_brought_along_is_no_unexpected_difference()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post("default", new JsonObject { ["apiVersion"] = "instancetype.kubevirt.io/v1beta1", ["kind"] = "VirtualMachinePreference", ["metadata"] = new JsonObject { ["name"] = "small" }, ["spec"] = new JsonObject() });
        other.Lab.Patch("VirtualMachine", "golden", new JsonObject { ["spec"] = new JsonObject { ["preference"] = new JsonObject { ["kind"] = "VirtualMachinePreference", ["name"] = "small" } } });
        other.Lab.Settle();
        await CloneAsync(other, OfMachine, CloneMethodChoice.Direct);
        var comparison = (await CompareAsync(other, new(OtherNamespace.Name, "desk"))).Comparison!;
        comparison.Unexpected.Select(d => d.ToString()).ShouldBeEmpty();
        comparison.Differences.ShouldContain(d => d.Path == "spec.preference.name" && d.Reason.Contains("brought along", StringComparison.Ordinal));
    }

    private static async Task<CloneRecord> CloneAsync(OtherNamespace other, CloneRequest request, CloneMethodChoice method)
    {
        var updates = await other.Lab.CloneAsync([request], Lab.Options(method) with { Batch = $"of-{request.TargetName}" });
        updates.Select(u => u.Fault?.Message).OfType<string>().ShouldBeEmpty();
        return updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!;
    }

    private static Task<List<CloneRecord>> ListAsync(OtherNamespace other, string source) => other.Lab.DoAsync(async () =>
    {
        var found = new List<CloneRecord>();
        await foreach (var item in other.Lab.Catalog.ListAsync(new CloneQuery { Namespace = OtherNamespace.Name, SourceNames = [source] }, default))
            found.Add(item.Value!);
        return found;
    });

    private static Task<(MachineComparison? Comparison, Fault? Fault)> CompareAsync(OtherNamespace other, CompareRequest request) =>
        other.Lab.DoAsync(() => new CloneComparer(other.Lab.Cluster).CompareAsync(request, default));
}
