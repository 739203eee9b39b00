using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Planning;

/// <summary>What is left out of a batch before anything is made, and what is told of the rest.</summary>
public sealed class BatchPlanTests
{
    private const string SetLabel = """{"op":"add","path":"/metadata/labels/x","value":"y"}""";

    private readonly World _world = new();

    [Theory]
    [InlineData("web-1", null, "the target 'web-1'", "default/web-1")]
    [InlineData("web-2", "made", "the clone object name 'made'", "default/made")]
    public async Task Of_two_items_that_would_be_the_same_object_the_first_is_carried_out(string second, string? cloneName, string what, string target)
    {
        var plan = await PlanAsync(new CloneOptions(), World.Request("web-1") with { CloneName = cloneName }, World.Request(second) with { CloneName = cloneName, Input = "row 2" });

        plan.Clones.ShouldHaveSingleItem().Request.TargetName.ShouldBe("web-1");
        var refused = plan.Updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem();
        refused.Request!.Input.ShouldBe("row 2");
        refused.Fault!.Id.ShouldBe(FaultIds.VMCloneDuplicateTarget);
        refused.Fault.Message.ShouldContain(what);
        refused.Fault.RecommendedAction.ToString().ShouldContain("a name of its own");
        refused.Fault.TargetName.ShouldBe(target);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Clone, true, true)]
    [InlineData(CloneMethodChoice.Clone, false, false)]
    [InlineData(CloneMethodChoice.Restore, true, false)]
    [InlineData(CloneMethodChoice.Auto, true, false)]
    public async Task That_KubeVirts_clones_of_machines_that_start_at_once_may_be_held_up_is_told_before(CloneMethodChoice method, bool start, bool told) =>
        Warnings(await PlanAsync(new CloneOptions { Method = method }, World.Request("a"), World.Request("b") with { Start = start }))
            .Count(w => w.Contains("five minutes", StringComparison.Ordinal)).ShouldBe(told ? 1 : 0);

    [Theory]
    [InlineData(CloneMethodChoice.Direct, "made", true)]
    [InlineData(CloneMethodChoice.DataVolume, "made", true)]
    [InlineData(CloneMethodChoice.Direct, null, false)]
    [InlineData(CloneMethodChoice.Direct, "", false)]
    [InlineData(CloneMethodChoice.Restore, "made", false)]
    [InlineData(CloneMethodChoice.Clone, "made", false)]
    public async Task A_name_for_a_clone_object_that_there_will_not_be_is_told(CloneMethodChoice method, string? cloneName, bool told) =>
        Warnings(await PlanAsync(new CloneOptions { Method = method }, World.Request("a"), World.Request("b") with { CloneName = cloneName }))
            .Count(w => w.Contains("names given for clone objects are not used", StringComparison.Ordinal)).ShouldBe(told ? 1 : 0);

    [Theory]
    [InlineData("v1.5.9", SetLabel, null, false)]
    [InlineData("v1.6.0", SetLabel, null, true)]
    [InlineData("v1.7.9", null, "PrefixTargetName", false)]
    [InlineData("v1.8.0", null, "PrefixTargetName", true)]
    [InlineData("v1.5.9", null, null, true)]
    public async Task What_KubeVirt_takes_since_a_version_is_taken_from_that_version_on(string version, string? patch, string? policy, bool taken)
    {
        _world.Client.KubeVirtVersion = version;
        var plan = await PlanAsync(new CloneOptions { Method = CloneMethodChoice.Clone }, World.Request() with { Patches = patch is null ? null : [patch], VolumeNamePolicy = policy });

        plan.Clones.Count.ShouldBe(taken ? 1 : 0);
        plan.Updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Id).ShouldBe(taken ? [] : [FaultIds.VMCloneFieldUnsupported]);
    }

    [Fact]
    public async Task That_a_source_is_not_there_is_said_before_what_it_would_be_needed_for()
    {
        var plan = await PlanAsync(new CloneOptions(), World.Request(source: "gone") with { Hostname = "web" });

        plan.Updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMNotFound);
    }

    [Fact]
    public async Task What_may_not_be_meant_is_told_once_whichever_step_of_planning_finds_it()
    {
        var longName = new string('w', 64);
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            m["spec"]!["dataVolumeTemplates"] = JsonNode.Parse("""[ { "metadata": { "name": "golden-root" }, "spec": { "source": { "blank": {} }, "storage": {} } } ]""");
            m["status"] = new JsonObject { ["created"] = true, ["printableStatus"] = "Running" };
        });
        var odd = World.Request() with { Patches = ["""{"op":"add","path":"/spec/template/spec/affinity/x","value":1}"""] };
        var plan = await PlanAsync(new CloneOptions { Method = CloneMethodChoice.Clone }, World.Request(longName), odd with { TargetName = "a" }, odd with { TargetName = "b" });

        plan.Updates.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        var told = Warnings(plan);
        told.Count(w => w.Contains($"'{longName}' has 64 characters", StringComparison.Ordinal)).ShouldBe(1);
        told.Count(w => w.Contains("without the volume template", StringComparison.Ordinal)).ShouldBe(1);
        told.Count(w => w.Contains("/spec/template/spec/affinity/x", StringComparison.Ordinal) && w.Contains("cannot be applied", StringComparison.Ordinal)).ShouldBe(1);
    }

    public static TheoryData<string, CloneMethodChoice, bool> Ways() => new()
    {
        { "plain", CloneMethodChoice.Auto, false },
        { "eight", CloneMethodChoice.Auto, false },
        { "nine", CloneMethodChoice.Auto, true },
        { "started", CloneMethodChoice.Auto, true },
        { "patched", CloneMethodChoice.Auto, true },
        { "owned", CloneMethodChoice.Auto, true },
        { "plain", CloneMethodChoice.Restore, true },
        { "plain", CloneMethodChoice.Direct, true },
        { "nine", CloneMethodChoice.Clone, false },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_restore_that_is_making_the_target_already_is_in_the_way_of_whatever_may_be_restored(string asked, CloneMethodChoice method, bool looked)
    {
        _world.PutRelated(World.Restores, """
            { "kind": "VirtualMachineRestore", "metadata": { "name": "by-hand" }, "spec": { "target": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-001" }, "virtualMachineSnapshotName": "s" }, "status": { "complete": false } }
            """);
        var requests = World.Requests(asked switch { "eight" => CloneOptions.AutoRestoreAbove, "nine" => CloneOptions.AutoRestoreAbove + 1, _ => 2 });
        requests[1] = asked switch
        {
            "started" => requests[1] with { Start = true },
            "patched" => requests[1] with { Patches = [SetLabel] },
            "owned" => requests[1] with { VolumeOwnershipPolicy = "None" },
            _ => requests[1],
        };
        var plan = await PlanAsync(new CloneOptions { Method = method }, [.. requests]);

        plan.Updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Message).Count(m => m.Contains("'by-hand' is making 'web-001'", StringComparison.Ordinal)).ShouldBe(looked ? 1 : 0);
        plan.Clones.Count.ShouldBe(looked ? requests.Count - 1 : requests.Count);
        _world.Client.Count("LIST virtualmachinerestores").ShouldBe(looked ? 1 : 0);
    }

    [Theory]
    [InlineData("b", false, true)]
    [InlineData("another", false, false)]
    [InlineData("b", true, false)]
    public async Task A_machine_made_directly_is_taken_over_by_its_own_batch_while_it_is_to_stay(string batch, bool goes, bool taken)
    {
        var machine = World.Machine("web-1");
        var metadata = machine["metadata"]!;
        metadata["labels"]![CloneLabels.Batch] = batch;
        metadata["labels"]![CloneLabels.Method] = nameof(CloneMethod.Direct);
        metadata["annotations"]![CloneLabels.Target] = "default/web-1";
        if (goes)
            metadata["deletionTimestamp"] = "2026-11-20T08:00:00Z";
        _world.Client.Put(KubeVirtKinds.VirtualMachine, machine);
        var plan = await PlanAsync(new CloneOptions { Method = CloneMethodChoice.Direct, Batch = "b" }, World.Request());

        plan.Clones.Count(c => c.Existing?.Name == "web-1").ShouldBe(taken ? 1 : 0);
        plan.Updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Id).ShouldBe(taken ? [] : [FaultIds.VMCloneTargetExists]);
    }

    private async Task<ClonePlan> PlanAsync(CloneOptions options, params CloneRequest[] requests) =>
        await new ClonePlanner(_world.Cluster, options, "b").PlanAsync(requests, CancellationToken.None);

    private static List<string> Warnings(ClonePlan plan) => plan.Updates.Of(ItemUpdateKind.Warning).ConvertAll(u => u.Message!.ToString());
}
