using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Tests.Architecture;

/// <summary>The Engine's folders are layers: what is further to the right may use what is further to the left, never the other way.</summary>
public sealed partial class LayerTests
{
    private const string Root = "KubeVirtClone.Engine.";

    // Folders on one line know nothing of each other.
    private static readonly string[][] Layers =
    [
        ["Model.Records"],
        ["Model.Requests"],
        ["Model.Results"],
        ["Cluster", "Knowledge.Patches", "Knowledge.Naming", "Knowledge.Causes"],
        ["Knowledge.Identity", "Knowledge.Machines", "Knowledge.Rows"],
        ["Knowledge.Manifests"],
        ["Objects"],
        ["Facts"],
        ["Planning"],
        ["Preflight.Subjects"],
        ["Preflight.Checks"],
        ["Preflight"],
        ["Diagnosis"],
        ["Waiting"],
        ["Power"],
        ["Transfers"],
        ["Images", "Cloning"],
        ["Insight.Comparison", "Insight.Measurement"],
        ["Insight.Reporting"],
    ];

    private static readonly ArchUnitNET.Domain.Architecture Engine = new ArchLoader().LoadAssemblies(typeof(KubeVirtCluster).Assembly).Build();

    [Fact]
    public void No_type_uses_a_layer_to_its_right() =>
        Uses().Where(u => u.To != u.From && Rank(u.To) >= Rank(u.From))
            .Select(u => $"{u.From}: {u.User} uses {u.Used} of {u.To}").Distinct(StringComparer.Ordinal)
            .ShouldBeEmpty();

    // Constants leave no trace in an assembly, and what only a comment names leaves none either.
    [Fact]
    public void No_file_imports_a_layer_to_its_right() =>
        SourceFiles().SelectMany(f => Imports().Matches(f.Text).Select(m => (f.Name, f.Folder, Imported: m.Groups["folder"].Value)))
            .Where(i => Rank(i.Imported) >= Rank(i.Folder))
            .Select(i => $"{i.Folder}: {i.Name} imports {i.Imported}")
            .ShouldBeEmpty();

    [Fact]
    public void No_folders_use_each_other_in_a_circle()
    {
        var uses = Uses().Where(u => u.From != u.To).Select(u => (u.From, u.To)).ToHashSet();
        uses.ShouldContain(("Cloning", "Planning"), "What the test looks at holds no uses at all.");
        var left = uses.SelectMany(u => new[] { u.From, u.To }).ToHashSet(StringComparer.Ordinal);
        // A folder that uses none of those that are left is in no circle; what stays when all such are taken away is.
        while (left.RemoveWhere(f => !uses.Any(u => u.From == f && left.Contains(u.To))) > 0)
        {
        }

        left.ShouldBeEmpty();
    }

    [Fact]
    public void Every_folder_is_in_the_list_holds_more_than_one_file_and_names_its_namespace()
    {
        var folders = SourceFiles().ToLookup(f => f.Folder, StringComparer.Ordinal);
        folders.Select(f => f.Key).Order(StringComparer.Ordinal).ShouldBe(Layers.SelectMany(l => l).Order(StringComparer.Ordinal));
        folders.Where(f => f.Count() < 2).Select(f => f.Key).ShouldBeEmpty();
        SourceFiles().Where(f => !f.Text.Contains($"namespace {Root}{f.Folder};", StringComparison.Ordinal)).Select(f => f.Name).ShouldBeEmpty();
    }

    [Fact]
    public void No_two_types_have_one_name() =>
        Types().Where(t => !t.FullName.Contains('+', StringComparison.Ordinal)).GroupBy(t => t.Name, StringComparer.Ordinal)
            .Where(g => g.Count() > 1).Select(g => string.Join(" and ", g.Select(t => t.FullName)))
            .ShouldBeEmpty();

    private static IEnumerable<IType> Types() => Engine.Types.Where(t => t.Namespace.FullName.StartsWith(Root, StringComparison.Ordinal));

    private static IEnumerable<(string From, string User, string To, string Used)> Uses() =>
        Types().SelectMany(t => t.Dependencies.Select(d => d.Target).Where(u => u.Namespace.FullName.StartsWith(Root, StringComparison.Ordinal))
            .Select(u => (Folder(t), t.Name, Folder(u), u.Name)));

    private static string Folder(IType type) => type.Namespace.FullName[Root.Length..];

    private static int Rank(string folder)
    {
        var rank = Array.FindIndex(Layers, l => l.Contains(folder, StringComparer.Ordinal));
        rank.ShouldBeGreaterThanOrEqualTo(0, $"The folder {folder} is in no layer.");
        return rank;
    }

    private static IEnumerable<(string Name, string Folder, string Text)> SourceFiles([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../../src/KubeVirtClone.Engine"));
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'))
            .Where(f => !f.StartsWith("obj/", StringComparison.Ordinal) && !f.StartsWith("bin/", StringComparison.Ordinal))
            .Select(f => (f, Path.GetDirectoryName(f)!.Replace('\\', '/').Replace('/', '.'), File.ReadAllText(Path.Combine(root, f))));
    }

    [GeneratedRegex(@"^using KubeVirtClone\.Engine\.(?<folder>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Imports();
}
