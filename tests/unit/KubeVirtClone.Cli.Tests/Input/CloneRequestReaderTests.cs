using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Commands;
using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Cli.Tests.Input;

public sealed class CloneRequestReaderTests
{
    [Fact]
    public void A_source_alone_is_one_clone_without_a_target()
    {
        var request = Read(new NewInvocation { Names = ["golden"] }).ShouldHaveSingleItem();

        request.SourceName.ShouldBe("golden");
        request.SourceKind.ShouldBe("VirtualMachine");
        request.TargetName.ShouldBeNull();
        request.Namespace.ShouldBe("");
        request.LabelFilter.ShouldBeNull();
        request.MacAddresses.ShouldBeNull();
    }

    [Theory]
    [InlineData("vm/golden", null, "VirtualMachine")]
    [InlineData("virtualmachine.kubevirt.io/golden", null, "VirtualMachine")]
    [InlineData("vmsnapshot/golden", null, "VirtualMachineSnapshot")]
    [InlineData("virtualmachinesnapshots.snapshot.kubevirt.io/golden", null, "VirtualMachineSnapshot")]
    [InlineData("golden", "vm", "VirtualMachine")]
    [InlineData("golden", "snapshot", "VirtualMachineSnapshot")]
    [InlineData("vm/golden", "snapshot", "VirtualMachine")]
    public void The_source_is_named_as_kubectl_and_virtctl_name_it(string text, string? type, string kind)
    {
        var request = Read(new NewInvocation { Names = [text, "web-1"], SourceType = type }).ShouldHaveSingleItem();

        request.SourceKind.ShouldBe(kind);
        request.SourceName.ShouldBe("golden");
        request.TargetName.ShouldBe("web-1");
    }

    [Fact]
    public void With_source_name_every_argument_is_a_target()
    {
        var requests = Read(new NewInvocation { SourceName = "golden", SourceType = "snapshot", Names = ["a", "b"] });

        requests.Select(r => r.TargetName).ShouldBe(["a", "b"]);
        requests.ShouldAllBe(r => r.SourceKind == "VirtualMachineSnapshot");
    }

    [Fact]
    public void Counted_clones_are_named_by_the_pattern()
    {
        Read(new NewInvocation { Names = ["golden"], Count = 3, NamePattern = "web-{0:d3}", StartIndex = 9 })
            .Select(r => r.TargetName).ShouldBe(["web-009", "web-010", "web-011"]);
        Read(new NewInvocation { Names = ["golden"], Count = 2 }).Select(r => r.TargetName).ShouldBe(["golden-1", "golden-2"]);
    }

    [Fact]
    public void A_dash_reads_targets_from_stdin()
    {
        Read(new NewInvocation { Names = ["golden", "first", "-"] }, "a\n\n  b \r\n").Select(r => r.TargetName).ShouldBe(["first", "a", "b"]);
        Read(new NewInvocation { Names = ["golden", "-"] }, "").ShouldBeEmpty();
    }

    [Fact]
    public void A_dash_instead_of_the_source_reads_sources()
    {
        Read(new NewInvocation { Names = ["-"] }, "vm/a\nvmsnapshot/b\n").Select(r => (r.SourceKind, r.SourceName, r.TargetName))
            .ShouldBe([("VirtualMachine", "a", null), ("VirtualMachineSnapshot", "b", null)]);
        Read(new NewInvocation { Names = ["-"], Count = 2, NamePattern = "{1}-{0}" }, "a\nb\n").Select(r => r.TargetName).ShouldBe(["a-1", "a-2", "b-1", "b-2"]);
    }

    [Fact]
    public void Everything_said_of_the_clones_goes_into_each_request()
    {
        var request = Read(new NewInvocation
        {
            Names = ["golden", "web-1"],
            Wishes = Wish(new()
            {
                Namespace = "",
                SourceName = "",
                LabelFilter = ["*", "!role"],
                AnnotationFilter = [],
                TemplateLabelFilter = ["a"],
                TemplateAnnotationFilter = ["b"],
                SmbiosSerial = "s:1",
                Patches = ["""{"op":"remove","path":"/x"}"""],
                VolumeNamePolicy = "PrefixTargetName",
            }),
        }).ShouldHaveSingleItem();

        request.LabelFilter.ShouldBe(["*", "!role"]);
        request.AnnotationFilter.ShouldNotBeNull().ShouldBeEmpty();
        request.TemplateLabelFilter.ShouldBe(["a"]);
        request.TemplateAnnotationFilter.ShouldBe(["b"]);
        request.SmbiosSerial.ShouldBe("s:1");
        request.Patches.ShouldBe(["""{"op":"remove","path":"/x"}"""]);
        request.VolumeNamePolicy.ShouldBe("PrefixTargetName");
    }

    [Fact]
    public void A_csv_row_is_a_request_and_an_empty_cell_leaves_what_the_command_line_says()
    {
        var csv = """
            SourceName,Snapshot,TargetName,Namespace,SmbiosSerial,MacAddress,LabelFilter
            golden,,web-1,,s1,default=02:00:00:00:00:01;b=02-00-00-00-00-02,*;!x
            ,golden-snap,web-2,other,,,
            golden,,web-3,,,,
            """;
        var requests = Read(new NewInvocation { File = "-", Wishes = Wish(new() { Namespace = "", SourceName = "", SmbiosSerial = "line" }) }, csv);

        requests.Select(r => (r.SourceKind, r.SourceName, r.TargetName, r.Namespace, r.SmbiosSerial)).ShouldBe(
        [
            ("VirtualMachine", "golden", "web-1", "", "s1"),
            ("VirtualMachineSnapshot", "golden-snap", "web-2", "other", "line"),
            ("VirtualMachine", "golden", "web-3", "", "line"),
        ]);
        requests[0].MacAddresses!["default"].ShouldBe("02:00:00:00:00:01");
        requests[0].LabelFilter.ShouldBe(["*", "!x"]);
        requests[1].LabelFilter.ShouldBeNull();
    }

    [Fact]
    public void A_csv_row_says_what_the_new_machine_is_to_be()
    {
        const string csv = """
            SourceName,GoldenImage,ImageVersion,TargetName,Hostname,Label,Annotation,RunStrategy,CloudInitSecret,ExcludeLabel,ExcludeAnnotation,ExcludeTemplateLabel,ExcludeTemplateAnnotation
            golden,,,a,h{0},tier=web;zone=b=c,owner=me,Manual,ci-{2},x*;y,no*,t*,u*
            ,ubuntu,2,b,,,,,,,,,
            ,,,c,,,,,,,,,
            golden,ubuntu,,d,,,,,,,,,
            golden,,3,e,,,,,,,,,
            golden,,,f,,tier,,,,,,,
            """;
        var reader = Reader(new NewInvocation { File = "-" }, csv, []);
        var requests = reader.Read();

        requests.Select(r => r.TargetName).ShouldBe(["a", "b"]);
        requests[0].Hostname.ShouldBe("h1");
        requests[0].CloudInitSecret.ShouldBe("ci-a");
        requests[0].TargetLabels.ShouldNotBeNull().ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["tier"] = "web", ["zone"] = "b=c" });
        requests[0].TargetAnnotations.ShouldNotBeNull()["owner"].ShouldBe("me");
        requests[0].RunStrategy.ShouldBe("Manual");
        requests[0].ExcludeLabels.ShouldBe(["x*", "y"]);
        requests[0].ExcludeAnnotations.ShouldBe(["no*"]);
        requests[0].ExcludeTemplateLabels.ShouldBe(["t*"]);
        requests[0].ExcludeTemplateAnnotations.ShouldBe(["u*"]);
        (requests[1].GoldenImage, requests[1].GoldenImageVersion, requests[1].Hostname).ShouldBe(("ubuntu", "2", null));
        reader.Faults.Select(f => f.TargetName).ShouldBe(["stdin:4", "stdin:5", "stdin:6", "stdin:7"]);
    }

    [Fact]
    public void A_row_whose_pattern_is_none_is_a_fault_of_its_own_and_takes_no_number()
    {
        var warnings = new List<string>();
        var reader = Reader(new NewInvocation { File = "-", StartIndex = 5 }, "SourceName,TargetName,Hostname,CloneName,Batch\ngolden,a,h{0},c-1,b-1\ngolden,b,{7},,\n,,,,\ngolden,c,h{0},,\n", warnings);

        reader.Read().Select(r => (r.TargetName, r.Hostname, r.CloneName, r.Batch)).ShouldBe([("a", "h5", "c-1", "b-1"), ("c", "h6", null, null)]);
        reader.Faults.ShouldHaveSingleItem().TargetName.ShouldBe("stdin:3");
        warnings.ShouldHaveSingleItem().ShouldContain("passed over");
    }

    [Fact]
    public void Host_name_and_secret_are_filled_in_for_each()
    {
        var requests = Read(new NewInvocation { Names = ["golden"], Count = 2, NamePattern = "web-{0:d3}", StartIndex = 8, Wishes = Wish(new() { Namespace = "", SourceName = "", Hostname = "{1}-{0:d2}", CloudInitSecret = "{2}-data" }) });

        requests.Select(r => r.Hostname).ShouldBe(["golden-08", "golden-09"]);
        requests.Select(r => r.CloudInitSecret).ShouldBe(["web-008-data", "web-009-data"]);
    }

    [Fact]
    public void A_wrong_csv_row_is_a_fault_of_its_own_and_an_unknown_column_a_warning()
    {
        var warnings = new List<string>();
        var reader = Reader(
            new NewInvocation { File = "-" }, "SourceName,TargetName,MacAddress,Owner\n,a,,me\ngolden,b,nonsense,me\ngolden,c,,me\n", warnings);

        reader.Read().ShouldHaveSingleItem().TargetName.ShouldBe("c");
        reader.Faults.Select(f => f.TargetName).ShouldBe(["stdin:2", "stdin:3"]);
        reader.Faults.ShouldAllBe(f => f.RecommendedAction.ToString().Length > 0);
        warnings.ShouldHaveSingleItem().ShouldContain("'Owner'");
    }

    [Theory]
    [MemberData(nameof(Misuses))]
    public void What_makes_no_sense_is_refused_before_anything_is_sent(object invocation, string says)
    {
        var refused = Should.Throw<Exception>(() => Read((NewInvocation)invocation));

        (refused is UsageException or RequestFaultException).ShouldBeTrue(refused.GetType().Name);
        refused.Message.ShouldContain(says);
    }

    public static TheoryData<object, string> Misuses() => new()
    {
        { new NewInvocation(), "say what to clone" },
        { new NewInvocation { Names = ["pod/x"] }, "can't be cloned" },
        { new NewInvocation { Names = ["vm/"] }, "does not name a source" },
        { new NewInvocation { Names = ["golden", "a"], Count = 2 }, "not both" },
        { new NewInvocation { Names = ["golden"], NamePattern = "x{0}" }, "--count" },
        { new NewInvocation { Names = ["golden"], Count = 2, NamePattern = "same" }, "more than once" },
        { new NewInvocation { Names = ["golden"], Count = 2, NamePattern = "{0" }, "not a pattern" },
        { new NewInvocation { Names = ["golden", "a"], File = "-" }, "name none" },
        { new NewInvocation { Names = ["-", "a"] }, "name no targets" },
        { new NewInvocation { File = "/nowhere/clones.csv" }, "can't read /nowhere/clones.csv" },
    };

    [Theory]
    [InlineData("SourceName,TargetName\nsilver,a\ngolden,b\nvmsnapshot/golden,c\n", "'silver'", "'golden'")]
    [InlineData("GoldenImage,TargetName\nsilver,a\n,b\n", "'silver'")]
    [InlineData("Namespace,TargetName\nteam-b,a\nteam-a,b\n,b\n", "'team-b'")]
    public void A_row_that_names_another_than_the_command_line_is_refused_and_the_rest_goes_on(string file, params string[] said)
    {
        var reader = new CloneRequestReader(new NewInvocation { Names = ["golden"], File = "-" }, new StringReader(file), _ => { }, "team-a");

        reader.Read().Select(r => (r.SourceKind, r.SourceName, r.TargetName)).Distinct().ShouldBe([("VirtualMachine", "golden", "b")]);

        reader.Faults.Count.ShouldBe(said.Length);
        reader.Faults.Zip(said).ShouldAllBe(pair => pair.First.Message.Contains(pair.Second, StringComparison.Ordinal) && pair.First.Message.Contains("the command line", StringComparison.Ordinal));
    }

    [Fact]
    public void A_row_may_say_what_the_command_line_says()
    {
        var reader = new CloneRequestReader(
            new NewInvocation { GoldenImage = "ubuntu:2", File = "-" }, new StringReader("GoldenImage,ImageVersion,TargetName\nubuntu,3,a\n,,b\nsilver,,c\n"), _ => { });

        reader.Read().Select(r => (r.GoldenImage, r.GoldenImageVersion, r.TargetName)).ShouldBe([("ubuntu", "3", "a"), ("ubuntu", "2", "b")]);
        reader.Faults.ShouldHaveSingleItem().Id.ShouldBe("VMCloneSourceGivenTwice");
    }

    private static RequestValues Wish(CloneRequest request) => request.Wishes;

    private static IReadOnlyList<CloneRequest> Read(NewInvocation invocation, string input = "") => Reader(invocation, input, []).Read();

    private static CloneRequestReader Reader(NewInvocation invocation, string input, List<string> warnings) =>
        new(invocation, new StringReader(input), warnings.Add);
}
