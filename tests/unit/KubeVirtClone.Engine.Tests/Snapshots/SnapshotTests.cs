using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Engine.Waiting;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Snapshots;

public sealed class SnapshotTests
{
    private readonly SnapshotWorld _world = new();

    private SnapshotCatalog Catalog => new(_world.World.Cluster);

    [Fact]
    public void A_record_tells_ready_from_succeeded_and_says_what_it_waits_for()
    {
        Read("""{"phase":"Succeeded","readyToUse":false,"conditions":[{"type":"Progressing","status":"False","reason":"Operation complete"}]}""").ShouldSatisfyAllConditions(
            s => s.Phase.ShouldBe(SnapshotPhase.Succeeded),
            s => s.ReadyToUse.ShouldBeFalse(),
            s => s.Message.ShouldContain("not offer"));
        Read("""{"phase":"InProgress","conditions":[{"type":"Progressing","status":"False","reason":"Source not locked snapshot \"s2\" in progress"}]}""").Message.ShouldContain("s2");
        Read("""{"phase":"Failed","error":{"message":"the array is on fire"},"conditions":[{"type":"Failure","status":"True","reason":"snapshot deadline exceeded"}]}""").Message
            .ShouldBe("snapshot deadline exceeded: the array is on fire");
    }

    [Fact]
    public void Indications_are_put_in_words_known_or_not()
    {
        var record = Read("""{"indications":["Online","NoGuestAgent","Sideways"],"sourceIndications":[{"indication":"Sideways","message":"It lay on its side."},{"indication":"PartialSnapshot","message":"x"}]}""");

        record.Indications.Select(i => i.Name).ShouldBe(["NoGuestAgent", "Online", "PartialSnapshot", "Sideways"]);
        record.Indications.Single(i => i.Name == "Sideways").Description.ShouldBe("It lay on its side.");
        record.Indications.Single(i => i.Name == "NoGuestAgent").Description.ShouldContain("power cut");
        record.IsPartial.ShouldBeTrue();
    }

    [Theory]
    [InlineData("5m0s", 300.0)]
    [InlineData("1h30m", 5400.0)]
    [InlineData("1.5s", 1.5)]
    [InlineData("0", 0.0)]
    [InlineData("-3s", -3.0)]
    [InlineData("5 minutes", null)]
    [InlineData("", null)]
    public void Deadlines_are_read_as_the_server_writes_them(string text, double? seconds) =>
        (GoDuration.Parse(text)?.TotalSeconds).ShouldBe(seconds);

    [Fact]
    public async Task A_deadline_that_would_lock_the_machine_for_ever_is_refused()
    {
        var made = await _world.DoAsync(() => Catalog.CreateAsync(new SnapshotRequest { Namespace = "default", SourceName = "golden", FailureDeadline = TimeSpan.Zero }, dryRun: false, default));
        made.Fault!.Id.ShouldBe(FaultIds.VMSnapshotRejected);
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wait_ends_at_once_when_the_snapshot_has_failed_or_is_deleted()
    {
        _world.SnapshotsFail = true;
        var made = await _world.DoAsync(() => Catalog.CreateAsync(new SnapshotRequest { Namespace = "default", SourceName = "golden", Name = "s" }, dryRun: false, default));
        var started = _world.Clock.GetUtcNow();
        (await WaitAsync(made.Value!)).Fault!.Id.ShouldBe(FaultIds.VMSnapshotFailed);
        (_world.Clock.GetUtcNow() - started).ShouldBeLessThan(TimeSpan.FromSeconds(30));

        _world.Client.Remove(World.Snapshots, "default", "s");
        (await WaitAsync(made.Value!)).Fault!.Id.ShouldBe(FaultIds.VMSnapshotNotFound);
    }

    [Fact]
    public async Task A_wait_that_takes_too_long_says_what_it_waited_for()
    {
        _world.Client.Controllers = null;
        var made = await _world.DoAsync(() => Catalog.CreateAsync(new SnapshotRequest { Namespace = "default", SourceName = "golden", Name = "s" }, dryRun: false, default));
        _world.Client.Update(World.Snapshots, "default", "s", s => s["status"] = JsonNode.Parse("""{"phase":"InProgress","conditions":[{"type":"Progressing","status":"False","reason":"Source not locked volume not bound: data"}]}"""));
        var fault = (await WaitAsync(made.Value!, TimeSpan.FromMinutes(1))).Fault!;

        fault.Id.ShouldBe(FaultIds.VMSnapshotTimeout);
        fault.Message.ShouldContain("volume not bound: data");
    }

    [Fact]
    public async Task A_lost_answer_is_settled_by_the_name()
    {
        _world.Client.After = (r, _) =>
        {
            if (r.Verb == "CREATE")
                throw new AnswerLostException("POST", "/x", new IOException("cut"));
        };
        var made = await _world.DoAsync(() => Catalog.CreateAsync(new SnapshotRequest { Namespace = "default", SourceName = "golden", Name = "s" }, dryRun: false, default));

        made.Value!.Name.ShouldBe("s");
        _world.Client.Count("CREATE virtualmachinesnapshots").ShouldBe(1);
    }

    [Fact]
    public async Task What_is_still_needed_is_not_removed_without_force()
    {
        var made = (await _world.DoAsync(() => Catalog.CreateAsync(new SnapshotRequest { Namespace = "default", SourceName = "golden", Name = "s" }, dryRun: false, default))).Value!;
        _world.Client.Put(KubeVirtKinds.PersistentVolumeClaim, (JsonObject)JsonNode.Parse($$$"""{"metadata":{"name":"pending"},"spec":{"dataSourceRef":{"name":"vmsnapshot-{{{made.Uid}}}-volume-root"}},"status":{"phase":"Pending"}}""")!);

        var fault = await _world.DoAsync(() => Catalog.RemoveAsync(made, force: false, default));
        fault!.Id.ShouldBe(FaultIds.VMSnapshotInUse);
        fault.Message.ShouldContain("pending");
        (await _world.DoAsync(() => Catalog.RemoveAsync(made, force: true, default))).ShouldBeNull();
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_golden_image_is_not_removed_as_a_snapshot_without_force()
    {
        var request = new SnapshotRequest { Namespace = "default", SourceName = "golden", Name = "s", Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [ImageLabels.Image] = "ubuntu", [ImageLabels.Version] = "2" } };
        var made = (await _world.DoAsync(() => Catalog.CreateAsync(request, dryRun: false, default))).Value!;

        var fault = (await _world.DoAsync(() => Catalog.RemoveAsync(made, force: false, default)))!;
        fault.Id.ShouldBe(FaultIds.VMSnapshotInUse);
        fault.Message.ShouldContain("ubuntu:2");
        fault.RecommendedAction.ToString().ShouldContain("Remove-VMGoldenImage");
        _world.Names(World.Snapshots).ShouldBe(["s"]);
        (await _world.DoAsync(() => Catalog.RemoveAsync(made, force: true, default))).ShouldBeNull();
        _world.Names(World.Snapshots).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_machines_snapshots_are_asked_of_are_found_first()
    {
        var sources = new SnapshotSources(_world.World.Cluster);
        SnapshotRequest[] requests =
        [
            new() { Namespace = "", SourceName = "gol*", Name = "{0}-a" },
            new() { Namespace = "", SourceName = "golden", Name = "b" },
            new() { Namespace = "", SourceName = "nobody" },
        ];
        var found = await _world.DoAsync(() => sources.FindAsync(requests, default));

        found.Where(f => f.Fault is null).Select(f => $"{f.Request.Namespace}/{f.Request.SourceName} {f.Request.Name}").ShouldBe(["default/golden golden-a", "default/golden b"]);
        found.Where(f => f.Fault is not null).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            f => f.Request.SourceName.ShouldBe("nobody"),
            f => f.Fault!.Id.ShouldBe(FaultIds.VMNotFound));

        // Who may not read machines is taken at their word, as far as that names one.
        _world.Client.Before = r => r.Kind.Kind == "VirtualMachine" ? throw new ApiStatusException(403, "Forbidden", "no") : Task.CompletedTask;
        (await _world.DoAsync(() => sources.FindAsync(requests[1..], default))).ShouldAllBe(f => f.Fault == null);
        await Should.ThrowAsync<EngineException>(() => _world.DoAsync(() => sources.FindAsync(requests, default)));
    }

    private static SnapshotRecord Read(string status) => SnapshotRecord.From(new KubernetesObject(
        JsonDocument.Parse($$$"""{"metadata":{"name":"s","namespace":"default","uid":"u"},"spec":{"source":{"name":"golden"}},"status":{{{status}}}}""").RootElement));

    private async Task<ItemUpdate<SnapshotRecord>> WaitAsync(SnapshotRecord snapshot, TimeSpan? timeout = null) =>
        (await _world.ReadAsync(new SnapshotWaiter(_world.World.Cluster).WaitAsync([snapshot.Reference], new SnapshotWaitOptions { Timeout = timeout }, default)))
            .Where(u => u.Kind != ItemUpdateKind.Warning).ShouldHaveSingleItem();
}
