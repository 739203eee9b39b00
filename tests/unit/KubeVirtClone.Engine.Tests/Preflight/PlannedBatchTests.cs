using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Preflight;

/// <summary>What whoever makes clones is told without having asked for a preflight.</summary>
public sealed class PlannedBatchTests
{
    private readonly World _world = new();

    [Fact]
    public async Task Quotas_addresses_given_twice_and_missing_secrets_are_told_and_the_clones_are_made()
    {
        _world.PutRelated(KubeVirtKinds.PersistentVolumeClaim, """
            { "metadata": { "name": "golden-root" }, "spec": { "storageClassName": "fast", "resources": { "requests": { "storage": "1Gi" } } }, "status": { "phase": "Bound", "capacity": { "storage": "4Gi" } } }
            """);
        _world.PutRelated(RelatedKinds.ResourceQuota, """{ "metadata": { "name": "disks" }, "spec": { "hard": { "requests.storage": "5Gi" } }, "status": { "hard": { "requests.storage": "5Gi" }, "used": { "requests.storage": "0" } } }""");
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Add(JsonNode.Parse("""{ "name": "env", "secret": { "secretName": "gone" } }""")));
        var mac = new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = "02:00:00:00:00:01" };
        _world.SucceedAtOnce();
        var updates = await _world.CloneAsync([World.Request("web-1") with { MacAddresses = mac }, World.Request("web-2") with { MacAddresses = mac }]);
        updates.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        _world.Client.All(World.Clones).Count.ShouldBe(2);
        var warnings = updates.Of(ItemUpdateKind.Warning).ConvertAll(u => u.Message!.ToString());
        warnings.ShouldContain(w => w.Contains("'disks'") && w.Contains("'web-2'") && w.Contains("4Gi"));
        warnings.ShouldContain(w => w.Contains("02-00-00-00-00-01") && w.Contains("'default/web-1' too"));
        warnings.ShouldContain(w => w.Contains("secret gone"));
    }

    [Fact]
    public async Task Quotas_count_what_a_snapshot_holds_and_claims_are_read_once()
    {
        _world.PutRelated(World.Snapshots, """
            { "metadata": { "name": "snap" }, "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "golden" } },
              "status": { "phase": "Succeeded", "readyToUse": true, "virtualMachineSnapshotContentName": "held" } }
            """);
        _world.PutRelated(KubeVirtKinds.SnapshotContent("v1beta1"), $$"""
            { "metadata": { "name": "held" }, "spec": { "virtualMachineSnapshotName": "snap", "source": { "virtualMachine": {{World.Machine("golden").ToJsonString()}} },
              "volumeBackups": [ { "volumeName": "root", "volumeSnapshotName": "of-root", "persistentVolumeClaim": { "metadata": { "name": "golden-root" }, "spec": { "resources": { "requests": { "storage": "1Gi" } } } } } ] } }
            """);
        _world.PutRelated(RelatedKinds.VolumeSnapshot, """{ "metadata": { "name": "of-root" }, "status": { "readyToUse": true, "restoreSize": "6Gi" } }""");
        PutQuota("requests.storage", "10Gi");
        _world.SucceedAtOnce();
        var requests = World.Requests(2).ConvertAll(r => r with { SourceKind = SourceKinds.VirtualMachineSnapshot, SourceName = "snap", VolumeNamePolicy = "PrefixTargetName" });
        var updates = await _world.CloneAsync(requests);
        updates.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        updates.Of(ItemUpdateKind.Warning).ConvertAll(u => u.Message!.ToString()).ShouldContain(w => w.Contains("'quota'") && w.Contains("'web-002'") && w.Contains("6Gi"));
        _world.Client.Count("LIST persistentvolumeclaims").ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_only_restores_need_is_told_where_the_clones_are_restored(bool mayPost)
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            m["spec"]!["dataVolumeTemplates"] = JsonNode.Parse("""[ { "metadata": { "name": "golden-root" }, "spec": { "sourceRef": { "kind": "DataSource", "name": "gone" }, "storage": {} } } ]""");
            m["spec"]!["template"]!["spec"]!["volumes"] = JsonNode.Parse("""[ { "name": "root", "dataVolume": { "name": "golden-root" } } ]""");
        });
        PutQuota("count/virtualmachinerestores.snapshot.kubevirt.io", "0");
        _world.Client.Answer = (path, _) => !path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal) ? null
            : new JsonObject { ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SelfSubjectAccessReview", ["status"] = new JsonObject { ["allowed"] = mayPost } };
        var planner = new ClonePlanner(_world.Cluster, new CloneOptions { Method = CloneMethodChoice.Auto }, "b");
        var plan = await planner.PlanAsync(World.Requests(CloneOptions.AutoRestoreAbove + 1), CancellationToken.None);
        plan.Clones.Count.ShouldBe(CloneOptions.AutoRestoreAbove + 1);
        var warnings = plan.Updates.Where(u => u.Kind == ItemUpdateKind.Warning).Select(u => u.Message!.ToString()).ToList();
        warnings.Exists(w => w.Contains("DataSource 'gone'", StringComparison.Ordinal)).ShouldBe(!mayPost);
        warnings.Exists(w => w.Contains("'quota'", StringComparison.Ordinal)).ShouldBe(!mayPost);
    }

    private void PutQuota(string resource, string hard) => _world.PutRelated(RelatedKinds.ResourceQuota, $$$"""
        { "metadata": { "name": "quota" }, "spec": { "hard": { "{{{resource}}}": "{{{hard}}}" } }, "status": { "hard": { "{{{resource}}}": "{{{hard}}}" }, "used": { "{{{resource}}}": "0" } } }
        """);

    [Fact]
    public async Task The_number_of_requests_does_not_grow_with_the_batch_and_nothing_is_asked_without_a_preflight()
    {
        _world.SucceedAtOnce();
        await _world.CloneAsync(World.Requests(3));
        var few = _world.Client.Count("LIST") + _world.Client.Count("GET");
        var other = new World();
        other.SucceedAtOnce();
        await other.CloneAsync(World.Requests(300));
        (other.Client.Count("LIST") + other.Client.Count("GET")).ShouldBeLessThanOrEqualTo(few);
        var silent = new World();
        silent.SucceedAtOnce();
        await silent.CloneAsync(World.Requests(3), new CloneOptions { Preflight = false });
        silent.Client.Count("LIST resourcequotas").ShouldBe(0);
    }
}
