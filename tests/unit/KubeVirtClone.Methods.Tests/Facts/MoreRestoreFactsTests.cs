using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Methods.Tests.Interruption;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>The facts about making machines by restores that were seen on a real KubeVirt, 9 to 16. See <see cref="RestoreFactsTests"/>.</summary>
public sealed class MoreRestoreFactsTests
{
    [Fact]
    public async Task Fact_09_what_hangs_is_woken_and_does_not_wait_out_its_back_off()
    {
        await using var lab = new Lab();
        lab.Post(Quota());
        (await lab.CloneAsync(Lab.Requests(2), Lab.Options() with { Preflight = false })).Where(u => u.Fault is not null).ShouldAllBe(u => u.Fault!.Id == FaultIds.QuotaExceeded);
        // Long enough for pauses of many minutes between two tries.
        lab.Settle(1800);
        lab.Delete("ResourceQuota", "small");

        var started = lab.Now;
        await lab.MakeAsync(2);
        (lab.Now - started).ShouldBeLessThan(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Fact_10_a_reason_is_not_the_end_only_a_failure_is()
    {
        Record(false, ("Progressing", "False", "already exists"), ("Ready", "False", "already exists")).Phase.ShouldBe(ClonePhase.RestoreInProgress);
        Record(true, ("Progressing", "False", "already exists"), ("Ready", "False", "already exists")).ShouldSatisfyAllConditions(
            r => r.Phase.ShouldBe(ClonePhase.Succeeded),
            r => r.Message.ShouldBeEmpty());
        Record(false, ("Failure", "True", "target VMI must be powered off")).Phase.ShouldBe(ClonePhase.Failed);
    }

    [Fact]
    public async Task Fact_11_no_restore_is_posted_before_its_snapshot_is_ready()
    {
        await using var lab = new Lab();
        await lab.MakeAsync(10);
        var changes = lab.Changes.ToList();
        var ready = changes.FindIndex(c => c.Resource.Kind == "VirtualMachineSnapshot" && c.Object.FlagAt("status", "readyToUse") == true);
        ready.ShouldBeGreaterThan(0);
        changes.FindIndex(c => c.Resource.Kind == "VirtualMachineRestore").ShouldBeGreaterThan(ready);
        // Of a snapshot that is not there, which the server would take, none is posted either.
        var of = new CloneRequest { Namespace = "default", SourceKind = SourceKinds.VirtualMachineSnapshot, SourceName = "nothing", TargetName = "x" };
        (await lab.CloneAsync([of], Lab.Options() with { Batch = "c", Preflight = false })).ShouldContain(u => u.Fault != null);
        lab.List("VirtualMachineRestore").Count.ShouldBe(10);
    }

    [Fact]
    public async Task Fact_12_clones_do_not_share_what_makes_a_machine_itself()
    {
        await using var lab = new Lab();
        var text = lab.Get("VirtualMachine", "golden")!.Copy();
        lab.Virtual.Sandbox.Merge("VirtualMachine", "golden", new JsonObject { ["spec"] = new JsonObject { ["template"] = new JsonObject { ["spec"] = new JsonObject { ["domain"] = new JsonObject { ["firmware"] = new JsonObject { ["uuid"] = "5d307ca9-b3ef-428c-8861-06e72d69f223", ["serial"] = "golden-1" } } } } } });
        await lab.MakeAsync(2);
        foreach (var machine in lab.List("VirtualMachine").Where(m => m.Name() != "golden"))
        {
            var domain = machine.ObjectAt("spec", "template", "spec", "domain");
            domain.ArrayAt("devices", "interfaces").Objects().All(i => string.IsNullOrEmpty(i.TextAt("macAddress"))).ShouldBeTrue();
            domain.TextAt("firmware", "uuid").ShouldNotBe("5d307ca9-b3ef-428c-8861-06e72d69f223");
            domain.TextAt("firmware", "serial").ShouldNotBe("golden-1");
        }

        text.ArrayAt("spec", "template", "spec", "domain", "devices", "interfaces").Objects().All(i => i.TextAt("macAddress")!.Length > 0).ShouldBeTrue();
    }

    [Theory]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    public async Task Fact_13_any_value_gets_through_the_check_of_patches(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        var request = Lab.Requests(1)[0] with
        {
            TargetAnnotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["note"] = "a:b,c" },
            MacAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = "02:00:00:00:00:07" },
            Patches = ["""{"op":"add","path":"/spec/template/spec/nodeSelector","value":{"zone":"a:1,b","rack":"2"}}"""],
        };
        (await lab.CloneAsync([request], Lab.Options(method))).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        var machine = lab.Get("VirtualMachine", "vm-001");
        machine!.Annotation("note").ShouldBe("a:b,c");
        machine.TextAt("spec", "template", "spec", "nodeSelector", "zone").ShouldBe("a:1,b");
        machine.ArrayAt("spec", "template", "spec", "domain", "devices", "interfaces").Objects().First().TextAt("macAddress")!.Replace('-', ':').ShouldBe("02:00:00:00:00:07");
        // What cannot be applied is known before a claim is made of it.
        var wrong = request with { TargetName = "vm-002", Patches = ["""{"op":"remove","path":"/spec/template/spec/nothing"}"""] };
        (await lab.CloneAsync([wrong], Lab.Options(method) with { Batch = "c" })).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMClonePatchInvalid);
        lab.List("PersistentVolumeClaim").Count.ShouldBe(2);
    }

    [Fact]
    public async Task Fact_14_nothing_is_done_in_place_no_claim_is_adopted_unseen_and_no_part_taken_for_the_whole()
    {
        await using var lab = new Lab();
        (await lab.CloneAsync([Lab.Requests(1)[0] with { VolumeNamePolicy = "InPlace" }])).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneVolumeNamePolicyInvalid);
        lab.Post(DemoSeed.Claim("vm-001-golden-data", "fast", "1Gi"), DemoSeed.Claim("vm-001-data", "fast", "1Gi"));
        lab.Settle();
        (await lab.CloneAsync([Lab.Requests(1)[0] with { VolumeNamePolicy = "PrefixTargetName" }])).Single(u => u.Fault is not null).Fault!.Id.ShouldBe(FaultIds.VMCloneVolumeExists);
        lab.List("VirtualMachineRestore").ShouldBeEmpty();

        // A disk on storage without snapshots is left out of the snapshot; the machine would use the source's own.
        lab.Post(DemoSeed.Claim("part-a", "fast", "1Gi"), DemoSeed.Claim("part-b", "nosnap", "1Gi"));
        lab.Settle();
        lab.Post(DemoSeed.Machine("part", "db", [DemoSeed.ClaimDisk("a", "part-a"), DemoSeed.ClaimDisk("b", "part-b")]));
        lab.Settle();
        foreach (var preflight in new[] { true, false })
        {
            var partial = await lab.CloneAsync([Lab.Requests(1)[0] with { SourceName = "part", TargetName = "of-part" }], Lab.Options() with { Batch = "p", Preflight = preflight });
            partial.ShouldContain(u => u.Fault != null);
        }

        lab.Settle();
        lab.Get("VirtualMachine", "of-part").ShouldBeNull();
        lab.List("VirtualMachineRestore").ShouldBeEmpty();
    }

    [Fact]
    public async Task Fact_15_one_snapshot_for_all_that_ends_is_deleted_whole_and_never_locks_for_ever()
    {
        await using var lab = new Lab();
        await lab.MakeAsync(20);
        var snapshot = lab.Changes.Where(c => c is { Type: StoreEventType.Added, Resource.Kind: "VirtualMachineSnapshot" }).ShouldHaveSingleItem().Object;
        snapshot.TextAt("spec", "deletionPolicy").ShouldNotBe("Retain");
        snapshot.TextAt("spec", "failureDeadline").ShouldNotBeNull().ShouldNotStartWith("0");
        lab.Settle();
        lab.List("VolumeSnapshot").ShouldBeEmpty();
        lab.List("VirtualMachineSnapshotContent").ShouldBeEmpty();

        var endless = new SnapshotRequest { Namespace = "default", SourceName = "golden", FailureDeadline = TimeSpan.Zero };
        (await lab.DoAsync(() => new SnapshotCatalog(lab.Cluster).CreateAsync(endless, dryRun: false, default))).Fault!.Id.ShouldBe(FaultIds.VMSnapshotRejected);
    }

    [Fact]
    public async Task Fact_16_whoever_may_edit_can_do_all_of_it()
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var before = sandbox.State();
        var binding = new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = "RoleBinding",
            ["metadata"] = new JsonObject { ["name"] = "editor" },
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = "edit" },
            ["subjects"] = new JsonArray(new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "User", ["name"] = "nobody" }),
        };
        sandbox.Box.Api.Create(sandbox.Box.Api.Type("rbac.authorization.k8s.io", "rolebindings"), "default", binding, new RequestInfo("admin", ["system:masters"]));
        string[] user = ["--context", "nobody@sandbox"];
        (await sandbox.RunAsync(["new", "golden-pvc", "--count", "3", "--name-pattern", "e-{0}", "--method", "restore", "--batch", "e", "--wait", "--for", "bound", "--timeout", "60s", .. user])).ShouldEndWith(0);
        sandbox.Seen.ShouldNotContain(r => r.Verb == "deletecollection" || r.Resource.StartsWith("volumesnapshots", StringComparison.Ordinal));
        (await sandbox.RunAsync(["remove", "--batch", "e", "--include-target", "--yes", .. user])).ShouldEndWith(0);
        await sandbox.ShouldBecomeAsync(before, "removed by whoever may edit");
    }

    private static JsonObject Quota() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ResourceQuota",
        ["metadata"] = new JsonObject { ["name"] = "small" },
        ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["persistentvolumeclaims"] = "1" } },
    };

    private static CloneRecord Record(bool complete, params (string Type, string Status, string Reason)[] conditions)
    {
        var restore = new JsonObject
        {
            ["apiVersion"] = "snapshot.kubevirt.io/v1beta1",
            ["kind"] = "VirtualMachineRestore",
            ["metadata"] = new JsonObject { ["name"] = "r", ["namespace"] = "default", ["uid"] = "u" },
            ["spec"] = new JsonObject { ["target"] = new JsonObject { ["name"] = "vm" }, ["virtualMachineSnapshotName"] = "s" },
            ["status"] = new JsonObject
            {
                ["complete"] = complete,
                ["conditions"] = new JsonArray([.. conditions.Select(c => (JsonNode?)new JsonObject { ["type"] = c.Type, ["status"] = c.Status, ["reason"] = c.Reason })]),
            },
        };
        return CloneRecord.From(new Kubernetes.KubernetesObject(System.Text.Json.JsonSerializer.SerializeToElement(restore)));
    }
}
