using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Preflight;

/// <summary>Each check, over a cluster in memory.</summary>
public sealed class PreflightTests
{
    private readonly World _world = new();

    public PreflightTests()
    {
        PutClass("fast", "Immediate");
        PutClaim("golden-root");
        _world.Client.Answer = (path, _) => path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal) ? Review(allowed: true) : null;
    }

    [Fact]
    public async Task A_batch_that_breaks_the_storage_quota_at_the_31st_says_so_before_the_first_is_made()
    {
        PutQuota("""{ "requests.storage": "310Gi" }""", """{ "requests.storage": "10Gi" }""");
        var report = await RunAsync(World.Requests(50));
        var finding = report.Findings.Where(f => f.IsError).ShouldHaveSingleItem();
        finding.Code.ShouldBe(FaultIds.QuotaExceeded);
        finding.Item.ShouldBe("default/web-031");
        finding.Message.ShouldContain("clone 31 of 50");
        finding.Message.ShouldContain("20 of 50 do not");
        finding.Requests.Count.ShouldBe(20);
        _world.Client.All(World.Clones).ShouldBeEmpty();
        _world.Client.All(World.Restores).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{ "persistentvolumeclaims": "3" }""", """{ "persistentvolumeclaims": "1" }""", 3)]
    [InlineData("""{ "count/virtualmachines.kubevirt.io": "5" }""", """{ "count/virtualmachines.kubevirt.io": "1" }""", 5)]
    [InlineData("""{ "fast.storageclass.storage.k8s.io/requests.storage": "25Gi" }""", "{}", 3)]
    [InlineData("""{ "count/persistentvolumeclaims": "33" }""", """{ "count/persistentvolumeclaims": "31" }""", 3)]
    [InlineData("""{ "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "4" }""", """{ "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1" }""", 4)]
    [InlineData("""{ "count/volumesnapshots.snapshot.storage.k8s.io": "0" }""", "{}", 1)]
    public async Task Every_kind_of_quota_names_the_first_that_does_not_fit(string hard, string used, int first)
    {
        PutQuota(hard, used);
        (await ErrorOfAsync(World.Requests(6))).Item.ShouldBe($"default/web-{first:d3}");
    }

    [Fact]
    public async Task A_quota_of_another_class_or_with_scopes_does_not_count()
    {
        PutQuota("""{ "slow.storageclass.storage.k8s.io/requests.storage": "1Gi" }""", "{}");
        (await RunAsync(World.Requests(5))).Ready.ShouldBeTrue();
    }

    [Fact]
    public async Task Memory_is_needed_only_once_the_machines_start()
    {
        PutQuota("""{ "requests.memory": "5Gi" }""", "{}");
        var finding = (await RunAsync(World.Requests(3))).Findings.Single(f => f.Code == FaultIds.QuotaExceeded);
        finding.Severity.ShouldBe(FindingSeverity.Warning);
        finding.Item.ShouldBe("default/web-003");
    }

    [Fact]
    public async Task The_number_of_requests_does_not_depend_on_the_number_of_items()
    {
        var one = await RunAsync(World.Requests(1));
        var before = _world.Client.Requests.Count;
        var many = await RunAsync(World.Requests(500));
        (_world.Client.Requests.Count - before).ShouldBeLessThanOrEqualTo(before);
        many.ApiRequests.ShouldBe(one.ApiRequests);
        many.Items.ShouldBe(500);
    }

    [Fact]
    public async Task A_tenant_without_rights_gets_an_answer_that_says_what_is_missing()
    {
        string[] hidden = ["storageclasses", "volumesnapshotclasses", "volumesnapshots", "events", "pods", "resourcequotas", "services"];
        _world.Client.Before = request => hidden.Contains(request.Kind.Plural, StringComparer.Ordinal)
            ? throw new ApiStatusException(403, "Forbidden", $"{request.Kind.Plural} is forbidden") { Kind = request.Kind.Plural, IsApiStatus = true }
            : Task.CompletedTask;
        var report = await RunAsync([World.Request(), World.Request("web-2", source: "none")]);
        report.Partial.ShouldBeTrue();
        report.Findings.Where(f => f.Severity == FindingSeverity.NotChecked).Select(f => f.Item.Split(' ')[0])
            .ShouldBe(hidden.Where(h => h != "events").Append("kubevirt"), ignoreOrder: true);
        report.Findings.Single(f => f.IsError).Code.ShouldBe(FaultIds.VMNotFound);
    }

    [Fact]
    public async Task Whoever_may_not_make_clones_is_told_so()
    {
        _world.Client.Answer = (path, _) => path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal) ? Review(allowed: false) : null;
        var finding = await ErrorOfAsync([World.Request()]);
        finding.Code.ShouldBe(FaultIds.ApiForbidden);
        finding.Category.ShouldBe(FaultCategory.PermissionDenied);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "status": null }""")]
    [InlineData("""{ "status": {} }""")]
    [InlineData("""{ "status": "yes" }""")]
    [InlineData("""{ "status": { "reason": "no opinion" } }""")]
    [InlineData("""{ "status": { "allowed": "perhaps" } }""")]
    [InlineData("""{ "spec": 5, "status": { "allowed": false } }""")]
    public async Task An_answer_that_does_not_say_whether_one_may_is_no_refusal(string answer)
    {
        _world.Client.Answer = (path, _) => path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal) ? JsonNode.Parse(answer)!.AsObject() : null;
        var report = await RunAsync([World.Request()]);
        report.Findings.ShouldNotContain(f => f.Code == FaultIds.ApiForbidden && f.IsError);
    }

    [Fact]
    public async Task Several_errors_of_a_batch_come_at_once()
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("taken"));
        var report = await RunAsync(
        [
            World.Request("taken"), World.Request("twice"), World.Request("twice"), World.Request("x", source: "none"), World.Request("Bad_Name"),
            World.Request("good"),
        ]);
        report.Findings.Where(f => f.IsError).Select(f => f.Code).ShouldBe(
            [FaultIds.VMCloneTargetExists, FaultIds.VMCloneDuplicateTarget, FaultIds.VMNotFound, FaultIds.VMCloneNameInvalid], ignoreOrder: true);
    }

    [Fact]
    public async Task Another_clone_or_restore_that_makes_the_target_is_in_the_way()
    {
        _world.PutRelated(World.Clones, Clone("other", "web-1", "RestoreInProgress"));
        _world.PutRelated(World.Clones, Clone("done", "web-2", "Succeeded"));
        (await ErrorOfAsync([World.Request(), World.Request("web-2")])).Message.ShouldContain("'other'");
    }

    [Theory]
    [InlineData("mine", false)]
    [InlineData("theirs", true)]
    public async Task A_target_that_this_very_clone_made_is_no_collision(string clone, bool collides)
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-1"));
        _world.PutRelated(World.Clones, Clone(clone, "web-1", "Succeeded"));
        var report = await RunAsync([World.Request() with { CloneName = "mine" }]);
        report.Findings.Any(f => f.Code == FaultIds.VMCloneTargetExists).ShouldBe(collides);
    }

    [Fact]
    public async Task A_claim_that_waits_for_the_first_start_of_its_machine_can_not_be_snapshotted()
    {
        PutClass("late", "WaitForFirstConsumer");
        PutClaim("golden-root", storageClass: "late", phase: "Pending");
        var report = await RunAsync([World.Request()]);
        report.Findings.Single(f => f.IsError).Code.ShouldBe(FindingCodes.ClaimNotBound);
        report.Findings.Single(f => f.Code == FindingCodes.SucceededMeaning).Severity.ShouldBe(FindingSeverity.Warning);
    }

    [Fact]
    public async Task Pods_that_use_the_volume_of_a_stopped_source_make_its_snapshot_wait()
    {
        _world.PutRelated(RelatedKinds.Pod, """
            { "metadata": { "name": "reader" }, "status": { "phase": "Running" },
              "spec": { "volumes": [ { "name": "d", "persistentVolumeClaim": { "claimName": "golden-root" } } ] } }
            """);
        (await WarningsOfAsync([World.Request()])).ShouldContain(f => f.Code == FindingCodes.ClaimInUse && f.Message.Contains("pod reader"));
    }

    [Fact]
    public async Task A_mac_address_of_another_machine_or_given_twice_is_told()
    {
        var other = World.Machine("other", "team-b");
        other["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["interfaces"]![0]!["macAddress"] = "02:00:00:00:00:07";
        _world.Client.Put(KubeVirtKinds.VirtualMachine, other);
        var warnings = await WarningsOfAsync([WithMac("web-1", "02-00-00-00-00-07"), WithMac("web-2", "0200.0000.0008"), WithMac("web-3", "02:00:00:00:00:08"), WithMac("web-4", "03:00:00:00:00:08")]);
        warnings.Single(f => f.Code == FindingCodes.MacInUse).Message.ShouldContain("team-b/other");
        warnings.Single(f => f.Code == FindingCodes.MacDuplicate).Item.ShouldBe("default/web-3");
        warnings.Single(f => f.Code == FindingCodes.MacMulticast).Item.ShouldBe("default/web-4");
    }

    [Fact]
    public async Task A_service_that_would_send_traffic_to_the_clones_is_named()
    {
        _world.PutRelated(RelatedKinds.Service, """{ "metadata": { "name": "web" }, "spec": { "selector": { "kubevirt.io/vm": "golden" } } }""");
        (await WarningsOfAsync([World.Request()])).ShouldContain(f => f.Code == FindingCodes.ServiceSelects);
        (await WarningsOfAsync([World.Request() with { TemplateLabelFilter = ["!*"] }])).ShouldNotContain(f => f.Code == FindingCodes.ServiceSelects);
    }

    [Fact]
    public async Task A_limit_range_that_does_not_allow_the_volume_is_an_error()
    {
        _world.PutRelated(RelatedKinds.LimitRange, """
            { "metadata": { "name": "small" }, "spec": { "limits": [ { "type": "PersistentVolumeClaim", "max": { "storage": "5Gi" } } ] } }
            """);
        (await ErrorOfAsync([World.Request()])).Code.ShouldBe(FindingCodes.LimitRange);
    }

    [Fact]
    public async Task The_size_that_is_advised_is_one_that_is_taken()
    {
        _world.PutRelated(RelatedKinds.LimitRange, """
            { "metadata": { "name": "large" }, "spec": { "limits": [ { "type": "PersistentVolumeClaim", "min": { "storage": "20G" } } ] } }
            """);
        var advised = (await ErrorOfAsync([World.Request()])).RecommendedAction.ToString().Split(' ')[^1].TrimEnd('.');
        advised.ShouldBe("19531250Ki");
        var larger = World.Request() with { DiskSizes = new Dictionary<string, string>(StringComparer.Ordinal) { [RequestFields.EveryDisk] = advised } };
        var direct = new PreflightOptions { Method = CloneMethodChoice.Direct };
        (await new ClonePreflight(_world.Cluster, direct).RunAsync([larger], CancellationToken.None)).Findings.ShouldNotContain(f => f.IsError);
    }

    [Theory]
    [InlineData("csi.test", "", null, "filled from a snapshot that CDI takes")]
    [InlineData("csi.test", "copy", null, "as the StorageProfile or CDI's configuration asks")]
    [InlineData("other", "", null, "because its storage has no CSI driver")]
    [InlineData("csi.test", "", "storageclasses", "where there is a VolumeSnapshotClass")]
    [InlineData("csi.test", "copy", "cdis", "filled from a snapshot that CDI takes")]
    [InlineData("other", "", "csidrivers", "filled from a snapshot that CDI takes")]
    public async Task How_CDI_copies_is_told_by_what_CDI_goes_by(string driver, string configured, string? hidden, string part)
    {
        _world.PutRelated(RelatedKinds.StorageProfile, """{ "metadata": { "name": "fast", "namespace": "" }, "status": {} }""");
        _world.PutRelated(RelatedKinds.VolumeSnapshotClass, """{ "metadata": { "name": "snaps", "namespace": "" }, "driver": "csi.test" }""");
        _world.PutRelated(RelatedKinds.CsiDriver, $$"""{ "metadata": { "name": "{{driver}}", "namespace": "" } }""");
        _world.PutRelated(RelatedKinds.Cdi, $$"""{ "metadata": { "name": "cdi", "namespace": "" }, "spec": { "cloneStrategyOverride": "{{configured}}" } }""");
        _world.Client.Before = request => request.Kind.Plural == hidden
            ? throw new ApiStatusException(403, "Forbidden", $"{hidden} is forbidden") { Kind = hidden, IsApiStatus = true }
            : Task.CompletedTask;
        var report = await new ClonePreflight(_world.Cluster, new PreflightOptions { Method = CloneMethodChoice.DataVolume }).RunAsync([World.Request()], CancellationToken.None);
        report.Findings.Single(f => f.Code == FindingCodes.CopyStrategy).Message.ShouldContain(part);
    }

    [Fact]
    public async Task Filters_are_previewed_with_the_servers_meaning()
    {
        var findings = (await RunAsync([World.Request() with { LabelFilter = ["ti*"] }])).Findings;
        // 'ti*' is t and any number of i: it matches every key with a t.
        findings.Single(f => f.Code == FindingCodes.FilterPreview).Message.ShouldBe("LabelFilter keeps tier and drops app.");
        (await RunAsync([World.Request() with { LabelFilter = ["ap"] }])).Findings.Single(f => f.Code == FindingCodes.FilterSurprise).RecommendedAction.ToString().ShouldContain("^ap$");
    }

    [Fact]
    public async Task Known_limits_of_the_storage_are_told()
    {
        PutClass("fast", "Immediate", "rook-ceph.rbd.csi.ceph.com");
        for (var i = 0; i < 449; i++)
            _world.PutRelated(RelatedKinds.VolumeSnapshot, $$$"""{ "metadata": { "name": "s{{{i}}}" }, "spec": { "source": { "persistentVolumeClaimName": "golden-root" } } }""");
        (await WarningsOfAsync(World.Requests(3))).ShouldNotContain(f => f.Code == FindingCodes.StorageLimit);
        var alone = (await new ClonePreflight(_world.Cluster, new PreflightOptions { NoSharedSnapshot = true }).RunAsync(World.Requests(3), CancellationToken.None)).Findings;
        alone.ShouldContain(f => f.Code == FindingCodes.StorageLimit && f.Message.Contains("449 snapshots"));
        alone.ShouldContain(f => f.Code == FindingCodes.SnapshotsQueue);
    }

    [Fact]
    public async Task A_locked_deleted_or_running_source_is_told()
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            m["metadata"]!["deletionTimestamp"] = "2026-11-20T07:00:00Z";
            m["status"]!["snapshotInProgress"] = "nightly";
            m["status"]!["created"] = true;
            m["status"]!["conditions"] = JsonNode.Parse("""[ { "type": "RestartRequired", "status": "True", "message": "cpu changed" } ]""");
        });
        var findings = (await RunAsync([World.Request()])).Findings.Select(f => f.Code).ToList();
        findings.ShouldContain(FaultIds.VMCloneSourceDeleting);
        findings.ShouldContain(FindingCodes.SourceLocked);
        findings.ShouldContain(FindingCodes.SourceRunning);
        findings.ShouldContain(FindingCodes.SourceRestartRequired);
    }

    [Fact]
    public async Task What_is_shared_or_repeated_is_told()
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m =>
        {
            var spec = m["spec"]!["template"]!["spec"]!;
            spec["hostname"] = "golden";
            spec["volumes"]!.AsArray().Add(JsonNode.Parse("""{ "name": "host", "hostDisk": { "path": "/data/disk.img", "type": "Disk" } }"""));
        });
        var warnings = await WarningsOfAsync([World.Request()]);
        warnings.ShouldContain(f => f.Code == FindingCodes.Shared && f.Message.Contains("/data/disk.img"));
        warnings.ShouldContain(f => f.Code == FindingCodes.IdentityRepeated && f.Message.Contains("'golden'"));
    }

    [Fact]
    public async Task Old_servers_are_told_apart()
    {
        _world.Client.KubeVirtVersion = "v1.5.2";
        (await ErrorOfAsync([World.Request() with { VolumeNamePolicy = "PrefixTargetName" }])).Code.ShouldBe(FaultIds.VMCloneFieldUnsupported);
        _world.Client.Groups.Remove("clone.kubevirt.io");
        var fresh = new KubeVirtCluster(_world.Client, clock: _world.Clock);
        (await new ClonePreflight(fresh).RunAsync([World.Request()], CancellationToken.None)).Findings[0].Code.ShouldBe(FaultIds.CloneApiUnavailable);
    }

    private static CloneRequest WithMac(string target, string mac) =>
        World.Request(target) with { MacAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = mac } };

    private static JsonObject Review(bool allowed) => new() { ["status"] = new JsonObject { ["allowed"] = allowed } };

    private static string Clone(string name, string target, string phase) => $$$"""
        { "apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone", "metadata": { "name": "{{{name}}}" },
          "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "golden" }, "target": { "name": "{{{target}}}" } }, "status": { "phase": "{{{phase}}}" } }
        """;

    [Fact]
    public async Task A_quota_that_cannot_be_read_is_not_taken_for_none()
    {
        PutQuota("""{ "requests.storage": ["1Gi"] }""", "{}");
        var report = await RunAsync(World.Requests(3));
        report.Findings.Where(f => f.Code == FindingCodes.QuotaNotChecked).ShouldHaveSingleItem().Message.ShouldContain("in no known form");
    }

    private void PutQuota(string hard, string used) => _world.PutRelated(
        RelatedKinds.ResourceQuota,
        $$"""{ "metadata": { "name": "storage" }, "spec": { "hard": {{hard}} }, "status": { "hard": {{hard}}, "used": {{used}} } }""");

    private void PutClass(string name, string binding, string driver = "csi.test") => _world.PutRelated(
        RelatedKinds.StorageClass,
        $$"""{ "metadata": { "name": "{{name}}", "namespace": "" }, "provisioner": "{{driver}}", "volumeBindingMode": "{{binding}}" }""");

    private void PutClaim(string name, string storageClass = "fast", string phase = "Bound") => _world.PutRelated(
        KubeVirtKinds.PersistentVolumeClaim,
        $$$"""{ "metadata": { "name": "{{{name}}}" }, "spec": { "storageClassName": "{{{storageClass}}}", "resources": { "requests": { "storage": "10Gi" } } }, "status": { "phase": "{{{phase}}}" } }""");

    private Task<PreflightReport> RunAsync(IReadOnlyList<CloneRequest> requests) => new ClonePreflight(_world.Cluster).RunAsync(requests, CancellationToken.None);

    private async Task<Finding> ErrorOfAsync(IReadOnlyList<CloneRequest> requests) => (await RunAsync(requests)).Findings.Where(f => f.IsError).ShouldHaveSingleItem();

    private async Task<List<Finding>> WarningsOfAsync(IReadOnlyList<CloneRequest> requests) =>
        [.. (await RunAsync(requests)).Findings.Where(f => f.Severity == FindingSeverity.Warning)];
}
