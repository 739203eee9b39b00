using System.Security.Cryptography;
using System.Text;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Knowledge.Rows;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Tests.Rows;

/// <summary>A field that is added to the table is read, merged, filled in and told apart everywhere in the engine, without another line.</summary>
public sealed class NewFieldTests : IDisposable
{
    private static readonly RequestField Colour = new("CaseColour", RequestFieldKind.Text, "Colour of the case") { Aliases = ["Paint"], IsPattern = true };

    public NewFieldTests() => RequestFields.Try(Colour);

    public void Dispose() => RequestFields.Try(null);

    [Theory]
    [InlineData("CaseColour")]
    [InlineData("casecolour")]
    [InlineData("Paint")]
    public void Rows_have_it(string column)
    {
        var warnings = new List<string>();
        var row = new RowReader(warnings.Add).Read([new("SourceName", "golden"), new(column, " red ")], hasSource: false);
        row.Wishes[Colour].ShouldBe("red");
        warnings.ShouldBeEmpty();
        ColumnNames.Nearest("CaseColor").ShouldBe("CaseColour");
    }

    [Fact]
    public void It_is_merged()
    {
        var red = RequestValues.None.With(Colour, "red");
        red.Over(RequestValues.None.With(Colour, "blue").With(RequestFields.Hostname, "h")).ShouldSatisfyAllConditions(
            v => v[Colour].ShouldBe("red"),
            v => v[RequestFields.Hostname].ShouldBe("h"));
        RequestValues.None.Over(red)[Colour].ShouldBe("red");
    }

    [Fact]
    public void It_is_filled_in() =>
        NamePattern.Apply(Request with { Wishes = RequestValues.None.With(Colour, "{2}-{0}") }, 7).Wishes[Colour].ShouldBe("web-1-7");

    [Fact]
    public void It_tells_requests_apart_and_leaves_those_without_it_what_they_were()
    {
        var plain = RequestFingerprint.Of(Request, Request);
        var red = Request with { Wishes = RequestValues.None.With(Colour, "red") };
        RequestFingerprint.Of(red, red).ShouldNotBe(plain);

        RequestFields.Try(null);
        RequestFingerprint.Of(Request, Request).ShouldBe(plain);
    }

    [Fact]
    public void A_flag_that_is_not_set_is_the_same_request_said_or_not()
    {
        var glow = new RequestField("CaseGlow", RequestFieldKind.Flag, "Whether the case glows");
        RequestFields.Try(glow);
        string Of(RequestField field, bool value)
        {
            var request = Request with { Wishes = RequestValues.None.With(field, value) };
            return RequestFingerprint.Of(request, request);
        }

        var plain = RequestFingerprint.Of(Request, Request);
        foreach (var field in RequestFields.All.Where(f => f is { Kind: RequestFieldKind.Flag, InFingerprint: true, IsAlwaysInFingerprint: false }).ToList())
        {
            Of(field, false).ShouldBe(plain, field.Name);
            Of(field, true).ShouldNotBe(plain, field.Name);
        }

        Of(glow, false).ShouldBe(plain);
        Of(RequestFields.Start, false).ShouldBe(plain);
    }

    [Fact]
    public void A_fingerprint_is_what_clones_that_exist_are_marked_with()
    {
        var asked = Request with
        {
            LabelFilter = ["*"],
            MacAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "2", ["a"] = "1" },
            GenerateMacAddresses = true,
            VolumeNamePolicy = "prefixtargetname",
            Hostname = "h",
            Start = true,
            Without = CloneOmissions.Labels | CloneOmissions.Network,
        };
        const string written =
            """["VirtualMachine","golden","web-1",["*"],null,null,null,null,null,null,null,[["a","1"],["b","2"]],true,null,null,"PrefixTargetName","h",null,null,null,true,"None","Labels, Network",null]""";

        RequestFingerprint.Of(asked, asked with { VolumeNamePolicy = "PrefixTargetName" })
            .ShouldBe(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(written)))[..16].ToLowerInvariant());
    }

    private static CloneRequest Request => new() { Namespace = "default", SourceName = "golden", TargetName = "web-1" };
}
