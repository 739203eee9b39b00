using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Execution;

public sealed class CloneOperationTests
{
    private static readonly CloneOptions WaitBound = new() { Wait = true, For = WaitState.Bound };

    private readonly World _world = new();

    [Fact]
    public async Task Without_waiting_each_request_gives_the_record_as_created()
    {
        var updates = await _world.CloneAsync(World.Requests(5));

        var records = updates.Of(ItemUpdateKind.Record);
        records.Select(u => u.Record!.TargetName).Order().ShouldBe(["web-001", "web-002", "web-003", "web-004", "web-005"]);
        records.ShouldAllBe(u => u.Record!.Phase == ClonePhase.Pending && u.Record.Method == CloneMethod.Clone && u.Record.Batch != null);
        updates.Of(ItemUpdateKind.Progress)[^1].Progress!.Completed.ShouldBe(5);
        _world.Client.Count("WATCH").ShouldBe(0);
    }

    [Fact]
    public async Task Waiting_gives_each_record_in_the_state_waited_for_with_its_duration()
    {
        _world.SucceedAtOnce();
        var updates = await _world.CloneAsync(World.Requests(50), WaitBound);

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(50);
        updates.Of(ItemUpdateKind.Record).ShouldAllBe(u => u.Record!.Bound && u.Record.Ready && u.Record.Duration != null);
        updates.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(20)]
    [InlineData(200)]
    public async Task The_number_of_requests_besides_the_posts_does_not_grow_with_the_batch(int count)
    {
        _world.SucceedAtOnce();
        await _world.CloneAsync(World.Requests(count), WaitBound);

        _world.Client.Count("CREATE").ShouldBe(count);
        // What is around clones is watched too where the machine is so slow that they seem to stand still: each kind once, however many there are.
        var watched = _world.Client.Requests.Where(r => r.StartsWith("WATCH", StringComparison.Ordinal)).ToList();
        watched.ShouldBeUnique();
        watched.ShouldContain("WATCH virtualmachineclones");
        (_world.Client.Requests.Count - watched.Count - count).ShouldBeLessThanOrEqualTo(9);
    }

    [Fact]
    public async Task One_bad_item_is_a_fault_and_the_others_go_on()
    {
        _world.SucceedAtOnce();
        List<CloneRequest> requests =
        [
            World.Request("good-1"),
            World.Request("Bad_Name") with { Input = "row 2" },
            World.Request("good-2", source: "missing"),
            World.Request("golden"),
            World.Request("good-1"),
            World.Request("good-3"),
        ];
        var updates = await _world.CloneAsync(requests, WaitBound);

        updates.Of(ItemUpdateKind.Record).Select(u => u.Record!.TargetName).Order().ShouldBe(["good-1", "good-3"]);
        updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Id).Order().ShouldBe(
            [FaultIds.VMCloneDuplicateTarget, FaultIds.VMCloneNameInvalid, FaultIds.VMCloneTargetIsSource, FaultIds.VMNotFound]);
        updates.Of(ItemUpdateKind.Fault).ShouldContain(u => Equals(((CloneRequest)u.Input!).Input, "row 2") && u.Fault!.Id == FaultIds.VMCloneNameInvalid);
        updates.Of(ItemUpdateKind.Progress)[^1].Progress!.ShouldSatisfyAllConditions(p => p.Completed.ShouldBe(2), p => p.Failed.ShouldBe(4), p => p.Running.ShouldBe(0));
    }

    [Fact]
    public async Task The_same_batch_again_takes_over_what_is_there_and_makes_only_the_rest()
    {
        var options = new CloneOptions { Batch = "lab7" };
        await _world.CloneAsync(World.Requests(3), options);
        var updates = await _world.CloneAsync(World.Requests(5), options);

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(5);
        _world.Client.All(World.Clones).Count.ShouldBe(5);
        _world.Client.Count("CREATE").ShouldBe(5);
    }

    [Fact]
    public async Task A_finished_clone_of_the_same_batch_is_taken_over_although_its_target_exists()
    {
        _world.SucceedAtOnce();
        var options = WaitBound with { Batch = "lab7" };
        await _world.CloneAsync([World.Request()], options);
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-1"));

        (await _world.CloneAsync([World.Request()], options)).Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
        _world.Client.Count("CREATE").ShouldBe(1);
    }

    [Fact]
    public async Task The_same_batch_and_target_with_another_request_is_a_fault_that_names_the_difference()
    {
        var options = new CloneOptions { Batch = "lab7" };
        await _world.CloneAsync([World.Request()], options);
        var fault = await _world.FaultOfAsync(World.Request() with { SmbiosSerial = "other" }, options);

        fault.Id.ShouldBe(FaultIds.VMCloneExists);
        fault.Category.ShouldBe(FaultCategory.ResourceExists);
        fault.Message.ShouldContain("newSMBiosSerial");
    }

    [Fact]
    public async Task A_clone_object_of_that_name_with_another_request_is_a_fault_also_without_a_batch()
    {
        await _world.CloneAsync([World.Request() with { CloneName = "cl" }]);
        var fault = await _world.FaultOfAsync(World.Request("web-2") with { CloneName = "cl" });

        fault.Id.ShouldBe(FaultIds.VMCloneExists);
        fault.Message.ShouldContain("target");
    }

    [Fact]
    public async Task A_lost_answer_is_settled_by_reading_the_name_back()
    {
        _world.Client.After = (r, _) => throw new AnswerLostException("POST", r.Kind.PathFor(r.Namespace));
        var updates = await _world.CloneAsync(World.Requests(3));

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(3);
        _world.Client.All(World.Clones).Count.ShouldBe(3);
        _world.Client.Count("CREATE").ShouldBe(3);
    }

    [Fact]
    public async Task An_answer_lost_before_the_server_did_it_is_posted_again()
    {
        var lost = 0;
        _world.Client.Before = r => r.Verb == "CREATE" && Interlocked.Increment(ref lost) == 1
            ? throw new AnswerLostException("POST", r.Kind.PathFor(r.Namespace))
            : Task.CompletedTask;
        var updates = await _world.CloneAsync([World.Request()]);

        updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
        _world.Client.Count("CREATE").ShouldBe(2);
        _world.TheClone();
    }

    [Theory]
    [InlineData(429, FaultIds.ApiThrottled)]
    [InlineData(500, FaultIds.ApiServerError)]
    [InlineData(503, FaultIds.ApiServerError)]
    public async Task A_server_that_stays_in_trouble_is_a_fault_after_patience(int status, string id)
    {
        _world.Client.Before = r => r.Verb == "CREATE" ? throw new ApiStatusException(status, "x", "no") : Task.CompletedTask;
        var fault = await _world.FaultOfAsync(World.Request());

        fault.Id.ShouldBe(id);
        fault.Category.ShouldBe(FaultCategory.ResourceUnavailable);
        _world.Client.Count("CREATE").ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task Passing_trouble_loses_nothing_and_makes_nothing_twice()
    {
        var n = 0;
        _world.SucceedAtOnce();
        _world.Client.Before = r => r.Verb == "CREATE" && Interlocked.Increment(ref n) % 3 == 0 ? throw new ApiStatusException(429, "TooManyRequests", "slow down") : Task.CompletedTask;
        var updates = await _world.CloneAsync(World.Requests(40), WaitBound);

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(40);
        _world.Client.All(World.Clones).Count.ShouldBe(40);
        _world.Verbose.ShouldContain(v => v.Contains("in flight now"));
    }

    [Fact]
    public async Task No_more_clones_are_in_flight_than_the_throttle_allows()
    {
        var inFlight = 0;
        var most = 0;
        _world.Client.After = (request, stored) =>
        {
            lock (_world)
                most = Math.Max(most, ++inFlight);
            // Decided a little later, by virtual time.
            _ = Task.Delay(TimeSpan.FromSeconds(1), _world.Clock).ContinueWith(
                _ =>
                {
                    lock (_world)
                        inFlight--;
                    _world.SetStatus(stored["metadata"]!["name"]!.GetValue<string>(), """{"phase":"Succeeded"}""");
                },
                TaskScheduler.Default);
        };
        await _world.CloneAsync(World.Requests(30), WaitBound with { ThrottleLimit = 4 });

        most.ShouldBe(4);
    }

    [Fact]
    public async Task Dry_run_posts_nothing_that_stays_and_reports_what_the_server_refuses()
    {
        _world.Client.Before = r => r.Name?.StartsWith("web-002", StringComparison.Ordinal) == true
            ? throw new ApiStatusException(422, "Invalid", "admission webhook \"x\" denied the request: no")
            {
                Causes = [new StatusCause("spec.source", "FieldValueInvalid", "no")],
            }
            : Task.CompletedTask;
        var updates = await _world.CloneAsync(World.Requests(3), new CloneOptions { DryRun = true, Wait = true });

        updates.Of(ItemUpdateKind.Planned).Count.ShouldBe(2);
        var fault = updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneRejected);
        fault.Message.ShouldBe("KubeVirt refused the request: no");
        fault.RecommendedAction.ToString().ShouldContain("spec.source");
        _world.Client.All(World.Clones).ShouldBeEmpty();
    }

    [Fact]
    public async Task Existing_targets_are_passed_over_when_asked()
    {
        _world.Client.Put(KubeVirtKinds.VirtualMachine, World.Machine("web-002"));
        var updates = await _world.CloneAsync(World.Requests(3), new CloneOptions { SkipExisting = true });

        updates.Of(ItemUpdateKind.Skipped).ShouldHaveSingleItem().Request!.TargetName.ShouldBe("web-002");
        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Purging_removes_the_clone_objects_that_are_bound()
    {
        _world.SucceedAtOnce();
        var updates = await _world.CloneAsync(World.Requests(3), new CloneOptions { Wait = true, PurgeOnSuccess = true });

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(3);
        _world.Client.All(World.Clones).ShouldBeEmpty();
    }

    [Fact]
    public async Task Access_denied_in_the_only_namespace_ends_the_batch_with_one_fault()
    {
        _world.Client.Before = r => r.Verb == "CREATE"
            ? throw new ApiStatusException(403, "Forbidden", "virtualmachineclones is forbidden: User \"alice\" cannot create resource \"virtualmachineclones\"")
            : Task.CompletedTask;
        var e = await Should.ThrowAsync<EngineException>(_world.CloneAsync(World.Requests(100), new CloneOptions { ThrottleLimit = 4 }));

        e.Fault.Id.ShouldBe(FaultIds.ApiForbidden);
        e.Fault.Category.ShouldBe(FaultCategory.PermissionDenied);
        _world.Client.Count("CREATE").ShouldBeLessThan(10);
    }

    [Fact]
    public async Task A_quota_refusal_is_a_fault_of_its_item()
    {
        _world.Client.Before = r => r.Name?.StartsWith("web-003", StringComparison.Ordinal) == true
            ? throw new ApiStatusException(403, "Forbidden", "clones is forbidden: exceeded quota: lab")
            : Task.CompletedTask;
        var updates = await _world.CloneAsync(World.Requests(3));

        updates.Of(ItemUpdateKind.Record).Count.ShouldBe(2);
        updates.Of(ItemUpdateKind.Fault).ShouldHaveSingleItem().Fault!.ShouldSatisfyAllConditions(
            f => f.Id.ShouldBe(FaultIds.QuotaExceeded),
            f => f.Category.ShouldBe(FaultCategory.LimitsExceeded));
    }

    [Fact]
    public async Task Cancelling_ends_the_run_and_leaves_what_was_created()
    {
        using var stop = new CancellationTokenSource();
        var operation = new CloneOperation(_world.Cluster, World.Plain(WaitBound));
        var run = Task.Run(async () =>
        {
            await foreach (var update in operation.RunAsync(World.Requests(30), stop.Token))
            {
                // Nothing ever succeeds; stop when the window is full.
                if (_world.Client.Count("CREATE") >= CloneOptions.DefaultThrottleLimit)
                    await stop.CancelAsync();
                update.Kind.ShouldNotBe(ItemUpdateKind.Fault);
            }
        });

        await Should.ThrowAsync<OperationCanceledException>(_world.Clock.RunUntilDoneAsync(run));
        operation.Created.ShouldBe(CloneOptions.DefaultThrottleLimit);
        _world.Client.All(World.Clones).Count.ShouldBe(CloneOptions.DefaultThrottleLimit);
        _world.Client.OpenWatches.ShouldBe(0);
    }

    [Fact]
    public async Task Reading_only_the_first_results_stops_the_rest()
    {
        var gate = new SemaphoreSlim(3);
        _world.Client.Before = r => r.Verb == "CREATE" ? gate.WaitAsync() : Task.CompletedTask;
        var read = 0;
        await foreach (var update in new CloneOperation(_world.Cluster, World.Plain(new CloneOptions { ThrottleLimit = 1 })).RunAsync(World.Requests(30), default))
        {
            if (update.Kind == ItemUpdateKind.Record && ++read == 3)
                break;
        }

        _world.Client.All(World.Clones).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Requests_without_target_get_names_that_the_same_batch_gives_again()
    {
        var options = new CloneOptions { Batch = "lab7" };
        List<CloneRequest> requests = [World.Request(target: null), World.Request(target: null)];
        var first = (await _world.CloneAsync(requests, options)).Of(ItemUpdateKind.Record).Select(u => u.Record!.TargetName).Order().ToList();
        var second = (await _world.CloneAsync(requests, options)).Of(ItemUpdateKind.Record).Select(u => u.Record!.TargetName).Order().ToList();

        first.Distinct().Count().ShouldBe(2);
        first.ShouldAllBe(n => n.StartsWith("clone-golden-"));
        second.ShouldBe(first);
        _world.Client.Count("CREATE").ShouldBe(2);
    }

    [Fact]
    public async Task A_serial_for_a_source_without_firmware_is_set_by_patches_that_make_the_section()
    {
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => ((JsonObject)m["spec"]!["template"]!["spec"]!["domain"]!).Remove("firmware"));
        await _world.CloneAsync([World.Request() with { SmbiosSerial = "SER-1" }]);

        var spec = _world.TheClone()["spec"]!.AsObject();
        spec.ContainsKey("newSMBiosSerial").ShouldBeFalse();
        spec["patches"]!.AsArray().Select(p => p!.GetValue<string>()).ShouldBe(
        [
            """{"op":"add","path":"/spec/template/spec/domain/firmware","value":{}}""",
            """{"op":"add","path":"/spec/template/spec/domain/firmware/serial","value":"SER-1"}""",
        ]);
    }

    [Fact]
    public async Task Fields_an_older_KubeVirt_would_drop_are_refused()
    {
        _world.Client.KubeVirtVersion = "v1.5.2";
        var fault = await _world.FaultOfAsync(World.Request() with { Patches = ["""{"op":"add","path":"/metadata/labels/x","value":"y"}"""] });

        fault.Id.ShouldBe(FaultIds.VMCloneFieldUnsupported);
    }

    [Fact]
    public async Task What_a_user_may_not_read_is_not_checked_and_the_clone_is_sent()
    {
        _world.Client.Before = r => r.Verb is "GET" or "LIST" ? throw new ApiStatusException(403, "Forbidden", "may not read") : Task.CompletedTask;
        var updates = await _world.CloneAsync([World.Request()]);

        updates.Of(ItemUpdateKind.Record).ShouldHaveSingleItem();
        _world.Verbose.ShouldContain(v => v.StartsWith("Not checked: virtualmachines"));
    }
}
