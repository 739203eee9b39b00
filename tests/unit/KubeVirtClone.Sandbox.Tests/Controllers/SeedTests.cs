using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>That sandboxes are told apart by their uids unless the same seed is asked for.</summary>
public sealed class SeedTests
{
    private static async Task<(string Cluster, string Machine)> UidsAsync(int? seed)
    {
        await using var sandbox = await Sandbox.StartAsync(new SandboxOptions { Seed = seed }, TestContext.Current.CancellationToken);
        var api = sandbox.Api;
        return (api.Get(api.Type("", "namespaces"), null, "kube-system")!.Uid(), api.List(api.Type("kubevirt.io", "virtualmachines"), "default")[0].Uid());
    }

    [Fact]
    public async Task Two_sandboxes_share_no_uids_unless_they_are_given_one_seed()
    {
        var (first, second) = (await UidsAsync(null), await UidsAsync(null));
        second.Cluster.ShouldNotBe(first.Cluster);
        second.Machine.ShouldNotBe(first.Machine);
        (await UidsAsync(7)).ShouldBe(await UidsAsync(7));
    }

    [Fact]
    public async Task A_sandbox_tells_the_seed_that_repeats_it()
    {
        await using var sandbox = await Sandbox.StartAsync(new SandboxOptions(), TestContext.Current.CancellationToken);
        await using var again = await Sandbox.StartAsync(new SandboxOptions { Seed = sandbox.Seed }, TestContext.Current.CancellationToken);
        var type = sandbox.Api.Type("", "namespaces");
        again.Api.Get(again.Api.Type("", "namespaces"), null, "default")!.Uid().ShouldBe(sandbox.Api.Get(type, null, "default")!.Uid());
    }
}
