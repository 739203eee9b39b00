using KubeVirtClone.Methods.Tests.Interruption;
using KubeVirtClone.Sandbox;
using Fault = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Methods.Tests.Failure;

/// <summary>
/// The runbook with each of its mutating requests failing in turn. Whatever fails, the machine that images are made of is as it was when the step
/// began, and everything the runbook made is found again by batch and image: removing those leaves nothing behind.
/// </summary>
public sealed class RunbookFaultTests
{
    [Theory]
    [InlineData(FaultKind.InternalError)]
    [InlineData(FaultKind.AnswerLost)]
    public async Task Whatever_request_fails_once_the_source_is_untouched_and_nothing_is_lost(FaultKind kind) =>
        await RunbookSweep.TryAllAsync(new Fault { Kind = kind, Count = 1 }, sortOnly: false);
}

/// <summary>The runbook with the first request of each sort failing as servers do that are busy.</summary>
public sealed class RunbookSortFaultTests
{
    [Theory]
    [InlineData(FaultKind.Conflict)]
    [InlineData(FaultKind.TooManyRequests)]
    public async Task Whatever_sort_of_request_fails_once_the_source_is_untouched_and_nothing_is_lost(FaultKind kind) =>
        await RunbookSweep.TryAllAsync(new Fault { Kind = kind, Count = 1 }, sortOnly: true);
}

/// <summary>The runbook with requests of one sort failing for good from some moment on; every second request, so that both halves are tried side by side.</summary>
public abstract class RunbookLastingFaults(int half)
{
    [Fact]
    public async Task Whatever_request_fails_for_good_the_source_is_untouched_and_nothing_is_lost() =>
        await RunbookSweep.TryAllAsync(new Fault { Kind = FaultKind.InternalError, Count = int.MaxValue }, sortOnly: false, half);
}

/// <summary>The first request and every second one after it.</summary>
public sealed class RunbookLastingFaultTests() : RunbookLastingFaults(half: 0);

/// <summary>The second request and every second one after it.</summary>
public sealed class RunbookOtherLastingFaultTests() : RunbookLastingFaults(half: 1);

/// <summary>The runbook with each of its snapshots failing in turn.</summary>
public sealed class RunbookSnapshotFaultTests
{
    [Theory]
    [InlineData(FaultKind.StorageBroken)]
    [InlineData(FaultKind.StorageOutOfSnapshots)]
    public async Task Whatever_snapshot_fails_the_source_is_untouched_and_nothing_is_lost(FaultKind kind)
    {
        await using var sandbox = await KillableSandbox.StartAsync(clockFactor: 200);
        var problems = new List<string>();
        const int snapshots = 5;
        for (var i = 1; i <= snapshots; i++)
            problems.AddRange(await RunbookSweep.TryAsync(sandbox, new Fault { Kind = kind, Resource = "volumesnapshots" }, i, request => request is { Verb: "create", Resource: "virtualmachinesnapshots" }));
        problems.ShouldBeEmpty(string.Join(Environment.NewLine, problems));
    }
}
