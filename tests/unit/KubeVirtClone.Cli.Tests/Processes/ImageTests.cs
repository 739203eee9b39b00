using System.Text.Json;

namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class ImageTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task An_image_is_made_versioned_cloned_by_both_methods_and_pruned()
    {
        var made = (await sandbox.RunAsync("image", "new", "golden-pvc", "ubuntu", "--description", "the first", "--timeout", "90s")).ShouldEndWith(0);
        made.Lines[0].ShouldStartWith("NAME");
        made.Lines[1].ShouldContain("the first");
        (await sandbox.RunAsync("image", "new", "golden-pvc", "ubuntu:24.04", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["image/ubuntu:24.04"]);
        (await sandbox.RunAsync("image", "get", "ubuntu")).ShouldEndWith(0).Lines.Length.ShouldBe(3);

        var cloned = (await sandbox.RunAsync(
            "new", "--golden-image", "ubuntu:24.04", "--count", "2", "--name-pattern", "by-restore-{0}", "--method", "restore", "--batch", "by-restore",
            "--for", "bound", "--timeout", "90s", "-o", "name")).ShouldEndWith(0);
        cloned.Lines.ShouldAllBe(l => l.StartsWith("vmrestore/", StringComparison.Ordinal));
        (await sandbox.RunAsync("new", "--golden-image", "ubuntu", "--image-version", "1", "by-clone-1", "--method", "clone", "--batch", "by-clone",
            "--for", "bound", "--timeout", "90s", "-o", "name")).ShouldEndWith(0).Lines[0].ShouldStartWith("vmclone/");

        var wide = (await sandbox.RunAsync("get", "--batch", "by-restore", "-o", "wide")).ShouldEndWith(0);
        wide.Lines.Skip(1).ShouldAllBe(l => l.Contains(" Restore ", StringComparison.Ordinal) && l.Contains("image/ubuntu:24.04", StringComparison.Ordinal));
        (await sandbox.RunAsync("wait", "--batch", "by-restore", "--for", "bound", "--timeout", "60s", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
        (await sandbox.RunAsync("compare", "--batch", "by-restore", "--quiet")).ShouldEndWith(0);
        (await sandbox.RunAsync("remove", "--batch", "by-restore", "--include-target", "-o", "name")).ShouldEndWith(0).Lines.Length.ShouldBe(2);
        (await sandbox.KubectlAsync("", "get", "vm", "by-restore-1")).ShouldEndWith(1);
        // What has a finalizer takes a moment to go, and is waited for.
        (await sandbox.KubectlAsync("", "get", "vmrestore", "-o", "name")).ShouldEndWith(0).Output.ShouldNotContain("by-restore");

        (await sandbox.RunAsync("image", "remove", "ubuntu", "--keep-version", "1", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["image/ubuntu:1"]);
        using var left = JsonDocument.Parse((await sandbox.RunAsync("image", "get", "ubuntu", "-o", "json")).ShouldEndWith(0).Output);
        left.RootElement.GetProperty("items").GetArrayLength().ShouldBe(1);
        (await sandbox.RunAsync("image", "remove", "ubuntu:24.04")).ShouldEndWith(0).Output.ShouldBe("image/ubuntu:24.04 removed\n");
        (await sandbox.RunAsync("image", "get", "ubuntu")).ShouldEndWith(1).ErrorLines.ShouldHaveSingleItem().ShouldContain("GoldenImageNotFound");
    }

    [Fact]
    public async Task An_image_that_unbound_volumes_need_stays_unless_forced()
    {
        (await sandbox.RunAsync("image", "new", "golden-late", "late", "--timeout", "90s")).ShouldEndWith(0);
        (await sandbox.RunAsync("new", "--golden-image", "late", "late-1", "--wait", "--timeout", "90s")).ShouldEndWith(0);

        (await sandbox.RunAsync("test", "--golden-image", "late:1", "late-2")).ShouldEndWith(0);
        (await sandbox.RunAsync("test", "--golden-image", "late:9", "late-2")).ShouldEndWith(1).Output.ShouldContain("GoldenImageNotFound");
        (await sandbox.RunAsync("image", "remove", "late")).ShouldEndWith(1).Error.ShouldContain("GoldenImageInUse");
        (await sandbox.RunAsync("image", "remove", "late", "--force", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["image/late:1"]);
    }

    [Fact]
    public async Task An_image_is_copied_into_another_namespace_once()
    {
        (await sandbox.KubectlAsync("", "create", "namespace", "copied-to")).ShouldEndWith(0);
        (await sandbox.RunAsync("image", "new", "golden-pvc", "published", "--timeout", "90s")).ShouldEndWith(0);

        var dry = (await sandbox.RunAsync("image", "copy", "published", "copied-to", "--dry-run=server")).ShouldEndWith(0);
        (dry.Lines.Length, dry.Error).ShouldBe((0, "the image published can be copied into copied-to\n"));
        (await sandbox.RunAsync("image", "get", "published", "-n", "copied-to")).ShouldEndWith(1);
        (await sandbox.RunAsync("image", "copy", "published", "nowhere", "--dry-run=server")).ShouldEndWith(1).Error.ShouldContain("NamespaceNotFound");
        (await sandbox.RunAsync("image", "copy", "published", "copied-to", "--dry-run=client")).ShouldEndWith(2).Error.ShouldContain("choose one of none, server");

        (await sandbox.RunAsync("image", "copy", "published", "copied-to", "--timeout", "90s", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["image/published:1"]);
        var uid = await UidAsync();
        (await sandbox.RunAsync("image", "copy", "published", "copied-to", "--timeout", "90s", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["image/published:1"]);
        (await UidAsync()).ShouldBe(uid, "a copy that is there stays");

        (await sandbox.RunAsync("image", "get", "published", "-o", "wide")).ShouldEndWith(0).Lines[1].ShouldContain(" copied-to ");
        var alone = (await sandbox.RunAsync("image", "remove", "published", "-y")).ShouldEndWith(0);
        (alone.Output, alone.ErrorLines.ShouldHaveSingleItem()).ShouldBe((
            "image/published:1 removed\n",
            "warning: The golden image default/published:1 has a copy in copied-to, which stays when it is removed; --include-copies removes that as well."));
        (await sandbox.KubectlAsync("", "create", "namespace", "copied-on")).ShouldEndWith(0);
        (await sandbox.RunAsync("image", "copy", "published", "copied-on", "-n", "copied-to", "--timeout", "90s")).ShouldEndWith(0);
        (await sandbox.RunAsync("image", "remove", "published", "--include-copies", "-y", "-n", "copied-to")).ShouldEndWith(0).Lines
            .ShouldBe(["image/published:1 removed", "image/published:1 in namespace copied-on removed"]);

        async Task<string> UidAsync() =>
            (await sandbox.RunAsync("image", "get", "published", "-n", "copied-to", "-o", "jsonpath={.items[0].metadata.uid}")).ShouldEndWith(0).Output;
    }

    [Fact]
    public async Task Fields_select_images_as_they_select_clones()
    {
        (await sandbox.RunAsync("image", "new", "golden-pvc", "by-field", "--timeout", "90s")).ShouldEndWith(0);
        var snapshot = (await sandbox.RunAsync("image", "get", "by-field", "-o", "jsonpath={.items[0].metadata.name}")).ShouldEndWith(0).Output;

        (await sandbox.RunAsync("image", "get", "--field-selector", $"metadata.name={snapshot}", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["image/by-field:1"]);
        (await sandbox.RunAsync("snapshot", "get", "--field-selector", $"metadata.name={snapshot}", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vmsnapshot/" + snapshot]);
        (await sandbox.RunAsync("image", "get", "--field-selector", "metadata.name=another", "-o", "name")).ShouldEndWith(0).Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_new_machine_is_what_the_options_say()
    {
        (await sandbox.RunAsync(
            "new", "golden", "identity-1", "--hostname", "guest-1", "--label", "team=blue", "--annotation", "note=a:b,c", "--generate-mac-addresses",
            "--run-strategy", "Manual", "--batch", "identity", "--wait", "--timeout", "90s")).ShouldEndWith(0);

        using var json = JsonDocument.Parse((await sandbox.KubectlAsync("", "get", "vm", "identity-1", "-o", "json")).ShouldEndWith(0).Output);
        var machine = json.RootElement;
        machine.GetProperty("metadata").GetProperty("labels").GetProperty("team").GetString().ShouldBe("blue");
        machine.GetProperty("metadata").GetProperty("annotations").GetProperty("note").GetString().ShouldBe("a:b,c");
        machine.GetProperty("spec").GetProperty("runStrategy").GetString().ShouldBe("Manual");
        var template = machine.GetProperty("spec").GetProperty("template").GetProperty("spec");
        template.GetProperty("hostname").GetString().ShouldBe("guest-1");
        template.GetProperty("domain").GetProperty("devices").GetProperty("interfaces")[0].GetProperty("macAddress").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_clone_object_can_go_as_soon_as_its_machine_is_there()
    {
        (await sandbox.RunAsync("new", "golden", "purged-1", "--purge-on-success", "--batch", "purged", "--timeout", "90s")).ShouldEndWith(0).Lines.Length.ShouldBe(2);

        (await sandbox.KubectlAsync("", "get", "vm", "purged-1")).ShouldEndWith(0);
        (await sandbox.RunAsync("get", "--batch", "purged", "-o", "name")).ShouldEndWith(0).Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_administers_the_cluster_hands_an_image_over_and_who_edits_two_namespaces_is_told_what_it_takes()
    {
        (await sandbox.KubectlAsync("", "create", "namespace", "handed-to")).ShouldEndWith(0);
        (await sandbox.RunAsync("image", "new", "golden-pvc", "handed", "--timeout", "90s")).ShouldEndWith(0);
        foreach (var ns in new[] { "default", "handed-to" })
        {
            foreach (var role in new[] { "edit", "kubevirt.io:edit" })
                (await sandbox.KubectlAsync("", "create", "rolebinding", role.Replace('.', '-').Replace(':', '-'), "-n", ns, $"--clusterrole={role}", "--user=editor")).ShouldEndWith(0);
        }

        var refused = (await sandbox.RunAsync("image", "copy", "handed", "handed-to", "--hand-over", "--as", "editor")).ShouldEndWith(1).Error;
        refused.ShouldContain("you may not get or list or create or delete volumesnapshotcontents (which are of the whole cluster)");
        refused.ShouldContain("leave --hand-over out");
        (await sandbox.RunAsync("test", "--golden-image", "handed", "desk", "--target-namespace", "handed-to", "--hand-over", "--as", "editor")).ShouldEndWith(1).Output.ShouldContain("TransferForbidden");

        (await sandbox.RunAsync("image", "copy", "handed", "handed-to", "--hand-over", "--timeout", "90s", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["image/handed:1"]);
        (await sandbox.RunAsync("new", "golden-pvc", "handed-vm", "--target-namespace", "handed-to", "--hand-over", "--wait", "--timeout", "90s", "-o", "name")).ShouldEndWith(0);
        (await sandbox.RunAsync("compare", "handed-vm", "-n", "handed-to", "-o", "jsonpath={.items[0].source}")).ShouldEndWith(0).Output.ShouldBe("vm/default/golden-pvc");
        (await sandbox.RunAsync("compare", "handed-vm", "-n", "handed-to", "--source", "golden-pvc", "--source-namespace", "default", "-q")).ShouldEndWith(0);
        (await sandbox.RunAsync("compare", "handed-vm", "-n", "handed-to", "--source-namespace", "default")).ShouldEndWith(2).Error.ShouldContain("none is named");
        (await sandbox.RunAsync("get", "-n", "handed-to")).ShouldEndWith(0).Output.ShouldContain("vm/default/golden-pvc");
        (await sandbox.RunAsync("new", "golden-pvc", "idle", "--hand-over")).ShouldEndWith(1).Error.ShouldContain("leave out --hand-over");
        (await sandbox.RunAsync("new", "golden-pvc", "idle", "--target-namespace", "handed-to", "--copy-secrets", "--dry-run=client")).ShouldEndWith(1).Error.ShouldContain("is in no manifest");
        (await sandbox.KubectlAsync("", "get", "volumesnapshotcontents", "-l", "kubevirtclone.io/transfer", "-o", "name")).ShouldEndWith(0).Output.ShouldBeEmpty();
        (await sandbox.KubectlAsync("", "get", "vm", "-n", "handed-to", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["virtualmachine.kubevirt.io/handed-vm"]);
    }
}
