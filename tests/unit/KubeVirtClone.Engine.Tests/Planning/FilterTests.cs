using System.Runtime.CompilerServices;
using System.Text.Json;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Planning;

public sealed class FilterTests
{
    [Fact]
    public void Filters_that_are_kept_are_those_that_were_asked_for()
    {
        // Whichever comes first.
        KeyFilter.Of([""]).Keeps("app").ShouldBe(new KeyFilter([""]).Keeps("app"));
        KeyFilter.Of([]).Keeps("app").ShouldBeFalse();
        KeyFilter.Of(["a\nb"]).Keeps("b").ShouldBe(new KeyFilter(["a\nb"]).Keeps("b"));
        KeyFilter.Of(["a", "b"]).Keeps("b").ShouldBeTrue();
        KeyFilter.Of(["a1:b"]).Keeps("b").ShouldBe(new KeyFilter(["a1:b"]).Keeps("b"));
    }

    [Theory]
    [InlineData("app", "app.kubernetes.io/name", true)]
    [InlineData("app", "myapp", true)]
    [InlineData("APP", "app", false)]
    [InlineData("some/key*", "xsome/keyyy/z", true)]
    [InlineData("app.kubernetes", "appXkubernetes", true)]
    [InlineData("*", "anything", true)]
    [InlineData("*,!tier", "tier", false)]
    [InlineData("!tier,*", "tier", false)]
    [InlineData("!tier", "app", false)]
    [InlineData("*,!*", "app", true)]
    [InlineData("[", "[", false)]
    public void Filters_mean_what_KubeVirt_makes_of_them(string filters, string key, bool kept) =>
        new KeyFilter(filters.Split(',')).Keeps(key).ShouldBe(kept);

    /// <summary>Filters keep what Go's own regexp package says they match, and none that it refuses.</summary>
    [Fact]
    public void Filters_are_read_as_Go_reads_them()
    {
        var lines = File.ReadLines(Path.Combine(Fixtures(), "go-regexp.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var keys = lines[0].GetProperty("keys").EnumerateArray().Select(k => k.GetString()!).ToList();
        var wrong = new List<string>();
        // KubeVirt reads a leading '!' and a lone '*' itself.
        foreach (var line in lines.Skip(1).Where(l => l.GetProperty("pattern").GetString() is not ("*" or "") and var p && !p!.StartsWith('!')))
        {
            var pattern = line.GetProperty("pattern").GetString()!;
            var filter = new KeyFilter([pattern]);
            var kept = filter.Ignored.Count > 0 ? "" : string.Concat(keys.Select(k => filter.Keeps(k) ? '1' : '0'));
            if (kept != line.GetProperty("matches").GetString())
                wrong.Add(pattern);
        }

        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("!tier", "only exclusions")]
    [InlineData("(x", "no regular expression")]
    public void A_filter_that_does_not_do_what_it_looks_like_is_a_warning(string filter, string text)
    {
        var result = RequestRules.Check(World.Request() with { LabelFilter = [filter] }, "b", 0);

        result.Fault.ShouldBeNull();
        result.Warnings.ShouldContain(w => w.Contains(text));
    }

    [Fact]
    public void Stripping_everything_on_purpose_is_taken_silently() =>
        RequestRules.Check(World.Request() with { LabelFilter = ["!*"] }, "b", 0).ShouldSatisfyAllConditions(
            r => r.Fault.ShouldBeNull(),
            r => r.Warnings.ShouldBeEmpty());

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("!", "excludes nothing")]
    [InlineData("!!x", "'!' can stand only at the beginning")]
    [InlineData("a!", "'!' can stand only at the beginning")]
    [InlineData("a*b", "'*' can stand only at the end")]
    [InlineData("**", "'*' can stand only at the end")]
    public void Filters_the_webhook_refuses_are_faults(string filter, string why)
    {
        var fault = RequestRules.Check(World.Request() with { TemplateAnnotationFilter = ["*", filter] }, "b", 0).Fault!;

        fault.Id.ShouldBe(FaultIds.VMCloneFilterInvalid);
        fault.Message.ShouldContain($"TemplateAnnotationFilter '{filter}'");
        fault.Message.ShouldContain(why);
    }

    [Fact]
    public void An_empty_list_is_refused_with_how_to_say_either_thing_it_may_mean()
    {
        var fault = RequestRules.Check(World.Request() with { LabelFilter = [] }, "b", 0).Fault!;

        fault.Id.ShouldBe(FaultIds.VMCloneFilterInvalid);
        fault.Message.ShouldContain("LabelFilter is an empty list");
        fault.RecommendedAction.ToString().ShouldContain("'!*'");
    }

    private static string Fixtures([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures"));
}
