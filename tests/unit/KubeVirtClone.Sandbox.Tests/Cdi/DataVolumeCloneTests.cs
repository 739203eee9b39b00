using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Controllers;

namespace KubeVirtClone.Sandbox.Tests.Cdi;

/// <summary>DataVolumes that clone, and claims made from snapshots by users, beyond what the recordings hold.</summary>
public sealed class DataVolumeCloneTests
{
    private static readonly RequestInfo Admin = new("admin", ["system:masters"]);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static JsonObject Make(VirtualSandbox sandbox, string yaml, RequestInfo? who = null)
    {
        var o = (JsonObject)YamlText.Parse(yaml)!;
        var type = sandbox.Api.TypeOf(o.TextAt("apiVersion")!, o.Kind())!;
        return sandbox.Api.Create(type, type.Namespaced ? o.Namespace() ?? "default" : null, o, who ?? Admin);
    }

    private static ApiException Refused(Action write) => Should.Throw<ApiException>(write);

    private static JsonObject? DataVolume(VirtualSandbox sandbox, string @namespace, string name) => sandbox.Api.Get(sandbox.Type("DataVolume"), @namespace, name);

    private static string ClaimOf(VirtualSandbox sandbox, string @namespace, string name, string path) =>
        sandbox.Api.Get(sandbox.Type("PersistentVolumeClaim"), @namespace, name).TextAt(path.Split('|')) ?? "";

    private static string Clone(string @namespace, string name, string source, string storage = "fast", string size = "10Gi", string mode = "Filesystem") => $$"""
        apiVersion: cdi.kubevirt.io/v1beta1
        kind: DataVolume
        metadata:
          name: {{name}}
          namespace: {{@namespace}}
        spec:
          source: { {{source}} }
          pvc:
            accessModes: [ReadWriteOnce]
            volumeMode: {{mode}}
            storageClassName: {{storage}}
            resources:
              requests:
                storage: {{size}}
        """;

    private static async Task<string> PhaseAsync(string @namespace, string source, string storage = "fast", string size = "10Gi", string mode = "Filesystem", string? strategy = null)
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        Make(sandbox, "{apiVersion: v1, kind: Namespace, metadata: {name: team-b}}");
        if (strategy is not null)
        {
            var profile = sandbox.Api.Get(sandbox.Type("StorageProfile"), null, storage)!.Copy();
            profile["spec"] = new JsonObject { ["cloneStrategy"] = strategy };
            sandbox.Api.Update(sandbox.Type("StorageProfile"), null, storage, profile, Admin);
        }

        Make(sandbox, Clone(@namespace, "copy", source, storage, size, mode));
        sandbox.RunUntil(() => DataVolume(sandbox, @namespace, "copy").TextAt("status", "phase") == "Succeeded", Minute);
        sandbox.Run(TimeSpan.FromSeconds(10));
        sandbox.Api.List(sandbox.Type("PersistentVolumeClaim"), null).Select(c => c.Name()).ShouldNotContain(n => n.StartsWith("tmp-", StringComparison.Ordinal));
        sandbox.Api.List(sandbox.Type("VolumeSnapshot"), null).ShouldBeEmpty();
        sandbox.Api.List(sandbox.Type("VolumeCloneSource"), null).ShouldBeEmpty();
        return string.Join(' ', DataVolume(sandbox, @namespace, "copy").TextAt("status", "phase"), DataVolume(sandbox, @namespace, "copy")!.Annotation("cdi.kubevirt.io/cloneType"),
            ClaimOf(sandbox, @namespace, "copy", "status|phase"), ClaimOf(sandbox, @namespace, "copy", "status|capacity|storage"));
    }

    private const string FromClaim = "pvc: {namespace: default, name: golden-pvc-data}";

    [Theory]
    [InlineData("default", "fast", "10Gi", "Filesystem", null, "Succeeded snapshot Bound 10Gi")]
    [InlineData("team-b", "fast", "10Gi", "Filesystem", null, "Succeeded snapshot Bound 10Gi")]
    [InlineData("team-b", "wffc", "10Gi", "Filesystem", null, "Succeeded snapshot Bound 10Gi")]
    [InlineData("team-b", "fast", "10Gi", "Filesystem", "csi-clone", "Succeeded csi-clone Bound 10Gi")]
    [InlineData("team-b", "fast", "10Gi", "Filesystem", "copy", "Succeeded copy Bound 10Gi")]
    [InlineData("team-b", "fast", "10Gi", "Block", null, "Succeeded copy Bound 10Gi")]
    [InlineData("default", "nosnap", "12Gi", "Filesystem", null, "Succeeded copy Bound 12Gi")]
    [InlineData("team-b", "nosnap", "10Gi", "Filesystem", null, "Succeeded copy Bound 10Gi")]
    public async Task A_claim_is_cloned_as_its_class_allows(string @namespace, string storage, string size, string mode, string? strategy, string expected) =>
        (await PhaseAsync(@namespace, FromClaim, storage, size, mode, strategy)).ShouldBe(expected);

    private static string LastWarning(VirtualSandbox sandbox, string @namespace, string kind) => string.Join('|', sandbox.Api.List(sandbox.Type("Event"), @namespace)
        .Where(e => e.TextAt("involvedObject", "kind") == kind).Select(e => e.TextAt("reason") + ": " + e.TextAt("message")).Distinct());

    [Fact]
    public async Task A_source_in_use_is_waited_for()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        sandbox.Machines.Invoke("default", "golden-pvc", "start", null, Admin);
        sandbox.RunUntil(() => sandbox.Get("VirtualMachine", "golden-pvc").TextAt("status", "printableStatus") == "Running", Minute).ShouldBeTrue();
        Make(sandbox, Clone("default", "copy", FromClaim));
        sandbox.Run(Minute);
        DataVolume(sandbox, "default", "copy").TextAt("status", "phase").ShouldBe("SnapshotForSmartCloneInProgress");
        LastWarning(sandbox, "default", "PersistentVolumeClaim").ShouldContain("CloneSourceInUse: pod default/virt-launcher-golden-pvc-");
        sandbox.Machines.Invoke("default", "golden-pvc", "stop", null, Admin);
        sandbox.RunUntil(() => DataVolume(sandbox, "default", "copy").TextAt("status", "phase") == "Succeeded", Minute).ShouldBeTrue();
    }

    [Fact]
    public async Task A_clone_whose_source_comes_late_goes_on_then()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        Make(sandbox, Clone("default", "copy", "pvc: {namespace: default, name: late}"));
        sandbox.Run(TimeSpan.FromSeconds(5));
        DataVolume(sandbox, "default", "copy").ArrayAt("status", "conditions").Objects().First().TextAt("message").ShouldBe("The source pvc late doesn't exist");
        Make(sandbox, "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: late}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}");
        sandbox.RunUntil(() => DataVolume(sandbox, "default", "copy").TextAt("status", "phase") == "Succeeded", Minute).ShouldBeTrue();
    }

    [Fact]
    public async Task A_copy_tells_how_far_it_is()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        Make(sandbox, "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: careful}, provisioner: other.example.com, parameters: {copy: '8'}}");
        Make(sandbox, "{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: other.example.com}, spec: {}}");
        Make(sandbox, Clone("default", "copy", FromClaim, "careful"));
        sandbox.RunUntil(() => DataVolume(sandbox, "default", "copy").TextAt("status", "progress") == "50.00%", Minute).ShouldBeTrue();
        DataVolume(sandbox, "default", "copy").TextAt("status", "phase").ShouldBe("CloneInProgress");
        sandbox.RunUntil(() => DataVolume(sandbox, "default", "copy").TextAt("status", "phase") == "Succeeded", Minute).ShouldBeTrue();
        DataVolume(sandbox, "default", "copy").TextAt("status", "progress").ShouldBe("100.0%");
    }

    [Fact]
    public async Task Other_namespaces_need_the_right_in_the_source()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        Make(sandbox, "{apiVersion: v1, kind: Namespace, metadata: {name: team-b}}");
        var alice = new RequestInfo("alice", ["system:authenticated"]);
        var refusal = Refused(() => Make(sandbox, Clone("team-b", "copy", FromClaim), alice));
        refusal.Code.ShouldBe(422);
        refusal.Message.ShouldBe("admission webhook \"datavolume-mutate.cdi.kubevirt.io\" denied the request:  User alice has insufficient permissions in clone source namespace default");
        Make(sandbox, Clone("default", "own", FromClaim), alice);
        Make(sandbox, """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: cloner, namespace: default}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "cdi.kubevirt.io:clone-sourcer"}
            subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: alice}]
            """);
        Make(sandbox, Clone("team-b", "copy", FromClaim), alice);
        sandbox.RunUntil(() => DataVolume(sandbox, "team-b", "copy").TextAt("status", "phase") == "Succeeded", Minute).ShouldBeTrue();
    }

    [Theory]
    [InlineData("source: {pvc: {namespace: nowhere, name: x}}, pvc: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", 400, "namespaces \"nowhere\" not found")]
    [InlineData("sourceRef: {kind: DataSource, name: none}, pvc: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", 400, "datasources.cdi.kubevirt.io \"none\" not found")]
    [InlineData("source: {pvc: {namespace: default, name: x}}, pvc: {accessModes: [ReadWriteOnce, ReadOnlyMany], resources: {requests: {storage: 1Gi}}}", 422, "PVC multiple accessModes")]
    [InlineData("source: {pvc: {namespace: default, name: x}}, pvc: {accessModes: [ReadWriteOnce]}", 422, "PVC size is missing")]
    [InlineData("source: {blank: {}}, storage: {}", 422, "Storage size is missing")]
    [InlineData("source: {blank: {}, pvc: {namespace: default, name: x}}, pvc: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", 422, "Multiple Data volume sources")]
    [InlineData("pvc: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", 422, "Data volume should have either Source or SourceRef, or be externally populated")]
    [InlineData("source: {blank: {}}", 422, "Missing Data volume PVC")]
    [InlineData("source: {blank: {}}, pvc: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Ki}}}", 422, "PVC size should be at least 1MiB")]
    public async Task Webhooks_refuse(string spec, int code, string message)
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        var refusal = Refused(() => Make(sandbox, $"{{apiVersion: cdi.kubevirt.io/v1beta1, kind: DataVolume, metadata: {{name: copy}}, spec: {{{spec}}}}}"));
        (refusal.Code, refusal.Message[(refusal.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..].Trim()).ShouldBe((code, message));
    }

    [Fact]
    public async Task A_name_that_is_generated_has_no_valid_token_elsewhere()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        Make(sandbox, "{apiVersion: v1, kind: Namespace, metadata: {name: team-b}}");
        var made = Make(sandbox, Clone("team-b", "", FromClaim).Replace("name: \n", "generateName: copy-\n", StringComparison.Ordinal));
        sandbox.Run(Minute);
        DataVolume(sandbox, "team-b", made.Name()).TextAt("status", "phase").ShouldBe("CloneScheduled");
        LastWarning(sandbox, "team-b", "DataVolume").ShouldContain("Error: invalid token");
    }

    [Fact]
    public async Task What_is_made_for_a_clone_goes_with_it()
    {
        await using var sandbox = new VirtualSandbox(pacing: false);
        Make(sandbox, "{apiVersion: v1, kind: Namespace, metadata: {name: team-b}}");
        Make(sandbox, Clone("team-b", "copy", FromClaim, "slow"));
        sandbox.Run(TimeSpan.FromSeconds(2));
        sandbox.Api.List(sandbox.Type("VolumeCloneSource"), "default").Count.ShouldBe(1);
        sandbox.Api.Delete(sandbox.Type("DataVolume"), "team-b", "copy", new DeleteRequest(), Admin);
        sandbox.Run(Minute);
        sandbox.Api.List(sandbox.Type("DataVolume"), "team-b").ShouldBeEmpty();
        sandbox.Api.List(sandbox.Type("PersistentVolumeClaim"), "team-b").ShouldBeEmpty();
        sandbox.Api.List(sandbox.Type("VolumeCloneSource"), null).ShouldBeEmpty();
        sandbox.Api.List(sandbox.Type("PersistentVolumeClaim"), null).Select(c => c.Name()).ShouldNotContain(n => n.StartsWith("tmp-", StringComparison.Ordinal));
    }
}
