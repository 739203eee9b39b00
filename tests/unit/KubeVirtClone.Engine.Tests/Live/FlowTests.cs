using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Sandbox;
using SandboxFault = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>Whole clone jobs against the sandbox's admission and controllers.</summary>
public sealed class FlowTests
{
    private static readonly CloneOptions Bound = new() { Wait = true, For = WaitState.Bound, Timeout = TimeSpan.FromMinutes(2) };

    [Theory]
    [InlineData("golden")]
    [InlineData("golden-pvc")]
    [InlineData("golden-dv")]
    public async Task Many_clones_of_a_machine_become_bound(string source)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var updates = await sandbox.CloneAsync([.. Enumerable.Range(1, 10).Select(i => SandboxedCluster.Request($"c-{i:d2}", source))], Bound);

        updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        updates.Count(u => u.Kind == ItemUpdateKind.Record && u.Record!.Bound).ShouldBe(10);
        (await sandbox.MachineNamesAsync()).Count(n => n.StartsWith("c-", StringComparison.Ordinal)).ShouldBe(10);
    }

    [Fact]
    public async Task Colons_and_commas_arrive_in_the_machine_as_given()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var source = await sandbox.MachineAsync("golden");
        var request = SandboxedCluster.Request("odd") with
        {
            MacAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { [source.Interfaces[0].Name] = "02:00:00:AA:BB:CC" },
            SmbiosSerial = "SER:1,2",
            Patches =
            [
                """{"op":"add","path":"/metadata/annotations/url","value":"https://example.com:8080/a,b"}""",
                """{"op":"add","path":"/spec/template/spec/nodeSelector","value":{"disk":"ssd","zone":"a"}}""",
                """{"op":"add","path":"/spec/template/spec/tolerations","value":[{"key":"gpu","operator":"Exists"}]}""",
            ],
        };
        var updates = await sandbox.CloneAsync([request], Bound);

        updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        var machine = await sandbox.MachineAsync("odd");
        machine.Interfaces[0].MacAddress.ShouldBe("02-00-00-aa-bb-cc");
        machine.Annotations["url"].ShouldBe("https://example.com:8080/a,b");
        machine.Raw.StringAt("spec", "template", "spec", "domain", "firmware", "serial").ShouldBe("SER:1,2");
        machine.Raw.StringAt("spec", "template", "spec", "nodeSelector", "zone").ShouldBe("a");
        machine.Raw.ItemsAt("spec", "template", "spec", "tolerations").ShouldHaveSingleItem().Text("operator").ShouldBe("Exists");
    }

    [Fact]
    public async Task A_snapshot_is_cloned_many_times_and_stays()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await sandbox.Cluster.Client.CreateAsync(KubeVirtKinds.Snapshot("v1beta1"), "default", Snapshot("image", "golden-pvc"), null, default);
        await SandboxedCluster.UntilAsync(async () =>
            (await sandbox.Cluster.Client.GetAsync(KubeVirtKinds.Snapshot("v1beta1"), "default", "image", default)).IsTrueAt("status", "readyToUse"));
        var updates = await sandbox.CloneAsync(
            [
                .. Enumerable.Range(1, 5).Select(i => SandboxedCluster.Request($"c-{i}", "image") with { SourceKind = "snapshot" }),
                SandboxedCluster.Request("c-6", "no-such-image") with { SourceKind = "snapshot" },
            ],
            Bound);

        updates.Count(u => u.Kind == ItemUpdateKind.Record && u.Record!.Bound).ShouldBe(5);
        updates.Single(u => u.Kind == ItemUpdateKind.Fault).Fault!.Id.ShouldBe(FaultIds.VMSnapshotNotFound);
        (await sandbox.Cluster.Client.GetAsync(KubeVirtKinds.Snapshot("v1beta1"), "default", "image", default)).Name.ShouldBe("image");
    }

    [Fact]
    public async Task A_clone_that_a_patch_starts_is_waited_for_until_it_runs()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var request = SandboxedCluster.Request("up") with { Patches = ["""{"op":"replace","path":"/spec/runStrategy","value":"Always"}"""] };
        var updates = await sandbox.CloneAsync([request], Bound with { For = WaitState.Running });

        updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!.TargetName.ShouldBe("up");
        (await sandbox.MachineAsync("up")).Status.ShouldBe("Running");
    }

    [Fact]
    public async Task Cancelling_does_not_wait_for_a_server_that_is_silent()
    {
        await using var sandbox = await SandboxedCluster.StartAsync(
            new SandboxFault { Kind = FaultKind.Hang, Resource = "virtualmachineclones", Verb = "create" },
            new SandboxFault { Kind = FaultKind.Hang, Resource = "virtualmachineclones", Verb = "watch" });
        using var stop = new CancellationTokenSource();
        var operation = new CloneOperation(sandbox.Cluster, Bound);
        var run = Task.Run(async () =>
        {
            await foreach (var update in operation.RunAsync([SandboxedCluster.Request("a"), SandboxedCluster.Request("b")], stop.Token))
                update.Kind.ShouldNotBeOneOf(ItemUpdateKind.Record, ItemUpdateKind.Fault);
        });
        await SandboxedCluster.UntilAsync(() => Task.FromResult(sandbox.Box.Faults.Rules.Sum(r => r.Hits) >= 2));

        var began = TimeProvider.System.GetTimestamp();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
        // A second is what users are promised; the rest is for a machine that runs every suite at once. The server would be silent for ever.
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task With_late_binding_the_clone_comes_back_succeeded_with_a_warning()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await StartOnceAsync(sandbox, "golden-late");
        var updates = await sandbox.CloneAsync([SandboxedCluster.Request("late", "golden-late")], Bound);

        updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        var record = updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!;
        record.Phase.ShouldBe(ClonePhase.Succeeded);
        record.Bound.ShouldBeFalse();
        updates.ShouldContain(u => u.Kind == ItemUpdateKind.Warning && u.Message!.ToString().Contains("WaitForFirstConsumer"));
    }

    [Fact]
    public async Task What_cannot_work_ends_early_with_its_cause_also_when_nothing_was_checked_before()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var unchecked_ = Bound with { Preflight = false, Timeout = TimeSpan.FromSeconds(60) };
        var updates = await sandbox.CloneAsync(
            [
                SandboxedCluster.Request("web-02", "golden"),
                SandboxedCluster.Request("bad-patch") with { Patches = ["""{"op":"remove","path":"/metadata/labels/none"}"""] },
                SandboxedCluster.Request("from-vault", "vault-01"),
                SandboxedCluster.Request("good"),
            ],
            unchecked_);

        updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!.TargetName.ShouldBe("good");
        updates.Where(u => u.Kind == ItemUpdateKind.Fault).ToDictionary(u => u.Request!.TargetName!, u => u.Fault!.Id).ShouldBe(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["web-02"] = FaultIds.VMCloneTargetExists,
                ["bad-patch"] = FaultIds.VMClonePatchInvalid,
                ["from-vault"] = FaultIds.VMCloneFailed,
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task A_clone_without_its_source_is_pending_with_the_reason()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var updates = await sandbox.CloneAsync(
            [SandboxedCluster.Request("orphan", "nowhere")],
            new CloneOptions { Wait = true, Preflight = false, Timeout = TimeSpan.FromSeconds(3) });

        updates.First(u => u.Kind == ItemUpdateKind.Warning).ShouldSatisfyAllConditions(
            u => u.Record!.Phase.ShouldBe(ClonePhase.Pending),
            u => u.Message!.ToString().ShouldContain("nowhere"));
        updates.Single(u => u.Kind == ItemUpdateKind.Fault).Fault!.Id.ShouldBe(FaultIds.VMCloneTimeout);
    }

    [Fact]
    public async Task Faults_of_the_server_lose_no_clone_and_make_none_twice()
    {
        await using var sandbox = await SandboxedCluster.StartAsync(
            new SandboxFault { Kind = FaultKind.TooManyRequests, Resource = "virtualmachineclones", Verb = "create", Probability = 0.2, Count = 8 },
            new SandboxFault { Kind = FaultKind.InternalError, Resource = "virtualmachineclones", Verb = "create", Probability = 0.2, Count = 3 },
            new SandboxFault { Kind = FaultKind.AnswerLost, Resource = "virtualmachineclones", Verb = "create", Probability = 0.3, Count = 8 },
            new SandboxFault { Kind = FaultKind.CutLine, Resource = "virtualmachineclones", Verb = "watch", AfterEvents = 7, Count = 4 },
            new SandboxFault { Kind = FaultKind.Gone, Resource = "virtualmachineclones", Verb = "watch", Probability = 0.5, Count = 2 });
        var updates = await sandbox.CloneAsync([.. Enumerable.Range(1, 40).Select(i => SandboxedCluster.Request($"c-{i:d2}"))], Bound with { Method = CloneMethodChoice.Clone });

        updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        updates.Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(40);
        (await sandbox.ClonesAsync()).Count.ShouldBe(40);
        (await sandbox.MachineNamesAsync()).Count(n => n.StartsWith("c-", StringComparison.Ordinal)).ShouldBe(40);
        sandbox.Box.Faults.Rules.Sum(r => r.Hits).ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task Removing_a_batch_with_its_targets_leaves_what_was_there_before()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var before = await sandbox.MachineNamesAsync();
        await sandbox.CloneAsync([.. Enumerable.Range(1, 5).Select(i => SandboxedCluster.Request($"c-{i:d2}"))], Bound with { Batch = "lab7" });
        var catalog = new CloneCatalog(sandbox.Cluster);
        await foreach (var clone in catalog.ListAsync(new CloneQuery { Batch = "lab7" }, default))
            (await new CloneRemoval(sandbox.Cluster, includeTarget: true).RemoveAsync(clone.Value!, default)).ShouldBeNull();

        await SandboxedCluster.UntilAsync(async () => (await sandbox.MachineNamesAsync()).SequenceEqual(before));
        (await sandbox.ClonesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dry_run_makes_nothing()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var updates = await sandbox.CloneAsync([SandboxedCluster.Request("a"), SandboxedCluster.Request("b")], new CloneOptions { DryRun = true });

        updates.Count(u => u.Kind == ItemUpdateKind.Planned).ShouldBe(2);
        (await sandbox.ClonesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_viewer_may_not_clone_and_is_told_once()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var viewer = await sandbox.ConnectAsync("viewer");
        var e = await Should.ThrowAsync<EngineException>(async () =>
        {
            await foreach (var update in new CloneOperation(viewer, new CloneOptions()).RunAsync([SandboxedCluster.Request("a"), SandboxedCluster.Request("b")], default))
                update.Kind.ShouldNotBe(ItemUpdateKind.Record);
        });

        e.Fault.Id.ShouldBe(FaultIds.ApiForbidden);
        e.Fault.RecommendedAction.ToString().ShouldContain("kubevirt.io:edit");
    }

    private static JsonObject Snapshot(string name, string machine) => (JsonObject)JsonNode.Parse($$"""
        {
          "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshot", "metadata": { "name": "{{name}}" },
          "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "{{machine}}" } }
        }
        """)!;

    private static async Task StartOnceAsync(SandboxedCluster sandbox, string machine)
    {
        // Its claim is bound only by a first start.
        if ((await BoundAsync(sandbox, machine)))
            return;
        await sandbox.Cluster.Client.SendAsync(HttpMethod.Put, $"/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/{machine}/start", null, "*/*", default);
        await SandboxedCluster.UntilAsync(() => BoundAsync(sandbox, machine));
        await sandbox.Cluster.Client.SendAsync(HttpMethod.Put, $"/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/{machine}/stop", null, "*/*", default);
    }

    private static async Task<bool> BoundAsync(SandboxedCluster sandbox, string machine)
    {
        var claim = (await sandbox.MachineAsync(machine)).Volumes.First(v => v.IsCopied).Reference!;
        return (await sandbox.Cluster.Client.GetAsync(KubeVirtKinds.PersistentVolumeClaim, "default", claim, default)).StringAt("status", "phase") == "Bound";
    }
}
