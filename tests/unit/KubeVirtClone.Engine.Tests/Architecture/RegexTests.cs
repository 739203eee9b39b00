using System.Reflection;
using System.Text.RegularExpressions;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Architecture;

/// <summary>
/// Patterns of our own have no deadline: a machine that sleeps, or a container that is frozen, in the midst of one would make an error of any text. They need none,
/// because they take time in proportion to what they read.
/// </summary>
public sealed class RegexTests
{
    public static TheoryData<string> Patterns => [.. Found.Select(m => $"{m.DeclaringType!.Name}.{m.Name}")];

    private static List<MethodInfo> Found { get; } =
    [
        .. new[] { typeof(ManifestReader).Assembly, typeof(IKubernetesClient).Assembly }
            .SelectMany(a => a.GetTypes())
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(m => m.GetCustomAttribute<GeneratedRegexAttribute>() is not null),
    ];

    [Fact]
    public void There_are_some() => Found.Count.ShouldBeGreaterThan(5);

    [Theory]
    [MemberData(nameof(Patterns))]
    public void A_pattern_has_no_deadline(string name)
    {
        var regex = (Regex)Found.Single(m => $"{m.DeclaringType!.Name}.{m.Name}" == name).Invoke(null, null)!;
        regex.MatchTimeout.ShouldBe(Regex.InfiniteMatchTimeout);
    }

    [Fact]
    public void Long_texts_are_read_once()
    {
        // Looked at from every line to the end these are more than anybody would wait for.
        ManifestReader.IsManifest(new string('\n', 3_000_000)).ShouldBeFalse();
        ManifestReader.IsManifest(new string('\n', 3_000_000) + " apiVersion: v1").ShouldBeTrue();
    }
}
