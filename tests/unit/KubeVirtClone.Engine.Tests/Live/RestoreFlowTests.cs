using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Images;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Live;

public sealed class RestoreFlowTests
{
    private static readonly CloneOptions Bound = new() { Wait = true, For = WaitState.Bound, Timeout = TimeSpan.FromMinutes(2) };

    [Fact]
    public async Task Both_methods_make_the_same_machine()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        foreach (var (method, target) in new[] { (CloneMethodChoice.Clone, "by-clone"), (CloneMethodChoice.Restore, "by-restore") })
        {
            var request = SandboxedCluster.Request(target) with
            {
                Hostname = "same",
                ExcludeTemplateLabels = ["kubevirt.io/*"],
                MacAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = "02:00:00:00:00:07" },
                TargetAnnotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "x:y,z" },
            };
            var updates = await sandbox.CloneAsync([request], Bound with { Method = method });
            updates.Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        }

        (await NormalizedAsync(sandbox, "by-restore")).ShouldBe(await NormalizedAsync(sandbox, "by-clone"));
    }

    [Fact]
    public async Task Image_many_machines_second_image_prune_and_all_of_it_removed()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var before = await sandbox.MachineNamesAsync();
        var images = new GoldenImageCatalog(sandbox.Cluster);
        var snapshots = new SnapshotCatalog(sandbox.Cluster);
        await MakeImageAsync(sandbox.Cluster);
        await CloneImageAsync(sandbox, "one", 30);
        await MakeImageAsync(sandbox.Cluster);
        await CloneImageAsync(sandbox, "two", 10);

        var versions = await ListAsync(images.ListAsync(new ListQuery(), null, withUses: true, default));
        versions.Select(i => (i.Version, i.Machines!.Count, i.Dependents!.Count)).ShouldBe([("2", 10, 0), ("1", 30, 0)]);
        foreach (var surplus in await images.ListSurplusAsync("default", "img", 1, default))
            (await images.RemoveAsync(surplus, force: false, default)).ShouldBeNull();

        var catalog = new CloneCatalog(sandbox.Cluster);
        foreach (var batch in new[] { "one", "two" })
        {
            foreach (var clone in await ListAsync(catalog.ListAsync(new CloneQuery { Batch = batch }, default)))
                (await new CloneRemoval(sandbox.Cluster, includeTarget: true).RemoveAsync(clone, default)).ShouldBeNull();
        }

        foreach (var image in await ListAsync(images.ListAsync(new ListQuery(), null, withUses: false, default)))
            (await images.RemoveAsync(image, force: false, default)).ShouldBeNull();
        await SandboxedCluster.UntilAsync(async () => (await sandbox.MachineNamesAsync()).SequenceEqual(before));
        await SandboxedCluster.UntilAsync(async () => (await ListAsync(snapshots.ListAsync(new ListQuery(), default))).Count == 0);
    }

    [Fact]
    public async Task Machines_stop_and_start_again()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        await sandbox.CloneAsync([SandboxedCluster.Request("m") with { RunStrategy = "Once" }], Bound with { Method = CloneMethodChoice.Restore, For = WaitState.Running });
        var power = new MachinePower(sandbox.Cluster);
        var options = new PowerOptions { Wait = true, Timeout = TimeSpan.FromMinutes(1) };
        MachineReference[] machine = [new("default", "m")];

        (await OneAsync(power.StopAsync(machine, options, default))).Record!.RunStrategy.ShouldBe("Halted");
        (await OneAsync(power.StopAsync(machine, options, default))).Record!.Status.ShouldBe("Stopped");
        (await OneAsync(power.StartAsync(machine, options, default))).Record!.RunStrategy.ShouldBe("Once");
        (await OneAsync(power.StartAsync(machine, options, default))).Record!.Status.ShouldBe("Running");
        (await OneAsync(power.StartAsync(machine, options with { Paused = true }, default))).Fault!.Id.ShouldBe(FaultIds.VMAlreadyRunning);
        (await OneAsync(power.RemoveAsync(machine, options, default))).Fault!.Id.ShouldBe(FaultIds.VMRunning);
        (await OneAsync(power.RemoveAsync(machine, options with { Force = true, IncludeVolumes = true }, default))).Fault.ShouldBeNull();
    }

    private static async Task MakeImageAsync(KubeVirtCluster cluster)
    {
        var request = new GoldenImageRequest { Namespace = "default", SourceName = "golden", Name = "img", StopSource = true, Timeout = TimeSpan.FromMinutes(1) };
        var updates = new List<ItemUpdate<GoldenImageRecord>>();
        await foreach (var update in new GoldenImageMaker(cluster).CreateAsync(request, default))
            updates.Add(update);
        updates.Where(u => u.Kind == ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
    }

    private static async Task CloneImageAsync(SandboxedCluster sandbox, string batch, int count)
    {
        var requests = Enumerable.Range(1, count).Select(i => SandboxedCluster.Request($"{batch}-{i:d2}") with { GoldenImage = "img" }).ToList();
        var updates = await sandbox.CloneAsync(requests, Bound with { Batch = batch });
        updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!.Message).ShouldBeEmpty();
        updates.Of(ItemUpdateKind.Record).Count(u => u.Record!.Method == CloneMethod.Direct).ShouldBe(count);
    }

    private static async Task<string> NormalizedAsync(SandboxedCluster sandbox, string name)
    {
        var machine = (await sandbox.Cluster.Client.GetAsync(KubeVirtKinds.VirtualMachine, "default", name, default)).ToJsonObject();
        machine.Remove("status");
        var metadata = (JsonObject)machine["metadata"]!;
        foreach (var key in new[] { "name", "uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "finalizers" })
            metadata.Remove(key);
        metadata["annotations"]!.AsObject().Remove("restore.kubevirt.io/lastRestoreUID");
        var spec = (JsonObject)machine["spec"]!["template"]!["spec"]!;
        spec["domain"]!["firmware"] = "random";
        // Restored claims are named after the restore.
        return System.Text.RegularExpressions.Regex.Replace(machine.ToJsonString(), "restore-[0-9a-f-]{36}", "restore-X", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5));
    }

    private static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<ListedItem<T>> source)
        where T : class
    {
        var items = new List<T>();
        await foreach (var found in source)
        {
            found.Fault.ShouldBeNull();
            items.Add(found.Value!);
        }

        return items;
    }

    private static async Task<ItemUpdate<VirtualMachineRecord>> OneAsync(IAsyncEnumerable<ItemUpdate<VirtualMachineRecord>> run)
    {
        var all = new List<ItemUpdate<VirtualMachineRecord>>();
        await foreach (var update in run)
            all.Add(update);
        return all.ShouldHaveSingleItem();
    }
}
