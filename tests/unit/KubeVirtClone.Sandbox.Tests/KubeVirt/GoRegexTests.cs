using KubeVirtClone.Sandbox.KubeVirt;

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
    [InlineData("(?P<n>a)(?P<n>b)")]
    [InlineData("[[:nope:]]")]
    public void Refuses_what_RE2_refuses(string pattern)
    {
        GoRegex.TryParse(pattern, out var error).ShouldBeNull();
        error.ShouldNotBeNull();
    }
}
