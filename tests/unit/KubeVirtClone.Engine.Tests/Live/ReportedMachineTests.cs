using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;
using static KubeVirtClone.Engine.Tests.Live.ReportedSituation;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>Machines that people reported of: those a server takes are taken and cloned as they are, and nothing of what was made is left without a word.</summary>
public sealed class ReportedMachineTests
{
    [Fact]
    public async Task Machines_that_a_server_takes_are_taken_and_cloned_as_they_are()
    {
        await using var sandbox = await StartAsync("sandbox-refuses-valid-vms");
        foreach (var name in new[] { "empty-cdrom", "arm", "z", "rare" })
        {
            var request = Request("c-strict", name, name + "-2");
            (await TestAsync(sandbox, [request])).ShouldNotContain(f => f.IsError, name);
            var comparison = await CloneAndCompareAsync(sandbox, request);
            comparison.Unexpected.ShouldBeEmpty(name);
        }
    }

    [Theory]
    [InlineData(CloneMethodChoice.Auto)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task Claims_of_machines_whose_clones_are_purged_go_with_them_or_are_named(CloneMethodChoice method)
    {
        await using var sandbox = await StartAsync("leftover-claims");
        var options = new CloneOptions { Method = method, Batch = "p", Wait = true, PurgeOnSuccess = true, Timeout = TimeSpan.FromMinutes(2) };
        (await sandbox.CloneAsync([.. Enumerable.Range(1, 4).Select(i => Request("c-left", "app", $"p-{i}"))], options)).Of(ItemUpdateKind.Fault).ShouldBeEmpty();

        var warned = string.Concat((await RemoveAsync(sandbox, new PowerOptions { Wait = true }, "p-1")).Where(u => u.Kind == ItemUpdateKind.Warning).Select(u => u.Message));
        await RemoveAsync(sandbox, new PowerOptions { Wait = true, IncludeVolumes = true }, "p-2", "p-3", "p-4");
        await SandboxedCluster.UntilAsync(async () => (await ClaimsAsync(sandbox)).Count <= (warned.Length > 0 ? 2 : 1));
        // What is made directly is its machine's own.
        (warned.Length > 0).ShouldBe(method != CloneMethodChoice.Direct);
        (await ClaimsAsync(sandbox)).ShouldAllBe(c => c == "app-root" || warned.Contains(c, StringComparison.Ordinal));
        if (warned.Length > 0)
            warned.ShouldContain("-IncludeVolumes");
    }

    private static async Task<List<ItemUpdate<VirtualMachineRecord>>> RemoveAsync(SandboxedCluster sandbox, PowerOptions options, params string[] names)
    {
        var updates = new List<ItemUpdate<VirtualMachineRecord>>();
        await foreach (var update in new MachinePower(sandbox.Cluster).RemoveAsync([.. names.Select(n => new MachineReference("c-left", n))], options, default))
            updates.Add(update);
        updates.ShouldAllBe(u => u.Fault == null);
        return updates;
    }

    private static async Task<List<string>> ClaimsAsync(SandboxedCluster sandbox)
    {
        var names = new List<string>();
        await foreach (var claim in sandbox.Cluster.Client.ListAsync(KubeVirtKinds.PersistentVolumeClaim, "c-left", new ListOptions(), default))
            names.Add(claim.Name);
        return names;
    }
}
