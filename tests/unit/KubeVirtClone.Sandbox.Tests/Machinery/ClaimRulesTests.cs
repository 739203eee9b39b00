using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Controllers;

namespace KubeVirtClone.Sandbox.Tests.Machinery;

/// <summary>Claims as users make and change them: what is refused, from which snapshots they are filled, and how they grow.</summary>
public sealed class ClaimRulesTests
{
    private static readonly RequestInfo Admin = new("admin", ["system:masters"]);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static string Claim(string name, string spec) => $"{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {name}}}, spec: {{{spec}}}}}";

    private static void Ask(VirtualSandbox sandbox, string name, string size) => sandbox.Api.Patch(
        sandbox.Type("PersistentVolumeClaim"), "default", name, PatchType.Merge,
        new JsonObject { ["spec"] = new JsonObject { ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = size } } } }, Admin);

    private static void Bind(VirtualSandbox sandbox, string name, string storage)
    {
        sandbox.Create(Claim(name, $"storageClassName: {storage}, accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}"));
        sandbox.RunUntil(() => sandbox.Get("PersistentVolumeClaim", name).TextAt("status", "phase") == "Bound", Minute).ShouldBeTrue();
    }

    private static void AllowGrowth(VirtualSandbox sandbox, string storage, bool allowed)
    {
        var copy = sandbox.Get("StorageClass", storage)!.Copy();
        copy["allowVolumeExpansion"] = allowed;
        sandbox.Api.Update(sandbox.Type("StorageClass"), null, storage, copy, Admin);
    }

    [Theory]
    [InlineData("resources: {requests: {storage: 1Gi}}", "spec.accessModes: Required value: at least 1 access mode is required")]
    [InlineData("accessModes: [Sometimes], resources: {requests: {storage: 1Gi}}", "spec.accessModes: Unsupported value: \"Sometimes\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"")]
    [InlineData("accessModes: [ReadWriteOnce]", "spec.resources[storage]: Required value")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: '0'}}", "spec.resources[storage]: Invalid value: \"0\": must be greater than zero")]
    public async Task A_claim_must_say_what_it_wants(string spec, string problem)
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        var refusal = Should.Throw<ApiException>(() => sandbox.Create(Claim("c", spec)));
        refusal.Code.ShouldBe(422);
        refusal.Message.ShouldBe("PersistentVolumeClaim \"c\" is invalid: " + problem);
    }

    [Fact]
    public async Task A_bound_claim_grows_where_its_class_allows_it()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        AllowGrowth(sandbox, "fast", true);
        Bind(sandbox, "c", "fast");
        Ask(sandbox, "c", "2Gi");
        sandbox.RunUntil(() => sandbox.Get("PersistentVolumeClaim", "c").TextAt("status", "capacity", "storage") == "2Gi", Minute).ShouldBeTrue();
        sandbox.Get("PersistentVolume", sandbox.Get("PersistentVolumeClaim", "c").TextAt("spec", "volumeName")!).TextAt("spec", "capacity", "storage").ShouldBe("2Gi");
        var smaller = Should.Throw<ApiException>(() => Ask(sandbox, "c", "1Gi"));
        (smaller.Code, smaller.Message).ShouldBe((422, "PersistentVolumeClaim \"c\" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"));
        AllowGrowth(sandbox, "fast", false);
        var larger = Should.Throw<ApiException>(() => Ask(sandbox, "c", "3Gi"));
        (larger.Code, larger.Message).ShouldBe((403, "persistentvolumeclaims \"c\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"));
    }

    [Fact]
    public async Task An_unbound_claim_stays_as_it_is()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        AllowGrowth(sandbox, "never", true);
        sandbox.Create(Claim("c", "storageClassName: never, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}"));
        sandbox.Run(TimeSpan.FromSeconds(1));
        var refusal = Should.Throw<ApiException>(() => Ask(sandbox, "c", "2Gi"));
        refusal.Code.ShouldBe(422);
        refusal.Message.ShouldStartWith("PersistentVolumeClaim \"c\" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
        // The same size, written otherwise, is no change.
        Ask(sandbox, "c", "1024Mi");
    }

    [Fact]
    public async Task A_source_in_another_namespace_is_dropped_and_the_volume_is_empty()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        var made = sandbox.Create(Claim("c", "accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, dataSourceRef: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: s, namespace: far}"));
        made.ObjectAt("spec")!.Select(p => p.Key).ShouldNotContain("dataSourceRef");
        sandbox.RunUntil(() => sandbox.Get("PersistentVolumeClaim", "c").TextAt("status", "phase") == "Bound", Minute).ShouldBeTrue();
    }

    [Theory]
    [InlineData("fast", "10Gi", "Filesystem", null)]
    [InlineData("fast", "20Gi", "Filesystem", null)]
    [InlineData("slow", "10Gi", "Filesystem", null)]
    [InlineData("fast", "5Gi", "Filesystem", "requested volume size 5368709120 is less than the size 10737418240 for the source snapshot")]
    [InlineData("nosnap", "10Gi", "Filesystem", "is handled by a different CSI driver than requested by StorageClass nosnap")]
    [InlineData("fast", "10Gi", "Block", "modifies the mode of the source volume but does not have permission to do so")]
    public async Task A_claim_from_a_snapshot_is_filled_where_driver_size_and_mode_fit(string storage, string size, string mode, string? problem)
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        sandbox.Snapshot("golden-pvc", "img");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineSnapshot", "img").FlagAt("status", "readyToUse") is true, Minute).ShouldBeTrue();
        var volumeSnapshot = sandbox.List("VolumeSnapshot")[0].Name();
        var made = sandbox.Create(Claim("c", $"storageClassName: {storage}, volumeMode: {mode}, accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {size}}}}}, dataSourceRef: {{apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: {volumeSnapshot}}}"));
        made.TextAt("spec", "dataSource", "name").ShouldBe(volumeSnapshot);
        sandbox.Run(TimeSpan.FromSeconds(20));
        sandbox.Get("PersistentVolumeClaim", "c").TextAt("status", "phase").ShouldBe(problem is null ? "Bound" : "Pending");
        var said = sandbox.List("Event").Where(e => e.TextAt("involvedObject", "name") == "c" && e.TextAt("reason") == "ProvisioningFailed").Select(e => e.TextAt("message")).ToList();
        if (problem is null)
            said.ShouldBeEmpty();
        else
            said.ShouldHaveSingleItem()!.ShouldContain(problem);
    }

    [Fact]
    public async Task A_snapshot_is_handed_to_another_namespace_by_its_handle()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        sandbox.Snapshot("golden-pvc", "img");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineSnapshot", "img").FlagAt("status", "readyToUse") is true, Minute).ShouldBeTrue();
        var content = sandbox.Get("VolumeSnapshotContent", sandbox.List("VolumeSnapshot")[0].TextAt("status", "boundVolumeSnapshotContentName")!)!;
        sandbox.Create("{apiVersion: v1, kind: Namespace, metadata: {name: team-b}}");
        sandbox.Create($$"""
            apiVersion: snapshot.storage.k8s.io/v1
            kind: VolumeSnapshotContent
            metadata:
              name: handed-over
            spec:
              driver: {{content.TextAt("spec", "driver")}}
              deletionPolicy: Retain
              sourceVolumeMode: {{content.TextAt("spec", "sourceVolumeMode")}}
              source:
                snapshotHandle: {{content.TextAt("status", "snapshotHandle")}}
              volumeSnapshotRef:
                namespace: team-b
                name: img-data
            """);
        void Make(string kind, string yaml) => sandbox.Api.Create(sandbox.Type(kind), "team-b", (JsonObject)YamlText.Parse(yaml)!, Admin);
        Make("VolumeSnapshot", "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: img-data}, spec: {source: {volumeSnapshotContentName: handed-over}}}");
        Make("VolumeSnapshot", "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: other}, spec: {source: {volumeSnapshotContentName: handed-over}}}");
        sandbox.RunUntil(() => sandbox.Api.Get(sandbox.Type("VolumeSnapshot"), "team-b", "img-data").FlagAt("status", "readyToUse") is true, Minute).ShouldBeTrue();
        sandbox.Api.Get(sandbox.Type("VolumeSnapshot"), "team-b", "img-data").TextAt("status", "restoreSize").ShouldBe("10Gi");
        Make("PersistentVolumeClaim", Claim("c", "storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}, dataSourceRef: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: img-data}"));
        sandbox.RunUntil(() => sandbox.Api.Get(sandbox.Type("PersistentVolumeClaim"), "team-b", "c").TextAt("status", "phase") == "Bound", Minute).ShouldBeTrue();
        sandbox.Api.Get(sandbox.Type("VolumeSnapshot"), "team-b", "other").FlagAt("status", "readyToUse").ShouldNotBe(true);
    }

    [Fact]
    public async Task A_data_volume_may_leave_the_filling_to_what_its_claim_refers_to()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        sandbox.Snapshot("golden-pvc", "img");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineSnapshot", "img").FlagAt("status", "readyToUse") is true, Minute).ShouldBeTrue();
        var volumeSnapshot = sandbox.List("VolumeSnapshot")[0].Name();
        sandbox.Create($$"""
            apiVersion: cdi.kubevirt.io/v1beta1
            kind: DataVolume
            metadata:
              name: d
            spec:
              pvc:
                accessModes: [ReadWriteOnce]
                storageClassName: fast
                resources:
                  requests:
                    storage: 10Gi
                dataSourceRef:
                  apiGroup: snapshot.storage.k8s.io
                  kind: VolumeSnapshot
                  name: {{volumeSnapshot}}
            """);
        sandbox.RunUntil(() => sandbox.Get("DataVolume", "d").TextAt("status", "phase") == "Succeeded", Minute).ShouldBeTrue();
        sandbox.Get("PersistentVolumeClaim", "d").TextAt("spec", "dataSourceRef", "name").ShouldBe(volumeSnapshot);
    }
}
