using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Virtual;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Replay;

namespace KubeVirtClone.Methods.Tests.Equality;

/// <summary>For every recorded clone that a real KubeVirt accepted and finished: the engine makes the same machine by either method, volumes included.</summary>
public sealed class RecordedEqualityTests
{
    private static readonly Lazy<Task<IReadOnlyDictionary<string, IReadOnlyList<string>>>> Results = new(() => Task.Run(CompareAllAsync));

    private static readonly string[] Dangerous = [FaultIds.VMCloneVolumeExists, FaultIds.VMCloneTargetExists];

    public static TheoryData<string> Cases() => [.. Finished().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Both_methods_make_the_same_machine(string name)
    {
        var differences = await CompareAsync(name);
        differences.ShouldBeEmpty(string.Join(Environment.NewLine, differences.Take(25)));
    }

    [Fact]
    public async Task The_table_of_cases_by_group_says_how_many_are_equal()
    {
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine("group  equal  of");
        var (equal, all) = (0, 0);
        foreach (var group in Finished().GroupBy(c => c.Group, StringComparer.Ordinal))
        {
            var results = await Task.WhenAll(group.Select(c => CompareAsync(c.Name)));
            var same = results.Count(r => r.Count == 0);
            output.WriteLine($"{group.Key,-5}  {same,5}  {results.Length,2}");
            (equal, all) = (equal + same, all + results.Length);
        }

        output.WriteLine($"all    {equal,5}  {all,2}");
        equal.ShouldBe(all);
        all.ShouldBeGreaterThan(60);
    }

    [Theory]
    [InlineData("machine", "spec", "template", "spec", "domain", "memory", "guest")]
    [InlineData("machine", "metadata", "labels", "one-more")]
    public async Task A_field_that_differs_is_found(params string[] path)
    {
        var one = await MakeAsync(VectorCase.OfOwn("a01-").Path, CloneMethodChoice.Clone, preflight: true);
        var other = one with { State = one.State.Copy() };
        Outcome.Differences(one, other).ShouldBeEmpty();
        ((JsonObject)other.State).Ensure(path.AsSpan(..^1))[path[^1]] = "changed";
        Outcome.Differences(one, other).ShouldHaveSingleItem().ShouldContain(string.Join('.', path));
    }

    // The cases that the environment names may be of other kinds only: the project's own are always among them.
    internal static IEnumerable<VectorCase> Finished() => VectorCase.Files().Concat(VectorCase.OwnFiles()).DistinctBy(Path.GetFileName, StringComparer.Ordinal).Select(VectorCase.Load)
        .Where(c => c.IsClone && c.Data.FlagAt("accepted") is true && c.Data.ArrayAt("phases").Objects().Any(p => p.TextAt("status", "phase") == "Succeeded"));

    private static async Task<IReadOnlyList<string>> CompareAsync(string name) => (await Results.Value)[name];

    private static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> CompareAllAsync()
    {
        var results = new ConcurrentDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(Finished().ToList(), new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (@case, _) =>
        {
            try
            {
                results[@case.Name] = await RunAsync(@case.Path);
            }
            catch (Exception e) when (e is TimeoutException or InvalidOperationException or ShouldAssertException)
            {
                results[@case.Name] = [e.ToString()];
            }
        });
        return results;
    }

    private static async Task<IReadOnlyList<string>> RunAsync(string path)
    {
        var byClone = await MakeAsync(path, CloneMethodChoice.Clone, preflight: true);
        var byRestore = await MakeAsync(path, CloneMethodChoice.Restore, preflight: true);
        // What KubeVirt takes and the preflight does not, because it gives away somebody's data: refused by both, and made when it is asked to look away.
        if (byClone.Fault is not null && byClone.Fault == byRestore.Fault && Dangerous.Contains(byClone.Fault.Split(':')[0]))
        {
            byClone = await MakeAsync(path, CloneMethodChoice.Clone, preflight: false);
            byRestore = await MakeAsync(path, CloneMethodChoice.Restore, preflight: false);
        }

        return byClone.Fault is { } fault ? [fault] : Outcome.Differences(byClone, byRestore);
    }

    internal static async Task<Outcome> MakeAsync(string path, CloneMethodChoice method, bool preflight, string? ownership = null)
    {
        var @case = VectorCase.Load(path);
        await using var cluster = new VirtualCluster(@case.Namespace);
        var preparation = new Preparation(cluster.Sandbox, @case);
        preparation.Run().ToList().ShouldBeEmpty();
        var request = RequestOf(@case.Namespace, (JsonObject)preparation.Translate(@case.Data["clone"]!));
        foreach (var step in @case.Data.ArrayAt("during").Objects())
            request = Help(cluster.Sandbox, @case.Namespace, request, step);
        return await Outcome.MakeAsync(cluster, request with { VolumeOwnershipPolicy = ownership }, method, preflight);
    }

    // Where the recorder helped a clone that waited, the help comes first here.
    private static CloneRequest Help(ReplaySandbox sandbox, string ns, CloneRequest request, JsonObject step)
    {
        const string otherSource = "change spec.source.name to ";
        if (step.TextAt("step") is { } text && text.StartsWith(otherSource, StringComparison.Ordinal))
            return request with { SourceName = text[otherSource.Length..] };
        // A second clone for the same target is no help.
        if (step.ObjectAt("result", "object") is { } made && made.Kind() != "VirtualMachineClone")
        {
            sandbox.Post(sandbox.Find(made), ns, made);
            sandbox.Run(TimeSpan.FromSeconds(5));
        }

        return request;
    }

    private static CloneRequest RequestOf(string ns, JsonObject clone)
    {
        var spec = clone.ObjectAt("spec");
        var nothing = spec.ArrayAt("labelFilters") is { Count: 0 };
        return new()
        {
            Namespace = ns,
            SourceKind = spec.TextAt("source", "kind")!,
            SourceName = spec.TextAt("source", "name")!,
            TargetName = spec.TextAt("target", "name"),
            // Empty lists, which drop every key, are refused as a likely mistake; this is how to ask for it.
            Without = nothing ? CloneOmissions.Labels | CloneOmissions.Annotations : CloneOmissions.None,
            LabelFilter = nothing ? null : Texts(spec.ArrayAt("labelFilters")),
            AnnotationFilter = nothing ? null : Texts(spec.ArrayAt("annotationFilters")),
            TemplateLabelFilter = nothing ? null : Texts(spec.ArrayAt("template", "labelFilters")),
            TemplateAnnotationFilter = nothing ? null : Texts(spec.ArrayAt("template", "annotationFilters")),
            MacAddresses = spec.ObjectAt("newMacAddresses")?.ToDictionary(m => m.Key, m => m.Value.AsText() ?? "", StringComparer.Ordinal),
            SmbiosSerial = spec.TextAt("newSMBiosSerial"),
            Patches = Texts(spec.ArrayAt("patches")) is { Count: > 0 } patches ? patches : null,
            VolumeNamePolicy = spec.TextAt("volumeNamePolicy"),
        };
    }

    private static List<string>? Texts(JsonArray? list) => list?.Texts().ToList();
}
