using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Insight.Comparison;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Comparison;

/// <summary>Clones a real KubeVirt made are what was asked for; a clone that was changed is not.</summary>
public sealed class RecordedComparisonTests(ITestOutputHelper output)
{
    // The target was the source itself.
    private static readonly HashSet<string> OtherSource = new(StringComparer.Ordinal) { "j36-snapshot-target-is-orig" };

    public static TheoryData<string> Made =>
        [.. RecordedCase.Names().Where(n => !OtherSource.Contains(n) && RecordedCase.Load(n) is { Succeeded: true, CloneStands: true, SourceIsRecorded: true })];

    [Theory]
    [MemberData(nameof(Made))]
    public async Task A_recorded_clone_is_as_it_was_asked_for(string name)
    {
        var comparison = await CompareAsync(name, RecordedCase.Load(name).After());
        output.WriteLine(string.Join("\n", comparison.Differences));
        comparison.Unexpected.ShouldBeEmpty();
        comparison.AsAsked.ShouldBeTrue();
    }

    [Fact]
    public async Task What_was_changed_since_is_not_expected()
    {
        var recorded = RecordedCase.Load("a02-pvc-and-dvtemplate");
        var cluster = recorded.After();
        ((FakeClient)cluster.Client).Update(KubeVirtKinds.VirtualMachine, recorded.Namespace, "dst", vm =>
        {
            vm["spec"]!["template"]!["spec"]!["domain"]!["cpu"]!["cores"] = 8;
            vm["metadata"]!["labels"]!.AsObject().Remove("tier");
            vm["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().RemoveAt(0);
        });
        var comparison = await CompareAsync("a02-pvc-and-dvtemplate", cluster);
        comparison.AsAsked.ShouldBeFalse();
        comparison.Unexpected.Select(d => d.Area).Distinct(StringComparer.Ordinal).ShouldBe(["Cpu", "Labels", "Volumes"], ignoreOrder: true);
        comparison.Differences[0].Expected.ShouldBeFalse();
    }

    [Fact]
    public async Task Identity_that_should_differ_and_does_not_is_not_expected()
    {
        var recorded = RecordedCase.Load("c01-mac-none");
        var cluster = recorded.After();
        var client = (FakeClient)cluster.Client;
        var source = client.Find(KubeVirtKinds.VirtualMachine, recorded.Namespace, "src")!;
        var mac = source["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["interfaces"]![0]!["macAddress"]!.GetValue<string>();
        client.Update(KubeVirtKinds.VirtualMachine, recorded.Namespace, "dst", vm =>
        {
            vm["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["interfaces"]![0]!["macAddress"] = mac.Replace(':', '-');
            vm["spec"]!["template"]!["spec"]!["domain"]!["firmware"] = source["spec"]!["template"]!["spec"]!["domain"]!["firmware"]!.DeepClone();
        });
        var comparison = await CompareAsync("c01-mac-none", cluster);
        comparison.Unexpected.Select(d => d.Area).Distinct(StringComparer.Ordinal).ShouldBe(["Firmware", "Networks"], ignoreOrder: true);
    }

    [Fact]
    public async Task The_identity_is_the_clones_own()
    {
        var recorded = RecordedCase.Load("c01-mac-none");
        var cluster = recorded.After();
        var clone = ((FakeClient)cluster.Client).Find(KubeVirtKinds.VirtualMachine, recorded.Namespace, "dst")!["spec"]!["template"]!["spec"]!["domain"]!;
        var identity = (await CompareAsync("c01-mac-none", cluster)).Identity;
        identity.Uuid.ShouldBe(clone["firmware"]!["uuid"]!.GetValue<string>());
        identity.Serial.ShouldBe(clone["firmware"]!["serial"]?.GetValue<string>());
        identity.IpAddresses.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_target_or_source_that_is_not_there_is_a_fault()
    {
        var cluster = RecordedCase.Load("a01-containerdisk").After();
        var (comparison, fault) = await new CloneComparer(cluster).CompareAsync(new CompareRequest("v-a01-containerdisk", "none") { SourceName = "src" }, CancellationToken.None);
        comparison.ShouldBeNull();
        fault!.Id.ShouldBe(FaultIds.VMNotFound);
    }

    private static async Task<MachineComparison> CompareAsync(string name, KubeVirtCluster cluster)
    {
        var recorded = RecordedCase.Load(name);
        var clone = (await new CloneCatalog(cluster).FindAsync(recorded.Namespace, recorded.Reference.Name, CancellationToken.None)).ShouldNotBeNull();
        var (comparison, fault) = await new CloneComparer(cluster).CompareAsync(CompareRequest.Of(clone), CancellationToken.None);
        fault.ShouldBeNull();
        return comparison!;
    }
}
