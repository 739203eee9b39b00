using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Methods.Tests.Virtual;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Interruption;

/// <summary>
/// A batch whose process is killed at each of its mutating requests, before and after the server has carried it out, in virtual time. The same
/// command again completes the job: nothing twice, nothing lost. And whoever removes the batch instead finds all that was left.
/// See <see cref="KilledProcessTests"/> for processes that are really killed.
/// </summary>
public sealed class KilledBatchTests
{
    private const int Count = 2;

    // The snapshot, one request for each clone, and what gives the snapshot to them. Where CDI copies there is no snapshot.
    private static int FewestToMake(CloneMethodChoice method) => method == CloneMethodChoice.DataVolume ? Count : Count + 2;

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Direct)]
    [InlineData(CloneMethodChoice.DataVolume)]
    public async Task Killed_at_any_request_the_same_command_completes_the_job(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        await ForEachPointAsync([false, true], FewestToMake(method), async (point, batch) =>
        {
            var when = $"{method} killed at {point} and run again";
            var began = lab.Changes.Count;
            if (!await lab.Virtual.RunAndKillAsync(() => RunAsync(lab, method, batch), point))
                return false;
            (await lab.DoAsync(() => RunAsync(lab, method, batch))).ShouldBeEmpty(when);

            // Each machine was made, once; each with a claim of its own, and all of that is all there is.
            Made(lab, began).ShouldBe(Targets(batch), customMessage: when);
            lab.Claims().Values.Distinct(StringComparer.Ordinal).Count().ShouldBe(Count, when);
            var records = lab.List(method == CloneMethodChoice.Clone ? "VirtualMachineClone" : "VirtualMachineRestore").Select(r => r.Kind() + " " + r.Name()).ToList();
            // A machine that is posted stands for itself.
            records.Count.ShouldBe(method is CloneMethodChoice.Direct or CloneMethodChoice.DataVolume ? 0 : Count, when);
            lab.Settle();
            lab.State().ShouldBe(
                [.. lab.Before, .. Targets(batch).Select(t => "VirtualMachine " + t), .. lab.Claims().Values.Select(c => "PersistentVolumeClaim " + c), .. records,
                    .. method == CloneMethodChoice.DataVolume ? lab.Claims().Values.Select(c => "DataVolume " + c) : []],
                ignoreOrder: true,
                when);

            (await lab.RemoveBatchAsync(batch)).ShouldBe(Count, when);
            lab.ShouldBeAsBefore($"{when}, and removed");
            return true;
        });
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Direct)]
    [InlineData(CloneMethodChoice.DataVolume)]
    public async Task Killed_at_any_request_the_batch_can_be_removed_whole(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        // Before a request nothing else is there than after the one before it.
        await ForEachPointAsync([true], FewestToMake(method), async (point, batch) =>
        {
            if (!await lab.Virtual.RunAndKillAsync(() => RunAsync(lab, method, batch), point))
                return false;
            await lab.RemoveBatchAsync(batch);
            lab.ShouldBeAsBefore($"{method} killed at {point} and removed");
            return true;
        });
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task Killed_at_any_request_what_late_volumes_need_is_kept_and_goes_once_they_are_bound(CloneMethodChoice method)
    {
        await using var lab = new Lab("wffc", nodes: true);
        await ForEachPointAsync([true], FewestToMake(method), async (point, batch) =>
        {
            var when = $"{method} killed at {point} and run again";
            var began = lab.Changes.Count;
            if (!await lab.Virtual.RunAndKillAsync(() => RunAsync(lab, method, batch), point))
                return false;
            (await lab.DoAsync(() => RunAsync(lab, method, batch))).ShouldBeEmpty(when);

            Made(lab, began).ShouldBe(Targets(batch), customMessage: when);
            var snapshot = lab.List("VirtualMachineSnapshot").ShouldHaveSingleItem(when);
            snapshot.IsDeleting().ShouldBeFalse(when);
            snapshot.ArrayAt("metadata", "ownerReferences").Objects().Count().ShouldBe(method == CloneMethodChoice.Direct ? 0 : Count, when);
            lab.List("VolumeSnapshot").ShouldHaveSingleItem(when);
            lab.List("PersistentVolumeClaim").Count(c => c.TextAt("status", "phase") == "Pending").ShouldBe(Count, when);

            await lab.StartAsync([.. Targets(batch)]);
            await lab.WaitForBoundAsync(await lab.ListAsync(batch));
            lab.Settle();
            lab.List("VirtualMachineSnapshot").ShouldBeEmpty(when);
            lab.List("VolumeSnapshot").ShouldBeEmpty(when);
            await lab.RemoveBatchAsync(batch);
            lab.ShouldBeAsBefore(when + ", started and removed");
            return true;
        });
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore, true)]
    [InlineData(CloneMethodChoice.Restore, false)]
    [InlineData(CloneMethodChoice.Clone, true)]
    [InlineData(CloneMethodChoice.Clone, false)]
    public async Task Killed_while_disks_are_to_grow_the_same_command_and_a_wait_let_them_grow(CloneMethodChoice method, bool waits)
    {
        await using var lab = new Lab();
        // To give each of the disks more and to note that it is done are requests, too.
        await ForEachPointAsync([false, true], FewestToMake(method) + (2 * Count), async (point, batch) =>
        {
            var when = $"{method} killed at {point} and completed";
            if (!await lab.Virtual.RunAndKillAsync(() => RunAsync(lab, method, batch, "2Gi", waits), point))
                return false;
            // Who waits for what is there lets the disks of that grow; what is not there is made by the same command.
            if (point.Done)
                await lab.WaitForBoundAsync(await lab.ListAsync(batch));
            (await lab.DoAsync(() => RunAsync(lab, method, batch, "2Gi", waits))).ShouldBeEmpty(when);
            lab.Settle();
            Sizes(lab, batch).ShouldBe(Enumerable.Repeat("2Gi of 2Gi", Count), when);
            (await lab.ListAsync(batch)).ShouldAllBe(c => c.State == "Bound" && c.Message.Length == 0, when);
            lab.Get("PersistentVolumeClaim", "golden-data").TextAt("spec", "resources", "requests", "storage").ShouldBe("1Gi", when);

            var writes = lab.Virtual.Writes.Count;
            (await lab.DoAsync(() => RunAsync(lab, method, batch, "2Gi", waits))).ShouldBeEmpty(when);
            lab.Virtual.Writes.Skip(writes).Where(w => w.Contains("persistentvolumeclaims", StringComparison.Ordinal)).ShouldBeEmpty(when);
            (await lab.RemoveBatchAsync(batch)).ShouldBe(Count, when);
            lab.ShouldBeAsBefore($"{when}, and removed");
            return true;
        });
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Direct)]
    [InlineData(CloneMethodChoice.DataVolume)]
    public async Task A_removal_that_is_killed_is_completed_by_the_same_command(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        // One request a machine.
        await ForEachPointAsync([false, true], Count, async (point, batch) =>
        {
            (await lab.DoAsync(() => RunAsync(lab, method, batch))).ShouldBeEmpty();
            var killed = await lab.Virtual.RunAndKillAsync(() => lab.BatchRemovalAsync(batch), point);
            if (killed)
                await lab.RemoveBatchAsync(batch);
            lab.ShouldBeAsBefore($"{method}: removal killed at {point} and done again");
            return killed;
        });
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task Killed_at_any_request_disks_that_are_to_stay_are_made_once_and_left_by_the_removal(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        await ForEachPointAsync([false, true], FewestToMake(method), async (point, batch) =>
        {
            var when = $"{method} killed at {point} and run again";
            if (!await lab.Virtual.RunAndKillAsync(() => RunAsync(lab, method, batch, policy: "None"), point))
                return false;
            (await lab.DoAsync(() => RunAsync(lab, method, batch, policy: "None"))).ShouldBeEmpty(when);
            var claims = lab.Claims().Values.Distinct(StringComparer.Ordinal).ToList();
            claims.Count.ShouldBe(Count, when);
            (await lab.RemoveBatchAsync(batch)).ShouldBe(Count, when);
            ShouldLeave(lab, claims, $"{when}, and removed");
            return true;
        });
    }

    [Theory]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task Killed_at_any_request_only_disks_of_clones_that_were_done_are_left(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        await ForEachPointAsync([true], FewestToMake(method), async (point, batch) =>
        {
            if (!await lab.Virtual.RunAndKillAsync(() => RunAsync(lab, method, batch, policy: "None"), point))
                return false;
            lab.Settle();
            var done = (await lab.ListAsync(batch)).Where(c => c.Phase == ClonePhase.Succeeded).Select(c => c.TargetName).ToHashSet(StringComparer.Ordinal);
            var claims = lab.Claims().Where(c => done.Contains(c.Key)).Select(c => c.Value).ToList();
            await lab.RemoveBatchAsync(batch);
            ShouldLeave(lab, claims, $"{method} killed at {point} and removed");
            return true;
        });
    }

    // What stays is somebody's own affair from then on.
    private static void ShouldLeave(Lab lab, IReadOnlyList<string> claims, string when)
    {
        lab.State().ShouldBe([.. lab.Before, .. claims.Select(c => "PersistentVolumeClaim " + c)], ignoreOrder: true, when);
        foreach (var claim in claims)
            lab.Delete("PersistentVolumeClaim", claim);
        lab.ShouldBeAsBefore(when);
    }

    /// <summary>Tries one request after the other, until one is not reached any more; there are a known number at least.</summary>
    private static async Task ForEachPointAsync(bool[] carriedOut, int atLeast, Func<KillPoint, string, Task<bool>> tryAsync)
    {
        for (var request = 1; ; request++)
        {
            var reached = true;
            foreach (var done in carriedOut)
                reached &= await tryAsync(new(request, done), $"k{request}{(done ? "b" : "a")}");
            if (reached)
                continue;
            request.ShouldBeGreaterThan(atLeast);
            return;
        }
    }

    private static async Task<List<string>> RunAsync(Lab lab, CloneMethodChoice method, string batch, string? size = null, bool waits = true, string? policy = null)
    {
        var faults = new List<string>();
        var sizes = size is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { [RequestFields.EveryDisk] = size };
        var requests = Targets(batch).ConvertAll(t => new CloneRequest { Namespace = "default", SourceName = "golden", TargetName = t, DiskSizes = sizes, VolumeOwnershipPolicy = policy });
        await foreach (var update in new CloneOperation(lab.Cluster, Lab.Options(method) with { Batch = batch, Wait = waits }).RunAsync(requests, default))
        {
            if (update.Fault is { } fault)
                faults.Add(fault.Message);
        }

        return faults;
    }

    private static List<string> Targets(string batch) => [.. Enumerable.Range(1, Count).Select(i => $"{batch}-{i}")];

    private static IEnumerable<string> Sizes(Lab lab, string batch) => Targets(batch).Select(t => lab.Get("PersistentVolumeClaim", lab.Claims()[t])!)
        .Select(c => $"{c.TextAt("status", "capacity", "storage")} of {c.TextAt("spec", "resources", "requests", "storage")}");

    private static List<string> Made(Lab lab, int since) =>
        [.. lab.Changes.Skip(since).Where(c => c is { Type: StoreEventType.Added, Resource.Kind: "VirtualMachine" }).Select(c => c.Name).Order(StringComparer.Ordinal)];
}
