using KubeVirtClone.Methods.Tests.Interruption;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Sandbox.KubeVirt;
using Fault = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Methods.Tests.Failure;

/// <summary>
/// The runbook with each of its mutating requests failing in turn. Whatever fails, the machine that images are made of is as it was when the step
/// began, and everything the runbook made is found again by batch and image: removing those leaves nothing behind.
/// </summary>
public sealed class RunbookFaultTests
{
    [Theory]
    [InlineData(FaultKind.InternalError, FaultKind.Conflict)]
    [InlineData(FaultKind.TooManyRequests, FaultKind.AnswerLost)]
    public async Task Whatever_request_fails_once_the_source_is_untouched_and_nothing_is_lost(params FaultKind[] kinds)
    {
        var problems = await Task.WhenAll(kinds.Select(kind => TryAllAsync(new Fault { Kind = kind, Count = 1 })));
        problems.SelectMany(p => p).ShouldBeEmpty(string.Join(Environment.NewLine, problems.SelectMany(p => p)));
    }

    [Fact]
    public async Task Whatever_request_fails_for_good_the_source_is_untouched_and_nothing_is_lost()
    {
        var problems = await TryAllAsync(new Fault { Kind = FaultKind.InternalError, Count = int.MaxValue });
        problems.ShouldBeEmpty(string.Join(Environment.NewLine, problems));
    }

    [Theory]
    [InlineData(FaultKind.StorageBroken)]
    [InlineData(FaultKind.StorageOutOfSnapshots)]
    public async Task Whatever_snapshot_fails_the_source_is_untouched_and_nothing_is_lost(FaultKind kind)
    {
        await using var sandbox = await KillableSandbox.StartAsync(clockFactor: 200);
        var problems = new List<string>();
        const int snapshots = 5;
        for (var i = 1; i <= snapshots; i++)
            problems.AddRange(await TryAsync(sandbox, new Fault { Kind = kind, Resource = "volumesnapshots" }, i, request => request is { Verb: "create", Resource: "virtualmachinesnapshots" }));
        problems.ShouldBeEmpty(string.Join(Environment.NewLine, problems));
    }

    private static async Task<IReadOnlyList<string>> TryAllAsync(Fault fault)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var problems = new List<string>();
        foreach (var at in await PlacesAsync(sandbox))
            problems.AddRange(await TryAsync(sandbox, fault, at));
        return problems;
    }

    // The first and the last request of each sort in each step; between them nothing is different.
    private static async Task<IReadOnlyList<int>> PlacesAsync(KillableSandbox sandbox)
    {
        var before = sandbox.State();
        await sandbox.MakeMachineAsync("clean");
        await using var cluster = await sandbox.ConnectAsync();
        var runbook = new Runbook(sandbox, cluster, "clean");
        var seen = new System.Collections.Concurrent.ConcurrentQueue<(int Number, (string? Step, string Verb, string Resource) Sort)>();
        sandbox.Watch((number, request) =>
        {
            seen.Enqueue((number, (runbook.Step, request.Verb, request.Resource)));
            return null;
        });
        (await runbook.RunAsync()).ShouldBeNull();
        sandbox.Box.Faults.Decide = null;
        runbook.Machine.ShouldBeNull();
        await sandbox.ShouldBecomeAsync(before, "the runbook without faults");
        var places = seen.GroupBy(s => s.Sort).SelectMany(g => new[] { g.Min(s => s.Number), g.Max(s => s.Number) }).Distinct().Order().ToList();
        places.Count.ShouldBeGreaterThan(20);
        return places;
    }

    private static async Task<IReadOnlyList<string>> TryAsync(KillableSandbox sandbox, Fault fault, int at, Func<Sandbox.Http.SeenRequest, bool>? counts = null)
    {
        var before = sandbox.State();
        var source = $"s{at}-{fault.Kind.ToString().ToLowerInvariant()[..5]}";
        await sandbox.MakeMachineAsync(source);
        await using var cluster = await sandbox.ConnectAsync();
        var runbook = new Runbook(sandbox, cluster, source);
        var count = 0;
        Sandbox.Http.SeenRequest? struck = null;
        sandbox.Watch((_, request) =>
        {
            if (counts is not null && !counts(request))
                return null;
            var now = Interlocked.Increment(ref count);
            if (now == at)
            {
                struck = request;
                if (fault.Kind >= FaultKind.StorageSlow)
                    sandbox.Box.Faults.Add(fault);
            }

            if (fault.Kind >= FaultKind.StorageSlow || struck is null)
                return null;
            return now == at || (fault.Count > 1 && request.Verb == struck.Verb && request.Resource == struck.Resource) ? fault : null;
        });
        var failed = await runbook.RunAsync();
        sandbox.Box.Faults.Decide = null;
        sandbox.Box.Faults.Clear();

        var problems = new List<string>();
        TestContext.Current.TestOutputHelper!.WriteLine($"{at,2} {struck?.Verb} {struck?.Resource}: {failed?.Step ?? "overcome"} {failed?.Fault.Id}");
        var what = $"{fault.Kind}×{fault.Count} at request {at} ({struck?.Verb} {struck?.Resource}), failed at {failed?.Step}: {failed?.Fault.Message}";
        if (failed is not null && await WhyTouchedAsync(runbook) is { } touched)
            problems.Add($"{what}; the source: {touched}");
        try
        {
            if (await runbook.RemoveAllAsync() is { } left)
                problems.Add($"{what}; not removed: {left.Message}");
            if (runbook.Machine is not null)
                await sandbox.RemoveMachineAsync(source);
            await sandbox.ShouldBecomeAsync(before, what);
            sandbox.Made.Clear();
        }
        catch (ShouldAssertException e)
        {
            problems.Add(e.Message);
        }

        return problems;
    }

    private static async Task<string?> WhyTouchedAsync(Runbook runbook)
    {
        var expected = runbook.Expected;
        string? Why() => (expected, runbook.Machine) switch
        {
            (null, _) => null,
            (_, null) => "it is gone",
            var (was, now) when !was["spec"].Same(now["spec"]) => $"its specification changed from {was["spec"]!.ToJsonString()} to {now["spec"]!.ToJsonString()}",
            var (was, now) when !was.At("metadata", "annotations").Same(now.At("metadata", "annotations")) => "its annotations changed",
            var (was, now) when was.TextAt("status", "printableStatus") != now.TextAt("status", "printableStatus") => $"it was {was.TextAt("status", "printableStatus")} and is {now.TextAt("status", "printableStatus")}",
            _ => null,
        };
        // It is put back at once and comes up in its own time.
        await KillableSandbox.WaitUntilAsync(() => Why() is null, orElse: () => { });
        return Why();
    }
}
