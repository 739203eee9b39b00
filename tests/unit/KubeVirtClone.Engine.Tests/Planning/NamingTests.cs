using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Planning;

public sealed class NamingTests
{
    [Fact]
    public void Clone_names_are_the_same_for_the_same_batch_and_target_and_differ_otherwise()
    {
        var name = CloneNames.ForClone("b", "ns", "web-1");
        name.ShouldStartWith("web-1-");
        CloneNames.ForClone("b", "ns", "web-1").ShouldBe(name);
        new[] { CloneNames.ForClone("c", "ns", "web-1"), CloneNames.ForClone("b", "ns2", "web-1"), CloneNames.ForClone("b", "ns", "web-2"), name }
            .Distinct().Count().ShouldBe(4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(52)]
    [InlineData(63)]
    [InlineData(253)]
    public void Made_up_names_are_legal_and_fit_a_label_whatever_the_length_of_what_they_are_made_of(int length)
    {
        var given = new string('a', length - 1) + "b";
        foreach (var name in new[] { CloneNames.ForClone("b", "ns", given), CloneNames.ForTarget("b", "ns", "VirtualMachine", given, 3) })
        {
            name.Length.ShouldBeLessThanOrEqualTo(63);
            NameRules.WhyNotName(name).ShouldBeNull();
        }
    }

    [Fact]
    public void Generated_batch_ids_are_label_values_and_differ()
    {
        var ids = Enumerable.Range(0, 50).Select(_ => CloneNames.NewBatch(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero))).ToList();
        ids.ShouldAllBe(i => NameRules.WhyNotLabelValue(i) == null && i.StartsWith("20260102-030405-"));
        ids.Distinct().Count().ShouldBeGreaterThan(45);
    }

    [Fact]
    public void Upper_case_is_refused_with_the_lower_case_name()
    {
        NameRules.WhyNotName("Web-1")!.ShouldContain("'web-1'");
        NameRules.WhyNotName("Bad_Name")!.ShouldNotContain("would be legal");
        NameRules.WhyNotName(new string('a', 253)).ShouldBeNull();
        NameRules.WhyNotName(new string('a', 254))!.ShouldContain("254");
    }

    [Theory]
    [InlineData("web-*", "web-001", true)]
    [InlineData("web-*", "db-001", false)]
    [InlineData("WEB-?", "web-1", true)]
    [InlineData("web-[0-3]", "web-2", true)]
    [InlineData("web-[0-3]", "web-4", false)]
    [InlineData("web-`*", "web-*", true)]
    [InlineData("web.1*", "webx1", false)]
    [InlineData("[", "[", true)]
    [InlineData("[]", "[]", true)]
    [InlineData("web", "WEB", false)]
    public void Wildcards_are_PowerShells(string pattern, string name, bool matches) => new WildcardName(pattern).Matches(name).ShouldBe(matches);
}
