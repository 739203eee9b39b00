using System.Collections.Concurrent;
using KubeVirtClone.Sandbox.Tests.Replay.Data;
using KubeVirtClone.Sandbox.Tests.Replay.Live;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>
/// Every recorded case, replayed: on a sandbox, or on the live cluster that <c>KUBEVIRTCLONE_TEST_KUBECONFIG</c> names.
/// </summary>
public sealed class ReplayTests : IClassFixture<ReplayTests.EndOfRun>
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<Outcome>>> Results = new(StringComparer.Ordinal);

    private const int Attempts = 3;

    private static readonly SemaphoreSlim InFlight = new(int.TryParse(Environment.GetEnvironmentVariable("KUBEVIRTCLONE_REPLAY_PARALLEL"), out var several) ? several : 8);

    /// <summary>Removes what a run put on a live cluster.</summary>
    public sealed class EndOfRun : IAsyncDisposable
    {
        /// <inheritdoc/>
        public ValueTask DisposeAsync() => LiveCluster.EndAsync();
    }

    public static TheoryData<string> Cases() => [.. VectorFiles.Named(VectorCase.Files()).Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_recorded_case_replays(string name)
    {
        var outcome = await ReplayAsync(VectorFiles.Named(VectorCase.Files())[name]);
        if (outcome.NotRepeatable is { } reason)
            Assert.Skip($"not repeatable: {reason}");
        outcome.Differences.ShouldBeEmpty(string.Join(Environment.NewLine, outcome.Differences.Take(25)));
    }

    [Fact]
    public async Task The_table_of_cases_by_group_says_how_many_replay()
    {
        var groups = new SortedDictionary<string, (int Passed, List<string> Failed, List<string> NotRepeatable)>(StringComparer.Ordinal);
        var reasons = new List<string>();
        foreach (var path in VectorCase.Files())
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var (passed, failed, notRepeatable) = groups.TryGetValue(name[..1], out var so) ? so : (0, [], []);
            var outcome = await ReplayAsync(path);
            if (outcome.NotRepeatable is { } reason)
            {
                notRepeatable.Add(name.Split('-')[0]);
                reasons.Add($"not repeatable: {name}: {reason}");
            }
            else if (outcome.Differences.Count == 0)
            {
                passed++;
                if (outcome.Attempt > 1)
                    reasons.Add($"passed at attempt {outcome.Attempt}: {name}");
            }
            else
            {
                failed.Add(name.Split('-')[0]);
            }

            groups[name[..1]] = (passed, failed, notRepeatable);
        }

        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine("group  passed  failed  not repeatable");
        foreach (var (group, (passed, failed, notRepeatable)) in groups)
            output.WriteLine($"{group,-5}  {passed,6}  {failed.Count,6}  {notRepeatable.Count,14}  {string.Join(' ', failed)}");
        foreach (var folder in VectorCase.Files().GroupBy(f => Path.GetFileName(Path.GetDirectoryName(f))))
            output.WriteLine($"{folder.Key}: {folder.Count(f => Results[f].Value.Result is { NotRepeatable: null, Differences.Count: 0 })} of {folder.Count()} reproduced");
        foreach (var reason in reasons)
            output.WriteLine(reason);
        foreach (var other in VectorCase.Others())
            output.WriteLine($"no case: {other}");
        // For work on the sandbox: all differences of all cases in one file.
        if (Environment.GetEnvironmentVariable("KUBEVIRTCLONE_REPLAY_REPORT") is { Length: > 0 } report)
        {
            var lines = new List<string>();
            foreach (var path in VectorCase.Files())
                lines.AddRange((await ReplayAsync(path)).Differences.Select(d => Path.GetFileNameWithoutExtension(path) + ": " + d));
            await File.WriteAllLinesAsync(report, lines);
        }

        groups.Values.Sum(g => g.Passed + g.Failed.Count + g.NotRepeatable.Count).ShouldBe(VectorCase.Files().Count);
        groups.Values.Sum(g => g.Passed + (CaseWriter.Folder is null ? 0 : g.NotRepeatable.Count)).ShouldBeGreaterThan(0);
    }

    internal static Task<Outcome> ReplayAsync(string path)
    {
        // On a live cluster waiting is what takes the time: all cases begin, the longest first, and several run at once.
        if (LiveCluster.IsNamed && Results.IsEmpty)
        {
            foreach (var file in VectorCase.Files().OrderByDescending(f => VectorCase.Load(f).LengthMs))
                _ = Begin(file).Value;
        }

        return Begin(path).Value;
    }

    private static Lazy<Task<Outcome>> Begin(string path) => Results.GetOrAdd(path, p => new Lazy<Task<Outcome>>(() => LiveCluster.IsNamed
        ? Task.Run(() => LiveAsync(p))
        : Task.Run(() => SandboxAsync(VectorCase.Load(p)))));

    private static async Task<Outcome> SandboxAsync(VectorCase @case)
    {
        if (@case.IsData)
            return await DataAsync(new DataCase(@case));
        await using var sandbox = new ReplaySandbox(@case.Namespace);
        return Run(sandbox, @case);
    }

    private static async Task<Outcome> DataAsync(DataCase @case)
    {
        await using var sandbox = new ReplaySandbox(@case.Namespaces);
        try
        {
            return new Outcome([.. DataComparison.Of(@case.Data, new DataReplay(sandbox, @case).Run())], null);
        }
        catch (Exception e) when (IsOfReplay(e))
        {
            return new Outcome([e.ToString()], null);
        }
    }

    // A request that was not understood, or an answer without its form: a difference, no end of the run.
    private static bool IsOfReplay(Exception e) => e is NotSupportedException or InvalidOperationException or ArgumentException or NullReferenceException or HttpRequestException;

    private static async Task<Outcome> LiveAsync(string path)
    {
        await InFlight.WaitAsync();
        try
        {
            // The steps of a case block while they wait, each on a thread of its own.
            return await Task.Factory.StartNew(() => Live(VectorCase.Load(path)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        }
        finally
        {
            InFlight.Release();
        }
    }

    private static async Task<Outcome> Live(VectorCase @case)
    {
        if (@case.IsData)
            return new Outcome([], "its storage classes are the sandbox's own");
        var cluster = LiveCluster.Current!;
        if (LiveRules.WhyNot(cluster, @case) is { } reason)
            return new Outcome([], reason);
        // Some of what is recorded is chance on a real server (who of two controllers is first): what differs is tried again.
        for (var attempt = 1; ; attempt++)
        {
            Outcome outcome;
            await using (var live = new LiveCase(cluster, @case.Namespace))
                outcome = Run(live, @case) with { Attempt = attempt };
            if (outcome.Differences.Count == 0 || attempt == Attempts)
                return outcome;
        }
    }

    private static Outcome Run(IReplayTarget target, VectorCase @case)
    {
        try
        {
            var (recording, problems) = @case.IsClone ? new CloneReplay(target, @case).Run() : new RestoreReplay(target, @case).Run();
            if (CaseWriter.Folder is { } folder)
                CaseWriter.Write(folder, @case, recording);
            if (@case.IsDraft)
                return new Outcome([], "it is a draft: recorded, nothing to compare with");
            var (recorded, replayed) = target.IsLive ? (LiveRules.WithoutRaces(@case.Data), LiveRules.WithoutRaces(recording)) : (@case.Data, recording);
            return new Outcome([.. problems, .. @case.IsClone ? Comparison.OfClone(recorded, replayed) : Comparison.OfRestores(recorded, replayed)], null);
        }
        catch (NotRepeatableException e)
        {
            return new Outcome([], e.Message);
        }
        catch (Exception e) when (IsOfReplay(e))
        {
            return new Outcome([e.ToString()], null);
        }
    }
}

/// <summary>How a replay went.</summary>
/// <param name="Differences">Where it differs from the recording.</param>
/// <param name="NotRepeatable">Why the case could not be repeated here; null when it was.</param>
/// <param name="Attempt">Which attempt this was, from 1.</param>
internal sealed record Outcome(IReadOnlyList<string> Differences, string? NotRepeatable, int Attempt = 1);
