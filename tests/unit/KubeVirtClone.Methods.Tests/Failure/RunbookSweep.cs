using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Interruption;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using Fault = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Methods.Tests.Failure;

/// <summary>Goes through the runbook once for each of its mutating requests, with that one failing.</summary>
internal static class RunbookSweep
{
    private static readonly TimeSpan Unhurried = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Hurried = TimeSpan.FromSeconds(4);

    // What fails for good is waited for to the end, which teaches nothing more for being late.
    private static readonly TimeSpan HurriedInVain = TimeSpan.FromSeconds(2);

    /// <summary>Strikes the first request of each sort in each step, or of each sort at all; of these every second one, from a given one on.</summary>
    public static async Task TryAllAsync(Fault fault, bool sortOnly, int? half = null)
    {
        await using var sandbox = await KillableSandbox.StartAsync();
        var problems = new List<string>();
        foreach (var (index, at) in (await PlacesAsync(sandbox, sortOnly)).Index())
        {
            if (half is null || index % 2 == half)
                problems.AddRange(await TryAsync(sandbox, fault, at));
        }

        problems.ShouldBeEmpty(string.Join(Environment.NewLine, problems));
    }

    private static async Task<IReadOnlyList<int>> PlacesAsync(KillableSandbox sandbox, bool sortOnly)
    {
        var before = sandbox.State();
        await sandbox.MakeMachineAsync("clean");
        await using var cluster = await sandbox.ConnectAsync();
        var runbook = new Runbook(sandbox, cluster, "clean", Unhurried);
        var seen = new System.Collections.Concurrent.ConcurrentQueue<(int Number, (string? Step, string Verb, string Resource) Sort)>();
        sandbox.Watch((number, request) =>
        {
            seen.Enqueue((number, (sortOnly ? null : runbook.Step, request.Verb, request.Resource)));
            return null;
        });
        (await runbook.RunAsync()).ShouldBeNull();
        sandbox.Box.Faults.Decide = null;
        runbook.Machine.ShouldBeNull();
        await sandbox.ShouldBecomeAsync(before, "the runbook without faults");
        var places = seen.GroupBy(s => s.Sort).Select(g => g.Min(s => s.Number)).Order().ToList();
        places.Count.ShouldBeGreaterThan(sortOnly ? 7 : 18);
        return places;
    }

    /// <summary>Goes through the runbook with one request failing; what is wrong afterwards.</summary>
    public static async Task<IReadOnlyList<string>> TryAsync(KillableSandbox sandbox, Fault fault, int at, Func<Sandbox.Http.SeenRequest, bool>? counts = null)
    {
        var before = sandbox.State();
        var source = $"s{at}-{fault.Kind.ToString().ToLowerInvariant()[..5]}";
        await sandbox.MakeMachineAsync(source);
        await using var cluster = await sandbox.ConnectAsync();
        var runbook = new Runbook(sandbox, cluster, source, fault.Count > 1 ? HurriedInVain : Hurried);
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
