using KubeVirtClone.Engine.Knowledge.Rows;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Tests.Rows;

public sealed class RowReaderTests
{
    private readonly List<string> _warnings = [];
    private readonly RowReader _reader;

    public RowReaderTests() => _reader = new RowReader(_warnings.Add);

    [Theory]
    [InlineData("Name", "TargetName", "golden", "web-1")]
    [InlineData("name", "TARGETNAME", "golden", "web-1")]
    [InlineData("TargetName", "Name", "web-1", "golden")]
    [InlineData("SourceName", "TargetName", "golden", "web-1")]
    [InlineData("VM", "Target", "golden", "web-1")]
    [InlineData("Source", "Name", "golden", "web-1")]
    public void Source_and_target_are_what_the_columns_say_in_any_case_and_order(string first, string second, string one, string other)
    {
        var row = Read((first, one), (second, other));

        row.Sources.ShouldHaveSingleItem().Name.ShouldBe("golden");
        row.Targets.ShouldBe(["web-1"]);
        _warnings.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_alone_is_the_source_unless_the_command_line_names_one()
    {
        Read(("Name", "golden")).Sources.ShouldHaveSingleItem().Name.ShouldBe("golden");
        Read(("Name", "golden")).Targets.ShouldBeEmpty();

        var row = _reader.Read(Columns(("Name", "web-1")), hasSource: true);
        row.NamesSource.ShouldBeFalse();
        row.Targets.ShouldBe(["web-1"]);

        // Beside the target's it is the source's own, and no name to be dropped.
        var both = _reader.Read(Columns(("Name", "golden"), ("TargetName", "web-1")), hasSource: true);
        both.Sources.ShouldHaveSingleItem().Name.ShouldBe("golden");
        both.Targets.ShouldBe(["web-1"]);
    }

    [Theory]
    [InlineData("Source VM", "SourceName")]
    [InlineData("Template", "SourceName")]
    [InlineData("source_vm_name", "SourceName")]
    [InlineData("NewName", "TargetName")]
    [InlineData("Destination", "TargetName")]
    [InlineData("Target VM", "TargetName")]
    [InlineData("Hostnmae", "Hostname")]
    [InlineData("Notes", null)]
    [InlineData("Owner", null)]
    [InlineData("Status", null)]
    public void The_name_that_may_be_meant_is_told(string column, string? meant) => ColumnNames.Nearest(column).ShouldBe(meant);

    [Theory]
    [InlineData("SourceName;TargetName;Label", "golden;csv-c;tier=web", "'SourceName;TargetName;Label'", "Delimiter")]
    [InlineData("SourceName|TargetName", "golden|csv-c", "'SourceName|TargetName'", "delimiter")]
    [InlineData("SourceName\tTargetName", "golden\tcsv-c", "'SourceName\tTargetName'", "delimiter")]
    [InlineData("Template", "golden", "'Template'", "meant for SourceName")]
    [InlineData("SourceName ", "golden", "'SourceName '", "meant for SourceName")]
    [InlineData("SourceVM", "golden", "'SourceVM'", "meant for SourceName")]
    [InlineData("Machine", "golden", "'Machine'", "SourceName")]
    [InlineData("TargetName", "web-1", "'TargetName'", "SourceName")]
    public void A_row_without_a_source_column_is_refused_with_the_columns_seen(string column, string value, string seen, string advice)
    {
        var refused = Should.Throw<RequestFaultException>(() => Read((column, value)));

        refused.Id.ShouldBe(FaultIds.VMCloneSourceMissing);
        refused.Message.ShouldContain("The row names no source");
        refused.Message.ShouldContain(seen);
        refused.Line.ToString().ShouldContain(advice);
        _warnings.ShouldBeEmpty();
    }

    [Fact]
    public void An_empty_source_column_is_a_mistake_and_no_reason_to_take_another()
    {
        var refused = Should.Throw<RequestFaultException>(() => Read(("SourceName", ""), ("Name", "web-1")));
        refused.Id.ShouldBe(FaultIds.VMCloneSourceMissing);
        refused.Message.ShouldContain("SourceName");
    }

    [Fact]
    public void A_row_of_empty_cells_asks_for_nothing_and_is_told_of_once()
    {
        Read(("SourceName", ""), ("TargetName", null)).IsBlank.ShouldBeTrue();
        _reader.Read(Columns(("Hostname", " "), ("Notes", "")), hasSource: true).IsBlank.ShouldBeTrue();
        _warnings.ShouldHaveSingleItem().ShouldContain("passed over");

        // What a script looked up and did not find is a mistake.
        Should.Throw<RequestFaultException>(() => Read(("SourceName", null), ("TargetName", null))).Id.ShouldBe(FaultIds.VMCloneSourceMissing);
        Should.Throw<RequestFaultException>(() => Read(("SourceName", ""))).Message.ShouldContain("SourceName");
    }

    [Theory]
    [InlineData("ExcludeLabel", "System.String[]")]
    [InlineData("Label", "System.Collections.Hashtable")]
    [InlineData("target", "System.Object[]")]
    public void What_files_have_in_place_of_a_list_is_no_value(string column, string value) =>
        Should.Throw<RequestFaultException>(() => Read(("SourceName", "golden"), (column, value))).Message.ShouldContain(value);

    [Fact]
    public void Columns_that_say_nothing_are_named_once_with_the_nearest_name()
    {
        for (var i = 0; i < 3; i++)
            Read(("SourceName", "golden"), ("TargetName", "web-1"), ("MacAdress", "x"), ("Hostnmae", "y"), ("Count", "2"), ("Notes", "z"));

        _warnings.Count.ShouldBe(4);
        _warnings[0].ShouldContain("'MacAdress'");
        _warnings[0].ShouldContain("is MacAddress meant?");
        _warnings[1].ShouldContain("is Hostname meant?");
        _warnings[2].ShouldContain("'Count'");
        _warnings[3].ShouldNotContain("meant");
    }

    [Fact]
    public void Two_columns_of_one_name_or_meaning_are_refused_unless_they_agree()
    {
        Should.Throw<RequestFaultException>(() => Read(("SourceName", "a"), ("sourcename", "b"))).Message.ShouldContain("twice");
        Should.Throw<RequestFaultException>(() => Read(("SourceName", "a"), ("VM", "b"))).Message.ShouldContain("SourceName and VM");
        Read(("SourceName", "a"), ("VM", "a")).Sources.ShouldHaveSingleItem().Name.ShouldBe("a");
        Read(("SourceName", ""), ("VM", "a")).Sources.ShouldHaveSingleItem().Name.ShouldBe("a");
        Should.Throw<RequestFaultException>(() => Read(("SourceName", "a"), ("GoldenImage", "b"))).Message.ShouldContain("two sources");
        Should.Throw<RequestFaultException>(() => Read(("Snapshot", "a"), ("GoldenImage", "b"))).Message.ShouldContain("two sources");
    }

    [Fact]
    public void A_refusal_names_the_column_as_the_file_does()
    {
        Should.Throw<RequestFaultException>(() => Read(("vm", ""), ("TargetName", "x"))).Message.ShouldContain("vm is empty");
        Should.Throw<RequestFaultException>(() => Read(("VM", "a/b/c"), ("TargetName", "x"))).Message.ShouldStartWith("VM: ");
        Should.Throw<RequestFaultException>(() => Read(("Snapshot", "s"), ("SourceKind", "vm"))).Message.ShouldContain("SourceKind");
        Read(("Snapshot", "s"), ("SourceKind", "VirtualMachineSnapshot")).Sources.ShouldHaveSingleItem().Name.ShouldBe("s");
    }

    [Fact]
    public void Every_kind_of_cell_is_read()
    {
        var request = Request(
            ("SourceName", "vmsnapshot/golden"), ("TargetName", " web-1 "), ("Namespace", "lab"), ("LabelFilter", "*; !role"), ("MacAddress", "default=02:00:00:00:00:01;b:02-00-00-00-00-02"),
            ("Serial", 123), ("Patch", """{"op":"remove","path":"/a;b"}"""), ("Label", "tier=web;zone=b=c"), ("Start", "TRUE"), ("RunStrategy", "manual"),
            ("NetworkPreset", "kubeovn"), ("Without", "labels;network"), ("NewMacAddress", "generate"), ("CloudInitSecret", ""), ("Hostname", "  "));

        (request.SourceKind, request.SourceName, request.TargetName, request.Namespace).ShouldBe(("VirtualMachineSnapshot", "golden", "web-1", "lab"));
        request.LabelFilter.ShouldBe(["*", "!role"]);
        request.MacAddresses!["default"].ShouldBe("02:00:00:00:00:01");
        request.MacAddresses["b"].ShouldBe("02-00-00-00-00-02");
        request.SmbiosSerial.ShouldBe("123");
        request.Patches.ShouldBe(["""{"op":"remove","path":"/a;b"}"""]);
        request.TargetLabels!["zone"].ShouldBe("b=c");
        (request.Start, request.RunStrategy, request.NetworkPreset, request.Without, request.GenerateMacAddresses)
            .ShouldBe((true, "Manual", NetworkPreset.KubeOvn, CloneOmissions.Labels | CloneOmissions.Network, true));
        (request.Hostname, request.CloudInitSecret).ShouldBe((null, null));
    }

    [Fact]
    public void Lists_and_tables_of_objects_are_taken_as_they_are()
    {
        var request = Request(
            ("SourceName", "golden"), ("TargetName", new object[] { "a" }), ("ExcludeLabel", new object?[] { "x;y", "z" }), ("Label", new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v;w" }), ("Start", false));

        request.ExcludeLabels.ShouldBe(["x;y", "z"]);
        request.TargetLabels!["k"].ShouldBe("v;w");
        request.Wishes[RequestFields.Start].ShouldBe(false);
    }

    [Theory]
    [InlineData("MacAddress", "020000000a03", FaultIds.VMCloneMacInvalid)]
    [InlineData("MacAddress", "a:1;a:2", FaultIds.VMCloneMacInvalid)]
    [InlineData("Label", "tier", FaultIds.VMCloneLabelInvalid)]
    [InlineData("Start", "soon", FaultIds.VMCloneRowInvalid)]
    [InlineData("NetworkPreset", "flannel", FaultIds.VMCloneRowInvalid)]
    [InlineData("ImageVersion", "2", FaultIds.VMCloneRowInvalid)]
    [InlineData("SourceKind", "pod", FaultIds.VMCloneSourceInvalid)]
    [InlineData("RunStrategy", "al", FaultIds.VMCloneRowInvalid)]
    [InlineData("VolumeNamePolicy", "prefix", FaultIds.VMCloneRowInvalid)]
    public void A_cell_that_is_no_value_refuses_the_row_and_names_its_column(string column, string value, string id)
    {
        var refused = Should.Throw<RequestFaultException>(() => Read(("SourceName", "golden"), (column, value)));
        refused.Id.ShouldBe(id);
        refused.Line.ToString().ShouldContain(column);
    }

    private static List<KeyValuePair<string, object?>> Columns(params (string, object?)[] columns) => [.. columns.Select(c => KeyValuePair.Create(c.Item1, c.Item2))];

    private RequestRow Read(params (string, object?)[] columns) => _reader.Read(Columns(columns), hasSource: false);

    private CloneRequest Request(params (string, object?)[] columns)
    {
        var row = Read(columns);
        return new CloneRequest
        {
            SourceKind = row.Sources[0].Kind,
            SourceName = row.Sources[0].Name,
            TargetName = row.Targets[0],
            Namespace = row.Namespace ?? "",
            Wishes = row.Wishes,
        };
    }

    [Theory]
    [InlineData("02:00:00:00:00:01")]
    [InlineData("02-00-00-00-00-01")]
    [InlineData("0200.0000.0001")]
    public void A_MAC_address_alone_is_for_no_interface(string address)
    {
        var field = RequestFields.Find("MacAddress").ShouldNotBeNull();

        Should.Throw<RequestFaultException>(() => FieldText.Parse(field, new[] { address })).Message.ShouldContain("names no interface");

        FieldText.InterfaceEnd("default:" + address).ShouldBe("default".Length);
        FieldText.InterfaceEnd("default=" + address).ShouldBe("default".Length);
    }
}
