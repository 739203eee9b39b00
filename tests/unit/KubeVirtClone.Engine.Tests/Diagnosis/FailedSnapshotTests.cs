using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Engine.Waiting;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

/// <summary>
/// Of a snapshot that has missed its deadline KubeVirt says no more than that; what it waited for is overwritten. The objects around it still
/// show it, and whatever waits for a snapshot says so.
/// </summary>
public sealed class FailedSnapshotTests
{
    private readonly World _world = new();

    public FailedSnapshotTests()
    {
        _world.PutRelated(World.Clones, """
            { "apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone", "metadata": { "name": "stuck", "uid": "u1" },
              "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "golden" }, "target": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-1" } },
              "status": { "phase": "SnapshotInProgress", "snapshotName": "tmp-snapshot-u1" } }
            """);
        PutSnapshot("tmp-snapshot-u1");
    }

    public static TheoryData<string, string, string> Reasons => new()
    {
        { "unbound", "the claim golden-root of 'golden' is not bound", "Start the source once" },
        { "missing", "the claim golden-root of 'golden' does not exist", "Make the claim" },
        { "deleting", "the claim golden-root of 'golden' is being deleted", "another volume" },
        { "unfilled", "is not filled yet (its data volume is in phase ImportInProgress)", "Start the source once" },
        { "pod", "'golden' is switched off, but pod backup uses its volumes", "Stop what uses the volumes" },
        { "quota", "the quota 'q' has no room for the volumesnapshots it needs", "kubectl describe resourcequota q" },
        { "source deleting", "the machine 'golden' is being deleted", "Clone another source" },
        { "source gone", "there is no machine 'golden'", "a machine that exists" },
        { "queue", "it did not get its turn among 3 snapshots of 'golden'", "shares one" },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task What_it_waited_for_is_found(string state, string why, string step)
    {
        Arrange(state);
        var diagnosis = (await new CloneDoctor(_world.Cluster).DiagnoseAsync([new CloneReference("default", "stuck")], CancellationToken.None))[0];
        diagnosis.Code.ShouldBe(CauseCodes.SnapshotFailed);
        diagnosis.Health.ShouldBe(CloneHealth.Stuck);
        diagnosis.Cause.ShouldContain(why);
        diagnosis.NextStep.ToString().ShouldContain(step);
        diagnosis.NextStep.ToString().ShouldEndWith("clone again.");
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Who_waits_for_the_clone_is_told(string state, string why, string step)
    {
        Arrange(state);
        var updates = new List<ItemUpdate<CloneRecord>>();
        await _world.Clock.RunUntilDoneAsync(Task.Run(async () =>
        {
            await foreach (var update in new CloneWaiter(_world.Cluster).WaitAsync([new CloneReference("default", "stuck")], new WaitOptions { Timeout = TimeSpan.FromMinutes(10) }, CancellationToken.None))
                updates.Add(update);
        }));
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneSnapshotFailed);
        fault.Message.ShouldContain(why);
        fault.RecommendedAction.ToString().ShouldContain(step);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Who_waits_for_the_snapshot_is_told(string state, string why, string step)
    {
        Arrange(state);
        var faults = new List<Fault>();
        await _world.Clock.RunUntilDoneAsync(Task.Run(async () =>
        {
            await foreach (var update in new SnapshotWaiter(_world.Cluster).WaitAsync([new SnapshotReference("default", "tmp-snapshot-u1")], new SnapshotWaitOptions(), CancellationToken.None))
                faults.Add(update.Fault!);
        }));
        var fault = faults.ShouldHaveSingleItem();
        fault.Id.ShouldBe(FaultIds.VMSnapshotFailed);
        fault.Message.ShouldContain("snapshot deadline exceeded");
        fault.Message.ShouldContain(why);
        fault.RecommendedAction.ToString().ShouldContain(step);
    }

    [Fact]
    public async Task Nothing_is_made_up_where_nothing_shows()
    {
        Arrange("fine");
        var diagnosis = (await new CloneDoctor(_world.Cluster).DiagnoseAsync([new CloneReference("default", "stuck")], CancellationToken.None))[0];
        diagnosis.Cause.ShouldBe("The snapshot 'tmp-snapshot-u1' has failed (snapshot deadline exceeded). KubeVirt waits for it for ever.");
    }

    [Fact]
    public async Task A_machine_with_a_TPM_whose_state_has_no_volume_yet_is_never_locked()
    {
        Arrange("fine");
        _world.Client.Update(World.Snapshots, "default", "tmp-snapshot-u1", s => s["status"] = JsonNode.Parse("""
            { "phase": "InProgress", "readyToUse": false, "conditions": [ { "type": "Progressing", "status": "False", "reason": "Source not locked" } ] }
            """));
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["tpm"] = new JsonObject { ["persistent"] = true });
        var diagnosis = (await new CloneDoctor(_world.Cluster).DiagnoseAsync([new CloneReference("default", "stuck")], CancellationToken.None))[0];
        diagnosis.Code.ShouldBe(CauseCodes.SourceUnsupported);
        diagnosis.CanEndByItself.ShouldBeFalse();
    }

    [Fact]
    public async Task A_batch_that_waits_for_the_snapshot_it_shares_is_explained()
    {
        Arrange("unbound");
        _world.Client.Update(World.Snapshots, "default", "tmp-snapshot-u1", s => s["metadata"]!["labels"] = new JsonObject { [CloneLabels.Batch] = "lab7", [CloneLabels.SharedSnapshot] = "true" });
        var diagnosis = (await new CloneDoctor(_world.Cluster).DiagnoseBatchAsync("default", "lab7", CancellationToken.None)).ShouldHaveSingleItem();
        diagnosis.Code.ShouldBe(CauseCodes.SnapshotFailed);
        diagnosis.Cause.ShouldStartWith("The batch's clones of 'golden' are not made yet");
        diagnosis.Cause.ShouldContain("is not bound");
        diagnosis.Repair.IsEmpty.ShouldBeTrue();
        (await new CloneDoctor(_world.Cluster).DiagnoseBatchAsync("default", "other", CancellationToken.None)).ShouldBeEmpty();
    }

    private void Arrange(string state)
    {
        if (state != "missing")
            _world.PutRelated(KubeVirtKinds.PersistentVolumeClaim, $$"""{ "metadata": { "name": "golden-root" }, "spec": { "storageClassName": "fast" }, "status": { "phase": "{{(state == "unbound" ? "Pending" : "Bound")}}" } }""");
        switch (state)
        {
            case "deleting":
                _world.Client.Update(KubeVirtKinds.PersistentVolumeClaim, "default", "golden-root", c => c["metadata"]!["deletionTimestamp"] = "2026-11-20T07:00:00Z");
                break;
            case "unfilled":
                _world.PutRelated(RelatedKinds.DataVolume, """{ "metadata": { "name": "golden-root" }, "status": { "phase": "ImportInProgress" } }""");
                break;
            case "pod":
                _world.PutRelated(RelatedKinds.Pod, """{ "metadata": { "name": "backup" }, "spec": { "volumes": [ { "persistentVolumeClaim": { "claimName": "golden-root" } } ] } }""");
                break;
            case "quota":
                _world.PutRelated(RelatedKinds.ResourceQuota, """{ "metadata": { "name": "q" }, "status": { "hard": { "count/volumesnapshots.snapshot.storage.k8s.io": "2" }, "used": { "count/volumesnapshots.snapshot.storage.k8s.io": "2" } } }""");
                break;
            case "source deleting":
                _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["metadata"]!["deletionTimestamp"] = "2026-11-20T07:00:00Z");
                break;
            case "source gone":
                _world.Client.Remove(KubeVirtKinds.VirtualMachine, "default", "golden");
                break;
            case "queue":
                PutSnapshot("tmp-snapshot-u2");
                PutSnapshot("tmp-snapshot-u3");
                break;
        }
    }

    private void PutSnapshot(string name) => _world.PutRelated(World.Snapshots, $$"""
        { "metadata": { "name": "{{name}}", "creationTimestamp": "2026-11-20T07:00:00Z" }, "spec": { "source": { "name": "golden" } },
          "status": { "phase": "Failed", "readyToUse": false,
            "conditions": [ { "type": "Progressing", "status": "False", "reason": "Operation failed" },
                            { "type": "Failure", "status": "True", "reason": "snapshot deadline exceeded", "lastTransitionTime": "2026-11-20T07:05:00Z" } ] } }
        """);
}
