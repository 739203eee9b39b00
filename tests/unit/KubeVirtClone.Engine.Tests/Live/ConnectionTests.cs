using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Tests.Live;

/// <summary>What goes wrong on the way to a cluster is one clear fault, over a real TLS connection.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task A_connection_knows_its_cluster()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var info = await sandbox.Cluster.GetInfoAsync(default);

        info.Server.ShouldBe(sandbox.Box.Server);
        info.Context.ShouldBe("admin@sandbox");
        info.User.ShouldBe("admin");
        info.Namespace.ShouldBe("default");
        info.KubernetesVersion.ShouldNotBeNull();
        KubeVirtCluster.ParseVersion(info.KubeVirtVersion)!.ToString(2).ShouldBe("1.9");
        info.CloneApiVersion.ShouldBe("v1beta1");
        info.SnapshotGate.ShouldBe(true);
    }

    [Theory]
    [InlineData("expired", FaultIds.ApiUnauthorized)]
    [InlineData("nobody", FaultIds.ApiForbidden)]
    public async Task Whoever_is_not_let_in_gets_one_fault(string user, string id)
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var cluster = await sandbox.ConnectAsync(user);

        var fault = (await Should.ThrowAsync<EngineException>(ListAsync(cluster))).Fault;
        fault.Id.ShouldBe(id);
        fault.RecommendedAction.ToString().ShouldNotBeEmpty();
        AssertNoToken(sandbox, fault);
    }

    [Fact]
    public async Task A_server_nobody_vouches_for_is_not_trusted()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var path = await sandbox.WriteKubeConfigAsync(text => string.Join('\n', text.Split('\n').Where(l => !l.Contains("certificate-authority-data"))));
        var cluster = await sandbox.ConnectAsync(kubeConfig: path);

        var fault = (await Should.ThrowAsync<EngineException>(ListAsync(cluster))).Fault;
        fault.Id.ShouldBe(FaultIds.ApiServerTlsFailure);
        fault.Category.ShouldBe(FaultCategory.SecurityError);
        fault.RecommendedAction.ToString().ShouldContain("certificate-authority");
        AssertNoToken(sandbox, fault);
    }

    [Fact]
    public async Task A_context_that_is_not_there_is_named()
    {
        await using var sandbox = await SandboxedCluster.StartAsync();
        var fault = (await Should.ThrowAsync<EngineException>(sandbox.ConnectAsync("mallory"))).Fault;

        fault.Id.ShouldBe(FaultIds.KubeContextNotFound);
        fault.TargetName.ShouldBe("mallory@sandbox");
    }

    private static void AssertNoToken(SandboxedCluster sandbox, Fault fault)
    {
        foreach (var user in sandbox.Box.Users)
            $"{fault} {fault.RecommendedAction} {fault.Exception}".ShouldNotContain(user.Token);
    }

    private static async Task ListAsync(KubeVirtCluster cluster)
    {
        await foreach (var found in new VirtualMachines(cluster).ListAsync(new ListQuery(), default))
            found.Value.ShouldNotBeNull();
    }
}
