using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>
/// The live replay itself, on a sandbox that listens: what it sends and sees over HTTP, how names go there and back, and that it leaves
/// nothing behind. Volumes are left out: here storage is the sandbox's, there the replay's.
/// </summary>
public sealed class LiveReplayTests
{
    [Fact]
    public async Task Cases_are_repeated_over_http_and_leave_nothing()
    {
        await using var sandbox = await Sandbox.StartAsync(new SandboxOptions { Seeded = false, Nodes = false }, TestContext.Current.CancellationToken);
        var folder = Directory.CreateTempSubdirectory("kubevirtclone-live-");
        var kubeConfig = Path.Combine(folder.FullName, "config");
        await sandbox.WriteKubeConfigAsync(kubeConfig);
        await using (var cluster = new LiveCluster(kubeConfig))
        {
            await Task.WhenAll(((string[])["a01-", "a13-", "b21-", "e23-", "j02-", "j32-"]).Select(name => Task.Run(
                async () =>
                {
                    var @case = VectorCase.OfOwn(name);
                    LiveRules.WhyNot(cluster, @case).ShouldBeNull();
                    await using var live = new LiveCase(cluster, @case.Namespace);
                    var (recording, problems) = new CloneReplay(live, @case).Run();
                    problems.ShouldBeEmpty();
                    Comparison.OfClone(LiveRules.WithoutRaces(@case.Data), LiveRules.WithoutRaces(recording)).ShouldBeEmpty(@case.Name);
                },
                TestContext.Current.CancellationToken)));
        }

        sandbox.Api.List(sandbox.Api.Type("", "namespaces"), null).Select(n => n.Name()).ShouldNotContain(n => n.StartsWith("kvr", StringComparison.Ordinal));
        sandbox.Api.List(sandbox.Api.Type("storage.k8s.io", "storageclasses"), null).Select(c => c.Name()).ShouldNotContain(n => n.StartsWith("kvr", StringComparison.Ordinal));
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Names_of_namespace_classes_drivers_and_volumes_go_there_and_back()
    {
        var names = new LiveNames("kvr1-", "v-x");
        var claim = JsonNode.Parse("""{"kind":"PersistentVolumeClaim","metadata":{"name":"data"},"spec":{"storageClassName":"slow","volumeName":"hand"}}""")!.AsObject();
        var there = names.Given(claim);
        there.TextAt("spec", "storageClassName").ShouldBe("kvr1-slow");
        there.TextAt("spec", "volumeName").ShouldBe("kvr1-hand");
        names.Seen(there)!.ToJsonString().ShouldBe(claim.ToJsonString());
        names.Given(new JsonObject { ["kind"] = "PersistentVolumeClaim", ["spec"] = new JsonObject() }).TextAt("spec", "storageClassName").ShouldBe("kvr1-fast");
        var storage = names.Given(new JsonObject { ["kind"] = "StorageClass", ["metadata"] = new JsonObject { ["name"] = "slow" }, ["provisioner"] = "csi.fake.example.com" });
        storage.TextAt("metadata", "name").ShouldBe("kvr1-slow");
        storage.TextAt("provisioner").ShouldBe("kvr1-csi.fake.example.com");
        names.Seen("Source doesnt exist: VirtualMachine kvr1-v-x/src").ShouldBe("Source doesnt exist: VirtualMachine v-x/src");
        names.Seen("Post \"https://virt-api.other.svc:443/vm-clone-validate-create\"").ShouldBe("Post \"https://virt-api.kubevirt.svc:28443/vm-clone-validate-create\"");
    }
}
