using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>What a namespace, a class and what a VM names allow.</summary>
public sealed class ClusterRuleTests
{
    private static readonly RequestInfo Admin = new("admin", ["system:masters"]);

    private static string Claim(string name, string requests) => $$"""
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: {{name}}}
        spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {{requests}} }
        """;

    private static string Reason(JsonObject? o) => o.ArrayAt("status", "conditions").Objects().First(c => c.TextAt("type") == "Ready").TextAt("reason") ?? "";

    [Fact]
    public async Task A_limit_range_refuses_claims_in_a_servers_words()
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Create("""
            apiVersion: v1
            kind: LimitRange
            metadata: {name: sizes}
            spec: {limits: [{type: PersistentVolumeClaim, min: {storage: 2Gi}, max: {storage: 8Gi}}, {type: Container, max: {storage: 1Gi}}]}
            """);
        sandbox.Create(Claim("fits", "{requests: {storage: 8Gi}}"));
        var small = Should.Throw<ApiException>(() => sandbox.Create(Claim("small", "{requests: {storage: 1Gi}}")));
        small.Code.ShouldBe(403);
        small.Message.ShouldBe("persistentvolumeclaims \"small\" is forbidden: minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi");
        // A claim that asks for nothing is no claim, whatever its bounds.
        Should.Throw<ApiException>(() => sandbox.Create(Claim("none", "{requests: {}}"))).Message.ShouldBe("PersistentVolumeClaim \"none\" is invalid: spec.resources[storage]: Required value");
    }

    [Fact]
    public async Task A_restore_beyond_a_limit_range_says_so_and_goes_on_without_it()
    {
        await using var sandbox = new VirtualSandbox();
        sandbox.Snapshot("golden-pvc", "s");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineSnapshot", "s").FlagAt("status", "readyToUse") is true, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        sandbox.Create("""
            apiVersion: v1
            kind: LimitRange
            metadata: {name: sizes}
            spec: {limits: [{type: PersistentVolumeClaim, max: {storage: 5Gi}}]}
            """);
        sandbox.Restore("s", "copy");
        sandbox.Run(TimeSpan.FromSeconds(30));
        var restore = sandbox.Get("VirtualMachineRestore", "restore-copy")!;
        Reason(restore).ShouldBe($"persistentvolumeclaims \"restore-{restore.Uid()}-data\" is forbidden: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi");
        sandbox.Api.Delete(sandbox.Type("LimitRange"), "default", "sizes", new DeleteRequest(), Admin);
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineRestore", "restore-copy").FlagAt("status", "complete") is true, TimeSpan.FromMinutes(5)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_storage_profile_names_the_snapshot_class_of_its_class()
    {
        await using var sandbox = new VirtualSandbox();
        // A second class of the same driver: which of them is meant is for the profile to say.
        var driver = sandbox.Get("StorageClass", "fast").TextAt("provisioner");
        sandbox.Create($$"""
            apiVersion: snapshot.storage.k8s.io/v1
            kind: VolumeSnapshotClass
            metadata: {name: second}
            driver: {{driver}}
            deletionPolicy: Delete
            """);
        // CDI has settled on one of them; an administrator may name another.
        sandbox.Run(TimeSpan.FromSeconds(1));
        Status().FlagAt("enabled").ShouldBe(true);
        Name("second").FlagAt("enabled").ShouldBe(true);
        sandbox.Snapshot("golden-pvc", "s");
        sandbox.Run(TimeSpan.FromSeconds(30));
        sandbox.List("VolumeSnapshot").ShouldHaveSingleItem().TextAt("spec", "volumeSnapshotClassName").ShouldBe("second");
        // One that is not there is none, and no other is taken.
        Name("missing").TextAt("reason").ShouldBe("No VolumeSnapshotClass: Volume snapshots are not configured for this StorageClass [fast] [data]");

        JsonObject Status() => sandbox.Get("VirtualMachine", "golden-pvc").ArrayAt("status", "volumeSnapshotStatuses").Objects().First(s => s.TextAt("name") == "data");

        JsonObject Name(string snapshotClass)
        {
            var profile = sandbox.Get("StorageProfile", "fast")!.Copy();
            profile["spec"] = new JsonObject { ["snapshotClass"] = snapshotClass };
            sandbox.Api.Update(sandbox.Type("StorageProfile"), null, "fast", profile, Admin);
            sandbox.Run(TimeSpan.FromSeconds(1));
            // The VM is looked at again when it changes.
            sandbox.Api.Patch(sandbox.Type("VirtualMachine"), "default", "golden-pvc", PatchType.Merge, JsonNode.Parse($$"""{"metadata":{"annotations":{"poke":"{{snapshotClass}}"} } }""")!, Admin);
            sandbox.Run(TimeSpan.FromSeconds(1));
            return Status();
        }
    }

    [Fact]
    public async Task A_machine_stopped_for_a_restore_goes_down_in_steps_and_the_restore_says_what_it_is_told_meanwhile()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        sandbox.Snapshot("web-01", "s");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineSnapshot", "s").FlagAt("status", "readyToUse") is true, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        // The lock of a finished snapshot stays for a moment.
        sandbox.RunUntil(() => sandbox.Get("VirtualMachine", "web-01").TextAt("status", "snapshotInProgress") is null, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        List<string> reasons = [], printed = [];
        using var subscription = sandbox.Api.Subscribe(e =>
        {
            if (e.Resource.Kind == "VirtualMachineRestore" && e.Type != StoreEventType.Deleted && e.Object["status"] is not null)
                reasons.Add(Reason(e.Object));
            if (e.Resource.Kind == "VirtualMachine" && e.Name == "web-01")
                printed.Add(e.Object.TextAt("status", "printableStatus")!);
        });
        sandbox.Create("""
            apiVersion: snapshot.kubevirt.io/v1beta1
            kind: VirtualMachineRestore
            metadata: {name: r}
            spec: {target: {apiGroup: kubevirt.io, kind: VirtualMachine, name: web-01}, virtualMachineSnapshotName: s, targetReadinessPolicy: StopTarget}
            """);
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineRestore", "r").FlagAt("status", "complete") is true, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        reasons.Distinct().Take(4).ShouldBe(
        [
            "Initializing VirtualMachineRestore",
            "Automatically stopping restore target for restore operation",
            "Operation cannot be fulfilled on virtualmachine.kubevirt.io \"web-01\": Halted only supports manual stop requests with a shorter graceperiod",
            "Operation cannot be fulfilled on virtualmachine.kubevirt.io \"web-01\": VM is not running",
        ]);
        printed.Distinct().ShouldBe(["Running", "Stopping", "Stopped"]);
        sandbox.Get("VirtualMachineInstance", "web-01").ShouldBeNull();
    }

    [Fact]
    public async Task A_clone_of_a_machine_whose_instancetype_is_gone_succeeds_and_its_machine_says_what_is_missing_until_it_is_back()
    {
        await using var sandbox = new VirtualSandbox();
        const string Small = """
            apiVersion: instancetype.kubevirt.io/v1beta1
            kind: VirtualMachineInstancetype
            metadata: {name: small}
            spec: {cpu: {guest: 1}, memory: {guest: 256Mi}}
            """;
        sandbox.Create(Small);
        sandbox.Create("""
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata: {name: sized}
            spec:
              runStrategy: Halted
              instancetype: {kind: VirtualMachineInstancetype, name: small}
              template: {spec: {domain: {devices: {}}}}
            """);
        sandbox.Run(TimeSpan.FromSeconds(5));
        sandbox.Api.Delete(sandbox.Type("VirtualMachineInstancetype"), "default", "small", new DeleteRequest(), Admin);
        sandbox.Clone("sized", "copy");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineClone", "clone-copy").TextAt("status", "phase") == "Succeeded", TimeSpan.FromMinutes(1)).ShouldBeTrue();
        sandbox.Run(TimeSpan.FromSeconds(5));
        var failure = Failure("copy").ShouldNotBeNull();
        failure.TextAt("reason").ShouldBe("FailedFindInstancetype");
        failure.TextAt("message").ShouldBe("virtualmachineinstancetypes.instancetype.kubevirt.io \"small\" not found");
        Failure("sized").ShouldBeNull();
        sandbox.Create(Small);
        sandbox.RunUntil(() => Failure("copy") is null && sandbox.Get("VirtualMachine", "copy").At("status", "instancetypeRef") is not null, TimeSpan.FromMinutes(5)).ShouldBeTrue();

        JsonObject? Failure(string name) => sandbox.Get("VirtualMachine", name).ArrayAt("status", "conditions").Objects().FirstOrDefault(c => c.TextAt("type") == "Failure");
    }
}
