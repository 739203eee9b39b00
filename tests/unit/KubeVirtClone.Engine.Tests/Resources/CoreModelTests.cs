using System.Text.Json;
using k8s.Models;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Resources;

/// <summary>Kubernetes' own kinds by the official client's models, as servers write them and as none should.</summary>
public sealed class CoreModelTests
{
    [Fact]
    public void A_claim_says_its_phase_its_source_its_owner_and_its_amounts()
    {
        var claim = Read("""
            { "metadata": { "name": "c", "ownerReferences": [{ "kind": "Pod", "name": "p", "uid": "1" }, { "kind": "VirtualMachine", "name": "m", "uid": "2" }] },
              "spec": { "dataSource": { "kind": "VolumeSnapshot", "name": "old" }, "dataSourceRef": { "kind": "VolumeSnapshot", "name": "snap" }, "resources": { "requests": { "storage": "1536Mi" } } },
              "status": { "phase": "Bound", "capacity": { "storage": "2Gi" } } }
            """);
        claim.IsBound().ShouldBeTrue();
        claim.AsClaim().IsPending().ShouldBeFalse();
        claim.AsClaim().FilledFrom().ShouldBe("snap");
        claim.OwningMachine().ShouldBe(("m", "2"));
        claim.AsClaim()!.Spec.Resources.Requests.Amount("storage").ShouldBe(1.5m * 1024 * 1024 * 1024);
        claim.AsClaim()!.Status.Capacity.Amount("cpu").ShouldBeNull();
        claim.AsClaim().ShouldBeSameAs(claim.AsClaim());
    }

    [Theory]
    [InlineData("""{ }""", true)]
    [InlineData("""{ "status": { } }""", true)]
    [InlineData("""{ "status": { "phase": "Pending" } }""", true)]
    [InlineData("""{ "status": { "phase": "Lost" } }""", false)]
    [InlineData("""{ "status": { "phase": 5 } }""", true)]
    [InlineData("""{ "status": "Bound" }""", true)]
    [InlineData("""{ "status": { "phase": "Pending", "somethingNew": { "a": [1] } }, "more": true }""", true)]
    [InlineData("""{ "spec": { "resources": { "requests": { "storage": "much" } } } }""", true)]
    [InlineData("""{ "spec": { "resources": { "requests": { "storage": "" } } } }""", true)]
    [InlineData("""{ "spec": { "resources": { "requests": { "storage": {} } } } }""", true)]
    [InlineData("""{ "metadata": { "creationTimestamp": "yesterday" } }""", true)]
    public void What_a_claim_does_not_say_counts_as_not_there_yet(string json, bool pending)
    {
        Read(json).AsClaim().IsPending().ShouldBe(pending);
        Read(json).IsBound().ShouldBeFalse();
        Read(json).AsClaim().FilledFrom().ShouldBeNull();
        Read(json).OwningMachine().ShouldBeNull();
    }

    [Theory]
    [InlineData("\"2\"", 2)]
    [InlineData("\"500m\"", 0.5)]
    [InlineData("\"0.5\"", 0.5)]
    [InlineData("\"1e3\"", 1000)]
    [InlineData("\"1Ki\"", 1024)]
    [InlineData("\"1.5Gi\"", 1610612736)]
    [InlineData("\"1Ti\"", 1099511627776)]
    public void Amounts_are_those_of_the_quantity(string written, double expected)
    {
        var quota = Read($$"""{ "status": { "hard": { "x": {{written}} } } }""").TryAs<V1ResourceQuota>()!;
        quota.Status.Hard.Amount("x").ShouldBe((decimal)expected);
        quota.Status.Used.Amount("x").ShouldBeNull();
    }

    [Fact]
    public void A_quota_says_how_much_of_it_is_used()
    {
        var quota = Read("""{ "status": { "hard": { "count/a": "5" }, "used": { "count/a": "3" } } }""").TryAs<V1ResourceQuota>()!;
        quota.Used("count/a").ShouldBe("3 of 5 used");
    }

    private static KubernetesObject Read(string json) => new(JsonSerializer.Deserialize<JsonElement>(json));
}
