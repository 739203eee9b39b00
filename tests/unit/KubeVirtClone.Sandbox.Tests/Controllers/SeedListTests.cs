using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Sandbox.Tests.Controllers;

/// <summary>Objects of one's own to start with.</summary>
public sealed class SeedListTests
{
    [Fact]
    public async Task Names_short_descriptions_and_whole_objects_are_there_from_the_start()
    {
        const string Json = """
            [
              "bare",
              {"Name": "data", "namespace": "lab", "labels": {"tier": "gold"}, "running": true, "storageClass": "fast", "size": "3Gi"},
              {"kind": "List", "items": [{"apiVersion": "v1", "kind": "ResourceQuota",
                "metadata": {"name": "q", "namespace": "lab", "uid": "x", "resourceVersion": "12"}, "spec": {"hard": {"persistentvolumeclaims": "1"}}}]}
            ]
            """;
        var options = new SandboxOptions { Objects = SeedList.Parse(Json), Seeded = false, ClockFactor = 20 };
        await using var sandbox = await Sandbox.StartAsync(options, TestContext.Current.CancellationToken);

        var machines = sandbox.Api.Type("kubevirt.io", "virtualmachines");
        sandbox.Api.List(machines, null).Select(m => m.Name()).ShouldBe(["bare", "data"]);
        var data = sandbox.Api.Get(machines, "lab", "data")!;
        data.ObjectAt("metadata", "labels")!.ToJsonString().ShouldBe("""{"tier":"gold"}""");
        data.TextAt("spec", "runStrategy").ShouldBe("Always");
        sandbox.Api.Get(sandbox.Api.Type("", "persistentvolumeclaims"), "lab", "data-data").TextAt("status", "phase").ShouldBe("Bound");
        var quota = sandbox.Api.Get(sandbox.Api.Type("", "resourcequotas"), "lab", "q")!;
        quota.TextAt("status", "used", "persistentvolumeclaims").ShouldBe("1");
        quota.Uid().ShouldNotBe("x");
    }

    [Theory]
    [InlineData("no json", "not JSON")]
    [InlineData("[42]", "'42' is neither a name nor an object")]
    [InlineData("""[{"name":"a","color":"red"}]""", "a VM to seed has 'color'; it may have name, namespace,")]
    [InlineData("""[{"labels":{}}]""", "a VM to seed has no name")]
    [InlineData("""[{"name":"a","size":"1Gi"}]""", "the VM a to seed has a size but no storageClass")]
    [InlineData("""[{"kind":"Secret","metadata":{"name":"a"}}]""", "the Secret to seed has no apiVersion")]
    public void What_is_not_understood_is_named(string json, string why) =>
        Should.Throw<SeedException>(() => SeedList.Parse(json)).Message.ShouldContain(why);

    [Theory]
    [InlineData("""[{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"}}]""", "example.com/v1 Thing to seed is not served")]
    [InlineData("""["a","a"]""", "VirtualMachine a cannot be seeded: virtualmachines.kubevirt.io \"a\" already exists")]
    public async Task What_is_refused_is_named(string json, string why)
    {
        var options = new SandboxOptions { Objects = SeedList.Parse(json), Seeded = false };
        var refused = await Should.ThrowAsync<SeedException>(() => Sandbox.StartAsync(options, TestContext.Current.CancellationToken));
        refused.Message.ShouldContain(why);
    }
}
