using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace KubeVirtClone.Engine.Tests.Architecture;

/// <summary>Texts of the Engine name commands and options as <c>CommandName</c> and <c>OptionName</c>, never in one shell's words: each front end says them its own way.</summary>
public sealed partial class AdviceTests
{
    [Fact]
    public void No_text_names_a_cmdlet_or_parameter_in_plain_words()
    {
        var lines = Lines().ToList();
        lines.ShouldContain(l => l.Text.Contains("OptionName.", StringComparison.Ordinal), "No source was read.");
        lines.SelectMany(l => Texts().Matches(l.Text).Select(t => (l.Where, Text: t.Value)))
            .Where(t => Words().IsMatch(t.Text))
            .Select(t => $"{t.Where}: {t.Text}")
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\"See Get-VM.\"", true)]
    [InlineData("\"Give -Force.\"", true)]
    [InlineData("$\"{a} (-Batch {b})\"", true)]
    [InlineData("\"kubectl get vm -A -n lab, win-Server, x-Force\"", false)]
    public void What_is_looked_for_is_found(string code, bool found) => Words().IsMatch(Texts().Match(code).Value).ShouldBe(found);

    private static IEnumerable<(string Where, string Text)> Lines([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "..", "src", "KubeVirtClone.Engine"));
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && Path.GetFileName(f) != "Advice.cs")
            .SelectMany(f => File.ReadLines(f).Select((text, i) => (Where: $"{Path.GetFileName(f)}:{i + 1}", Text: text)))
            .Where(l => !l.Text.TrimStart().StartsWith("//", StringComparison.Ordinal));
    }

    [GeneratedRegex("\"(\\\\.|[^\"\\\\])*\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Texts();

    [GeneratedRegex(@"\b[A-Z][a-z]+-(VM|KubeVirt)[A-Za-z]*\b|(?<![\w\-'/])-[A-Z][A-Za-z]+\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Words();
}
