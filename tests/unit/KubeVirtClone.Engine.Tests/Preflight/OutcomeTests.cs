using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Preflight;

/// <summary>What is judged by what comes out: identities, images, the server's own word, snapshot classes, instance types, rights by method, raw restores.</summary>
public sealed class OutcomeTests
{
    private readonly World _world = new();

    public OutcomeTests()
    {
        _world.PutRelated(RelatedKinds.StorageClass, """{ "metadata": { "name": "fast", "namespace": "" }, "provisioner": "csi.test", "volumeBindingMode": "Immediate" }""");
        _world.PutRelated(KubeVirtKinds.PersistentVolumeClaim, """
            { "metadata": { "name": "golden-root" }, "spec": { "storageClassName": "fast", "resources": { "requests": { "storage": "10Gi" } } }, "status": { "phase": "Bound" } }
            """);
        Allow(_ => true);
    }

    [Fact]
    public async Task What_the_server_would_refuse_to_make_is_an_error_and_is_asked_once_for_many()
    {
        _world.Client.Before = r => r is { Verb: "CREATE", DryRun: true, Kind.Plural: "virtualmachines" }
            ? throw new ApiStatusException(422, "Invalid", "spec.template.spec.domain.cpu.cores must be of type integer") { IsApiStatus = true }
            : Task.CompletedTask;
        var report = await RunAsync(World.Requests(40));
        var error = report.Findings.Where(f => f.IsError).ShouldHaveSingleItem();
        error.Code.ShouldBe(FindingCodes.TargetRefused);
        error.Message.ShouldContain("must be of type integer");
        error.Requests.Count.ShouldBe(40);
        _world.Client.Requests.Count(r => r.StartsWith("CREATE virtualmachines ", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData(403, "virtualmachines.kubevirt.io is forbidden: User \"eva\" cannot create resource \"virtualmachines\"")]
    [InlineData(500, "Internal error occurred: failed calling webhook \"policy\": connection refused")]
    public async Task Where_the_server_cannot_be_asked_it_is_not_checked(int code, string message)
    {
        _world.Client.Before = r => r is { Verb: "CREATE", DryRun: true }
            ? throw new ApiStatusException(code, code == 403 ? "Forbidden" : "InternalError", message) { IsApiStatus = true }
            : Task.CompletedTask;
        var report = await RunAsync([World.Request()]);
        report.Ready.ShouldBeTrue();
        report.Findings.ShouldContain(f => f.Severity == FindingSeverity.NotChecked && f.Message.Contains("whether the server would take"));
    }

    [Fact]
    public async Task Identities_are_worked_out_as_when_the_clone_is_made()
    {
        (await RunAsync([World.Request() with { Hostname = "Bad_Host" }])).Findings.Where(f => f.IsError).ShouldHaveSingleItem().Code.ShouldBe(FaultIds.VMCloneNameInvalid);
        (await RunAsync([World.Request() with { Hostname = "web-1", TargetLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b" }, GenerateMacAddresses = true, Without = CloneOmissions.Network }]))
            .Ready.ShouldBeTrue();
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["metadata"]!.AsObject().Remove("labels"));
        (await RunAsync([World.Request() with { TargetLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b" } }]))
            .Findings.Where(f => f.IsError).ShouldHaveSingleItem().Code.ShouldBe(FaultIds.VMCloneOptionUnsupported);
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_one_error_for_all_its_clones()
    {
        var requests = World.Requests(3).ConvertAll(r => r with { GoldenImage = "ubuntu", SourceName = "" });
        var error = (await RunAsync(requests)).Findings.Where(f => f.IsError).ShouldHaveSingleItem();
        error.Code.ShouldBe(FaultIds.GoldenImageNotFound);
        error.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Clone, "virtualmachineclones")]
    [InlineData(CloneMethodChoice.Restore, "virtualmachinerestores")]
    public async Task The_rights_asked_for_are_those_the_method_needs(CloneMethodChoice method, string resource)
    {
        Allow(denied => denied != resource);
        (await RunAsync([World.Request()], new PreflightOptions { Method = method })).Findings.Where(f => f.IsError).ShouldHaveSingleItem().Message.ShouldContain(resource);
        var other = method == CloneMethodChoice.Clone ? CloneMethodChoice.Restore : CloneMethodChoice.Clone;
        (await RunAsync([World.Request()], new PreflightOptions { Method = other })).Ready.ShouldBeTrue();
    }

    [Fact]
    public async Task Targets_that_exist_are_passed_over_where_that_is_wanted()
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-1"));
        (await RunAsync([World.Request()])).Ready.ShouldBeFalse();
        var report = await RunAsync([World.Request()], new PreflightOptions { SkipExisting = true });
        report.Ready.ShouldBeTrue();
        report.Findings.Single(f => f.Code == FaultIds.VMCloneTargetExists).Severity.ShouldBe(FindingSeverity.Information);
    }

    [Fact]
    public async Task Two_snapshot_classes_of_a_driver_need_a_default_and_a_profile_must_name_one_that_exists()
    {
        PutSnapshotClass("a");
        (await RunAsync([World.Request()])).Ready.ShouldBeTrue();
        PutSnapshotClass("b");
        (await RunAsync([World.Request()])).Findings.Where(f => f.IsError).ShouldHaveSingleItem().Code.ShouldBe(FindingCodes.SnapshotClass);
        PutSnapshotClass("b", """{ "snapshot.storage.kubernetes.io/is-default-class": "" }""");
        (await RunAsync([World.Request()])).Ready.ShouldBeTrue();
        _world.PutRelated(RelatedKinds.StorageProfile, """{ "metadata": { "name": "fast", "namespace": "" }, "status": { "snapshotClass": "gone" } }""");
        (await RunAsync([World.Request()])).Findings.Where(f => f.IsError).ShouldHaveSingleItem().Message.ShouldContain("'gone'");
    }

    [Fact]
    public async Task An_instance_type_that_is_gone_is_told()
    {
        _world.Client.Groups["instancetype.kubevirt.io"] = ["v1beta1"];
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["instancetype"] = new JsonObject { ["name"] = "u1.small", ["kind"] = "virtualmachineinstancetype" });
        var finding = (await RunAsync([World.Request()])).Findings.Single(f => f.Code == FindingCodes.InstancetypeMissing);
        finding.Severity.ShouldBe(FindingSeverity.Warning);
        finding.Message.ShouldContain("VirtualMachineInstancetype 'u1.small'");
        _world.PutRelated(new ResourceKind("instancetype.kubevirt.io", "v1beta1", "virtualmachineinstancetypes", "VirtualMachineInstancetype"), """{ "metadata": { "name": "u1.small" } }""");
        (await RunAsync([World.Request()])).Findings.ShouldNotContain(f => f.Code == FindingCodes.InstancetypeMissing);
    }

    [Theory]
    [InlineData("""{ "spec": "x" }""", "spec is not an object")]
    [InlineData("""{ "spec": { "source": [], "target": 5, "patches": { "a": 1 }, "newMacAddresses": { "a": 1 }, "labelFilters": [ 1 ] } }""", "spec.newMacAddresses.a is not a text")]
    [InlineData("""{ "metadata": { "name": 5, "labels": { "a": 1 } }, "spec": { "source": { "name": {} } } }""", "metadata.labels.a is not a text")]
    [InlineData("""{ "metadata": [], "spec": { "source": null, "template": "x", "volumeNamePolicy": false } }""", "spec.template is not an object")]
    public async Task A_manifest_of_any_form_gets_an_answer(string json, string message)
    {
        var manifest = (JsonObject)JsonNode.Parse(json)!;
        manifest["apiVersion"] = "clone.kubevirt.io/v1beta1";
        manifest["kind"] = "VirtualMachineClone";
        var report = await new ClonePreflight(_world.Cluster).RunAsync([PreflightItem.FromManifest(manifest, "default")], CancellationToken.None);
        report.Findings.ShouldContain(f => f.IsError && f.Message.Contains(message));
    }

    private void PutSnapshotClass(string name, string annotations = "{}") => _world.PutRelated(
        RelatedKinds.VolumeSnapshotClass,
        $$"""{ "metadata": { "name": "{{name}}", "namespace": "", "annotations": {{annotations}} }, "driver": "csi.test" }""");

    private void Allow(Func<string, bool> allowed) => _world.Client.Answer = (path, body) => path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal)
        ? new JsonObject { ["status"] = new JsonObject { ["allowed"] = allowed(body?["spec"]?["resourceAttributes"]?["resource"]?.GetValue<string>() ?? "") } }
        : null;

    private Task<PreflightReport> RunAsync(IReadOnlyList<CloneRequest> requests, PreflightOptions? options = null) =>
        new ClonePreflight(_world.Cluster, options).RunAsync(requests, CancellationToken.None);
}
