using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Preflight;

/// <summary>What whoever makes clones is told without having asked for a preflight.</summary>
public sealed class PlannedBatchTests
{
    private readonly World _world = new();

    [Fact]
    public async Task Quotas_addresses_given_twice_and_missing_secrets_are_told_and_the_clones_are_made()
    {
        _world.PutRelated(KubeVirtKinds.PersistentVolumeClaim, """
            { "metadata": { "name": "golden-root" }, "spec": { "storageClassName": "fast", "resources": { "requests": { "storage": "1Gi" } } }, "status": { "phase": "Bound", "capacity": { "storage": "4Gi" } } }
            """);
        _world.PutRelated(RelatedKinds.ResourceQuota, """{ "metadata": { "name": "disks" }, "spec": { "hard": { "requests.storage": "5Gi" } }, "status": { "hard": { "requests.storage": "5Gi" }, "used": { "requests.storage": "0" } } }""");
        _world.Client.Update(KubeVirtKinds.VirtualMachine, "default", "golden", m => m["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Add(JsonNode.Parse("""{ "name": "env", "secret": { "secretName": "gone" } }""")));
        var mac = new Dictionary<string, string>(StringComparer.Ordinal) { ["default"] = "02:00:00:00:00:01" };
        _world.SucceedAtOnce();
        var updates = await _world.CloneAsync([World.Request("web-1") with { MacAddresses = mac }, World.Request("web-2") with { MacAddresses = mac }]);
        updates.Of(CloneUpdateKind.Fault).ShouldBeEmpty();
        _world.Client.All(World.Clones).Count.ShouldBe(2);
        var warnings = updates.Of(CloneUpdateKind.Warning).ConvertAll(u => u.Message!.ToString());
        warnings.ShouldContain(w => w.Contains("'disks'") && w.Contains("'web-2'") && w.Contains("4Gi"));
        warnings.ShouldContain(w => w.Contains("02-00-00-00-00-01") && w.Contains("'default/web-1' too"));
        warnings.ShouldContain(w => w.Contains("secret gone"));
    }

    [Fact]
    public async Task The_number_of_requests_does_not_grow_with_the_batch_and_nothing_is_asked_without_a_preflight()
    {
        _world.SucceedAtOnce();
        await _world.CloneAsync(World.Requests(3));
        var few = _world.Client.Count("LIST") + _world.Client.Count("GET");
        var other = new World();
        other.SucceedAtOnce();
        await other.CloneAsync(World.Requests(300));
        (other.Client.Count("LIST") + other.Client.Count("GET")).ShouldBeLessThanOrEqualTo(few);
        var silent = new World();
        silent.SucceedAtOnce();
        await silent.CloneAsync(World.Requests(3), new CloneOptions { Preflight = false });
        silent.Client.Count("LIST resourcequotas").ShouldBe(0);
    }
}
