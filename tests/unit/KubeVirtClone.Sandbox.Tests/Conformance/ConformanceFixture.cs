using KubeVirtClone.Sandbox.Tests.Kubectl;
using KubeVirtClone.Sandbox.Tests.Replay.Live;

namespace KubeVirtClone.Sandbox.Tests.Conformance;

/// <summary>A sandbox, or the live cluster that <c>KUBEVIRTCLONE_TEST_KUBECONFIG</c> names, where the steps go through a namespace of their own.</summary>
public sealed class ConformanceFixture : KubectlFixture
{
    /// <summary>The namespace that the kubeconfig names for both clients.</summary>
    internal string Namespace { get; private set; } = "default";

    internal string PowerPath(string machine, string subresource) =>
        $"/apis/subresources.kubevirt.io/v1/namespaces/{Namespace}/virtualmachines/{machine}/{subresource}";

    public override async ValueTask InitializeAsync()
    {
        if (!LiveCluster.IsNamed)
        {
            await base.InitializeAsync();
            return;
        }

        Namespace = "kvc-conformance-" + Guid.NewGuid().ToString("n")[..8];
        var live = Environment.GetEnvironmentVariable(LiveCluster.Variable)!;
        await File.WriteAllTextAsync(KubeConfig, await Kubectl($"config view --kubeconfig {live} --flatten --raw --minify"), TestContext.Current.CancellationToken);
        await Kubectl($"config set-context --current --namespace={Namespace}");
        await Kubectl($"create namespace {Namespace}");
    }

    public override async ValueTask DisposeAsync()
    {
        if (LiveCluster.IsNamed)
            await Kubectl($"delete namespace {Namespace} --wait=false");
        await base.DisposeAsync();
    }

    private async Task<string> Kubectl(string arguments)
    {
        var result = await Run(arguments);
        result.ExitCode.ShouldBe(0, result.Errors);
        return result.Output;
    }
}
