using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>Golden images published in another namespace, on a sandbox in virtual time whose CDI behaves as recorded.</summary>
public sealed class ImageCopyTests
{
    [Fact]
    public async Task A_copy_is_an_image_of_its_own_and_nothing_is_left_of_the_way()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var copy = (await other.CopyAsync()).ShouldHaveSingleItem().Record.ShouldNotBeNull();

        copy.Namespace.ShouldBe(OtherNamespace.Name);
        copy.ToString().ShouldBe("img:1");
        copy.Ready.ShouldBeTrue();
        copy.IsDefault.ShouldBeTrue();
        copy.CopyOf.ShouldBe($"default/{other.Image.SnapshotName}");
        copy.SourceName.ShouldBe("golden");
        other.Lab.Settle();
        other.List("VirtualMachine").ShouldBeEmpty();
        other.List("DataVolume").ShouldBeEmpty();
        other.List("PersistentVolumeClaim").ShouldBeEmpty();
        other.Everything().Where(o => o.StartsWith("default ", StringComparison.Ordinal)).ShouldBe(other.Before.Where(o => o.StartsWith("default ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Machines_are_made_of_the_copy_when_the_image_it_came_from_is_gone()
    {
        await using var other = await OtherNamespace.CreateAsync();
        await other.CopyAsync();
        (await other.Lab.DoAsync(() => new GoldenImageCatalog(other.Lab.Cluster).RemoveAsync(other.Image, force: false, default))).ShouldBeNull();
        other.Lab.Settle();

        var requests = Enumerable.Range(1, 12).Select(i => new CloneRequest { Namespace = OtherNamespace.Name, SourceName = "", GoldenImage = "img", TargetName = $"desk-{i}" }).ToList();
        var updates = await other.Lab.CloneAsync(requests, Lab.Options());
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();

        var machines = other.List("VirtualMachine");
        machines.Count.ShouldBe(12);
        var golden = other.Lab.Get("VirtualMachine", "golden");
        foreach (var machine in machines)
        {
            machine.Label("kubevirtclone.io/transfer").ShouldBeNull();
            machine["metadata"]!["labels"]!.ToJsonString().ShouldBe(golden!["metadata"]!["labels"]!.ToJsonString());
            machine.TextAt("spec", "template", "spec", "domain", "firmware", "uuid").ShouldNotBe(golden.TextAt("spec", "template", "spec", "domain", "firmware", "uuid"));
        }

        machines.Select(m => m.TextAt("spec", "template", "spec", "domain", "firmware", "uuid")).Distinct().Count().ShouldBe(12);
    }

    [Fact]
    public async Task The_same_call_again_gives_the_copy_that_is_there_and_writes_nothing()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var first = (await other.CopyAsync()).Single().Record!;
        var writes = other.Lab.Virtual.Writes.Count;
        var second = (await other.CopyAsync()).ShouldHaveSingleItem().Record.ShouldNotBeNull();
        second.Uid.ShouldBe(first.Uid);
        other.Lab.Virtual.Writes.Skip(writes).ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_lists_images_sees_where_their_copies_are()
    {
        await using var other = await OtherNamespace.CreateAsync();
        await other.CopyAsync();
        var images = await other.Lab.DoAsync(async () =>
        {
            var found = new List<GoldenImageRecord>();
            await foreach (var item in new GoldenImageCatalog(other.Lab.Cluster).ListAsync(new ListQuery(), version: null, withUses: true, default))
                found.Add(item.Value!);
            return found;
        });
        images.ShouldHaveSingleItem().Copies.ShouldBe([OtherNamespace.Name]);
    }

    [Fact]
    public async Task Copies_stay_and_are_named_when_their_image_goes_or_go_with_it_and_so_do_copies_of_copies()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post(null, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = "team-c" } });
        var copy = (await other.CopyAsync()).Single().Record!;
        (await other.CopyAsync(OtherNamespace.Request with { Namespace = OtherNamespace.Name, Destinations = ["team-c"] })).Single().Fault.ShouldBeNull();
        var catalog = new GoldenImageCatalog(other.Lab.Cluster);

        var alone = await other.Lab.DoAsync(() => catalog.PlanRemovalAsync([other.Image], includeCopies: false, default));
        alone.Images.ShouldBe([other.Image]);
        alone.Warnings.ShouldHaveSingleItem().ToString().ShouldBe("The golden image default/img:1 has a copy in team-b, which stays when it is removed; -IncludeCopies removes that as well.");
        (await other.Lab.DoAsync(() => catalog.PlanRemovalAsync([other.Image, copy], includeCopies: false, default))).Warnings.ShouldHaveSingleItem().ToString().ShouldContain("team-b/img:1 has a copy in team-c");
        var all = await other.Lab.DoAsync(() => catalog.PlanRemovalAsync([other.Image], includeCopies: true, default));
        all.Images.Select(i => $"{i.Namespace}/{i}").ShouldBe(["default/img:1", "team-b/img:1", "team-c/img:1"]);
        all.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_something_else_has_the_name_the_copy_is_refused_with_what_it_is_and_the_others_are_made()
    {
        var causes = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["image"] = "is a snapshot of its machine 'own'",
            ["other-snapshot"] = "is a snapshot of its machine 'own'",
            ["earlier-copy"] = "is a copy of another snapshot",
            ["claim"] = "A claim",
            ["data-volume"] = "A DataVolume",
        };
        await using var other = await OtherNamespace.CreateAsync();
        var uids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var ns in causes.Keys)
        {
            other.Post(null, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } });
            other.Post(ns, Taker(ns, other.Image));
        }

        other.Lab.Settle();
        foreach (var ns in causes.Keys)
            uids[ns] = There(ns).Uid();
        var request = OtherNamespace.Request with { Destinations = [.. causes.Keys, OtherNamespace.Name] };

        Refused(await other.CopyAsync(request with { DryRun = true }));
        var updates = await other.CopyAsync(request);
        Refused(updates);
        updates.Single(u => u.Record is not null).Record!.Namespace.ShouldBe(OtherNamespace.Name);
        other.Lab.Settle();
        foreach (var ns in causes.Keys)
        {
            There(ns).Uid().ShouldBe(uids[ns]);
            other.List("VirtualMachine", ns).ShouldBeEmpty();
            other.List("DataVolume", ns).Count.ShouldBe(ns == "data-volume" ? 1 : 0);
        }

        JsonObject There(string ns) => other.List(Taker(ns, other.Image)["kind"]!.GetValue<string>(), ns).ShouldHaveSingleItem();

        void Refused(List<ItemUpdate<GoldenImageRecord>> updates)
        {
            var faults = updates.Select(u => u.Fault).OfType<Fault>().ToList();
            foreach (var (ns, cause) in causes)
                faults.Single(f => f.TargetName!.StartsWith(ns + "/", StringComparison.Ordinal)).Message.ShouldContain(cause);
            faults.Count.ShouldBe(causes.Count);
        }
    }

    private static JsonObject Taker(string what, GoldenImageRecord image)
    {
        var volume = CloneNames.InTransfer($"img-{image.Disks![0].Name}", CloneNames.ForTransfer(image.Uid, what, storageClass: null));
        var claim = new JsonObject { ["accessModes"] = new JsonArray("ReadWriteOnce"), ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Gi" } }, ["storageClassName"] = "fast" };
        if (what == "claim")
            return new() { ["apiVersion"] = "v1", ["kind"] = "PersistentVolumeClaim", ["metadata"] = new JsonObject { ["name"] = volume }, ["spec"] = claim };
        if (what == "data-volume")
        {
            return new()
            {
                ["apiVersion"] = "cdi.kubevirt.io/v1beta1",
                ["kind"] = "DataVolume",
                ["metadata"] = new JsonObject { ["name"] = volume },
                ["spec"] = new JsonObject { ["source"] = new JsonObject { ["blank"] = new JsonObject() }, ["pvc"] = claim },
            };
        }

        var labels = new JsonObject { ["kubevirtclone.io/image"] = "img", ["kubevirtclone.io/image-version"] = "1" };
        if (what == "earlier-copy")
            labels["kubevirtclone.io/copy-of-uid"] = "another";
        return new()
        {
            ["apiVersion"] = "snapshot.kubevirt.io/v1beta1",
            ["kind"] = "VirtualMachineSnapshot",
            ["metadata"] = new JsonObject { ["name"] = what == "other-snapshot" ? "mine" : CloneNames.ForImage(what, "img", "1"), ["labels"] = labels },
            ["spec"] = new JsonObject { ["source"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = "own" } },
        };
    }

    [Fact]
    public async Task Another_version_is_copied_beside_the_first()
    {
        await using var other = await OtherNamespace.CreateAsync();
        await other.CopyAsync();
        await other.Lab.DoAsync(async () =>
        {
            await foreach (var update in new Engine.Images.GoldenImageMaker(other.Lab.Cluster).CreateAsync(new GoldenImageRequest { Namespace = "default", SourceName = "golden", Name = "img" }, default))
                update.Fault.ShouldBeNull();
            return true;
        });
        (await other.CopyAsync()).Single().Record!.ToString().ShouldBe("img:2");
        other.List("VirtualMachineSnapshot").Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_full_quota_is_one_clear_end_and_leaves_nothing()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post(OtherNamespace.Name, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ResourceQuota",
            ["metadata"] = new JsonObject { ["name"] = "q", ["namespace"] = OtherNamespace.Name },
            ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["persistentvolumeclaims"] = "0" } },
        });
        other.Lab.Settle();
        var fault = (await other.CopyAsync(OtherNamespace.Request with { Timeout = null })).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        fault.Id.ShouldBe(FaultIds.QuotaExceeded, fault.Message);
        fault.Message.ShouldContain("exceeded quota");
        other.ShouldBeAsBefore();
    }

    [Theory]
    [InlineData("nowhere", FaultIds.NamespaceNotFound)]
    [InlineData("default", FaultIds.TransferInvalid)]
    [InlineData("No_Name", FaultIds.TransferInvalid)]
    public async Task A_destination_that_cannot_be_is_refused_before_anything_is_made(string destination, string id)
    {
        await using var other = await OtherNamespace.CreateAsync();
        (await other.CopyAsync(OtherNamespace.Request with { Destinations = [destination] })).ShouldHaveSingleItem().Fault!.Id.ShouldBe(id);
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task A_storage_class_that_does_not_exist_is_refused_before_anything_is_made()
    {
        await using var other = await OtherNamespace.CreateAsync();
        (await other.CopyAsync(OtherNamespace.Request with { StorageClass = "none-such" })).ShouldHaveSingleItem().Fault!.Message.ShouldContain("'none-such'");
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task On_another_class_of_the_driver_the_copy_says_which()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var copy = (await other.CopyAsync(OtherNamespace.Request with { StorageClass = "slow" })).Single(u => u.Kind == ItemUpdateKind.Record).Record!;
        copy.CopyStorageClass.ShouldBe("slow");
        copy.Snapshot.Volumes!.ShouldHaveSingleItem().StorageClass.ShouldBe("slow");
        var fault = (await other.CopyAsync()).ShouldHaveSingleItem().Fault!;
        fault.Id.ShouldBe(FaultIds.GoldenImageExists);
        fault.Message.ShouldContain("'slow'");
    }

    [Fact]
    public async Task A_rehearsal_makes_nothing()
    {
        await using var other = await OtherNamespace.CreateAsync();
        (await other.CopyAsync(OtherNamespace.Request with { DryRun = true })).ShouldHaveSingleItem().Kind.ShouldBe(ItemUpdateKind.Record);
        other.ShouldBeAsBefore();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_at_any_request_the_same_command_completes_the_copy(bool handOver)
    {
        var copy = OtherNamespace.Request with { HandOver = handOver };
        for (var request = 1; ; request++)
        {
            var killed = false;
            foreach (var done in new[] { false, true })
            {
                await using var other = await OtherNamespace.CreateAsync();
                killed = await other.Lab.Virtual.RunAndKillAsync(() => other.RunAsync(copy), new(request, done));
                if (!killed)
                    break;
                var when = $"killed at {request}, carried out: {done}";
                (await other.CopyAsync(copy)).Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty(when);
                other.Lab.Settle();
                other.Everything().Except(other.Before).Order(StringComparer.Ordinal).Select(o => o.Split(' ')[1]).ShouldBe(["VirtualMachineSnapshot", "VolumeSnapshot"], when);
                other.HandedOver().ShouldBeEmpty(when);
                other.List("VirtualMachineSnapshot").Single().FlagAt("status", "readyToUse").ShouldBe(true, when);
            }

            if (!killed)
            {
                request.ShouldBeGreaterThan(4);
                return;
            }
        }
    }
}
