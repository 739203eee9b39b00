using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Power;

/// <summary>Whether a machine is the one that is meant, by its uid or by the clone that made it.</summary>
public sealed class ReplacedMachineTests
{
    private const string CloneUid = "11111111-1111-1111-1111-111111111111";
    private static readonly DateTimeOffset Made = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly MachineMaker Clone = new("web-1-clone", CloneUid, Made, Made.AddSeconds(20));

    [Theory]
    [InlineData("u1", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("u2", FaultIds.VMReplaced)]
    public void The_uid_decides_where_one_is_known(string? uid, string? expected) => ReplacedFaults.OfMachine(Machine(10), uid, maker: null)?.Id.ShouldBe(expected);

    [Fact]
    public void What_replaced_it_is_told_and_that_it_was_left_alone()
    {
        var fault = ReplacedFaults.OfMachine(Machine(10), "gone", maker: null)!;
        fault.Message.ShouldContain("was replaced by another of its name");
        fault.Message.ShouldContain("(uid gone)");
        fault.Message.ShouldContain("uid u1");
        fault.Message.ShouldNotContain("There is no");
    }

    [Theory]
    [InlineData(10, "tmp-restore-" + CloneUid + "-22222222-2222-2222-2222-222222222222", true)]
    [InlineData(10, "web-1-clone-" + CloneUid, true)]
    // Restored in place since: as old as the clone, whatever the newest restore was.
    [InlineData(10, "rollback-33333333-3333-3333-3333-333333333333", true)]
    // Made by hand, even in the same second; before the clone, or after it was done.
    [InlineData(10, null, false)]
    [InlineData(10, "tmp-restore-44444444-4444-4444-4444-444444444444-22222222-2222-2222-2222-222222222222", false)]
    [InlineData(60, "rollback-33333333-3333-3333-3333-333333333333", false)]
    [InlineData(-60, null, false)]
    [InlineData(60, null, false)]
    [InlineData(60, "tmp-restore-44444444-4444-4444-4444-444444444444-22222222-2222-2222-2222-222222222222", false)]
    [InlineData(60, "web-1-clone-44444444-4444-4444-4444-444444444444", false)]
    public void A_clone_stands_for_the_machine_it_made_and_no_other(int secondsAfter, string? lastRestore, bool isOurs) =>
        (ReplacedFaults.OfMachine(Machine(secondsAfter, lastRestore), uid: null, Clone) is null).ShouldBe(isOurs);

    [Fact]
    public void Of_a_clone_that_was_not_done_when_it_was_read_only_the_mark_tells()
    {
        var unfinished = Clone with { Ended = null };
        ReplacedFaults.OfMachine(Machine(3600), uid: null, unfinished)!.Id.ShouldBe(FaultIds.VMReplaced);
        ReplacedFaults.OfMachine(Machine(3600, $"tmp-restore-{CloneUid}-x"), uid: null, unfinished).ShouldBeNull();
    }

    private static KubernetesObject Machine(int secondsAfter, string? lastRestore = null)
    {
        var metadata = new JsonObject { ["name"] = "web-1", ["namespace"] = "default", ["uid"] = "u1", ["creationTimestamp"] = Made.AddSeconds(secondsAfter).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture) };
        if (lastRestore is not null)
            metadata["annotations"] = new JsonObject { ["restore.kubevirt.io/lastRestoreUID"] = lastRestore };
        return new(JsonDocument.Parse(new JsonObject { ["apiVersion"] = "kubevirt.io/v1", ["kind"] = "VirtualMachine", ["metadata"] = metadata }.ToJsonString()).RootElement);
    }
}
