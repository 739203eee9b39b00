using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Comparison;

/// <summary>What was asked for is expected, whichever way the clone was made; also what was asked to be gone.</summary>
public sealed class AskedForTests
{
    [Fact]
    public async Task A_restore_clone_without_network_and_with_an_identity_of_its_own_is_as_asked()
    {
        var world = new SnapshotWorld();
        var request = World.Request() with
        {
            Without = CloneOmissions.Network,
            Hostname = "web-1",
            TargetLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["tier"] = "back" },
            ExcludeAnnotations = ["no*"],
            RunStrategy = "Manual",
        };
        (await world.RunAsync([request], new CloneOptions { Method = CloneMethodChoice.Restore, Wait = true })).Of(ItemUpdateKind.Fault).ShouldBeEmpty();
        var restore = CloneRecord.From(new Kubernetes.KubernetesObject(System.Text.Json.JsonSerializer.SerializeToElement(world.Client.All(World.Restores).ShouldHaveSingleItem())));
        // The machine KubeVirt makes of these patches.
        var machine = world.Client.Find(KubeVirtKinds.VirtualMachine, "default", "golden")!;
        machine.Remove("status");
        JsonPatchApplier.Apply(machine, PatchRules.Read([.. restore.Raw.At("spec", "patches")!.Value.EnumerateArray().Select(p => p.GetString()!)])).ShouldBeNull();
        machine["metadata"]!["name"] = "web-1";
        machine["spec"]!["template"]!["spec"]!["volumes"]![0]!["persistentVolumeClaim"]!["claimName"] = "restore-1-root";
        world.Client.Put(KubeVirtKinds.VirtualMachine, machine);

        var (comparison, fault) = await new CloneComparer(world.World.Cluster).CompareAsync(CompareRequest.Of(restore), CancellationToken.None);

        fault.ShouldBeNull();
        comparison!.Unexpected.ShouldBeEmpty();
        comparison.Differences.ShouldContain(d => d.Path.Contains("interfaces[default]") && d.Expected);
        comparison.Differences.ShouldContain(d => d.Path == "spec.template.spec.hostname" && d.Target == "web-1");
    }
}
