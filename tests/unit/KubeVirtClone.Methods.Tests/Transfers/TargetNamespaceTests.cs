using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>Clones in another namespace than their source: machines, snapshots and images, on a sandbox in virtual time.</summary>
public sealed class TargetNamespaceTests
{
    [Theory]
    [InlineData(1, CloneMethodChoice.Clone)]
    [InlineData(2, CloneMethodChoice.Restore)]
    [InlineData(12, CloneMethodChoice.Auto)]
    [InlineData(3, CloneMethodChoice.Direct)]
    public async Task A_machine_is_cloned_into_another_namespace_by_any_method(int count, CloneMethodChoice method)
    {
        await using var other = await OtherNamespace.CreateAsync();
        var updates = await other.Lab.CloneAsync(Requests(count), Lab.Options(method));
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        var records = updates.Where(u => u.Kind == ItemUpdateKind.Record).ToList();
        records.Count.ShouldBe(count);
        // Who retries, or looks at what came of what, has what was asked for.
        records.Select(u => (u.Request!.SourceName, u.Request!.TargetNamespace, u.Record!.Namespace)).ShouldAllBe(r => r.Equals(ValueTuple.Create("golden", OtherNamespace.Name, OtherNamespace.Name)));

        other.Lab.Settle();
        other.List("VirtualMachine").Select(m => m.Name()).Order(StringComparer.Ordinal).ShouldBe(Requests(count).Select(r => r.TargetName).Order(StringComparer.Ordinal));
        other.List("PersistentVolumeClaim").Count(c => c.TextAt("status", "phase") == "Bound").ShouldBe(count);
        other.List("DataVolume").ShouldBeEmpty();
        other.List("VirtualMachineSnapshot").ShouldBeEmpty();
        InSource(other).ShouldBe(SourceBefore(other));
    }

    [Fact]
    public async Task An_image_is_brought_once_and_used_again()
    {
        await using var other = await OtherNamespace.CreateAsync();
        List<CloneRequest> Of(params string[] names) =>
            [.. names.Select(n => new CloneRequest { Namespace = "default", SourceName = "", GoldenImage = "img", TargetNamespace = OtherNamespace.Name, TargetName = n })];
        (await other.Lab.CloneAsync(Of("a", "b"), Lab.Options() with { Batch = "one" })).ShouldAllBe(u => u.Fault == null);
        var copy = other.List("VirtualMachineSnapshot").ShouldHaveSingleItem();
        copy.Label("kubevirtclone.io/image").ShouldBe("img");
        var transfers = Transfers(other);
        (await other.Lab.CloneAsync(Of("c"), Lab.Options() with { Batch = "two" })).ShouldAllBe(u => u.Fault == null);
        other.List("VirtualMachineSnapshot").ShouldHaveSingleItem().Name().ShouldBe(copy.Name());
        Transfers(other).ShouldBe(transfers);
        other.List("VirtualMachine").Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_same_batch_again_makes_nothing()
    {
        await using var other = await OtherNamespace.CreateAsync();
        await other.Lab.CloneAsync(Requests(2));
        var writes = other.Lab.Virtual.Writes.Count;
        var again = await other.Lab.CloneAsync(Requests(2));
        again.Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(2);
        other.Lab.Virtual.Writes.Skip(writes).Where(w => w.StartsWith("create", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_request_shows_to_be_wrong_by_itself_is_refused_before_its_source_is_touched()
    {
        await using var other = await OtherNamespace.CreateAsync();
        List<CloneRequest> wrong =
        [
            Requests(1)[0] with { TargetName = "Bad_Name" },
            Requests(1)[0] with { Labels = new Dictionary<string, string> { ["a b"] = "c" } },
        ];
        string[] ids = [FaultIds.VMCloneLabelInvalid, FaultIds.VMCloneNameInvalid];
        var updates = await other.Lab.CloneAsync(wrong);
        updates.Select(u => u.Fault?.Id).OfType<string>().Order(StringComparer.Ordinal).ShouldBe(ids);
        other.ShouldBeAsBefore();

        var report = await other.Lab.DoAsync(() => new BatchPreflight(other.Lab.Cluster).RunAsync([.. wrong.Select(r => new PreflightItem(r))], default));
        report.Findings.Where(f => f.Severity == FindingSeverity.Error).Select(f => f.Code).Order(StringComparer.Ordinal).ShouldBe(ids);

        var twice = await other.Lab.CloneAsync([.. Requests(1), .. Requests(1)]);
        twice.Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(1);
        twice.Select(u => u.Fault?.Id).OfType<string>().ShouldBe([FaultIds.VMCloneDuplicateTarget]);
    }

    [Theory]
    [InlineData(true, false, "-CopySecrets")]
    [InlineData(false, true, "-HandOver")]
    [InlineData(true, true, "-CopySecrets and -HandOver")]
    public async Task What_is_about_other_namespaces_is_refused_where_no_clone_is_to_be_in_one(bool copySecrets, bool handOver, string named)
    {
        await using var other = await OtherNamespace.CreateAsync();
        var options = Lab.Options() with { CopySecrets = copySecrets, HandOver = handOver };
        var preflight = new BatchPreflight(other.Lab.Cluster, new PreflightOptions { CopySecrets = copySecrets, HandOver = handOver });
        foreach (var requests in new[] { Lab.Requests(2), Lab.Requests(2).ConvertAll(r => r with { TargetNamespace = "default" }) })
        {
            foreach (var call in new Func<Task>[] { () => other.Lab.CloneAsync(requests, options), () => other.Lab.DoAsync(() => preflight.RunAsync([.. requests.Select(r => new PreflightItem(r))], default)) })
            {
                var fault = (await Should.ThrowAsync<EngineException>(call)).Fault;
                (fault.Id, fault.Category).ShouldBe((FaultIds.TransferInvalid, FaultCategory.InvalidArgument));
                fault.RecommendedAction.ToString().ShouldBe($"Say where the clones are to be (-TargetNamespace), or leave out {named}.");
            }
        }

        ManifestPlanner.WhyNot(copySecrets, handOver).ShouldNotBeNull();
        ManifestPlanner.WhyNot(copySecrets: false, handOver: false).ShouldBeNull();
        other.ShouldBeAsBefore();
        // Of some it is enough.
        if (copySecrets && !handOver)
            (await other.Lab.CloneAsync([.. Requests(1), .. Lab.Requests(1)], options)).Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(2);
    }

    [Fact]
    public async Task A_check_waits_for_no_snapshot_and_foresees_each_name()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post("default", new JsonObject
        {
            ["apiVersion"] = "snapshot.kubevirt.io/v1beta1",
            ["kind"] = "VirtualMachineSnapshot",
            ["metadata"] = new JsonObject { ["name"] = "never", ["namespace"] = "default" },
            ["spec"] = new JsonObject { ["source"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = "nobody" } },
        });
        CloneRequest Of(string snapshot) => new() { Namespace = "default", SourceKind = "VirtualMachineSnapshot", SourceName = snapshot, TargetNamespace = OtherNamespace.Name };
        var foreseen = await other.Lab.CloneAsync([Of("never"), Of("never"), Of("missing")], Lab.Options() with { DryRun = true });
        foreseen.Where(u => u.Kind == ItemUpdateKind.Planned).Select(u => u.Record!.TargetName).Distinct(StringComparer.Ordinal).Count().ShouldBe(2);
        foreseen.Select(u => u.Fault?.Id).OfType<string>().ShouldBe([FaultIds.VMSnapshotNotFound]);
    }

    [Fact]
    public async Task A_machine_that_cannot_go_there_is_refused_before_it_is_snapshotted()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var updates = await other.Lab.CloneAsync([.. Requests(3).Select(r => r with { TargetNamespace = "nowhere" })]);
        updates.Count(u => u.Fault?.Id == FaultIds.NamespaceNotFound).ShouldBe(3);
        other.Lab.Virtual.Writes.Where(w => w.StartsWith("create virtualmachinesnapshots", StringComparison.Ordinal)).Count().ShouldBe(1, "the image's own");
        other.ShouldBeAsBefore();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_brought_for_a_name_that_somebody_else_has(bool skip)
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post(OtherNamespace.Name, Sandbox.Seeding.DemoSeed.Machine("desk-1", "fedora", [Sandbox.Seeding.DemoSeed.ContainerDisk()], twoNetworks: false));
        var options = Lab.Options() with { SkipExisting = skip };
        var writes = other.Lab.Virtual.Writes.Count;
        foreach (var dryRun in new[] { true, false })
        {
            var update = (await other.Lab.CloneAsync(Requests(1), options with { DryRun = dryRun })).ShouldHaveSingleItem();
            (update.Kind, update.Fault?.Id).ShouldBe(skip ? (ItemUpdateKind.Skipped, null) : (ItemUpdateKind.Fault, FaultIds.VMCloneTargetExists));
        }

        other.Lab.Virtual.Writes.Skip(writes).ShouldBeEmpty();
        // The others come all the same, and the batch again finds its own.
        foreach (var method in new[] { CloneMethodChoice.Restore, CloneMethodChoice.Clone, CloneMethodChoice.Direct })
        {
            var requests = Requests(2).ConvertAll(r => r with { TargetName = r.TargetName == "desk-1" ? r.TargetName : $"of-{method}".ToLowerInvariant() });
            for (var time = 0; time < 2; time++)
                (await other.Lab.CloneAsync(requests, Lab.Options(method) with { Batch = $"{method}", SkipExisting = true })).Select(u => u.Kind).Where(k => k is not ItemUpdateKind.Progress).Order().ShouldBe(new[] { ItemUpdateKind.Record, ItemUpdateKind.Skipped }.Order());
        }
    }

    [Fact]
    public async Task A_copy_of_which_nothing_came_is_removed_also_where_nobody_waits()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post(OtherNamespace.Name, Sandbox.Seeding.DemoSeed.Claim("desk-1-data", "fast", "1Gi"));
        other.Lab.Settle();
        var before = other.Everything();
        var updates = await other.Lab.CloneAsync(Requests(1), Lab.Options(CloneMethodChoice.Direct) with { Wait = false });
        updates.Select(u => u.Fault?.Id).OfType<string>().ShouldBe([FaultIds.VMCloneVolumeExists]);
        other.Lab.Settle();
        other.Everything().ShouldBe(before);
    }

    [Fact]
    public async Task What_the_machine_is_configured_by_is_told_and_copied_when_asked()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post("default", Secret("default", "ci", "c2VjcmV0"));
        var machine = other.Lab.Get("VirtualMachine", "golden")!;
        var volumes = (JsonArray)machine["spec"]!["template"]!["spec"]!["volumes"]!.DeepClone();
        volumes.Add((JsonNode)new JsonObject { ["name"] = "ci", ["cloudInitNoCloud"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "ci" } } });
        var disks = (JsonArray)machine["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["disks"]!.DeepClone();
        disks.Add((JsonNode)new JsonObject { ["name"] = "ci", ["disk"] = new JsonObject { ["bus"] = "virtio" } });
        other.Lab.Patch("VirtualMachine", "golden", new JsonObject
        {
            ["spec"] = new JsonObject { ["template"] = new JsonObject { ["spec"] = new JsonObject { ["volumes"] = volumes, ["domain"] = new JsonObject { ["devices"] = new JsonObject { ["disks"] = disks } } } } },
        });
        other.Lab.Settle();

        var foreseen = (await CheckAsync(other)).ShouldHaveSingleItem();
        (foreseen.Severity, foreseen.Code).ShouldBe((FindingSeverity.Warning, FindingCodes.ReferenceMissing));
        foreseen.Message.ShouldContain("Secret 'ci'");
        foreseen.RecommendedAction.ToString().ShouldContain("-CopySecrets");
        (await CheckAsync(other, copySecrets: true)).ShouldBeEmpty();

        var told = await other.Lab.CloneAsync(Requests(1), Lab.Options() with { Batch = "one" });
        told.ShouldContain(u => u.Kind == ItemUpdateKind.Warning && u.Message!.ToString().Contains("Secret 'ci'", StringComparison.Ordinal));
        other.List("Secret").ShouldBeEmpty();

        await other.Lab.CloneAsync([.. Requests(1).Select(r => r with { TargetName = "second" })], Lab.Options() with { Batch = "two", CopySecrets = true });
        var copy = other.List("Secret").ShouldHaveSingleItem();
        copy["data"]!.ToJsonString().ShouldBe("{\"key\":\"c2VjcmV0\"}");

        other.Lab.Virtual.MayNotRead("secrets");
        var unseen = (await CheckAsync(other)).Single(f => f.Code == FindingCodes.NotRead);
        (unseen.Severity, unseen.RecommendedAction.IsEmpty).ShouldBe((FindingSeverity.NotChecked, false));
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.DataVolume)]
    public async Task A_secret_of_that_name_with_other_data_is_told_of_never_overwritten_and_refused_where_it_is_to_be_copied(CloneMethodChoice method)
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Lab.Post(
            Secret("default", "ci", "YQ=="),
            Sandbox.Seeding.DemoSeed.Claim("configured-data", "fast", "1Gi"),
            Sandbox.Seeding.DemoSeed.Machine(
                "configured",
                "fedora",
                [Sandbox.Seeding.DemoSeed.ClaimDisk("data", "configured-data"), new JsonObject { ["name"] = "ci", ["cloudInitNoCloud"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "ci" } } }],
                twoNetworks: false));
        other.Post(OtherNamespace.Name, Secret(OtherNamespace.Name, "ci", "Yg=="));
        other.Lab.Settle();
        var before = other.Everything();
        List<CloneRequest> requests = [Requests(1)[0] with { SourceName = "configured" }];
        var refused = (await other.Lab.CloneAsync(requests, Lab.Options(method) with { CopySecrets = true })).Single(u => u.Fault is not null).Fault!;
        (refused.Id, refused.Category).ShouldBe((FaultIds.TransferReferenceMissing, FaultCategory.ResourceExists));
        refused.Message.ShouldContain("Secret 'ci' (volume 'ci') exists in namespace 'team-b' with other data");
        other.Everything().ShouldBe(before);

        var told = await other.Lab.CloneAsync(requests, Lab.Options(method) with { Batch = "c" });
        told.ShouldContain(u => u.Kind == ItemUpdateKind.Warning && u.Message!.ToString().Contains("Secret 'ci' (volume 'ci') of 'team-b' has other data than that of 'default'", StringComparison.Ordinal));
        told.Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(1);
        other.List("Secret").ShouldHaveSingleItem()["data"]!.ToJsonString().ShouldBe("{\"key\":\"Yg==\"}");
    }

    [Fact]
    public async Task A_rehearsal_says_what_would_be_made_and_makes_nothing()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var updates = await other.Lab.CloneAsync(Requests(2), Lab.Options() with { DryRun = true, Wait = false });
        updates.Where(u => u.Kind == ItemUpdateKind.Planned).Select(u => $"{u.Record!.Namespace}/{u.Record.TargetName}").ShouldBe(["team-b/desk-1", "team-b/desk-2"]);
        other.ShouldBeAsBefore();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2Gi")]
    public async Task Killed_at_any_request_the_same_batch_completes_it(string? size)
    {
        // Before a request nothing else is there than after the one before it.
        for (var request = 1; ; request++)
        {
            await using var other = await OtherNamespace.CreateAsync();
            var killed = await other.Lab.Virtual.RunAndKillAsync(() => RunAsync(other, size), new(request, Done: true));
            if (!killed)
            {
                request.ShouldBeGreaterThan(8);
                return;
            }

            var when = $"killed at {request}";
            (await other.Lab.DoAsync(() => RunAsync(other, size))).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty(when);
            other.Lab.Settle();
            string.Join(' ', other.List("VirtualMachine").Select(m => m.Name()).Order(StringComparer.Ordinal)).ShouldBe("desk-1 desk-2", when);
            other.List("DataVolume").ShouldBeEmpty(when);
            string.Join(' ', other.List("PersistentVolumeClaim").Select(c => c.TextAt("status", "capacity", "storage"))).ShouldBe($"{size ?? "1Gi"} {size ?? "1Gi"}", when);
            other.List("VirtualMachineSnapshot").ShouldBeEmpty(when);
            string.Join(", ", InSource(other)).ShouldBe(string.Join(", ", SourceBefore(other)), when);
        }
    }

    [Fact]
    public async Task Killed_at_any_request_the_batch_is_removed_whole()
    {
        for (var request = 1; ; request++)
        {
            await using var other = await OtherNamespace.CreateAsync();
            var killed = await other.Lab.Virtual.RunAndKillAsync(() => RunAsync(other, size: null), new(request, Done: true));
            await other.Lab.DoAsync(async () =>
            {
                // What was taken beside the source is found from there, too.
                await foreach (var found in other.Lab.Catalog.ListAsync(new CloneQuery { Namespace = OtherNamespace.Name, Batch = "b" }, default))
                    (await new Engine.Objects.CloneRemoval(other.Lab.Cluster, includeTarget: true, force: true).RemoveAsync(found.Value!, default)).ShouldBeNull();
                await other.Lab.Leftovers.CollectBatchAsync(OtherNamespace.Name, "b", includeTarget: true, default);
                return true;
            });
            other.ShouldBeAsBefore($"killed at {request} and removed");
            if (!killed)
                return;
        }
    }

    [Fact]
    public async Task A_preference_of_the_source_s_namespace_goes_with_the_batch_also_where_its_call_was_killed()
    {
        var copied = 0;
        for (var request = 1; copied < 2; request++)
        {
            await using var other = await OtherNamespace.CreateAsync();
            other.Post("default", new JsonObject { ["apiVersion"] = "instancetype.kubevirt.io/v1beta1", ["kind"] = "VirtualMachinePreference", ["metadata"] = new JsonObject { ["name"] = "small" }, ["spec"] = new JsonObject() });
            other.Lab.Patch("VirtualMachine", "golden", new JsonObject { ["spec"] = new JsonObject { ["preference"] = new JsonObject { ["kind"] = "VirtualMachinePreference", ["name"] = "small" } } });
            other.Lab.Settle();
            (await other.Lab.Virtual.RunAndKillAsync(() => RunAsync(other, size: null), new(request, Done: true))).ShouldBeTrue();
            copied += other.List("VirtualMachinePreference").Count;
            (await other.Lab.DoAsync(() => other.Lab.Leftovers.CollectBatchAsync(OtherNamespace.Name, "b", includeTarget: true, default))).ShouldBeEmpty();
            other.Lab.Settle();
            other.List("VirtualMachinePreference").ShouldBeEmpty($"killed at {request}");
            other.ShouldBeAsBefore($"killed at {request}");
        }
    }

    private static async Task<List<Finding>> CheckAsync(OtherNamespace other, bool copySecrets = false)
    {
        var preflight = new BatchPreflight(other.Lab.Cluster, new PreflightOptions { CopySecrets = copySecrets });
        return [.. (await other.Lab.DoAsync(() => preflight.RunAsync([.. Requests(2).Select(r => new PreflightItem(r))], default))).Findings];
    }

    private static async Task<List<ItemUpdate<CloneRecord>>> RunAsync(OtherNamespace other, string? size)
    {
        var sizes = size is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { [RequestFields.EveryDisk] = size };
        var all = new List<ItemUpdate<CloneRecord>>();
        await foreach (var update in new CloneOperation(other.Lab.Cluster, Lab.Options()).RunAsync(Requests(2).ConvertAll(r => r with { DiskSizes = sizes }), default))
            all.Add(update);
        return all;
    }

    private static List<CloneRequest> Requests(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new CloneRequest { Namespace = "default", SourceName = "golden", TargetNamespace = OtherNamespace.Name, TargetName = $"desk-{i}" })];

    private static JsonObject Secret(string ns, string name, string data) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["type"] = "Opaque",
        ["data"] = new JsonObject { ["key"] = data },
    };

    private static int Transfers(OtherNamespace other) => other.Lab.Virtual.Writes.Count(w => w.StartsWith("create datavolumes", StringComparison.Ordinal));

    private static IEnumerable<string> InSource(OtherNamespace other) => other.Everything().Where(o => o.StartsWith("default ", StringComparison.Ordinal));

    private static IEnumerable<string> SourceBefore(OtherNamespace other) => other.Before.Where(o => o.StartsWith("default ", StringComparison.Ordinal));
}
