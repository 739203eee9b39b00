using System.Globalization;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Sizes;

/// <summary>Clones with other CPUs, memory, instance types and preferences than their source, by every method: what was asked for is what the machine has.</summary>
public sealed class ResizedMachineTests
{
    /// <summary>All the ways in which a machine says how large it is.</summary>
    private static readonly string[] Domains =
    [
        """{"cpu":{"cores":2},"memory":{"guest":"2Gi"}}""",
        """{"cpu":{"sockets":2},"memory":{"guest":"2Gi"}}""",
        """{"cpu":{"cores":2,"sockets":2,"threads":2},"memory":{"guest":"2Gi","maxGuest":"3Gi"}}""",
        """{"cpu":{"cores":1,"sockets":2,"maxSockets":3},"memory":{"guest":"1Gi","maxGuest":"64Gi"}}""",
        """{"cpu":{"cores":2,"threads":2},"memory":{"guest":"2Gi"},"resources":{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"4","memory":"2Gi"}}}""",
        """{"resources":{"requests":{"memory":"1Gi"}}}""",
        """{"resources":{"requests":{"memory":"1Gi","cpu":"2"},"limits":{"memory":"2Gi","cpu":"2"}}}""",
        """{"resources":{"limits":{"memory":"1500Mi","cpu":"1500m"}}}""",
        """{"cpu":{"model":"host-model"},"memory":{"hugepages":{"pageSize":"2Mi"},"guest":"1Gi"}}""",
        """{"cpu":{"cores":3,"dedicatedCpuPlacement":true},"memory":{"guest":"512Mi"},"resources":{"requests":{"cpu":"3","memory":"512Mi"},"limits":{"cpu":"3","memory":"512Mi"}}}""",
    ];

    public static TheoryData<CloneMethodChoice, string> Cases()
    {
        var data = new TheoryData<CloneMethodChoice, string>();
        foreach (var domain in Domains)
        {
            foreach (var method in new[] { CloneMethodChoice.Clone, CloneMethodChoice.Restore, CloneMethodChoice.Direct })
                data.Add(method, domain);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task CPUs_and_memory_are_what_was_asked_however_the_source_says_its_own(CloneMethodChoice method, string domain)
    {
        await using var lab = new Lab();
        lab.Patch("VirtualMachine", "golden", Domain(domain));
        lab.Settle();
        CloneRequest[] requests =
        [
            Request("cpus") with { Cpu = "6" },
            Request("odd") with { Cpu = "5" },
            Request("more") with { Memory = "8Gi" },
            Request("less") with { Memory = "768Mi" },
            Request("both") with { Cpu = "1", Memory = "4096Mi" },
        ];
        var updates = await lab.CloneAsync(requests, Lab.Options(method));
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        lab.Settle();

        var source = MachineSizing.Of(lab.Get("VirtualMachine", "golden"), instancetype: null);
        foreach (var request in requests)
        {
            var made = lab.Get("VirtualMachine", request.TargetName!)!;
            var size = MachineSizing.Of(made, instancetype: null);
            size.Cpus.ShouldBe(request.Cpu is { } cpu ? decimal.Parse(cpu, CultureInfo.InvariantCulture) : source.Cpus, request.TargetName);
            size.Memory.ShouldBe(request.Memory is { } memory ? SizePatches.Bytes("", memory) : source.Memory, request.TargetName);
            var resources = made.ObjectAt("spec", "template", "spec", "domain", "resources");
            if (resources.TextAt("requests", "memory") is { } wanted)
                SizePatches.Bytes("", wanted).ShouldBeLessThanOrEqualTo(size.Memory, request.TargetName);
            if (resources.TextAt("limits", "memory") is { } limit)
                SizePatches.Bytes("", limit).ShouldBeGreaterThanOrEqualTo(size.Memory, request.TargetName);
        }

        // What does not stand in the way is left as it is.
        var bound = JsonNode.Parse(domain)!["memory"].TextAt("maxGuest");
        lab.Get("VirtualMachine", "cpus")!.TextAt("spec", "template", "spec", "domain", "memory", "maxGuest").ShouldBe(bound);
        lab.Get("VirtualMachine", "more")!.TextAt("spec", "template", "spec", "domain", "memory", "maxGuest").ShouldBe(bound == "64Gi" ? bound : null);
    }

    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task Shares_of_CPU_and_memory_keep_their_ratio(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        lab.Patch("VirtualMachine", "golden", Domain("""{"cpu":{"cores":2},"memory":{"guest":"2Gi"},"resources":{"requests":{"cpu":"500m","memory":"1Gi"},"limits":{"memory":"3Gi"}}}"""));
        await lab.CloneAsync([Request("big") with { Cpu = "8", Memory = "8Gi" }], Lab.Options(method));
        lab.Get("VirtualMachine", "big")!.ObjectAt("spec", "template", "spec", "domain", "resources")!.ToJsonString()
            .ShouldBe("""{"limits":{"memory":"12Gi"},"requests":{"cpu":"2","memory":"4Gi"}}""");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Clone, false)]
    [InlineData(CloneMethodChoice.Restore, false)]
    [InlineData(CloneMethodChoice.Direct, false)]
    [InlineData(CloneMethodChoice.Clone, true)]
    [InlineData(CloneMethodChoice.Restore, true)]
    [InlineData(CloneMethodChoice.Direct, true)]
    [InlineData(CloneMethodChoice.Auto, true)]
    public async Task Another_instance_type_is_the_one_the_machine_runs_on_whatever_its_source_was_pinned_to(CloneMethodChoice method, bool running)
    {
        await using var lab = TypedLab(running);
        // Who may not copy revisions, as here, gets machines that keep one by restores only.
        var same = method == CloneMethodChoice.Direct && running ? "big" : "same";
        var updates = await lab.CloneAsync([Request("big") with { Instancetype = "large" }, .. same == "same" ? [Request(same)] : Array.Empty<CloneRequest>()], Lab.Options(method) with { For = WaitState.Succeeded });
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        lab.Settle();
        var big = lab.Get("VirtualMachine", "big")!;
        big.ObjectAt("spec", "instancetype")!.Where(f => f.Key != "revisionName").ToDictionary(f => f.Key, f => f.Value!.ToString()).ShouldBe(
            new Dictionary<string, string> { ["kind"] = "VirtualMachineInstancetype", ["name"] = "large" }, ignoreOrder: true);
        (big.TextAt("spec", "instancetype", "revisionName") ?? "").ShouldNotContain("medium");

        await lab.StartAsync(new[] { "big", same }.Distinct().ToArray());
        lab.Get("VirtualMachineInstance", "big")!.TextAt("spec", "domain", "memory", "guest").ShouldBe("8Gi");
        lab.Get("VirtualMachineInstance", same)!.TextAt("spec", "domain", "memory", "guest").ShouldBe(same == "big" ? "8Gi" : "4Gi");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task A_machine_without_an_instance_type_is_given_one_and_says_no_size_of_its_own_any_more(CloneMethodChoice method)
    {
        foreach (var domain in Domains)
        {
            await using var lab = new Lab();
            lab.Post(Type("large", 4, "8Gi"));
            lab.Patch("VirtualMachine", "golden", Domain(domain));
            var updates = await lab.CloneAsync([Request("big") with { Instancetype = "virtualmachineinstancetype/large" }], Lab.Options(method));
            updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty(domain);
            lab.Get("VirtualMachine", "big")!.TextAt("spec", "instancetype", "kind").ShouldBe("VirtualMachineInstancetype");
        }
    }

    [Fact]
    public async Task What_cannot_be_had_is_refused_before_anything_is_made()
    {
        await using var lab = TypedLab(running: false);
        (string, CloneRequest, string)[] cases =
        [
            (FaultIds.VMCloneOptionUnsupported, Request("a") with { Cpu = "4" }, "medium"),
            (FaultIds.VMCloneOptionUnsupported, Request("a") with { Memory = "4Gi" }, "-Instancetype"),
            (FaultIds.VMCloneOptionUnsupported, Request("a") with { Cpu = "4", Instancetype = "large" }, "Instancetype"),
            (FaultIds.VMInstancetypeNotFound, Request("a") with { Instancetype = "huge" }, "VirtualMachineClusterInstancetype 'huge'"),
            (FaultIds.VMCloneSizeInvalid, Request("a") with { Preference = "vms/x" }, "VirtualMachinePreference/x"),
            (FaultIds.VMInstancetypeNotFound, Request("a") with { Preference = "vmclusterpreference/x" }, "VirtualMachineClusterPreference 'x'"),
            (FaultIds.VMCloneSizeInvalid, Request("a") with { Cpu = "0" }, "whole number"),
            (FaultIds.VMCloneSizeInvalid, Request("a") with { Cpu = "1.5" }, "whole number"),
            (FaultIds.VMCloneSizeInvalid, Request("a") with { Cpu = "500m" }, "whole number"),
            (FaultIds.VMCloneSizeInvalid, Request("a") with { Memory = "8" }, "8Gi is meant"),
            (FaultIds.VMCloneSizeInvalid, Request("a") with { Memory = "8GB" }, "8Gi"),
            (FaultIds.VMCloneSizeInvalid, Request("a") with { Memory = "-1Gi" }, "Memory"),
        ];
        foreach (var (id, request, part) in cases)
        {
            var updates = await lab.CloneAsync([request]);
            var fault = updates.Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
            fault.Id.ShouldBe(id, fault.Message);
            (fault.Message + fault.RecommendedAction).ShouldContain(part);
        }

        lab.ShouldBeAsBefore();
    }

    [Fact]
    public async Task Where_a_revision_may_not_be_copied_machines_that_keep_it_are_made_by_restores_and_the_others_directly()
    {
        await using var lab = TypedLab(running: true);
        lab.Virtual.MayCreate("virtualmachines", "persistentvolumeclaims");
        var updates = await lab.CloneAsync([Request("big") with { Instancetype = "large" }, Request("same")], Lab.Options(CloneMethodChoice.Auto) with { For = WaitState.Succeeded });
        updates.Where(u => u.Record is not null && u.Kind == ItemUpdateKind.Record).ToDictionary(u => u.Record!.TargetName, u => u.Record!.Method)
            .ShouldBe(new Dictionary<string, CloneMethod> { ["big"] = CloneMethod.Direct, ["same"] = CloneMethod.Restore }, ignoreOrder: true);
    }

    [Fact]
    public async Task A_name_alone_means_the_kind_the_source_has_else_the_clusters_else_the_namespaces()
    {
        await using var lab = TypedLab(running: false);
        lab.Post(Type("both", 1, "1Gi"), Type("both", 2, "2Gi", "VirtualMachineClusterInstancetype"), Type("wide", 2, "2Gi", "VirtualMachineClusterInstancetype"));
        await lab.CloneAsync([Request("a") with { Instancetype = "both" }, Request("b") with { Instancetype = "wide" }, Request("c") with { Instancetype = "VirtualMachineClusterInstancetype/both" }]);
        string Kind(string machine) => lab.Get("VirtualMachine", machine)!.TextAt("spec", "instancetype", "kind")!;
        Kind("a").ShouldBe("VirtualMachineInstancetype");
        Kind("b").ShouldBe("VirtualMachineClusterInstancetype");
        Kind("c").ShouldBe("VirtualMachineClusterInstancetype");
    }

    [Fact]
    public async Task The_same_batch_takes_over_what_it_made_and_another_size_is_another_request()
    {
        await using var lab = new Lab();
        CloneRequest[] asked = [Request("a") with { Memory = "4Gi" }];
        await lab.CloneAsync(asked);
        var again = await lab.CloneAsync([Request("a") with { Memory = "4096Mi" }]);
        again.ShouldContain(u => u.Kind == ItemUpdateKind.Record);
        (await lab.CloneAsync([Request("a") with { Memory = "8Gi" }])).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!.Id.ShouldBe(FaultIds.VMCloneExists);
    }

    [Fact]
    public async Task What_cannot_be_made_directly_after_all_is_restored_and_its_disks_grow()
    {
        await using var lab = TypedLab(running: true);
        lab.Virtual.MayCreate("virtualmachines", "persistentvolumeclaims");
        var request = Request("large-disk") with { DiskSizes = new Dictionary<string, string>(StringComparer.Ordinal) { [RequestFields.EveryDisk] = "2Gi" } };
        var updates = await lab.CloneAsync([request], Lab.Options(CloneMethodChoice.Auto));
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        var record = updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!;
        (record.Method, record.IsGrowing, AskedSizes.Describe(record)).ShouldBe((CloneMethod.Restore, false, "disks 2Gi"));
        lab.Virtual.Said.ToString().ShouldContain("golden: not by method Direct: its snapshot pins the revision of its instancetype");
        lab.Get("PersistentVolumeClaim", lab.Claims()["large-disk"]).TextAt("status", "capacity", "storage").ShouldBe("2Gi");
    }

    private static CloneRequest Request(string target) => new() { Namespace = "default", SourceName = "golden", TargetName = target };

    private static JsonObject Domain(string domain)
    {
        var merge = new JsonObject { ["cpu"] = null, ["memory"] = null, ["resources"] = null };
        foreach (var (key, value) in (JsonObject)JsonNode.Parse(domain)!)
            merge[key] = value?.DeepClone();
        return new JsonObject { ["spec"] = new JsonObject { ["template"] = new JsonObject { ["spec"] = new JsonObject { ["domain"] = merge } } } };
    }

    private static JsonObject Type(string name, int cpus, string memory, string kind = "VirtualMachineInstancetype") => new()
    {
        ["apiVersion"] = "instancetype.kubevirt.io/v1beta1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["cpu"] = new JsonObject { ["guest"] = cpus }, ["memory"] = new JsonObject { ["guest"] = memory } },
    };

    private static Lab TypedLab(bool running)
    {
        var lab = new Lab();
        lab.Post(Type("medium", 2, "4Gi"), Type("large", 4, "8Gi"));
        var typed = Domain("{}");
        typed["spec"]!["instancetype"] = new JsonObject { ["kind"] = "VirtualMachineInstancetype", ["name"] = "medium" };
        if (running)
            typed["spec"]!["runStrategy"] = "Always";
        lab.Patch("VirtualMachine", "golden", typed);
        lab.Settle();
        return lab;
    }
}
