using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>Every recorded case, replayed.</summary>
public sealed class ReplayTests
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<string>>>> Results = new(StringComparer.Ordinal);

    /// <summary>Cases of the project's own fixtures that do not replay yet; <see cref="What_is_listed_as_open_is_open"/> keeps the list true.</summary>
    private static readonly HashSet<string> Open = new(StringComparer.Ordinal)
    {
        "r17", "r53",
    };

    public static TheoryData<string> Cases() => [.. VectorCase.Files().Select(f => Path.GetFileNameWithoutExtension(f)).Where(n => !Open.Contains(n.Split('-')[0]))];

    public static TheoryData<string> OpenCases() => [.. VectorCase.Files().Select(f => Path.GetFileNameWithoutExtension(f)).Where(n => Open.Contains(n.Split('-')[0]))];

    [Theory]
    [MemberData(nameof(OpenCases))]
    public async Task What_is_listed_as_open_is_open(string name)
    {
        var differences = await ReplayAsync(VectorCase.Files().First(f => Path.GetFileNameWithoutExtension(f) == name));
        differences.ShouldNotBeEmpty($"{name} replays now: take it off the list");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_recorded_case_replays(string name)
    {
        var differences = await ReplayAsync(VectorCase.Files().First(f => Path.GetFileNameWithoutExtension(f) == name));
        differences.ShouldBeEmpty(string.Join(Environment.NewLine, differences.Take(25)));
    }

    [Fact]
    public async Task The_table_of_cases_by_group_says_how_many_replay()
    {
        var groups = new SortedDictionary<string, (int Passed, List<string> Failed)>(StringComparer.Ordinal);
        foreach (var path in VectorCase.Files())
        {
            var group = Path.GetFileName(path)[..1];
            var (passed, failed) = groups.TryGetValue(group, out var so) ? so : (0, []);
            if ((await ReplayAsync(path)).Count == 0)
                passed++;
            else
                failed.Add(Path.GetFileNameWithoutExtension(path).Split('-')[0]);
            groups[group] = (passed, failed);
        }

        TestContext.Current.TestOutputHelper!.WriteLine("group  passed  failed");
        foreach (var (group, (passed, failed)) in groups)
            TestContext.Current.TestOutputHelper!.WriteLine($"{group,-5}  {passed,6}  {failed.Count,6}  {string.Join(' ', failed)}");
        // For work on the sandbox: all differences of all cases in one file.
        if (Environment.GetEnvironmentVariable("KUBEVIRTCLONE_REPLAY_REPORT") is { Length: > 0 } report)
        {
            var lines = new List<string>();
            foreach (var path in VectorCase.Files())
                lines.AddRange((await ReplayAsync(path)).Select(d => Path.GetFileNameWithoutExtension(path) + ": " + d));
            await File.WriteAllLinesAsync(report, lines);
        }

        groups.Values.Sum(g => g.Passed + g.Failed.Count).ShouldBe(VectorCase.Files().Count);
        groups.Values.Sum(g => g.Passed).ShouldBeGreaterThan(0);
    }

    internal static Task<IReadOnlyList<string>> ReplayAsync(string path) =>
        Results.GetOrAdd(path, p => new Lazy<Task<IReadOnlyList<string>>>(() => Task.Run(() => RunAsync(VectorCase.Load(p))))).Value;

    private static async Task<IReadOnlyList<string>> RunAsync(VectorCase @case)
    {
        await using var sandbox = new ReplaySandbox(@case.Namespace);
        try
        {
            var (recording, problems) = @case.IsClone ? new CloneReplay(sandbox, @case).Run() : new RestoreReplay(sandbox, @case).Run();
            return [.. problems, .. @case.IsClone ? Comparison.OfClone(@case.Data, recording) : Comparison.OfRestores(@case.Data, recording)];
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or ArgumentException or NullReferenceException)
        {
            return [e.ToString()];
        }
    }
}
