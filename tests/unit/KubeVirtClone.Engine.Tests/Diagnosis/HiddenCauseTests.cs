using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

/// <summary>Causes that leave no trace on the clone, each as seen on a real KubeVirt 1.9.</summary>
public sealed class HiddenCauseTests
{
    private readonly World _world = new();

    [Theory]
    [InlineData("virtualmachinesnapshots.snapshot.kubevirt.io")]
    [InlineData("virtualmachinesnapshotcontents.snapshot.kubevirt.io")]
    [InlineData("volumesnapshots.snapshot.storage.k8s.io")]
    public async Task A_quota_on_what_KubeVirt_makes_is_found_and_ends_the_wait(string kind)
    {
        _world.PutRelated(RelatedKinds.ResourceQuota, $$$"""{ "metadata": { "name": "q" }, "status": { "hard": { "count/{{{kind}}}": "2" }, "used": { "count/{{{kind}}}": "2" } } }""");
        PutClone(named: !kind.StartsWith("virtualmachinesnapshots.", StringComparison.Ordinal));
        if (!kind.StartsWith("virtualmachinesnapshots.", StringComparison.Ordinal))
            PutSnapshot("Source locked and operation in progress", "True");
        if (kind.StartsWith("volumesnapshots", StringComparison.Ordinal))
        {
            _world.PutRelated(KubeVirtKinds.SnapshotContent("v1beta1"), """
                { "metadata": { "name": "c" }, "spec": { "virtualMachineSnapshotName": "tmp-snapshot-u1", "volumeBackups": [ { "volumeName": "root", "volumeSnapshotName": "vs" } ] } }
                """);
        }

        var diagnosis = await DiagnoseAsync();
        diagnosis.Code.ShouldBe(CauseCodes.QuotaExceeded);
        diagnosis.Repair.IsEmpty.ShouldBeTrue("it goes on by itself once there is room");
        var updates = new List<ItemUpdate<CloneRecord>>();
        await _world.Clock.RunUntilDoneAsync(Task.Run(async () =>
        {
            await foreach (var update in new CloneWaiter(_world.Cluster).WaitAsync([new CloneReference("default", "stuck")], new WaitOptions { Timeout = TimeSpan.FromMinutes(10) }, CancellationToken.None))
                updates.Add(update);
        }));
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.QuotaExceeded);
        fault.Cause!.Code.ShouldBe(CauseCodes.QuotaExceeded);
    }

    [Fact]
    public async Task A_source_that_is_being_deleted_is_never_locked()
    {
        PutClone();
        PutSnapshot("Source not locked", "False");
        (await DiagnoseAsync()).Code.ShouldBe(CauseCodes.SourceNotLocked);
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["metadata"]!["deletionTimestamp"] = "2026-11-20T07:00:00Z");
        (await DiagnoseAsync()).Code.ShouldBe(CauseCodes.SourceDeleting);
    }

    [Theory]
    [InlineData("Source not locked source default/golden volume is being deleted: data", CauseCodes.SourceClaimDeleting)]
    [InlineData("Source not locked source default/golden volume not bound: data", CauseCodes.SourceClaimNotBound)]
    [InlineData("Source not locked snapshot \"nightly\" in progress", CauseCodes.SourceBusy)]
    public async Task What_the_snapshot_waits_for_is_named(string text, string code)
    {
        PutClone();
        PutSnapshot(text, "False");
        (await DiagnoseAsync()).Code.ShouldBe(code);
    }

    [Theory]
    [InlineData("persistentvolumeclaims \"data\" is forbidden: maximum storage usage per PersistentVolumeClaim is 512Mi, but request is 1Gi", CauseCodes.LimitRangeExceeded)]
    [InlineData("forbidden: exceeded quota: q", CauseCodes.QuotaExceeded)]
    [InlineData("the array is on fire", CauseCodes.SnapshotError)]
    public async Task An_error_of_the_storage_that_is_none_is_told_apart(string error, string code)
    {
        PutClone();
        PutSnapshot("In error state", "False", error);
        (await DiagnoseAsync()).Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_machine_that_was_made_and_cannot_start_is_not_done()
    {
        PutClone(phase: "Succeeded");
        var machine = World.Machine("web-1");
        machine["status"]!["conditions"] = System.Text.Json.Nodes.JsonNode.Parse("""[ { "type": "Failure", "status": "True", "reason": "FailedFindInstancetype", "message": "instancetype \"it\" not found" } ]""");
        _world.Client.Put(KubeVirtKinds.VirtualMachine, machine);
        var diagnosis = await DiagnoseAsync();
        diagnosis.Code.ShouldBe(CauseCodes.TargetNotStarting);
        diagnosis.Cause.ShouldContain("not found");
    }

    private void PutClone(bool named = true, string phase = "SnapshotInProgress") => _world.PutRelated(World.Clones, $$"""
        { "apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone", "metadata": { "name": "stuck", "uid": "u1" },
          "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "golden" }, "target": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-1" } },
          "status": { "phase": "{{phase}}"{{(named && phase != "Succeeded" ? """, "snapshotName": "tmp-snapshot-u1" """ : "")}} } }
        """);

    private void PutSnapshot(string progress, string status, string? error = null) => _world.PutRelated(World.Snapshots, $$"""
        { "metadata": { "name": "tmp-snapshot-u1" }, "spec": { "source": { "name": "golden" } },
          "status": { "phase": "InProgress", "readyToUse": false,
            "error": {{(error is null ? "null" : $$"""{ "message": {{System.Text.Json.JsonSerializer.Serialize(error)}} }""")}},
            "conditions": [ { "type": "Progressing", "status": "{{status}}", "reason": {{System.Text.Json.JsonSerializer.Serialize(progress)}} } ] } }
        """);

    private async Task<CloneDiagnosis> DiagnoseAsync() =>
        (await new CloneDoctor(_world.Cluster).DiagnoseAsync([new CloneReference("default", "stuck")], CancellationToken.None))[0];
}
