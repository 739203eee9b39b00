using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Diagnosis;

/// <summary>A source that is deleted while a clone of it is under way: the clone never ends (recorded: k51), whatever became of its machine.</summary>
public sealed class SourceDeletedTests
{
    private readonly World _world = new();

    [Theory]
    [InlineData(false, "Bound", "clone another source", true)]
    [InlineData(true, "Bound", "remove the clone", true)]
    [InlineData(true, "Pending", "Start the clone's machine once", false)]
    public async Task What_can_be_done_depends_on_the_machine(bool made, string claim, string step, bool mayGo)
    {
        _world.Client.Remove(KubeVirtKinds.VirtualMachine, "default", "golden");
        _world.PutRelated(World.Clones, """
            { "apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone", "metadata": { "name": "cl", "uid": "u1" },
              "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "golden" }, "target": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-1" } },
              "status": { "phase": "RestoreInProgress", "restoreName": "tmp-restore-u1", "snapshotName": "tmp-snapshot-u1",
                "conditions": [ { "type": "Progressing", "status": "False", "reason": "Pending" }, { "type": "Ready", "status": "False", "reason": "Source doesnt exist: VirtualMachine default/golden" } ] } }
            """);
        _world.PutRelated(World.Restores, $$"""
            { "kind": "VirtualMachineRestore", "metadata": { "name": "tmp-restore-u1", "uid": "r1" }, "spec": { "virtualMachineSnapshotName": "tmp-snapshot-u1", "target": { "name": "web-1" } },
              "status": { "complete": {{(made ? "true" : "false")}}, "restores": [ { "volumeName": "root", "persistentVolumeClaim": "web-1-root" } ] } }
            """);
        _world.PutRelated(KubeVirtKinds.PersistentVolumeClaim, $$"""{ "metadata": { "name": "web-1-root", "annotations": { "restore.kubevirt.io/name": "tmp-restore-u1" } }, "spec": { "storageClassName": "wffc" }, "status": { "phase": "{{claim}}" } }""");
        if (made)
            _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-1"));
        var diagnosis = (await new CloneDoctor(_world.Cluster).DiagnoseAsync([new CloneReference("default", "cl")], CancellationToken.None))[0];
        diagnosis.Code.ShouldBe(CauseCodes.SourceDeleted);
        diagnosis.Health.ShouldBe(CloneHealth.Stuck);
        diagnosis.CanEndByItself.ShouldBeFalse();
        diagnosis.NextStep.ToString().ShouldContain(step, Case.Insensitive);
        // With the clone its snapshot goes, which a machine that has never started still needs.
        diagnosis.Repair.IsEmpty.ShouldBe(!mayGo);
        if (made)
            diagnosis.Repair.Actions.ShouldNotContain(a => a.Kind == RepairKind.DeleteClaim);
    }
}
