using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Subjects;
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
    [InlineData(true, CloneOptions.AutoRestoreAbove + 1)]
    [InlineData(false, CloneOptions.AutoRestoreAbove + 1)]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    public async Task What_only_restores_need_is_told_where_the_clones_are_restored_and_who_may_makes_them_otherwise(bool mayPost, int count)
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            m["spec"]!["dataVolumeTemplates"] = JsonNode.Parse("""[ { "metadata": { "name": "golden-root" }, "spec": { "sourceRef": { "kind": "DataSource", "name": "gone" }, "storage": {} } } ]""");
            m["spec"]!["template"]!["spec"]!["volumes"] = JsonNode.Parse("""[ { "name": "root", "dataVolume": { "name": "golden-root" } } ]""");
        });
        PutQuota("count/virtualmachinerestores.snapshot.kubevirt.io", "0");
        _world.Client.Answer = (path, _) => !path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal) ? null
            : new JsonObject { ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SelfSubjectAccessReview", ["status"] = new JsonObject { ["allowed"] = mayPost } };
        var options = new CloneOptions { Method = CloneMethodChoice.Auto };
        var plan = await new ClonePlanner(_world.Cluster, options, "b").PlanAsync(World.Requests(count), CancellationToken.None);
        // A restore would never end without the DataSource: none is made.
        plan.Clones.Count.ShouldBe(mayPost ? count : 0);
        var warnings = plan.Updates.Where(u => u.Kind == ItemUpdateKind.Warning).Select(u => u.Message!.ToString()).ToList();
        var faults = plan.Updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!).ToList();
        faults.Count(f => f.Id == FindingCodes.TemplateSourceMissing && f.Message.Contains("DataSource 'gone'", StringComparison.Ordinal)).ShouldBe(mayPost ? 0 : count);
        warnings.Count(w => w.Contains("DataSource 'gone'", StringComparison.Ordinal) && w.Contains("directly", StringComparison.Ordinal)).ShouldBe(mayPost ? 1 : 0);
        if (mayPost)
        {
            GroupPlanner.Candidates(options, plan.Clones).ShouldBe(["default"]);
            new GroupPlanner(options, "b", kubeVirt: null, snapshotsServed: true, new HashSet<string>(StringComparer.Ordinal) { "default" }, verbose: null).Plan(plan.Clones).ShouldAllBe(g => g.Method == CloneMethod.Direct);
        }

        if (count <= CloneOptions.AutoRestoreAbove)
            return;
        warnings.Exists(w => w.Contains("'quota'", StringComparison.Ordinal)).ShouldBe(!mayPost);
    }

    [Theory]
    [InlineData("annotations", FindingCodes.TargetRefused)]
    [InlineData("maxGuest", FindingCodes.TargetRefused)]
    [InlineData("name", FindingCodes.SourceNameLong)]
    [InlineData("dump", FindingCodes.ClaimMissing)]
    [InlineData("dataSource", FindingCodes.TemplateSourceMissing)]
    public async Task What_no_clone_can_come_of_is_never_posted_and_takes_no_more_requests_for_many(string kind, string code)
    {
        var (few, faults) = await RefuseAsync(kind, 2);
        faults.ShouldAllBe(f => f == code);
        faults.Count.ShouldBe(2);
        var (many, all) = await RefuseAsync(kind, 200);
        all.Count(f => f == code).ShouldBe(200);
        many.ShouldBeLessThanOrEqualTo(few + 4);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore, 0)]
    [InlineData(CloneMethodChoice.Direct, 2)]
    public async Task What_a_machine_made_directly_is_marked_with_has_to_have_room(CloneMethodChoice method, int refused)
    {
        // Room for what a restore adds, and for no more.
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["metadata"]!["annotations"] = new JsonObject { ["notes"] = new string('n', 261_900) });
        var plan = await new ClonePlanner(_world.Cluster, new CloneOptions { Method = method }, "b").PlanAsync(World.Requests(2), CancellationToken.None);
        var faults = plan.Updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!).ToList();
        faults.Count.ShouldBe(refused);
        faults.ShouldAllBe(f => f.Id == FindingCodes.TargetRefused && f.RecommendedAction.ToString().Contains("'notes'", StringComparison.Ordinal));
    }

    private static async Task<(int Requests, List<string> Faults)> RefuseAsync(string kind, int count)
    {
        var world = new World();
        var source = kind == "name" ? new string('n', 70) : "golden";
        var machine = World.Machine(source);
        var spec = machine["spec"]!;
        switch (kind)
        {
            case "annotations":
                machine["metadata"]!["annotations"] = new JsonObject { ["notes"] = new string('n', 262_100) };
                break;
            case "maxGuest":
                spec["template"]!["spec"]!["domain"]!["memory"] = JsonNode.Parse("""{ "guest": "8Gi", "maxGuest": "4Gi" }""");
                break;
            case "name":
                spec["template"]!["spec"]!["volumes"] = JsonNode.Parse("""[ { "name": "root", "persistentVolumeClaim": { "claimName": "golden-root" } } ]""");
                break;
            case "dump":
                spec["template"]!["spec"]!["volumes"]!.AsArray().Add(JsonNode.Parse("""{ "name": "dump", "memoryDump": { "claimName": "gone" } }"""));
                break;
            default:
                spec["dataVolumeTemplates"] = JsonNode.Parse("""[ { "metadata": { "name": "golden-root" }, "spec": { "sourceRef": { "kind": "DataSource", "name": "gone" }, "storage": {} } } ]""");
                spec["template"]!["spec"]!["volumes"] = JsonNode.Parse("""[ { "name": "root", "dataVolume": { "name": "golden-root" } } ]""");
                break;
        }

        if (source == "golden")
            world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => (m["metadata"], m["spec"]) = (machine["metadata"]!.DeepClone(), machine["spec"]!.DeepClone()));
        else
            world.Client.Put(KubeVirtKinds.VirtualMachine, machine);
        world.SucceedAtOnce();
        var updates = await world.CloneAsync(World.Requests(count).ConvertAll(r => r with { SourceName = source }), new CloneOptions { Method = CloneMethodChoice.Restore });
        world.Client.Count("CREATE virtualmachine").ShouldBe(0);
        return (world.Client.Count("LIST") + world.Client.Count("GET"), updates.Of(ItemUpdateKind.Fault).ConvertAll(u => u.Fault!.Id));
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
