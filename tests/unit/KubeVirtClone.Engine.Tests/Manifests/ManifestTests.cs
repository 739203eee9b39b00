using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace KubeVirtClone.Engine.Tests.Manifests;

public sealed class ManifestTests
{
    [Theory]
    [InlineData("clone.kubevirt.io/v1beta1")]
    [InlineData("clone.kubevirt.io/v1alpha1")]
    public void Every_field_of_the_API_is_written(string apiVersion)
    {
        var request = new CloneRequest
        {
            Namespace = "lab",
            SourceKind = "snapshot",
            SourceName = "golden",
            TargetName = "web-1",
            CloneName = "cl",
            LabelFilter = ["*", "!some/key*"],
            AnnotationFilter = ["a"],
            TemplateLabelFilter = ["b"],
            TemplateAnnotationFilter = ["c"],
            MacAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = "02:00:00:00:00:01", ["second"] = "" },
            SmbiosSerial = "SER-1",
            Patches = ["""{"op":"replace","path":"/spec/runStrategy","value":"Always"}"""],
            VolumeNamePolicy = "prefixtargetname",
            Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "a" },
            Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["note"] = "for: all" },
        };
        var manifest = CloneManifest.Build(RequestRules.Check(request, "lab7", 0).Request, apiVersion);

        var expected = JsonNode.Parse($$"""
            {
              "apiVersion": "{{apiVersion}}", "kind": "VirtualMachineClone",
              "metadata": {
                "name": "cl", "namespace": "lab",
                "labels": { "app.kubernetes.io/managed-by": "kubevirtclone", "kubevirtclone.io/batch": "lab7", "team": "a", "velero.io/exclude-from-backup": "true" },
                "annotations": { "note": "for: all" }
              },
              "spec": {
                "source": { "apiGroup": "snapshot.kubevirt.io", "kind": "VirtualMachineSnapshot", "name": "golden" },
                "target": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-1" },
                "labelFilters": ["*", "!some/key*"], "annotationFilters": ["a"],
                "template": { "labelFilters": ["b"], "annotationFilters": ["c"] },
                "newMacAddresses": { "default": "02-00-00-00-00-01", "second": "" },
                "newSMBiosSerial": "SER-1",
                "patches": ["{\"op\":\"replace\",\"path\":\"/spec/runStrategy\",\"value\":\"Always\"}"],
                "volumeNamePolicy": "PrefixTargetName"
              }
            }
            """);
        JsonNode.DeepEquals(manifest, expected).ShouldBeTrue(manifest.ToJsonString());
    }

    [Fact]
    public void A_plain_request_has_only_source_and_target()
    {
        var spec = CloneManifest.Build(RequestRules.Check(World.Request(), "b", 0).Request, "clone.kubevirt.io/v1beta1")["spec"]!.AsObject();
        spec.Select(f => f.Key).ShouldBe(["source", "target"]);
    }

    [Fact]
    public void Strings_come_back_from_YAML_as_the_same_strings()
    {
        string[] texts =
        [
            "plain", "web-001", "a/b.c_d", "", " ", "true", "Yes", "no", "on", "null", "~", "y", "1", "1.0", "007", "0x1F", "1e3", "2026-11-20", "12:30:45", "02-00-00-00-00-01",
            "- x", "? x", ": x", "a: b", "a #b", "#c", "[x]", "{x}", "*a", "!t", "&a", "%x", "@x", "`x", "'q'", "\"q\"", "two\nlines", "tab\t", "trailing ", "größe", "\u0001",
            "{\"op\":\"add\",\"path\":\"/a\",\"value\":\"\\u003a\"}", ".inf", "=", "<<", "---", "|", ">",
        ];
        var yaml = CloneManifest.ToYaml(new JsonObject { ["list"] = new JsonArray([.. texts.Select(t => (JsonNode)t)]), ["n"] = 5, ["b"] = true, ["z"] = null, ["e"] = new JsonObject(), ["l"] = new JsonArray() });

        yaml.ShouldStartWith("---\n");
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml + yaml));
        stream.Documents.Count.ShouldBe(2);
        var root = (YamlMappingNode)stream.Documents[0].RootNode;
        var list = (YamlSequenceNode)root["list"];
        list.Children.Select(c => ((YamlScalarNode)c).Value).ShouldBe(texts);
        // Whatever could be read as something other than a string is quoted.
        foreach (var (node, text) in list.Children.Cast<YamlScalarNode>().Zip(texts))
        {
            if (node.Style == YamlDotNet.Core.ScalarStyle.Plain)
                text.ShouldMatch("^[A-Za-z][-A-Za-z0-9_./]*$");
        }

        list.Children.Cast<YamlScalarNode>().Single(n => n.Value == "true").Style.ShouldNotBe(YamlDotNet.Core.ScalarStyle.Plain);
        ((YamlScalarNode)root["n"]).Style.ShouldBe(YamlDotNet.Core.ScalarStyle.Plain);
    }
}
