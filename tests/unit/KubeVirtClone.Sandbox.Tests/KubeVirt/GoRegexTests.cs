using System.Runtime.CompilerServices;
using System.Text.Json;
using KubeVirtClone.Shared;

namespace KubeVirtClone.Sandbox.Tests.KubeVirt;

public sealed class GoRegexTests
{
    [Theory]
    [InlineData("app", "myapp.io/x", true)]
    [InlineData("some/key*", "xsome/keyyy/z", true)]
    [InlineData("some/key*", "xsome/ke", true)]
    [InlineData("^app$", "app", true)]
    [InlineData("^app$", "app\n", false)]
    [InlineData("app.kubernetes", "appXkubernetes", true)]
    [InlineData("APP", "app", false)]
    [InlineData("(?i)APP", "app", true)]
    [InlineData("a{2}", "baab", true)]
    [InlineData("a{,2}", "a{,2}", true)]
    [InlineData("a{,2}", "aa", false)]
    [InlineData("[^a-c]", "abc", false)]
    [InlineData("[]x]", "]", true)]
    [InlineData("[[:digit:]]+$", "node12", true)]
    [InlineData(@"\d", "٣", false)]
    [InlineData(@"\w+$", "é", false)]
    [InlineData(@"\Qa.b\E", "axb", false)]
    [InlineData(@"\Qa.b\E", "a.b", true)]
    [InlineData(@"\x{41}", "A", true)]
    [InlineData(@"\pL", "1", false)]
    [InlineData("(?P<n>x)|y", "y", true)]
    [InlineData("(?:a|b)+c", "abac", true)]
    [InlineData("[a-z&&[^b]]", "b]", true)]
    public void Matches_as_RE2_does(string pattern, string text, bool matches)
    {
        var regex = GoRegex.TryParse(pattern, out var error);
        error.ShouldBeNull();
        regex!.IsMatch(text).ShouldBe(matches);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("a**")]
    [InlineData("[")]
    [InlineData("(x")]
    [InlineData("x)")]
    [InlineData("(?=a)")]
    [InlineData("(?<!a)b")]
    [InlineData(@"(a)\1")]
    [InlineData("a{1001}")]
    [InlineData("a{2,1}")]
    [InlineData("[z-a]")]
    [InlineData(@"\y")]
    [InlineData(@"a\")]
    [InlineData("[[:nope:]]")]
    public void Refuses_what_RE2_refuses(string pattern)
    {
        GoRegex.TryParse(pattern, out var error).ShouldBeNull();
        error.ShouldNotBeNull();
    }

    /// <summary>What Go 1.26's regexp package said about some 700 patterns: which of the keys each matches; nothing where it refuses the pattern.</summary>
    [Fact]
    public void Every_pattern_means_what_Go_says()
    {
        var lines = File.ReadLines(Recorded()).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var keys = lines[0].GetProperty("keys").EnumerateArray().Select(k => k.GetString()!).ToList();
        var wrong = new List<string>();
        foreach (var line in lines.Skip(1))
        {
            var pattern = line.GetProperty("pattern").GetString()!;
            var regex = GoRegex.TryParse(pattern, out _);
            var matches = regex is null ? "" : string.Concat(keys.Select(k => regex.IsMatch(k) ? '1' : '0'));
            if (matches != line.GetProperty("matches").GetString())
                wrong.Add($"{pattern}: {matches} instead of {line.GetProperty("matches").GetString()}");
        }

        lines.Count.ShouldBeGreaterThan(700);
        wrong.ShouldBeEmpty();
    }

    private static string Recorded([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures", "go-regexp.jsonl"));
}
