using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Tests.Planning;

public sealed class CloneNamingTests
{
    [Fact]
    public void Counts_with_the_format_of_the_pattern() =>
        new CloneNaming("web-{0:d3}", 3, 1).NamesFor("golden").Select(n => n.Name).ShouldBe(["web-001", "web-002", "web-003"]);

    [Fact]
    public void Goes_on_counting_with_the_next_source()
    {
        var naming = new CloneNaming("web-{0}", 2, 7);
        naming.NamesFor("a").Select(n => n.Name).ShouldBe(["web-7", "web-8"]);
        naming.NamesFor("b").Select(n => n.Name).ShouldBe(["web-9", "web-10"]);
    }

    [Fact]
    public void Names_after_the_source_when_nothing_is_counted() =>
        new CloneNaming("{0}-copy", null, 1).NamesFor("web-1").Select(n => n.Name).ShouldBe(["web-1-copy"]);

    [Fact]
    public void Counts_sources_when_the_pattern_has_a_number_format()
    {
        var naming = new CloneNaming("desk-{0:d2}", null, 1);
        naming.NamesFor("a").Select(n => n.Name).ShouldBe(["desk-01"]);
        naming.NamesFor("b").Select(n => n.Name).ShouldBe(["desk-02"]);
    }

    [Fact]
    public void Offers_the_source_beside_the_number() => new CloneNaming("{1}-{0}", 2, 1).NamesFor("a").Select(n => n.Name).ShouldBe(["a-1", "a-2"]);

    [Fact]
    public void Names_each_source_by_itself_without_a_pattern()
    {
        var naming = new CloneNaming(null, 2, 1);
        naming.NamesFor("a").Select(n => n.Name).ShouldBe(["a-1", "a-2"]);
        naming.NamesFor("b").Select(n => n.Name).ShouldBe(["b-1", "b-2"]);
    }

    [Fact]
    public void Takes_a_number_that_was_piped_in()
    {
        new CloneNaming("web-{0:d3}", null, 1).Name(17, "golden", counted: true).ShouldBe("web-017");
        new CloneNaming(null, null, 1).Name(17, "golden", counted: true).ShouldBe("golden-17");
        new CloneNaming("desk-{0}", null, 1).Name(17, "golden", counted: true).ShouldBe("desk-17");
    }

    [Theory]
    [InlineData("web-{0", 2)]
    [InlineData("web-{7}", 2)]
    [InlineData("web", 2)]
    [InlineData("web-{2}", 2)]
    [InlineData("web-{0}", 0)]
    [InlineData("web-{0}", 100_001)]
    public void Refuses_a_pattern_that_cannot_name_them(string pattern, int count) =>
        Should.Throw<RequestFaultException>(() => new CloneNaming(pattern, count, 1)).Id.ShouldBe(FaultIds.NamePatternInvalid);
}
