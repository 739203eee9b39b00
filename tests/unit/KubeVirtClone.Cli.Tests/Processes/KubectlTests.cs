using System.Text.Json;

namespace KubeVirtClone.Cli.Tests.Processes;

/// <summary>Unmodified kubectl, with the kubeconfig that <c>kubectl-vmclone sandbox</c> writes, does what it does with a real KubeVirt.</summary>
public sealed class KubectlTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task Get_vm_prints_KubeVirts_columns()
    {
        var got = (await KubectlAsync("get", "vm")).ShouldEndWith(0);

        Words(got.Lines[0]).ShouldBe(["NAME", "AGE", "STATUS", "READY"]);
        got.Lines.Skip(1).ShouldContain(l => Words(l)[0] == "golden" && Words(l)[2] == "Stopped");
        (await KubectlAsync("get", "virtualmachines.kubevirt.io", "-A", "-o", "wide")).ShouldEndWith(0).Lines[0].ShouldStartWith("NAMESPACE");
        (await KubectlAsync("get", "vm", "no-such")).ShouldEndWith(1).Error.ShouldContain(
            "Error from server (NotFound): virtualmachines.kubevirt.io \"no-such\" not found");
    }

    [Fact]
    public async Task A_manifest_with_every_field_is_created_waited_for_and_read()
    {
        (await sandbox.KubectlAsync(Manifest("guide", """
              labelFilters: ["*", "!someKey/*"]
              annotationFilters: ["anotherKey/*", "!dropped"]
              template:
                labelFilters: ["*", "!templateKey/*"]
                annotationFilters: ["*"]
              newMacAddresses:
                default: 02-00-00-00-0a-01
              newSMBiosSerial: new-serial
              patches:
              - '{"op": "add", "path": "/metadata/labels/patched", "value": "yes"}'
              volumeNamePolicy: RandomizeNames
            """), "create", "-f", "-")).ShouldEndWith(0).Output.ShouldContain("virtualmachineclone.clone.kubevirt.io/guide created");

        (await KubectlAsync("wait", "vmclone", "guide", "--for", "condition=Ready", "--timeout=60s")).ShouldEndWith(0).Output.ShouldContain("condition met");
        var wide = (await KubectlAsync("get", "vmclone", "guide", "-o", "wide")).ShouldEndWith(0);
        Words(wide.Lines[0]).ShouldBe(["NAME", "PHASE", "SOURCEVIRTUALMACHINE", "TARGETVIRTUALMACHINE"]);
        Words(wide.Lines[1]).ShouldBe(["guide", "Succeeded", "golden", "guide-target"]);
        var vm = (await KubectlAsync("get", "vm", "guide-target", "-o", "yaml")).ShouldEndWith(0);
        vm.Output.ShouldContain("patched: \"yes\"");
        vm.Output.ShouldContain("02-00-00-00-0a-01");
        vm.Output.ShouldContain("serial: new-serial");
    }

    [Fact]
    public async Task A_watch_shows_the_phases_as_they_come()
    {
        await using var watch = CliProcess.Start(SandboxFixture.Kubectl(), ["get", "vmclone", "-w"], await sandbox.KubeConfigAsync());
        await watch.SeeAsync("PHASE");
        (await sandbox.KubectlAsync(Manifest("watched-clone"), "create", "-f", "-")).ShouldEndWith(0);
        (await KubectlAsync("wait", "vmclone", "watched-clone", "--for", "condition=Ready", "--timeout=60s")).ShouldEndWith(0);
        await watch.SeeAsync("Succeeded");

        watch.Output.Split('\n').Count(l => l.StartsWith("watched-clone ", StringComparison.Ordinal)).ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Apply_twice_changes_nothing_the_second_time()
    {
        var manifest = Manifest("applied");
        (await sandbox.KubectlAsync(manifest, "apply", "-f", "-")).ShouldEndWith(0).Output.ShouldContain("applied created");
        (await sandbox.KubectlAsync(manifest, "apply", "-f", "-")).ShouldEndWith(0).Output.ShouldContain("applied unchanged");
        var changed = manifest.Replace("name: applied\n", "name: applied\n  labels: {more: \"1\"}\n", StringComparison.Ordinal);
        (await sandbox.KubectlAsync(changed, "apply", "-f", "-")).ShouldEndWith(0).Output.ShouldContain("applied configured");
    }

    [Fact]
    public async Task Patch_label_annotate_and_delete_work()
    {
        (await sandbox.KubectlAsync(Manifest("edited"), "create", "-f", "-")).ShouldEndWith(0);
        (await KubectlAsync("wait", "vmclone", "edited", "--for", "condition=Ready", "--timeout=60s")).ShouldEndWith(0);

        (await KubectlAsync("label", "vmclone", "edited", "team=blue")).ShouldEndWith(0).Output.ShouldContain("edited labeled");
        (await KubectlAsync("label", "vmclone", "edited", "team=red")).ShouldEndWith(1).Error.ShouldContain("--overwrite");
        (await KubectlAsync("annotate", "vm", "edited-target", "note=x")).ShouldEndWith(0);
        (await KubectlAsync("patch", "vm", "edited-target", "--type=merge", "-p", """{"metadata":{"labels":{"a":"b"}}}""")).ShouldEndWith(0);
        (await KubectlAsync("patch", "vm", "edited-target", "--type=json", "-p", """[{"op":"remove","path":"/metadata/labels/a"}]""")).ShouldEndWith(0);
        (await KubectlAsync("get", "vmclone", "-l", "team=blue", "-o", "name")).ShouldEndWith(0).Output.ShouldContain("/edited");
        (await KubectlAsync("delete", "vmclone", "edited")).ShouldEndWith(0).Output.ShouldContain("\"edited\" deleted");
        (await KubectlAsync("get", "vm", "edited-target")).ShouldEndWith(0);
        (await KubectlAsync("delete", "vm", "edited-target", "--timeout=30s")).ShouldEndWith(0);
    }

    [Fact]
    public async Task Discovery_lists_the_kinds_with_short_names()
    {
        var resources = (await KubectlAsync("api-resources", "--no-headers")).ShouldEndWith(0);

        resources.Lines.ShouldContain(l => Words(l).SequenceEqual(
            new[] { "virtualmachineclones", "vmclone,vmclones", "clone.kubevirt.io/v1beta1", "true", "VirtualMachineClone" }));
        foreach (var kind in new[] { "VirtualMachine", "VirtualMachineSnapshot", "VirtualMachineRestore", "PersistentVolumeClaim", "StorageClass", "DataVolume", "VolumeSnapshot", "Event" })
            resources.Lines.ShouldContain(l => l.TrimEnd().EndsWith(" " + kind, StringComparison.Ordinal), kind);
        (await KubectlAsync("api-versions")).ShouldEndWith(0).Lines.ShouldContain("clone.kubevirt.io/v1beta1");
        (await KubectlAsync("version", "-o", "json")).ShouldEndWith(0).Output.ShouldContain("serverVersion");
    }

    [Fact]
    public async Task Explain_knows_the_clones_fields()
    {
        var explained = (await KubectlAsync("explain", "vmclone.spec")).ShouldEndWith(0);

        foreach (var field in new[] { "source", "target", "labelFilters", "newMacAddresses", "newSMBiosSerial", "patches", "volumeNamePolicy" })
            explained.Output.ShouldContain(field);
    }

    [Fact]
    public async Task A_wrong_manifest_is_refused_in_KubeVirts_words()
    {
        (await sandbox.KubectlAsync(Manifest("typo", "  nonsense: true\n"), "create", "-f", "-")).ShouldEndWith(1).Error.ShouldContain("unknown field \"spec.nonsense\"");
        (await sandbox.KubectlAsync(
            Manifest("itself").Replace("itself-target", "golden", StringComparison.Ordinal), "create", "-f", "-")).ShouldEndWith(1).Error.ShouldContain("Target name cannot be equal to source name");
        (await sandbox.KubectlAsync(Manifest("typo", "  volumeNamePolicy: Whatever\n"), "create", "-f", "-")).ShouldEndWith(1).Error.ShouldContain("Unsupported value");
    }

    [Fact]
    public async Task Dry_run_makes_nothing_and_output_formats_work()
    {
        (await sandbox.KubectlAsync(Manifest("dry"), "create", "--dry-run=server", "-f", "-")).ShouldEndWith(0).Output.ShouldContain("(server dry run)");
        (await KubectlAsync("get", "vmclone", "dry")).ShouldEndWith(1);

        using var list = JsonDocument.Parse((await KubectlAsync("get", "vm", "-o", "json")).ShouldEndWith(0).Output);
        list.RootElement.GetProperty("items").GetArrayLength().ShouldBeGreaterThan(2);
        (await KubectlAsync("get", "vm", "golden", "-o", "jsonpath={.metadata.name}")).ShouldEndWith(0).Output.ShouldBe("golden");
        (await KubectlAsync("get", "vm", "--sort-by=.metadata.name", "-o", "custom-columns=N:.metadata.name")).ShouldEndWith(0).Lines[0].Trim().ShouldBe("N");
        (await KubectlAsync("describe", "vm", "golden")).ShouldEndWith(0).Output.ShouldContain("Kind:         VirtualMachine");
    }

    [Fact]
    public async Task Rights_are_those_of_the_user()
    {
        (await KubectlAsync("auth", "can-i", "create", "virtualmachineclones.clone.kubevirt.io")).ShouldEndWith(0).Output.Trim().ShouldBe("yes");
        (await KubectlAsync("auth", "can-i", "create", "virtualmachineclones.clone.kubevirt.io", "--context", "viewer@sandbox")).ShouldEndWith(1).Output.Trim().ShouldBe("no");
        (await KubectlAsync("get", "vm", "--context", "viewer@sandbox")).ShouldEndWith(0);
        (await KubectlAsync("get", "vm", "--context", "admin-cert@sandbox")).ShouldEndWith(0);
        (await KubectlAsync("get", "vm", "--context", "nobody@sandbox")).ShouldEndWith(1).Error.ShouldContain("Forbidden");
    }

    private Task<Finished> KubectlAsync(params string[] arguments) => sandbox.KubectlAsync("", arguments);

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static string Manifest(string name, string more = "") => $$"""
        apiVersion: clone.kubevirt.io/v1beta1
        kind: VirtualMachineClone
        metadata:
          name: {{name}}
        spec:
          source:
            apiGroup: kubevirt.io
            kind: VirtualMachine
            name: golden
          target:
            apiGroup: kubevirt.io
            kind: VirtualMachine
            name: {{name}}-target

        """ + more;
}
