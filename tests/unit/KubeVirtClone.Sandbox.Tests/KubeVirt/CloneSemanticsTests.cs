using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.KubeVirt;

public sealed class CloneSemanticsTests
{
    private static readonly string[] Keys = ["app", "app.kubernetes.io/name", "env/prod", "tier"];

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "app app.kubernetes.io/name env/prod tier")]
    [InlineData("*", "")]
    [InlineData("app", "env/prod tier")]
    [InlineData("!app", "app app.kubernetes.io/name env/prod tier")]
    [InlineData("!app *", "app app.kubernetes.io/name")]
    [InlineData("* !*", "")]
    [InlineData("[", "app app.kubernetes.io/name env/prod tier")]
    [InlineData("tier* env !prod", "app app.kubernetes.io/name env/prod")]
    public void A_filter_removes(string? filters, string removed) =>
        string.Join(' ', CloneFilters.Removed(Keys, filters?.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ShouldBe(removed);

    [Fact]
    public void An_empty_filter_breaks_the_webhook() => Should.Throw<WebhookPanicException>(() => CloneFilters.Objections([""], "spec.labels").ToList());

    [Theory]
    [InlineData("02:00:00:00:00:01", true)]
    [InlineData("02-00-00-aa-BB-01", true)]
    [InlineData("0200.0000.0001", true)]
    [InlineData("02:00:00:00:00:01:02:03", false)]
    [InlineData("02:00-00:00:00:01", false)]
    [InlineData("02:00:00:00:00", false)]
    [InlineData("020000000001", false)]
    [InlineData("02:00:00:zz:00:01", false)]
    [InlineData("", false)]
    public void A_MAC_address_is_read_as_Go_reads_it(string text, bool valid) => MacAddress.IsValid(text).ShouldBe(valid);

    [Fact]
    public void The_patches_of_a_clone_come_in_KubeVirts_order()
    {
        var machine = (JsonObject)JsonNode.Parse("""
            {"metadata":{"name":"src","labels":{"a/b":"1","keep":"2"},"annotations":{"restore.kubevirt.io/lastRestoreUID":"x","n":"1"}},
             "spec":{"template":{"metadata":{"labels":{"t":"1"}},"spec":{"domain":{"firmware":{"uuid":"u"},"devices":{"interfaces":[{"name":"one"},{"name":"two"}]}}}}}}
            """)!;
        var spec = (JsonObject)JsonNode.Parse("""
            {"labelFilters":["keep"],"annotationFilters":[],"template":{"labelFilters":["!t"]},"newMacAddresses":{"two":"02-00-00-00-00-01"},"newSMBiosSerial":"a<b","patches":["{}"]}
            """)!;
        ClonePatches.Compute(machine, spec).ShouldBe(
        [
            """{"op":"replace","path":"/spec/template/spec/domain/devices/interfaces/0/macAddress","value":""}""",
            """{"op":"replace","path":"/spec/template/spec/domain/devices/interfaces/1/macAddress","value":"02-00-00-00-00-01"}""",
            """{"op":"replace","path":"/spec/template/spec/domain/firmware/serial","value":"a\u003cb"}""",
            """{"op":"remove","path":"/metadata/labels/a~1b","value":null}""",
            """{"op":"remove","path":"/metadata/annotations/n","value":null}""",
            """{"op":"remove","path":"/spec/template/metadata/labels/t","value":null}""",
            """{"op":"replace","path":"/spec/template/spec/domain/firmware/uuid","value":""}""",
            "{}",
        ]);
    }

    [Theory]
    [InlineData("""{"op":"add","path":"/metadata/labels/x","value":"y"}""", true)]
    [InlineData("""{"op":"add","path":"/metadata/labels/x","value":"a:b"}""", false)]
    [InlineData("""{"op":"add","path":"/metadata/labels/x","value":"a\u003ab\u002c"}""", true)]
    [InlineData("""{"op":"add","path":"/metadata/labels","value":"y"}""", false)]
    [InlineData("""{"op":"add","path":"/spec","value":"y"}""", false)]
    [InlineData("", false)]
    public void The_restore_webhook_cuts_patches_at_commas_and_colons(string patch, bool accepted) =>
        PatchCheck.Objections([patch]).Any().ShouldBe(!accepted);

    [Fact]
    public void A_prefixed_volume_name_fits_a_label()
    {
        VolumeNames.Prefixed("web-1", "data").ShouldBe("web-1-data");
        var target = new string('t', 60);
        VolumeNames.Prefixed(target, "data").ShouldBe(new string('t', 49) + "-" + GoText.Fnv32(target) + "-data");
        var volume = new string('v', 60);
        VolumeNames.Prefixed("web-1", volume).ShouldBe("web-1-" + GoText.Fnv32("web-1-" + volume));
        GoText.Fnv32("a").ShouldBe("e40c292c");
    }

    [Theory]
    [InlineData("300ms", 0.3)]
    [InlineData("1h15m30.5s", 4530.5)]
    [InlineData("-2s", -2)]
    [InlineData("0", 0)]
    [InlineData("+5s", 5)]
    public void A_duration_is_read_as_Go_reads_it(string text, double seconds) => GoDuration.Parse(text).TotalSeconds.ShouldBe(seconds, 1e-6);

    [Theory]
    [InlineData("5", "time: missing unit in duration \"5\"")]
    [InlineData("5 minutes", "time: unknown unit \" minutes\" in duration \"5 minutes\"")]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("abc", "time: invalid duration \"abc\"")]
    public void A_wrong_duration_is_named_as_Go_names_it(string text, string message) =>
        Should.Throw<FormatException>(() => GoDuration.Parse(text)).Message.ShouldBe(message);
}
