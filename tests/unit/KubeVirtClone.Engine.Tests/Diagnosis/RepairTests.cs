using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

public sealed class RepairTests
{
    private readonly World _world = new();

    [Fact]
    public async Task What_an_unfinished_restore_left_behind_goes_but_no_claim_that_a_machine_uses()
    {
        var diagnosis = await StuckAsync();
        diagnosis.Code.ShouldBe(CauseCodes.PatchNotApplicable);
        diagnosis.Repair.Actions.Select(a => (a.Kind, a.Name)).ShouldBe(
            [(RepairKind.DeleteClone, "stuck"), (RepairKind.DeleteRestore, "tmp-restore-u1"), (RepairKind.DeleteClaim, "restore-r1-root")]);
        var repair = new CloneRepair(_world.Cluster);
        foreach (var action in diagnosis.Repair.Actions)
            (await repair.ExecuteAsync(action, CancellationToken.None)).ShouldBeNull();
        _world.Client.All(KubeVirtKinds.PersistentVolumeClaim).Select(c => c["metadata"]!["name"]!.GetValue<string>()).ShouldBe(["older", "taken"], ignoreOrder: true);
        _world.Client.All(World.Clones).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_claim_that_a_machine_has_taken_meanwhile_stays()
    {
        var delete = (await StuckAsync()).Repair.Actions.Single(a => a.Kind == RepairKind.DeleteClaim);
        PutUser("late", "restore-r1-root");
        var fault = (await new CloneRepair(_world.Cluster).ExecuteAsync(delete, CancellationToken.None)).ShouldNotBeNull();
        fault.Message.ShouldContain("'late'");
        _world.Client.Find(KubeVirtKinds.PersistentVolumeClaim, "default", "restore-r1-root").ShouldNotBeNull();
    }

    [Fact]
    public async Task Where_machines_can_not_be_read_no_claim_is_deleted()
    {
        _world.Client.Before = r => r is { Verb: "LIST", Kind.Plural: "virtualmachines" }
            ? throw new Kubernetes.ApiStatusException(403, "Forbidden", "no") { IsApiStatus = true }
            : Task.CompletedTask;
        var diagnosis = await StuckAsync();
        diagnosis.NotRead.ShouldBe(["virtualmachines"]);
        diagnosis.Partial.ShouldBeTrue();
        diagnosis.Repair.Actions.ShouldNotContain(a => a.Kind == RepairKind.DeleteClaim);
    }

    [Fact]
    public async Task A_quota_that_is_full_is_waited_for_and_the_restore_can_be_woken()
    {
        var diagnosis = await StuckAsync("""persistentvolumeclaims "x" is forbidden: exceeded quota: storage""");
        diagnosis.Code.ShouldBe(CauseCodes.QuotaExceeded);
        diagnosis.Repair.Actions.ShouldHaveSingleItem().Kind.ShouldBe(RepairKind.WakeRestore);
    }

    [Fact]
    public async Task The_error_of_a_wait_carries_the_cause()
    {
        await StuckAsync();
        var waiter = new CloneWaiter(_world.Cluster);
        var updates = new List<ItemUpdate<CloneRecord>>();
        var run = Task.Run(async () =>
        {
            await foreach (var update in waiter.WaitAsync([new CloneReference("default", "stuck")], new WaitOptions(), CancellationToken.None))
                updates.Add(update);
        });
        await _world.Clock.RunUntilDoneAsync(run);
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.VMClonePatchInvalid);
        fault.Cause!.Code.ShouldBe(CauseCodes.PatchNotApplicable);
        fault.Cause.Evidence.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_timeout_says_what_the_clone_waits_for()
    {
        _world.PutRelated(World.Clones, Clone("""{ "phase": "RestoreInProgress", "restoreName": "tmp-restore-u1" }"""));
        _world.PutRelated(World.Restores, Restore("Waiting for new PVCs", progressing: "True", reason2: "Creating new PVCs"));
        PutClaim("restore-r1-root", "tmp-restore-u1", uid: "r1", phase: "Pending");
        var updates = new List<ItemUpdate<CloneRecord>>();
        var run = Task.Run(async () =>
        {
            await foreach (var update in new CloneWaiter(_world.Cluster).WaitAsync([new CloneReference("default", "stuck")], new WaitOptions { Timeout = TimeSpan.FromMinutes(1) }, CancellationToken.None))
                updates.Add(update);
        });
        await _world.Clock.RunUntilDoneAsync(run);
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneTimeout);
        fault.Cause!.Code.ShouldBe(CauseCodes.ClaimNotProvisioned);
        fault.Message.ShouldContain("'restore-r1-root' is not bound");
    }

    private async Task<CloneDiagnosis> StuckAsync(string error = "error patching VM web-1: failed to apply patch for VM")
    {
        _world.PutRelated(World.Clones, Clone("""{ "phase": "RestoreInProgress", "restoreName": "tmp-restore-u1" }"""));
        _world.PutRelated(World.Restores, Restore(error));
        PutClaim("restore-r1-root", "tmp-restore-u1", uid: "r1");
        PutClaim("taken", "tmp-restore-u1", uid: "r1");
        PutClaim("older", "tmp-restore-u1", uid: "r0");
        PutUser("user", "taken");
        return (await new CloneDoctor(_world.Cluster).DiagnoseAsync([new CloneReference("default", "stuck")], CancellationToken.None))[0];
    }

    private static string Clone(string status) => $$"""
        { "apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone", "metadata": { "name": "stuck", "uid": "u1" },
          "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "golden" },
                    "target": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-1" } }, "status": {{status}} }
        """;

    private static string Restore(string reason, string progressing = "False", string? reason2 = null)
    {
        var conditions = new JsonArray(
            new JsonObject { ["type"] = "Progressing", ["status"] = progressing, ["reason"] = reason2 ?? reason },
            new JsonObject { ["type"] = "Ready", ["status"] = "False", ["reason"] = reason });
        return $$"""
            { "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineRestore", "metadata": { "name": "tmp-restore-u1", "uid": "r1" },
              "spec": { "target": { "name": "web-1" }, "virtualMachineSnapshotName": "tmp-snapshot-u1" },
              "status": { "complete": false, "conditions": {{conditions.ToJsonString()}} } }
            """;
    }

    private void PutClaim(string name, string restore, string uid, string phase = "Bound") => _world.PutRelated(KubeVirtKinds.PersistentVolumeClaim, $$$"""
        { "apiVersion": "v1", "kind": "PersistentVolumeClaim",
          "metadata": { "name": "{{{name}}}", "annotations": { "restore.kubevirt.io/name": "{{{restore}}}", "restore.kubevirt.io/lastRestoreUID": "{{{restore}}}-{{{uid}}}" } },
          "spec": { }, "status": { "phase": "{{{phase}}}" } }
        """);

    private void PutUser(string name, string claim)
    {
        var machine = World.Machine(name);
        machine["spec"]!["template"]!["spec"]!["volumes"]![0]!["persistentVolumeClaim"]!["claimName"] = claim;
        _world.Client.Put(KubeVirtKinds.VirtualMachine, machine);
    }
}
