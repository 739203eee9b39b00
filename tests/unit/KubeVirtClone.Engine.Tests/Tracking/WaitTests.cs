using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Tracking;

/// <summary>How waits end: with a cause as soon as there is one, by time, with a reservation; over a fixed number of watches.</summary>
public sealed class WaitTests
{
    private const string InRestore = """{"phase":"RestoreInProgress","restoreName":"tmp-restore-UID","snapshotName":"tmp-snapshot-UID"}""";

    private readonly World _world = new();

    [Fact]
    public async Task A_failed_clone_is_a_fault_with_the_reason_from_its_event()
    {
        _world.Client.After = (r, stored) =>
        {
            _world.SetStatus(r.Name!, """{"phase":"Failed","conditions":[{"type":"Ready","status":"False","reason":"Still processing"}]}""");
            PutEvent(stored, "SnapshotContentInvalid", "volume data is not backed up in snapshot s", type: "Normal");
        };
        var fault = await FaultAsync();

        fault.Fault!.Id.ShouldBe(FaultIds.VMCloneFailed);
        fault.Fault.Category.ShouldBe(FaultCategory.OperationStopped);
        fault.Fault.Message.ShouldContain("volume data is not backed up");
        fault.Record!.Phase.ShouldBe(ClonePhase.Failed);
    }

    [Fact]
    public async Task A_failed_snapshot_ends_the_wait_at_once()
    {
        _world.AnswerWith("""{"phase":"SnapshotInProgress","snapshotName":"tmp-snapshot-UID"}""");
        OnCreated(uid => _world.PutRelated(World.Snapshots, $$"""
            {"metadata":{"name":"tmp-snapshot-{{uid}}"},"status":{"phase":"Failed","readyToUse":false,"error":{"message":"storage is full" },
             "conditions":[{"type":"Failure","status":"True","reason":"snapshot deadline exceeded"}] } }
            """));
        var fault = await FaultAsync();

        fault.Fault!.Id.ShouldBe(FaultIds.VMCloneSnapshotFailed);
        fault.Fault.Message.ShouldContain("storage is full");
    }

    [Fact]
    public async Task A_refused_restore_ends_the_wait()
    {
        _world.Client.After = (r, stored) =>
        {
            _world.SetStatus(r.Name!, """{"phase":"RestoreInProgress"}""");
            PutEvent(stored, "RestoreCreationFailed", "failed creating restore x for clone y: admission webhook \"z\" denied the request: missing apiGroup", count: 3);
        };
        var fault = await FaultAsync();

        fault.Fault!.Id.ShouldBe(FaultIds.VMCloneRestoreRefused);
        fault.Fault.Message.ShouldContain("missing apiGroup");
        fault.Fault.Message.ShouldNotContain("webhook");
    }

    [Fact]
    public async Task A_refusal_because_a_restore_is_in_progress_is_harmless()
    {
        _world.Client.After = (r, stored) =>
        {
            _world.SetStatus(r.Name!, """{"phase":"RestoreInProgress"}""");
            PutEvent(stored, "RestoreCreationFailed", "failed creating restore x: admission webhook \"z\" denied the request: VirtualMachineRestore \"x\" in progress", count: 5);
            Later(10, () => _world.SetStatus(r.Name!, """{"phase":"Succeeded"}"""));
        };
        (await RunAsync(new CloneOptions { Wait = true })).Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("restore source and restore target are different but restore target already exists", FaultIds.VMCloneTargetExists)]
    [InlineData("error patching VM dst: failed to apply patch for VM [x]: missing value", FaultIds.VMClonePatchInvalid)]
    [InlineData("persistentvolumeclaims \"a\" is forbidden: exceeded quota: lab, requested: requests.storage=5Gi", FaultIds.QuotaExceeded)]
    [InlineData("VirtualMachine.kubevirt.io \"B\" is invalid: metadata.name: Invalid value", FaultIds.VMCloneRestoreFailed)]
    public async Task A_restore_that_goes_on_failing_ends_the_wait_with_its_cause(string text, string id)
    {
        _world.AnswerWith(InRestore);
        OnCreated(uid => PutRestore(uid, text));
        var fault = await FaultAsync();

        fault.Fault!.Id.ShouldBe(id);
        fault.Record!.Message.ShouldBe(text);
    }

    [Fact]
    public async Task An_error_a_restore_shows_only_for_a_moment_ends_nothing()
    {
        _world.AnswerWith(InRestore);
        var name = "";
        OnCreated(
            uid =>
            {
                PutRestore(uid, "restore source and restore target are different but restore target already exists");
                Later(2, () => PutRestore(uid, error: null));
                Later(8, () => _world.SetStatus(name, """{"phase":"Succeeded"}"""));
            },
            n => name = n);
        (await RunAsync(new CloneOptions { Wait = true })).Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(40, false)]
    public async Task That_a_restore_is_gone_may_be_seen_before_its_clone_is_done(double later, bool ends)
    {
        _world.AnswerWith(InRestore);
        var name = "";
        OnCreated(
            uid =>
            {
                PutRestore(uid, error: null);
                Later(20, () => _world.Client.Remove(World.Restores, "default", "tmp-restore-" + uid));
                Later(20 + later, () => _world.SetStatus(name, """{"phase":"Succeeded"}"""));
            },
            n => name = n);
        var updates = await RunAsync(new CloneOptions { Wait = true });
        if (ends)
            updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
        else
            updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMCloneRestoreFailed);
    }

    [Fact]
    public async Task An_error_that_may_pass_is_a_warning_and_part_of_the_timeout()
    {
        _world.AnswerWith(InRestore);
        OnCreated(uid => PutRestore(uid, "the storage provider is asleep"));
        var updates = await RunAsync(new CloneOptions { Wait = true, Timeout = TimeSpan.FromSeconds(40) });

        updates.Of(ItemUpdateKind.Warning).ShouldHaveSingleItem().Message!.ToString().ShouldContain("the storage provider is asleep");
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem();
        fault.Fault!.Id.ShouldBe(FaultIds.VMCloneTimeout);
        fault.Fault.Category.ShouldBe(FaultCategory.OperationTimeout);
        fault.Fault.Message.ShouldContain("the storage provider is asleep");
        fault.Record!.Phase.ShouldBe(ClonePhase.RestoreInProgress);
    }

    [Fact]
    public async Task Who_sets_the_clock_ends_no_wait()
    {
        _world.AnswerWith(InRestore);
        OnCreated(uid => PutRestore(uid, "the storage provider is asleep"), _ => Later(3, () => _world.Clock.Set(TimeSpan.FromHours(1))));
        var began = _world.Clock.GetTimestamp();
        var updates = await RunAsync(new CloneOptions { Wait = true, Timeout = TimeSpan.FromSeconds(40) });

        updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.Id.ShouldBe(FaultIds.VMCloneTimeout);
        _world.Clock.GetElapsedTime(began).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task A_pending_clone_whose_source_nobody_makes_is_reported_and_then_given_up()
    {
        var began = _world.Clock.GetUtcNow();
        _world.AnswerWith("""{"conditions":[{"type":"Progressing","status":"False","reason":"Pending"},{"type":"Ready","status":"False","reason":"Source doesnt exist: VirtualMachine default/gone"}]}""");
        var updates = await RunAsync(new CloneOptions { Wait = true, Preflight = false }, source: "gone");

        var warning = updates.Of(ItemUpdateKind.Warning).ShouldHaveSingleItem();
        warning.Record!.Phase.ShouldBe(ClonePhase.Pending);
        warning.Message!.ToString().ShouldContain("Source doesnt exist: VirtualMachine default/gone");
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.VMNotFound);
        fault.Message.ShouldContain("Source doesnt exist");
        (_world.Clock.GetUtcNow() - began).ShouldBeInRange(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task Timeouts_keep_the_results_of_the_others()
    {
        _world.Client.After = (r, _) =>
        {
            if (!r.Name!.StartsWith("web-002", StringComparison.Ordinal))
                _world.SetStatus(r.Name, """{"phase":"Succeeded"}""");
        };
        var updates = await _world.CloneAsync(World.Requests(4), new CloneOptions { Wait = true, Timeout = TimeSpan.FromMinutes(1) });

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(3);
        updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Record!.TargetName.ShouldBe("web-002");
    }

    [Fact]
    public async Task A_clone_deleted_while_it_is_waited_for_is_a_fault()
    {
        _world.AnswerWith("""{"phase":"SnapshotInProgress"}""");
        OnCreated(_ => { }, name => Later(3, () => _world.Client.Remove(World.Clones, "default", name)));

        (await FaultAsync()).Fault!.Id.ShouldBe(FaultIds.VMCloneDeleted);
    }

    [Fact]
    public async Task Another_clone_of_the_same_name_is_not_the_one_waited_for()
    {
        _world.AnswerWith("""{"phase":"SnapshotInProgress"}""");
        OnCreated(_ => { }, name => Later(3, () =>
        {
            var other = _world.Client.Find(World.Clones, "default", name)!;
            other["metadata"]!["uid"] = "another";
            other["metadata"]!["creationTimestamp"] = "2026-11-20T08:00:05Z";
            other["status"] = JsonNode.Parse("""{"phase":"Succeeded"}""");
            _world.Client.Put(World.Clones, other);
        }));

        (await FaultAsync()).Fault!.Id.ShouldBe(FaultIds.VMCloneDeleted);
    }

    [Fact]
    public async Task With_WaitForFirstConsumer_Bound_returns_the_succeeded_clone_with_a_warning()
    {
        _world.AnswerWith("""{"phase":"Succeeded","restoreName":"tmp-restore-UID","snapshotName":"tmp-snapshot-UID"}""");
        OnCreated(uid => PutClaim("restore-1-data", uid, "Pending"));
        var updates = await RunAsync(new CloneOptions { Wait = true, For = WaitState.Bound });

        var record = updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!;
        record.Phase.ShouldBe(ClonePhase.Succeeded);
        record.Bound.ShouldBeFalse();
        updates.Of(ItemUpdateKind.Warning).ShouldHaveSingleItem().Message!.ToString().ShouldContain("restore-1-data");
    }

    [Fact]
    public async Task Claims_that_are_bound_make_a_clone_Bound_before_KubeVirt_has_cleaned_up()
    {
        _world.AnswerWith("""{"phase":"Succeeded","restoreName":"tmp-restore-UID","snapshotName":"tmp-snapshot-UID"}""");
        OnCreated(uid => PutClaim("restore-1-data", uid, "Bound"));
        var updates = await RunAsync(new CloneOptions { Wait = true, For = WaitState.Bound });

        updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Bound.ShouldBeTrue();
        updates.Of(ItemUpdateKind.Warning).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_clone_that_needs_its_volumes_is_not_purged()
    {
        _world.AnswerWith("""{"phase":"Succeeded","restoreName":"tmp-restore-UID"}""");
        OnCreated(uid => PutClaim("restore-1-data", uid, "Pending"));
        var updates = await RunAsync(new CloneOptions { Wait = true, PurgeOnSuccess = true });

        _world.TheClone();
        updates.Of(ItemUpdateKind.Warning).ShouldContain(w => w.Message!.ToString().Contains("was kept"));
    }

    [Fact]
    public async Task Running_waits_for_the_machine_and_says_that_clones_are_made_stopped()
    {
        _world.SucceedAtOnce();
        OnCreated(_ =>
        {
            _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-1"));
            Later(20, () => _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "web-1", m =>
            {
                m["spec"]!["runStrategy"] = "Always";
                m["status"]!["printableStatus"] = "Running";
            }));
        });
        var updates = await RunAsync(new CloneOptions { Wait = true, For = WaitState.Running });

        updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem().Record!.Duration!.Value.TotalSeconds.ShouldBeGreaterThan(15);
        updates.Of(ItemUpdateKind.Warning).ShouldHaveSingleItem().Message!.ToString().ShouldContain("web-1 waits for somebody to start it");
    }

    [Fact]
    public async Task A_machine_deleted_while_it_is_to_be_started_is_a_fault()
    {
        _world.SucceedAtOnce();
        OnCreated(_ =>
        {
            Later(3, () => _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-1")));
            Later(20, () => _world.Client.Remove(KubeVirtKinds.VirtualMachine, "default", "web-1"));
        });
        var fault = (await RunAsync(new CloneOptions { Wait = true, For = WaitState.Running })).Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;

        fault.Id.ShouldBe(FaultIds.VMCloneDeleted);
        fault.Message.ShouldContain("The virtual machine default/web-1 was deleted");
        fault.RecommendedAction.ToString().ShouldContain("Clone again");
    }

    [Fact]
    public async Task A_clone_deleted_before_its_volumes_are_bound_is_a_fault_that_says_who_deletes_it()
    {
        _world.AnswerWith("""{"phase":"Succeeded","restoreName":"tmp-restore-UID"}""");
        OnCreated(_ => { }, name => Later(3, () => _world.Client.Remove(World.Clones, "default", name)));
        var fault = (await FaultAsync()).Fault!;

        fault.Id.ShouldBe(FaultIds.VMCloneDeleted);
        fault.Message.ShouldContain("KubeVirt deletes a finished clone when its machine is deleted");
    }

    [Theory]
    [InlineData("", "", "has failed: KubeVirt gives no reason", "once the cause is removed")]
    [InlineData("SourceVMWithBackendStorageInvalid", "source VM uses backendStorage", "source VM uses backendStorage", "without persistent TPM")]
    public async Task A_failed_clone_says_what_to_do_by_what_its_event_says(string reason, string message, string said, string action)
    {
        _world.Client.After = (r, stored) =>
        {
            _world.SetStatus(r.Name!, """{"phase":"Failed"}""");
            if (reason.Length > 0)
                PutEvent(stored, reason, message);
        };
        var fault = (await FaultAsync()).Fault!;

        fault.Id.ShouldBe(FaultIds.VMCloneFailed);
        fault.Message.ShouldContain(said);
        fault.RecommendedAction.ToString().ShouldContain(action);
    }

    [Theory]
    [InlineData(WaitState.Succeeded)]
    [InlineData(WaitState.Bound)]
    [InlineData(WaitState.Running)]
    public async Task Any_number_of_slow_clones_takes_one_watch_of_each_kind(WaitState state)
    {
        var count = 0;
        _world.Client.After = (r, stored) =>
        {
            var uid = stored["metadata"]!["uid"]!.GetValue<string>();
            var target = stored["spec"]!["target"]!["name"]!.GetValue<string>();
            _world.SetStatus(r.Name!, InRestore.Replace("UID", uid, StringComparison.Ordinal));
            Later(2 + (Interlocked.Increment(ref count) % 7), () =>
            {
                _world.SetStatus(r.Name!, """{"phase":"Succeeded","restoreName":"r"}""");
                var machine = World.Machine(target);
                machine["status"]!["printableStatus"] = "Running";
                _world.Client.Put(KubeVirtKinds.VirtualMachine, machine);
            });
            Later(15 + (count % 7), () => _world.SetStatus(r.Name!, """{"phase":"Succeeded"}"""));
        };
        var updates = await _world.CloneAsync(World.Requests(120), new CloneOptions { Wait = true, For = state, ThrottleLimit = 40 });

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(120);
        _world.Client.Requests.Where(r => r.StartsWith("WATCH", StringComparison.Ordinal)).GroupBy(r => r).ShouldAllBe(g => g.Count() == 1);
        _world.Client.Requests.Where(r => r.StartsWith("GET", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("persistentvolumeclaims", Case.Sensitive, "the source's own, before anything is made");
    }

    [Fact]
    public async Task A_watch_that_is_not_allowed_ends_the_wait_with_one_fault()
    {
        _world.Client.Before = r => r is { Verb: "WATCH", Kind.Plural: "virtualmachineclones" } ? throw new ApiStatusException(403, "Forbidden", "cannot watch resource") : Task.CompletedTask;
        var e = await Should.ThrowAsync<EngineException>(_world.CloneAsync(World.Requests(20), new CloneOptions { Wait = true }));

        e.Fault.Id.ShouldBe(FaultIds.ApiForbidden);
    }

    [Fact]
    public async Task Waiting_for_existing_clones_gives_each_its_result_and_names_those_that_are_not_there()
    {
        await _world.CloneAsync(World.Requests(10), new CloneOptions { Batch = "b" });
        var clones = _world.Client.All(World.Clones);
        foreach (var clone in clones.Skip(1))
            _world.SetStatus(clone["metadata"]!["name"]!.GetValue<string>(), """{"phase":"Succeeded"}""");
        List<CloneReference> references = [.. clones.Select(c => new CloneReference("default", c["metadata"]!["name"]!.GetValue<string>(), c["metadata"]!["uid"]!.GetValue<string>()))];
        references.Add(new CloneReference("default", "nowhere"));
        references.Add(references[1] with { Uid = "older" });

        var updates = new List<ItemUpdate<CloneRecord>>();
        var run = Task.Run(async () =>
        {
            await foreach (var update in new CloneWaiter(_world.Cluster).WaitAsync(references, new WaitOptions { Timeout = TimeSpan.FromMinutes(1) }, default))
                updates.Add(update);
        });
        await _world.Clock.RunUntilDoneAsync(run);

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(9);
        updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Id).Order().ShouldBe([FaultIds.VMCloneDeleted, FaultIds.VMCloneNotFound, FaultIds.VMCloneTimeout]);
        _world.Client.Count("WATCH virtualmachineclones").ShouldBe(1);
        _world.Client.OpenWatches.ShouldBe(0);
    }

    private static string NameOf(JsonObject item) => item["metadata"]!["name"]!.GetValue<string>();

    private async Task<ItemUpdate<CloneRecord>> FaultAsync() =>
        (await RunAsync(new CloneOptions { Wait = true, For = WaitState.Bound })).Of(ItemUpdateKind.Fault).ShouldHaveSingleItem();

    private Task<List<ItemUpdate<CloneRecord>>> RunAsync(CloneOptions options, string source = "golden") =>
        _world.CloneAsync([World.Request(source: source)], options);

    private void OnCreated(Action<string> withUid, Action<string>? withName = null)
    {
        var before = _world.Client.After;
        _world.Client.After = (request, stored) =>
        {
            withName?.Invoke(NameOf(stored));
            before?.Invoke(request, stored);
            withUid(stored["metadata"]!["uid"]!.GetValue<string>());
        };
    }

    private void Later(double seconds, Action action) =>
        _ = Task.Delay(TimeSpan.FromSeconds(seconds), _world.Clock).ContinueWith(_ => action(), TaskScheduler.Default);

    private void PutEvent(JsonObject clone, string reason, string message, int count = 1, string type = "Warning") => _world.Client.Put(KubeVirtKinds.Event, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = $"{NameOf(clone)}.{reason}" },
        ["involvedObject"] = new JsonObject { ["kind"] = "VirtualMachineClone", ["name"] = NameOf(clone), ["uid"] = clone["metadata"]!["uid"]!.GetValue<string>() },
        ["type"] = type,
        ["reason"] = reason,
        ["message"] = message,
        ["count"] = count,
    });

    private void PutRestore(string uid, string? error) => _world.Client.Put(World.Restores, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = "tmp-restore-" + uid },
        ["status"] = new JsonObject
        {
            ["complete"] = false,
            ["conditions"] = new JsonArray(
                new JsonObject { ["type"] = "Progressing", ["status"] = error is null ? "True" : "False", ["reason"] = error ?? "Creating new PVCs" },
                new JsonObject { ["type"] = "Ready", ["status"] = "False", ["reason"] = error ?? "Creating new PVCs" }),
        },
    });

    private void PutClaim(string name, string uid, string phase) => _world.Client.Put(KubeVirtKinds.PersistentVolumeClaim, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = new JsonObject { ["restore.kubevirt.io/name"] = "tmp-restore-" + uid } },
        ["status"] = new JsonObject { ["phase"] = phase },
    });
}
