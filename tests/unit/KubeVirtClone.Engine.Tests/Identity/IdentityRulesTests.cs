using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Identity;

public sealed class IdentityRulesTests
{
    private readonly SnapshotWorld _world = new();

    [Fact]
    public async Task Everything_asked_for_is_on_the_new_machine()
    {
        Change(m => m["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Add(JsonNode.Parse("""{"name":"ci","cloudInitNoCloud":{"userData":"#cloud-config","networkDataBase64":"dmVyc2lvbjogMg=="}}""")));
        Change(m => m["spec"]!["template"]!["metadata"]!["annotations"] = JsonNode.Parse("""{"ovn.kubernetes.io/ip_address":"10.0.0.1","net.default.ovn.kubernetes.io/mac_address":"02:..","ovn.kubernetes.io/logical_switch":"s","keep":"1"}"""));
        var machine = await MakeAsync(World.Request("new") with
        {
            Hostname = "host-1",
            TargetLabels = Map(("example.com/tier", "db")),
            TargetAnnotations = Map(("url", "https://x:1/a,b")),
            RunStrategy = "RerunOnFailure",
            GenerateMacAddresses = true,
            ExcludeLabels = ["ti*"],
            NetworkPreset = NetworkPreset.KubeOvn,
            CloudInitSecret = "mine",
            NetworkDataSecret = "mine-net",
        });

        machine["metadata"]!["labels"]!.ToJsonString().ShouldBe("""{"app":"web","example.com/tier":"db"}""");
        machine["metadata"]!["annotations"]!["url"]!.GetValue<string>().ShouldBe("https://x:1/a,b");
        machine["spec"]!["runStrategy"]!.GetValue<string>().ShouldBe("RerunOnFailure");
        var template = machine["spec"]!["template"]!;
        template["spec"]!["hostname"]!.GetValue<string>().ShouldBe("host-1");
        template["metadata"]!["annotations"]!.ToJsonString().ShouldBe("""{"ovn.kubernetes.io/logical_switch":"s","keep":"1"}""");
        template["spec"]!["volumes"]![1]!["cloudInitNoCloud"]!.ToJsonString().ShouldBe("""{"secretRef":{"name":"mine"},"networkDataSecretRef":{"name":"mine-net"}}""");
        MacAddress.TryParse(template["spec"]!["domain"]!["devices"]!["interfaces"]![0]!["macAddress"]!.GetValue<string>(), out var mac).ShouldBeTrue();
        ((mac.Value >> 40) & 3).ShouldBe(2UL);
    }

    [Fact]
    public async Task A_clone_that_is_to_be_nobodys_has_no_key_that_a_finding_names_and_keeps_the_others()
    {
        Change(m =>
        {
            m["metadata"]!["labels"] = JsonNode.Parse("""{"app":"web","argocd.argoproj.io/instance":"shop","app.kubernetes.io/instance":"shop","app.kubernetes.io/name":"web","helm.toolkit.fluxcd.io/name":"x"}""");
            m["metadata"]!["annotations"] = JsonNode.Parse("""{"keep":"1","meta.helm.sh/release-name":"r","harvesterhci.io/mac-address":"m","kubectl.kubernetes.io/last-applied-configuration":"{}","cni.projectcalico.org/ipAddrs":"[]"}""");
            m["spec"]!["template"]!["metadata"]!["labels"] = JsonNode.Parse("""{"app.kubernetes.io/instance":"shop"}""");
            m["spec"]!["template"]!["metadata"]!["annotations"] = JsonNode.Parse("""{"keep":"1","net1.ovn.kubernetes.io/ip_pool":"10.0.0.1,10.0.0.2","k8s.v1.cni.cncf.io/networks":"[{\"name\":\"a\",\"ips\":[\"10.1.0.1\"]}]","cni.projectcalico.org/hwAddr":"02:00:00:00:00:01"}""");
        });
        var machine = await MakeAsync(World.Request("new") with { CleanOwnership = true });

        machine["metadata"]!["labels"]!.AsObject().Select(l => l.Key).ShouldBe(["app", "app.kubernetes.io/name"], ignoreOrder: true);
        machine["metadata"]!["annotations"]!.AsObject().Select(a => a.Key).Where(k => !k.StartsWith("restore.kubevirt.io/", StringComparison.Ordinal)).ShouldBe(["keep"]);
        // What Services find it by is not the tools' own.
        machine["spec"]!["template"]!["metadata"]!["labels"]!.ToJsonString().ShouldBe("""{"app.kubernetes.io/instance":"shop"}""");
        machine["spec"]!["template"]!["metadata"]!["annotations"]!.ToJsonString().ShouldBe("""{"keep":"1"}""");
        var (tools, _, _, _) = OwnershipKeys.Of(machine);
        tools.ShouldBeEmpty();
        OwnershipKeys.OfThisMachine(machine).ShouldBeEmpty();
        AddressAnnotations.Of(machine).ShouldBeEmpty();
    }

    [Fact]
    public async Task Annotations_that_only_name_networks_stay()
    {
        const string networks = """{"k8s.v1.cni.cncf.io/networks":"[{\"name\":\"a\"}]"}""";
        Change(m => m["spec"]!["template"]!["metadata"]!["annotations"] = JsonNode.Parse(networks));
        var machine = await MakeAsync(World.Request("new") with { CleanOwnership = true });
        JsonNode.DeepEquals(machine["spec"]!["template"]!["metadata"]!["annotations"], JsonNode.Parse(networks)).ShouldBeTrue();
    }

    [Fact]
    public async Task Generated_addresses_are_unique_and_the_same_in_a_second_run()
    {
        var requests = World.Requests(40).ConvertAll(r => r with { GenerateMacAddresses = true });
        await _world.RunAsync(requests, new CloneOptions { Batch = "b" });
        var first = Addresses(_world);
        first.Distinct().Count().ShouldBe(40);

        var other = new SnapshotWorld();
        await other.RunAsync(requests, new CloneOptions { Batch = "b" });
        Addresses(other).ShouldBe(first);
    }

    [Fact]
    public async Task An_address_another_machine_has_is_not_given_again()
    {
        var request = World.Request("new") with { GenerateMacAddresses = true, Batch = "b" };
        var free = (await MacReader.ReadPoolAsync(_world.World.Cluster, [request], default)).Give(request, "new", "default");
        Change(m => m["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["interfaces"]![0]!["macAddress"] = free.ToString());

        (await MacReader.ReadPoolAsync(_world.World.Cluster, [request], default)).Give(request, "new", "default").ShouldNotBe(free);
    }

    [Theory]
    [InlineData("runStrategy", "Always", "Always")]
    [InlineData("running", "Always", "true")]
    [InlineData("running", "Manual", "Manual")]
    public async Task The_run_state_is_written_the_sources_own_way(string field, string strategy, string expected)
    {
        if (field == "running")
            Change(m => { m["spec"]!.AsObject().Remove("runStrategy"); m["spec"]!["running"] = false; });
        var patches = IdentityRules.Apply(World.Request("new") with { RunStrategy = strategy }, Source()).Patches;
        var machine = Source();
        JsonPatchApplier.Apply(machine, patches).ShouldBeNull();

        (machine["spec"]!["runStrategy"] ?? machine["spec"]!["running"])!.ToString().ShouldBe(expected);
        (machine["spec"]!["runStrategy"] is not null && machine["spec"]!["running"] is not null).ShouldBeFalse();
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Going_without_network_and_labels()
    {
        var machine = await MakeAsync(World.Request("new") with { Without = CloneOmissions.Network | CloneOmissions.Labels | CloneOmissions.Annotations });

        machine["metadata"]!["labels"]!.AsObject().ShouldBeEmpty();
        machine["spec"]!["template"]!["spec"]!.AsObject().ContainsKey("networks").ShouldBeFalse();
        machine["spec"]!["template"]!["spec"]!["domain"]!["devices"]!.ToJsonString().ShouldBe("""{"disks":[{"name":"root"}],"autoattachPodInterface":false}""");
    }

    [Fact]
    public async Task What_KubeVirt_has_no_way_to_do_is_refused_with_the_reason()
    {
        (await FaultAsync(World.Request("a") with { Without = CloneOmissions.Disks })).Message.ShouldContain("root");
        (await FaultAsync(World.Request("a") with { CloudInitSecret = "s" })).Message.ShouldContain("cloud-init");
        (await FaultAsync(World.Request("a") with { RunStrategy = "Manual", Start = true })).RecommendedAction.ToString().ShouldContain("Start-VM");
        (await FaultAsync(World.Request("a") with { RunStrategy = "Halted", Start = true })).Message.ShouldContain("run strategy Halted");
        (await FaultAsync(World.Request("a") with { Hostname = "Bad_Host" })).Id.ShouldBe(FaultIds.VMCloneNameInvalid);
        var host = await FaultAsync(World.Request("a") with { Hostname = new string('h', 64) });
        host.Message.ShouldContain($"'{new string('h', 64)}'");
        host.RecommendedAction.ToString().ShouldContain("at most 63");
        Change(m => m["metadata"]!.AsObject().Remove("labels"));
        var first = await FaultAsync(World.Request("a") with { TargetLabels = Map(("a", "b")) });
        first.Message.ShouldContain("no labels at all");
        first.RecommendedAction.ToString().ShouldContain("kubectl label vm");
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    [Fact]
    public void Each_wish_alone_is_written_and_nothing_besides_it()
    {
        var request = World.Request("new");
        Written(request with { Start = true }).ShouldBe(["replace /spec/runStrategy Always"]);
        Written(request with { RunStrategy = "halted" }).ShouldBeEmpty();
        Written(request with { Hostname = new string('h', 63) }).ShouldBe(["add /spec/template/spec/hostname " + new string('h', 63)]);
        Written(request with { TargetAnnotations = Map(("note", "y")) }).ShouldBe(["add /metadata/annotations/note y"]);
        Written(request with { TargetLabels = Map(("b", "2"), ("a", "1")) }).ShouldBe(["add /metadata/labels/a 1", "add /metadata/labels/b 2"]);
        Written(request with { GenerateMacAddresses = true }).ShouldBeEmpty();
        IdentityRules.NeedsPatches(request with { GenerateMacAddresses = true, DiskSizes = Map(("root", "9Gi")) }).ShouldBeFalse();

        // An empty list of keys asks for none, whatever the source is like, and though it cannot be read.
        var none = request with { TargetLabels = Map(), TargetAnnotations = Map() };
        IdentityRules.Apply(none, source: null).Patches.ShouldBeEmpty();
        Change(m => m["metadata"]!.AsObject().Remove("labels"));
        Written(none with { Hostname = "h" }).ShouldBe(["add /spec/template/spec/hostname h"]);
    }

    [Fact]
    public void Addresses_that_were_given_stay_and_interfaces_without_one_get_one()
    {
        Change(m => m["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["interfaces"] = JsonNode.Parse("""[ { "name": "default" }, { "name": "lan" } ]"""));
        var request = World.Request("new") with { GenerateMacAddresses = true, Batch = "b", MacAddresses = Map(("lan", "02:00:00:00:00:07")) };
        var addresses = IdentityRules.Addresses(request, "new", Source(), MacPool.Of([], [request])).ShouldNotBeNull();
        addresses.Keys.Order().ShouldBe(["default", "lan"]);
        addresses["lan"].ShouldBe("02:00:00:00:00:07");

        Change(m => m["spec"]!["template"]!["spec"]!["domain"]!["devices"]!.AsObject().Remove("interfaces"));
        IdentityRules.Addresses(request with { MacAddresses = null }, "new", Source(), MacPool.Of([], [request]))!.ShouldBeEmpty();
    }

    [Fact]
    public void Each_exclusion_goes_to_its_own_filter()
    {
        var request = World.Request("new") with { ExcludeLabels = ["l/*"], ExcludeTemplateLabels = ["tl/*"], ExcludeAnnotations = ["a/*"], ExcludeTemplateAnnotations = ["ta/*"] };
        var filtered = IdentityRules.Apply(request, Source()).Filtered;
        foreach (var (filter, own) in new[] { (filtered.LabelFilter, "l/x"), (filtered.TemplateLabelFilter, "tl/x"), (filtered.AnnotationFilter, "a/x"), (filtered.TemplateAnnotationFilter, "ta/x") })
            new[] { "l/x", "tl/x", "a/x", "ta/x", "keep" }.Where(k => !KeyFilter.Of(filter!).Keeps(k)).ShouldBe([own]);
    }

    [Fact]
    public void Whose_source_cannot_be_read_drops_every_key_that_tools_own_and_only_where_that_is_asked_for()
    {
        var unread = IdentityRules.Apply(World.Request("new") with { CleanOwnership = true }, source: null).Filtered;
        KeyFilter.Of(unread.LabelFilter!).Keeps("argocd.argoproj.io/instance").ShouldBeFalse();
        KeyFilter.Of(unread.LabelFilter!).Keeps("app").ShouldBeTrue();
        KeyFilter.Of(unread.AnnotationFilter!).Keeps("meta.helm.sh/release-name").ShouldBeFalse();

        IdentityRules.Apply(World.Request("new"), source: null).Filtered.LabelFilter.ShouldBeNull();
        Change(m => m["metadata"]!["labels"]!["argocd.argoproj.io/instance"] = "shop");
        IdentityRules.Apply(World.Request("new"), Source()).Filtered.LabelFilter.ShouldBeNull();
        Change(m => m["metadata"]!.AsObject().Remove("labels"));
        IdentityRules.Apply(World.Request("new") with { CleanOwnership = true }, Source()).Filtered.LabelFilter.ShouldBeNull();
    }

    [Theory]
    [InlineData("a b", "1", true, true)]
    [InlineData("key", "not a label value", true, false)]
    public async Task Keys_of_both_and_values_of_labels_have_to_be_legal(string key, string value, bool ofLabel, bool ofAnnotation)
    {
        var label = await FaultsAsync(World.Request("a") with { TargetLabels = Map((key, value)) });
        label.Count.ShouldBe(ofLabel ? 1 : 0);
        label.ShouldAllBe(f => f.Id == FaultIds.VMCloneLabelInvalid && f.Message.Contains($"label '{key}={value}'", StringComparison.Ordinal));
        var annotation = await FaultsAsync(World.Request("b") with { TargetAnnotations = Map((key, value)) });
        annotation.Count.ShouldBe(ofAnnotation ? 1 : 0);
        annotation.ShouldAllBe(f => f.Id == FaultIds.VMCloneLabelInvalid && f.Message.Contains($"annotation '{key}={value}'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Releases_whose_clones_take_no_patches_are_served_by_restores()
    {
        _world.Client.KubeVirtVersion = "v1.5.0";
        await _world.RunAsync([World.Request("a") with { Hostname = "h" }], new CloneOptions());
        _world.Names(World.Restores).ShouldHaveSingleItem();

        var refused = await _world.RunAsync([World.Request("b") with { Hostname = "h" }], new CloneOptions { Method = CloneMethodChoice.Clone });
        var fault = refused.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneFieldUnsupported);
        fault.Message.ShouldContain("1.5.0");
        fault.RecommendedAction.ToString().ShouldContain("-Method Restore");
    }

    private static List<string> Addresses(SnapshotWorld world) =>
    [
        .. world.Client.All(KubeVirtKinds.VirtualMachine).Where(m => m["metadata"]!["name"]!.GetValue<string>() != "golden")
            .Select(m => m["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["interfaces"]![0]!["macAddress"]!.GetValue<string>()),
    ];

    private void Change(Action<JsonObject> change) => _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", change);

    private JsonObject Source() => _world.Client.Find(KubeVirtKinds.VirtualMachine, "default", "golden")!;

    private async Task<JsonObject> MakeAsync(CloneRequest request)
    {
        var updates = await _world.RunAsync([request], new CloneOptions { Method = CloneMethodChoice.Restore, Wait = true });
        updates.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        return _world.Client.Find(KubeVirtKinds.VirtualMachine, "default", request.TargetName!)!;
    }

    private static Dictionary<string, string> Map(params (string Key, string Value)[] entries) => entries.ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);

    private IEnumerable<string> Written(CloneRequest request) => IdentityRules.Apply(request, Source()).Patches.Select(p => $"{p.Op} {p.Path} {p.Value}");

    private async Task<Fault> FaultAsync(CloneRequest request) => (await FaultsAsync(request)).ShouldHaveSingleItem();

    private async Task<List<Fault>> FaultsAsync(CloneRequest request) =>
        (await _world.RunAsync([request], new CloneOptions { Method = CloneMethodChoice.Restore })).Of(ItemUpdateKind.Fault).ConvertAll(u => u.Fault!);
}
