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
public sealed class PlanJudgeTests
{
    private readonly World _world = new();

    [Fact]
    public async Task What_has_no_room_in_a_quota_is_never_posted_and_what_is_odd_about_the_rest_is_told()
    {
        PutClaim();
        PutQuota("requests.storage", "5Gi");
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Add(JsonNode.Parse("""{ "name": "env", "secret": { "secretName": "gone" } }""")));
        _world.SucceedAtOnce();
        var updates = await _world.CloneAsync(World.Requests(2));
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem();
        fault.Request!.TargetName.ShouldBe("web-002");
        fault.Fault!.Id.ShouldBe(FaultIds.QuotaExceeded);
        fault.Fault.Message.ShouldContain("needs 4Gi");
        fault.Fault.RecommendedAction.ToString().ShouldContain("kubectl describe resourcequota quota");
        _world.Client.All(World.Clones).ShouldHaveSingleItem();
        updates.Of(ItemUpdateKind.Warning).ConvertAll(u => u.Message!.ToString()).ShouldContain(w => w.Contains("secret gone") && w.Contains("kubectl create secret"));
        // Whoever wants the server to decide gets what it says.
        (await _world.CloneAsync(World.Requests(2), new CloneOptions { Preflight = false, Batch = "sent" })).Of(ItemUpdateKind.Fault).ShouldBeEmpty();
    }

    [Fact]
    public async Task Addresses_in_use_or_of_groups_and_what_is_given_twice_are_told_for_all_namespaces_together()
    {
        var other = World.Machine("there");
        other["metadata"]!["namespace"] = "elsewhere";
        other["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["interfaces"] = JsonNode.Parse("""[ { "name": "lan", "macAddress": "02:00:00:00:00:02" } ]""");
        _world.Client.Put(KubeVirtKinds.VirtualMachine, other);
        _world.SucceedAtOnce();
        var updates = await _world.CloneAsync(
        [
            World.Request("web-1") with { MacAddresses = Mac("02:00:00:00:00:01"), SmbiosSerial = "42", Hostname = "web" },
            World.Request("web-2") with { MacAddresses = Mac("02:00:00:00:00:01"), SmbiosSerial = "42", Hostname = "web" },
            World.Request("web-3") with { MacAddresses = Mac("02:00:00:00:00:02"), SmbiosSerial = "43", Hostname = "web-3" },
            World.Request("web-4") with { MacAddresses = Mac("03:00:00:00:00:04"), SmbiosSerial = "44" },
        ]);
        updates.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        var warnings = updates.Of(ItemUpdateKind.Warning).ConvertAll(u => u.Message!.ToString());
        warnings.Count(w => w.Contains("02-00-00-00-00-01") && w.Contains("'default/web-1' too")).ShouldBe(1);
        warnings.Count(w => w.Contains("02-00-00-00-00-02") && w.Contains("elsewhere/there (lan)")).ShouldBe(1);
        warnings.Count(w => w.Contains("03-00-00-00-00-04") && w.Contains("group address")).ShouldBe(1);
        warnings.Count(w => w.Contains("2 clones get the same serial '42'")).ShouldBe(1);
        warnings.Count(w => w.Contains("2 clones get the same host name 'web'")).ShouldBe(1);
        // One list, however many addresses are given.
        _world.Client.Count("LIST virtualmachines").ShouldBe(1);
    }

    [Fact]
    public async Task A_running_source_without_guest_agent_is_told_once()
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            m["spec"]!["runStrategy"] = "Always";
            m["status"] = new JsonObject { ["created"] = true, ["ready"] = true, ["printableStatus"] = "Running" };
        });
        _world.PutRelated(RelatedKinds.Instance, """{ "metadata": { "name": "golden" }, "status": { "phase": "Running" } }""");
        _world.SucceedAtOnce();
        (await _world.CloneAsync(World.Requests(3))).Of(ItemUpdateKind.Warning).Count(u => u.Message!.ToString().Contains("no guest agent", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("count/virtualmachineclones.clone.kubevirt.io", CloneMethodChoice.Clone, false, 1, "The server refuses them")]
    // One clone's object is removed before the next needs its place.
    [InlineData("count/virtualmachineclones.clone.kubevirt.io", CloneMethodChoice.Clone, true, 0, "tries again until others are done|refuses what comes before others are done")]
    [InlineData("count/virtualmachinerestores.snapshot.kubevirt.io", CloneMethodChoice.Clone, false, 0, "tries again until others are done")]
    [InlineData("count/virtualmachines.kubevirt.io", CloneMethodChoice.Clone, false, 1, "tries for ever")]
    [InlineData("requests.memory", CloneMethodChoice.Clone, false, 0, "once all of them are started")]
    public async Task Only_what_stays_without_room_is_refused(string resource, CloneMethodChoice method, bool purge, int refused, string words)
    {
        PutQuota(resource, resource == "requests.memory" ? "2Gi" : "1");
        var plan = await new ClonePlanner(_world.Cluster, new CloneOptions { Method = method, PurgeOnSuccess = purge, Wait = purge }, "b").PlanAsync(World.Requests(2), CancellationToken.None);
        plan.Clones.Count.ShouldBe(2 - refused);
        var said = plan.Updates.Select(u => u.Fault?.Message ?? u.Message!.ToString()).Where(m => m.Contains("'quota'", StringComparison.Ordinal)).ShouldHaveSingleItem();
        words.Split('|').ShouldContain(w => said.Contains(w, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_one_quota_refuses_takes_nothing_of_another()
    {
        PutClaim();
        PutQuota("fast.storageclass.storage.k8s.io/requests.storage", "1Gi");
        _world.PutRelated(RelatedKinds.ResourceQuota, """{ "metadata": { "name": "number" }, "status": { "hard": { "count/virtualmachines.kubevirt.io": "2" }, "used": {} } }""");
        _world.Client.Put(KubeVirtKinds.VirtualMachine, Diskless("bare"));
        var requests = World.Requests(2).Concat(Enumerable.Range(1, 2).Select(i => World.Request($"bare-{i}") with { SourceName = "bare" })).ToList();
        var plan = await new ClonePlanner(_world.Cluster, new CloneOptions { Method = CloneMethodChoice.Clone }, "b").PlanAsync(requests, CancellationToken.None);
        plan.Clones.Select(c => c.Request.TargetName).ShouldBe(["bare-1", "bare-2"]);
    }

    [Fact]
    public async Task Disks_that_a_limit_range_does_not_allow_are_refused_for_each_clone_that_has_them()
    {
        PutClaim();
        _world.PutRelated(RelatedKinds.LimitRange, """{ "metadata": { "name": "small" }, "spec": { "limits": [ { "type": "PersistentVolumeClaim", "max": { "storage": "2Gi" } } ] } }""");
        _world.Client.Put(KubeVirtKinds.VirtualMachine, Diskless("bare"));
        var plan = await new ClonePlanner(_world.Cluster, new CloneOptions(), "b").PlanAsync([.. World.Requests(3), World.Request("bare-1") with { SourceName = "bare" }], CancellationToken.None);
        plan.Clones.Select(c => c.Request.TargetName).ShouldBe(["bare-1"]);
        plan.Updates.Count(u => u.Fault is { Id: FindingCodes.LimitRange, Category: FaultCategory.LimitsExceeded } f && f.Message.Contains("at most 2Gi", StringComparison.Ordinal)).ShouldBe(3);
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
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem();
        fault.Request!.TargetName.ShouldBe("web-002");
        fault.Fault!.Message.ShouldContain("6Gi");
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
        PutQuota("count/virtualmachinerestores.snapshot.kubevirt.io", "1");
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

    private void PutClaim() => _world.PutRelated(KubeVirtKinds.PersistentVolumeClaim, """
        { "metadata": { "name": "golden-root" }, "spec": { "storageClassName": "fast", "resources": { "requests": { "storage": "1Gi" } } }, "status": { "phase": "Bound", "capacity": { "storage": "4Gi" } } }
        """);

    private static JsonObject Diskless(string name)
    {
        var machine = World.Machine(name);
        machine["spec"]!["template"]!["spec"]!["volumes"] = new JsonArray();
        return machine;
    }

    private static Dictionary<string, string> Mac(string address) => new(StringComparer.Ordinal) { ["default"] = address };

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
