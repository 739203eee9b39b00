using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Engine.Tests;

public sealed class ClusterTests
{
    private readonly World _world = new();

    [Fact]
    public async Task What_is_known_about_a_cluster_is_asked_for_once()
    {
        var info = await _world.Cluster.GetInfoAsync(default);
        await _world.Cluster.GetInfoAsync(default);

        info.KubernetesVersion.ShouldBe("v1.34.1");
        info.KubeVirtVersion.ShouldBe("v1.9.0");
        info.CloneApiVersion.ShouldBe("v1beta1");
        info.SnapshotApiVersion.ShouldBe("v1beta1");
        info.SnapshotGate.ShouldBeNull();
        _world.Client.Requests.Count.ShouldBeLessThanOrEqualTo(6);
    }

    [Fact]
    public async Task An_old_server_is_spoken_to_in_v1alpha1()
    {
        _world.Client.Groups["clone.kubevirt.io"] = ["v1alpha1"];
        await _world.CloneAsync([World.Request()]);

        _world.TheClone()["apiVersion"]!.GetValue<string>().ShouldBe("clone.kubevirt.io/v1alpha1");
    }

    [Theory]
    [InlineData("v1.9.0", "", "", true)]
    [InlineData("v1.9.0-rc.1", "", "", true)]
    [InlineData("v1.9.0", "", "Snapshot", false)]
    [InlineData("v1.9.0", "Snapshot", "Snapshot", true)]
    [InlineData("v1.8.4", "", "", false)]
    [InlineData("v1.8.4", "Other,Snapshot", "", true)]
    [InlineData("devel", "", "", null)]
    public async Task The_snapshot_gate_is_on_by_default_from_1_9(string version, string enabled, string disabled, bool? on)
    {
        _world.Client.KubeVirtVersion = version;
        _world.Client.Put(KubeVirtKinds.KubeVirt, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "kubevirt", ["namespace"] = "kubevirt" },
            ["spec"] = new JsonObject
            {
                ["configuration"] = new JsonObject
                {
                    ["developerConfiguration"] = new JsonObject { ["featureGates"] = Gates(enabled), ["disabledFeatureGates"] = Gates(disabled) },
                },
            },
        });

        (await _world.Cluster.GetSnapshotGateAsync(default)).ShouldBe(on);
        if (on == false)
            (await EndsWith(World.Request)).ShouldSatisfyAllConditions(f => f.Id.ShouldBe(FaultIds.CloneApiUnavailable), f => f.Category.ShouldBe(FaultCategory.NotInstalled));
    }

    [Fact]
    public async Task A_cluster_without_the_clone_API_ends_everything()
    {
        _world.Client.Groups.Remove("clone.kubevirt.io");
        (await EndsWith(World.Request)).Id.ShouldBe(FaultIds.CloneApiUnavailable);
    }

    [Fact]
    public async Task A_gate_the_server_reports_off_ends_everything()
    {
        _world.Client.Before = r => r.Verb == "CREATE"
            ? throw new ApiStatusException(400, "BadRequest", "admission webhook denied the request: snapshot feature gate is not enabled")
            : Task.CompletedTask;
        (await EndsWith(World.Request)).Id.ShouldBe(FaultIds.CloneApiUnavailable);
    }

    public static TheoryData<Exception, string, FaultCategory> Ends() => new()
    {
        { new ApiStatusException(401, "Unauthorized", "Unauthorized"), FaultIds.ApiUnauthorized, FaultCategory.AuthenticationError },
        { new ApiServerUnreachableException(new Uri("https://user:s3cret@h:6443"), UnreachableReason.ConnectionRefused, "refused"), FaultIds.ApiServerUnreachable, FaultCategory.ConnectionError },
        { new ApiServerTlsException(new Uri("https://h:6443"), TlsFailureReason.Expired, "expired"), FaultIds.ApiServerTlsFailure, FaultCategory.SecurityError },
        { new KubeConfigException(KubeConfigProblem.NotFound, "none", "/x"), FaultIds.KubeConfigNotFound, FaultCategory.ObjectNotFound },
        { new KubeConfigException(KubeConfigProblem.Invalid, "bad", "/x"), FaultIds.KubeConfigInvalid, FaultCategory.InvalidData },
        { new KubeConfigException(KubeConfigProblem.ContextNotFound, "no", "/x", "prod"), FaultIds.KubeContextNotFound, FaultCategory.ObjectNotFound },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task What_ends_everything_is_one_fault_that_says_what_to_do_and_no_secret(Exception thrown, string id, FaultCategory category)
    {
        _world.Client.Before = _ => throw thrown;
        var fault = await EndsWith(World.Request);

        fault.Id.ShouldBe(id);
        fault.Category.ShouldBe(category);
        fault.Terminating.ShouldBeTrue();
        fault.RecommendedAction.ToString().ShouldNotBeEmpty();
        $"{fault.Message} {fault.RecommendedAction} {fault.TargetName}".ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task A_missing_kubeconfig_names_the_file()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "no-such-kubeconfig");
        var e = await Should.ThrowAsync<EngineException>(KubeVirtCluster.ConnectAsync(new KubeConfigOptions { Path = path }, null, default));

        e.Fault.Id.ShouldBe(FaultIds.KubeConfigNotFound);
        e.Fault.Message.ShouldContain(path);
    }

    private static JsonArray Gates(string names) => new([.. names.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => (JsonNode)n)]);

    private async Task<Fault> EndsWith(Func<string, string, CloneRequest> request) =>
        (await Should.ThrowAsync<EngineException>(_world.CloneAsync([request("web-1", "golden")]))).Fault;
}
