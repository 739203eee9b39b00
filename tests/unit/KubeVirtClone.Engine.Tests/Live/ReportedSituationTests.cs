using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;
using static KubeVirtClone.Engine.Tests.Live.ReportedSituation;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>Situations that people reported, on the sandbox: what Test, New, Debug and Compare say of each.</summary>
public sealed class ReportedSituationTests
{
    [Fact]
    public async Task A_template_named_as_a_claim_is_left_out_and_the_clone_succeeds()
    {
        await using var sandbox = await StartAsync("dvt-referenced-as-pvc");
        var request = Request("c-dvtpvc", "win-tmpl", "copy-1");
        var findings = await TestAsync(sandbox, [request]);
        findings.ShouldContain(f => f.Code == FindingCodes.TemplateLeftOut && f.Message.Contains("win-tmpl-root"));
        findings.ShouldNotContain(f => f.IsError);
        foreach (var method in new[] { CloneMethodChoice.Clone, CloneMethodChoice.Restore, CloneMethodChoice.Direct })
        {
            var updates = await sandbox.CloneAsync([request with { TargetName = $"copy-{method.ToString().ToLowerInvariant()}" }], new CloneOptions { Method = method, Wait = true, Timeout = TimeSpan.FromMinutes(1) });
            updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
            updates.Of(ItemUpdateKind.Warning).ShouldContain(u => u.Message!.ToString().Contains("win-tmpl-root"));
        }

        // A manifest that is posted as it stands has no such patch.
        var manifest = CloneManifest.Build(request with { CloneName = "plain" }, "clone.kubevirt.io/v1beta1");
        var error = (await new ClonePreflight(sandbox.Cluster).RunAsync([PreflightItem.FromManifest(manifest, "c-dvtpvc")], default)).Findings.Where(f => f.IsError).ShouldHaveSingleItem();
        error.Code.ShouldBe(FindingCodes.TargetRefused);
        error.RecommendedAction.ToString().ShouldContain("/spec/dataVolumeTemplates");
    }

    [Fact]
    public async Task Annotations_without_room_for_the_restores_own_are_an_error()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await MakeFullAsync(sandbox, "full", 262_100);
        await MakeFullAsync(sandbox, "large", 200_000);
        var error = (await TestAsync(sandbox, [SandboxedCluster.Request("full-2", "full")])).Where(f => f.IsError).ShouldHaveSingleItem();
        error.Code.ShouldBe(FindingCodes.TargetRefused);
        error.Message.ShouldContain("262144");
        error.RecommendedAction.ToString().ShouldContain("-ExcludeAnnotation 'cmdb.example.com/notes'");
        (await TestAsync(sandbox, [SandboxedCluster.Request("full-3", "full") with { ExcludeAnnotations = ["cmdb.example.com/notes"] }, SandboxedCluster.Request("large-2", "large")])).ShouldNotContain(f => f.IsError);
    }

    [Fact]
    public async Task Quotas_count_the_size_a_restore_asks_for()
    {
        await using var sandbox = await StartAsync("quota-restore-size");
        var findings = await TestAsync(sandbox, [.. Enumerable.Range(1, 3).Select(i => Request("c-rsize", "app", $"app-{i}"))]);
        var error = findings.Where(f => f.IsError).ShouldHaveSingleItem();
        error.Code.ShouldBe(FaultIds.QuotaExceeded);
        error.Requests.Count.ShouldBe(3);
        error.Message.ShouldContain("4Gi");
    }

    [Fact]
    public async Task An_instance_type_that_has_changed_is_told_before_and_seen_after()
    {
        await using var sandbox = await StartAsync("instancetype-drift");
        await DriftAsync(sandbox);
        var findings = await TestAsync(sandbox, [Request("c-itdrift", "app", "app-2")]);
        var drift = findings.Single(f => f.Code == FindingCodes.InstancetypeDrift);
        drift.Severity.ShouldBe(FindingSeverity.Warning);
        drift.Message.ShouldContain("8 CPUs and 32Gi instead of 2 CPUs and 4Gi");
        var comparison = await CloneAndCompareAsync(sandbox, Request("c-itdrift", "app", "app-2"));
        comparison.Unexpected.Select(d => $"{d.Path} {d.Source} {d.Target}").ShouldBe(["instancetype.spec.cpu.guest 2 8", "instancetype.spec.memory.guest 4Gi 32Gi"]);
    }

    [Fact]
    public async Task State_by_preference_is_told_before_after_and_of_images()
    {
        await using var sandbox = await StartAsync("tpm-by-preference");
        var findings = await TestAsync(sandbox, [Request("c-tpmpref", "win11", "copy-1")]);
        var state = findings.Single(f => f.Code == FindingCodes.StateNotCloned);
        state.Message.ShouldContain("spec.devices.preferredTPM.persistent");
        state.Message.ShouldContain("spec.firmware.preferredEfi.persistent");
        state.Message.ShouldContain("persistent-state-for-win11-b7xq2");
        var comparison = await CloneAndCompareAsync(sandbox, Request("c-tpmpref", "win11", "copy-1"));
        comparison.AsAsked.ShouldBeFalse();
        var warnings = new List<string>();
        await foreach (var update in new Engine.Images.GoldenImageMaker(sandbox.Cluster).CreateAsync(new GoldenImageRequest { Namespace = "c-tpmpref", Name = "win11-img", SourceName = "win11" }, default))
            warnings.Add(update.Message?.ToString() ?? "");
        warnings.ShouldContain(w => w.Contains("preferredTPM"));
    }

    [Fact]
    public async Task A_memory_dump_is_no_difference_and_its_missing_claim_is_named()
    {
        await using var sandbox = await StartAsync("memory-dump-volume");
        (await TestAsync(sandbox, [Request("c-memdump", "db", "db-2")])).ShouldNotContain(f => f.IsError);
        var comparison = await CloneAndCompareAsync(sandbox, Request("c-memdump", "db", "db-2"));
        comparison.Unexpected.ShouldBeEmpty();
        comparison.Differences.ShouldContain(d => d.Reason.Contains("memory dump"));
        await LoseDumpAsync(sandbox);
        var findings = await TestAsync(sandbox, [Request("c-memdump", "db", "db-3")]);
        var error = findings.Where(f => f.IsError).ShouldHaveSingleItem();
        error.Code.ShouldBe(FindingCodes.ClaimMissing);
        error.Message.ShouldContain("'db-memory'");
    }

    [Fact]
    public async Task Missing_secrets_and_config_maps_are_told()
    {
        await using var sandbox = await StartAsync("missing-secrets");
        var findings = await TestAsync(sandbox, [Request("c-sec", "app", "app-2") with { Start = true }, Request("c-sec", "app", "app-3") with { CloudInitSecret = "no-such-secret" }]);
        var missing = findings.Where(f => f.Code == FindingCodes.ReferenceMissing).ToList();
        missing.ShouldAllBe(f => f.Severity == FindingSeverity.Warning);
        string.Join('\n', missing.Select(f => f.Message)).ShouldSatisfyAllConditions(
            m => m.ShouldContain("secret gone-cloudinit"),
            m => m.ShouldContain("config map gone-config"),
            m => m.ShouldContain("secret gone-keys"),
            m => m.ShouldContain("secret no-such-secret"));
        var shared = findings.Where(f => f.Code == FindingCodes.Shared).Select(f => f.Message).ToList();
        shared.ShouldHaveSingleItem().ShouldContain("secret app-env");
        // And by whoever waits for such a machine to run.
        var options = new CloneOptions { Batch = "b", Wait = true, For = WaitState.Running, Timeout = TimeSpan.FromSeconds(4) };
        var waited = (await sandbox.CloneAsync([Request("c-sec", "app", "app-2") with { Start = true }], options)).Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        waited.Id.ShouldBe(FaultIds.VMCloneTimeout);
        waited.Message.ShouldContain("the secret gone-cloudinit");
        waited.RecommendedAction.ToString().ShouldContain("kubectl create secret generic gone-cloudinit");
    }

    [Fact]
    public async Task Sizes_changed_while_the_source_runs_are_not_in_the_clone()
    {
        await using var sandbox = await StartAsync("live-updated-cpu");
        await UntilRunningAsync(sandbox);
        (await TestAsync(sandbox, [Request("c-live", "app", "app-2")])).ShouldNotContain(f => f.Code == FindingCodes.SourceLiveUpdated);
        await GrowAsync(sandbox);
        var findings = await TestAsync(sandbox, [Request("c-live", "app", "app-2")]);
        var told = findings.Single(f => f.Code is FindingCodes.SourceLiveUpdated);
        told.Message.ShouldContain("CPU sockets 4 and memory 4Gi");
        told.Message.ShouldContain("2 and 2Gi");
        var comparison = await CloneAndCompareAsync(sandbox, Request("c-live", "app", "app-2"));
        comparison.Unexpected.Select(d => d.Area).ShouldBe(["Cpu", "Memory"], ignoreOrder: true);
    }

    [Fact]
    public async Task Fixed_addresses_and_host_names_in_cloud_init_data_are_told()
    {
        await using var sandbox = await StartAsync("static-ip-networkdata");
        var inline = (await TestAsync(sandbox, [Request("c-net", "inline", "inline-2")])).Where(f => f.Code == FindingCodes.IdentityRepeated && f.Severity == FindingSeverity.Warning).ToList();
        inline.ShouldContain(f => f.Message.Contains("volume 'ci'") && f.Message.Contains("192.0.2.21/24") && f.Message.Contains("02:00:00:00:10:21, which clones do not have"));
        inline.ShouldContain(f => f.Message.Contains("hostname 'inline'"));
        inline.ShouldAllBe(f => !f.Message.Contains("example.com") || !f.Message.Contains("password"));
        var kept = Request("c-net", "inline", "inline-3") with { MacAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["lan"] = "02:00:00:00:10:21" } };
        (await TestAsync(sandbox, [kept])).ShouldNotContain(f => f.Message.Contains("which clones do not have"));
        var bySecret = await TestAsync(sandbox, [Request("c-net", "bysecret", "bysecret-2")]);
        bySecret.ShouldContain(f => f.Code == FindingCodes.Shared && f.Message.Contains("netdata") && f.Message.Contains("networkDataSecretRef"));
        bySecret.ShouldContain(f => f.Code == FindingCodes.IdentityRepeated && f.Message.Contains("192.0.2.22/24") && f.Message.Contains("netdata"));
    }

    [Fact]
    public async Task What_deployment_tools_own_is_told_with_the_very_options()
    {
        await using var sandbox = await StartAsync("gitops-tracked");
        var request = Request("c-git", "shop", "shop-2");
        var findings = await TestAsync(sandbox, [request]);
        var owned = findings.Single(f => f.Code == FindingCodes.OwnedByTool);
        owned.Severity.ShouldBe(FindingSeverity.Warning);
        owned.Message.ShouldContain("'shop-prod'");
        owned.RecommendedAction.ToString().ShouldStartWith("-ExcludeLabel 'argocd.argoproj.io/*','app.kubernetes.io/instance','kustomize.toolkit.fluxcd.io/*' -ExcludeAnnotation 'argocd.argoproj.io/*','meta.helm.sh/*','kubectl.kubernetes.io/last-applied-configuration'");
        var cleaned = request with
        {
            ExcludeLabels = ["argocd.argoproj.io/*", "app.kubernetes.io/instance", "kustomize.toolkit.fluxcd.io/*"],
            ExcludeAnnotations = ["argocd.argoproj.io/*", "meta.helm.sh/*", "kubectl.kubernetes.io/last-applied-configuration"],
        };
        owned.RecommendedAction.ToString().ShouldContain("-CleanOwnership");
        foreach (var without in new[] { cleaned, request with { CleanOwnership = true } })
            (await TestAsync(sandbox, [without])).ShouldNotContain(f => f.Code == FindingCodes.OwnedByTool);
    }

    [Fact]
    public async Task What_Harvester_writes_about_one_machine_is_told()
    {
        await using var sandbox = await StartAsync("harvester-static-ip");
        var findings = await TestAsync(sandbox, [Request("c-harv", "web", "web-2")]);
        findings.ShouldContain(f => f.Severity == FindingSeverity.Warning && f.Message.Contains("web-cloudinit") && f.Message.Contains("192.0.2.21/24") && f.Message.Contains("02:11:22:33:44:55, which clones do not have"));
        var own = findings.Single(f => f.Severity == FindingSeverity.Information && f.Message.Contains("harvesterhci.io/volumeClaimTemplates"));
        own.Message.ShouldContain("harvesterhci.io/mac-address");
        own.RecommendedAction.ToString().ShouldContain("-ExcludeAnnotation 'harvesterhci.io/*'");
        var mended = await TestAsync(sandbox, [Request("c-harv", "web", "web-2") with { CleanOwnership = true, NetworkDataSecret = "web-2-net", CloudInitSecret = "web-2-user" }]);
        mended.Where(f => f.Code != FindingCodes.FilterPreview).ShouldNotContain(f => f.Message.Contains("harvesterhci.io/") || f.Message.Contains("192.0.2.21"));
        foreach (var secret in new[] { "web-2-net", "web-2-user" })
            mended.ShouldContain(f => f.Code == FindingCodes.ReferenceMissing && f.Message.Contains(secret));
    }

    [Theory]
    [InlineData("ovn.kubernetes.io/ip_address", "10.0.0.5", "-NetworkPreset KubeOvn")]
    [InlineData("net1.default.ovn.kubernetes.io/mac_address", "02:00:00:00:00:05", "-NetworkPreset KubeOvn")]
    [InlineData("network.kubevirt.io/addresses", "{}", "-NetworkPreset OvnKubernetes")]
    [InlineData("cni.projectcalico.org/ipAddrs", "[\"10.0.0.5\"]", "-ExcludeTemplateAnnotation 'cni.projectcalico.org/*'")]
    [InlineData("k8s.v1.cni.cncf.io/networks", "[{\"name\":\"a\",\"ips\":[\"10.0.0.5\"]}]", "-ExcludeTemplateAnnotation 'k8s.v1.cni.cncf.io/networks'")]
    [InlineData("k8s.v1.cni.cncf.io/networks", "a,b", null)]
    [InlineData("ovn.kubernetes.io/logical_switch", "subnet", null)]
    public void Annotations_that_give_addresses_come_with_the_option_that_leaves_them_out(string key, string value, string? option)
    {
        var machine = World.Machine("golden");
        machine["spec"]!["template"]!["metadata"]!["annotations"] = new JsonObject { [key] = value };
        AddressAnnotations.Of(machine).Select(a => a.Option).ShouldBe(option is null ? [] : [option]);
    }

    [Theory]
    [InlineData("version: 2\nethernets: {eth0: {addresses: [192.0.2.1/24, '2001:db8::1/64'], nameservers: {addresses: [192.0.2.53]}, routes: [{to: default, via: 192.0.2.254}]}}", "192.0.2.1/24 2001:db8::1/64", "")]
    [InlineData("version: 1\nconfig:\n- {type: physical, name: eth0, mac_address: '02:00:00:00:00:01', subnets: [{type: static, address: 192.0.2.2/24, gateway: 192.0.2.254}]}\n- {type: nameserver, address: [192.0.2.53]}", "192.0.2.2/24", "02:00:00:00:00:01")]
    [InlineData("network:\n  version: 2\n  ethernets: {all: {match: {macaddress: 02:00:00:00:00:03}, dhcp4: true}}", "", "02:00:00:00:00:03")]
    [InlineData("{\"links\":[{\"ethernet_mac_address\":\"02:00:00:00:00:04\"}],\"networks\":[{\"ip_address\":\"192.0.2.4\",\"netmask\":\"255.255.255.0\",\"routes\":[{\"gateway\":\"192.0.2.254\"}]}]}", "192.0.2.4", "02:00:00:00:00:04")]
    [InlineData("version: 2\nethernets: {eth0: {dhcp4: true}}", "", "")]
    [InlineData("{{ template", "", "")]
    public void Network_configurations_of_every_form_are_read(string text, string addresses, string macs)
    {
        var identity = CloudInitData.Network(text);
        string.Join(' ', identity.Addresses).ShouldBe(addresses);
        string.Join(' ', identity.Macs).ShouldBe(macs);
    }
}
