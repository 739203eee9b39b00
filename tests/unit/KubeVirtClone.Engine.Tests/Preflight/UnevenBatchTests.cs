using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Preflight;

/// <summary>Batches whose items differ, and what only some of them run into.</summary>
public sealed class UnevenBatchTests
{
    private readonly World _world = new();

    public UnevenBatchTests()
    {
        _world.PutRelated(RelatedKinds.StorageClass, """{ "metadata": { "name": "fast" }, "provisioner": "csi.test", "volumeBindingMode": "Immediate" }""");
        _world.PutRelated(KubeVirtKinds.PersistentVolumeClaim, """
            { "metadata": { "name": "golden-root" }, "spec": { "storageClassName": "fast", "accessModes": [ "ReadWriteOnce" ], "resources": { "requests": { "storage": "10Gi" } } }, "status": { "phase": "Bound" } }
            """);
        _world.Client.Answer = (path, _) => path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal) ? new JsonObject { ["status"] = new JsonObject { ["allowed"] = true } } : null;
    }

    [Fact]
    public async Task A_host_name_that_some_have_of_the_source_is_told_of_those()
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["template"]!["spec"]!["hostname"] = "golden");
        var finding = (await RunAsync([World.Request("web-1") with { Hostname = "web-1" }, World.Request("web-2"), World.Request("web-3")]))
            .Where(f => f.Code == FindingCodes.IdentityRepeated && f.Message.Contains("'golden'") && f.Severity == FindingSeverity.Warning).ShouldHaveSingleItem();
        finding.Message.ShouldContain("web-2' and 1 more get it");
        finding.Requests.Select(r => r.TargetName).ShouldBe(["web-2", "web-3"]);
    }

    [Fact]
    public async Task A_service_that_selects_some_is_told_of_those()
    {
        _world.PutRelated(RelatedKinds.Service, """{ "metadata": { "name": "front", "namespace": "default" }, "spec": { "selector": { "kubevirt.io/vm": "golden" } } }""");
        var finding = (await RunAsync([World.Request("web-1") with { TemplateLabelFilter = ["!*"] }, World.Request("web-2")]))
            .Where(f => f.Code == FindingCodes.ServiceSelects).ShouldHaveSingleItem();
        finding.Requests.Select(r => r.TargetName).ShouldBe(["web-2"]);
    }

    [Fact]
    public async Task A_value_that_few_have_is_tried_on_the_server_and_one_that_each_has_for_itself_is_not()
    {
        var tried = new List<string>();
        _world.Client.Before = request =>
        {
            if (request is not { Verb: "CREATE", DryRun: true, Kind.Plural: "virtualmachines" })
                return Task.CompletedTask;
            var strategy = request.Body!["spec"]!["runStrategy"]!.GetValue<string>();
            lock (tried)
                tried.Add(strategy);
            return strategy == "Sometimes" ? throw new ApiStatusException(422, "Invalid", "Invalid RunStrategy (Sometimes)") { IsApiStatus = true } : Task.CompletedTask;
        };
        var requests = Enumerable.Range(1, 30).Select(i => World.Request($"web-{i:d2}") with
        {
            Hostname = $"host-{i:d2}",
            Patches = [$$"""{"op":"replace","path":"/spec/runStrategy","value":"{{(i == 17 ? "Sometimes" : "Manual")}}"}"""],
        }).ToList();
        var finding = (await RunAsync(requests)).Where(f => f.Code == FindingCodes.TargetRefused).ShouldHaveSingleItem();
        finding.Requests.Select(r => r.TargetName).ShouldBe(["web-17"]);
        tried.Order().ShouldBe(["Manual", "Sometimes"]);
    }

    [Fact]
    public async Task Forms_that_are_too_many_to_be_tried_are_named_as_not_checked()
    {
        var requests = Enumerable.Range(1, 12).Select(i => World.Request($"web-{i:d2}") with { TargetLabels = new Dictionary<string, string>(StringComparer.Ordinal) { [$"key-{i}"] = "x" } }).ToList();
        (await RunAsync(requests)).ShouldContain(f => f.Severity == FindingSeverity.NotChecked && f.Message.Contains("12 forms"));
    }

    [Fact]
    public async Task Without_room_for_the_snapshot_they_share_none_is_made()
    {
        _world.PutRelated(RelatedKinds.ResourceQuota, """{ "metadata": { "name": "q" }, "status": { "hard": { "count/volumesnapshots.snapshot.storage.k8s.io": "3" }, "used": { "count/volumesnapshots.snapshot.storage.k8s.io": "3" } } }""");
        var finding = (await RunAsync(World.Requests(5))).Where(f => f.Code == FaultIds.QuotaExceeded).ShouldHaveSingleItem();
        finding.Message.ShouldContain("5 of 5 do not");
        finding.Requests.Count.ShouldBe(5);
        finding.RecommendedAction.ToString().ShouldStartWith("Free some of the quota");
    }

    [Theory]
    [InlineData("pods", "once all of them are started")]
    [InlineData("count/virtualmachineinstances.kubevirt.io", "once all of them are started")]
    [InlineData("count/virtualmachineclones.clone.kubevirt.io", "The server refuses them")]
    [InlineData("count/virtualmachines.kubevirt.io", "tries for ever")]
    public async Task A_quota_says_when_it_strikes(string resource, string when)
    {
        _world.PutRelated(RelatedKinds.ResourceQuota, $$"""{ "metadata": { "name": "q" }, "status": { "hard": { "{{resource}}": "2" }, "used": { "{{resource}}": "0" } } }""");
        (await RunAsync(World.Requests(3))).Where(f => f.Code == FaultIds.QuotaExceeded).ShouldHaveSingleItem().Message.ShouldContain(when);
    }

    [Theory]
    [InlineData("/spec/template/spec/domain/memory/guest", "\"lots\"", "no quantity")]
    [InlineData("/spec/template/spec/domain/memory/guest", "true", "no quantity")]
    [InlineData("/spec/template/spec/domain/cpu/cores", "1.5", "no whole number")]
    [InlineData("/spec/template/spec/domain/cpu/cores", "\"2\"", "no whole number")]
    [InlineData("/spec/running", "\"yes\"", "neither true nor false")]
    public async Task A_value_of_a_wrong_type_is_found_without_the_server(string path, string value, string why)
    {
        var error = (await RunAsync([World.Request() with { Patches = [$$"""{"op":"replace","path":"{{path}}","value":{{value}}}"""] }])).Where(f => f.IsError).ShouldHaveSingleItem();
        error.Code.ShouldBe(FaultIds.VMClonePatchInvalid);
        error.Message.ShouldContain(why);
    }

    [Fact]
    public async Task Of_a_key_that_is_there_twice_in_a_patch_the_last_counts()
    {
        const string patch = """{"op":"add","path":"/metadata/name","path":"/metadata/labels/y","value":"1"}""";
        (await RunAsync([World.Request() with { Patches = [patch] }])).ShouldNotContain(f => f.IsError);
    }

    [Theory]
    [InlineData(241, null)]
    [InlineData(242, FaultIds.VMCloneNameInvalid)]
    public async Task A_name_that_KubeVirt_would_make_up_too_long_is_an_error(int length, string? code)
    {
        var source = new string('s', length);
        // With a disk of its own a machine of such a name cannot be cloned at all.
        var machine = World.Machine(source);
        machine["spec"]!["template"]!["spec"]!["volumes"]![0] = JsonNode.Parse("""{ "name": "root", "containerDisk": { "image": "example.com/fedora" } }""");
        _world.Client.Put(KubeVirtKinds.VirtualMachine, machine);
        var manifest = (JsonObject)JsonNode.Parse($$"""
            { "apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone", "metadata": { "name": "c" }, "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "{{source}}" } } }
            """)!;
        var report = await new ClonePreflight(_world.Cluster).RunAsync([PreflightItem.FromManifest(manifest, "default")], CancellationToken.None);
        report.Findings.Where(f => f.IsError).Select(f => f.Code).ShouldBe(code is null ? [] : [code]);
        report.Findings.Select(f => f.Code).ShouldContain(code ?? FindingCodes.NameLong);
    }

    private async Task<IReadOnlyList<Finding>> RunAsync(IReadOnlyList<CloneRequest> requests) =>
        (await new ClonePreflight(_world.Cluster).RunAsync(requests, CancellationToken.None)).Findings;
}
