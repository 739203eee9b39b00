using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.Controllers;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;
using KubeVirtClone.Sandbox.Tests.Controllers;

namespace KubeVirtClone.Sandbox.Tests.Cdi;

/// <summary>A cluster on which CDI is not installed, and the pace at which it lets DataVolumes pass where it is.</summary>
public sealed class WithoutCdiTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("1.9")]
    [InlineData("1.5")]
    [InlineData("1.2")]
    public async Task Its_resources_are_not_there_and_a_machine_with_templates_says_so(string release)
    {
        await using var sandbox = new VirtualSandbox(pacing: false, release + Profile.WithoutCdi);
        sandbox.Api.Types.ShouldNotContain(t => t.Group == Profile.CdiGroup);
        sandbox.Api.List(sandbox.Type("CustomResourceDefinition"), null).ShouldNotContain(d => d.Name().EndsWith(Profile.CdiGroup, StringComparison.Ordinal));
        sandbox.Api.TypeOf("cdi.kubevirt.io/v1beta1", "DataVolume").ShouldBeNull();
        sandbox.Create("""
            apiVersion: kubevirt.io/v1
            kind: VirtualMachine
            metadata: {name: m}
            spec:
              runStrategy: Halted
              template: {spec: {domain: {devices: {}}, volumes: [{name: d, dataVolume: {name: m-d}}]}}
              dataVolumeTemplates: [{metadata: {name: m-d}, spec: {source: {blank: {}}, pvc: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}]
            """);
        sandbox.Run(TimeSpan.FromSeconds(5));
        sandbox.Get("VirtualMachine", "m").ArrayAt("status", "conditions").Objects().First(c => c.TextAt("type") == "Failure").TextAt("message").ShouldBe(
            "Error encountered while creating DataVolumes: failed to create DataVolume: the server could not find the requested resource (post datavolumes.cdi.kubevirt.io)");
    }

    [Fact]
    public async Task Snapshots_and_claims_made_from_them_need_no_CDI()
    {
        await using var sandbox = new VirtualSandbox(pacing: false, "1.9" + Profile.WithoutCdi);
        sandbox.Snapshot("golden-pvc", "img");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineSnapshot", "img").FlagAt("status", "readyToUse") is true, Minute).ShouldBeTrue();
        sandbox.Restore("img", "copy");
        sandbox.RunUntil(() => sandbox.Get("VirtualMachineRestore", "restore-copy").FlagAt("status", "complete") is true, Minute).ShouldBeTrue();
    }

    [Fact]
    public void The_first_few_that_cross_namespaces_pass_at_once_the_others_take_a_second_and_a_half_each()
    {
        var clock = new VirtualClock(new DateTimeOffset(2026, 11, 20, 8, 0, 0, TimeSpan.Zero));
        var pace = new AdmissionPace(clock, scale: 1);
        var start = clock.GetUtcNow();
        var passed = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            clock.AdvanceTo(clock.GetUtcNow() + TimeSpan.FromMilliseconds(18) + pace.Next());
            passed.Add((clock.GetUtcNow() - start).TotalSeconds);
        }

        // As recorded: ten posted one after the other passed after 0.02, 0.04, 0.05, 0.9, 2.5, 4.1, 5.9, 7.6, 9.1 and 10.7 s.
        passed[2].ShouldBeLessThan(0.1);
        passed[3].ShouldBe(0.9, 0.15);
        passed[9].ShouldBe(10.7, 0.5);
    }

    [Theory]
    [InlineData("{spec: {source: {pvc: {namespace: a, name: x}}}}", true)]
    [InlineData("{spec: {source: {snapshot: {namespace: b, name: x}}}}", false)]
    [InlineData("{spec: {sourceRef: {kind: DataSource, namespace: a, name: x}}}", true)]
    [InlineData("{spec: {sourceRef: {kind: DataSource, name: x}}}", false)]
    [InlineData("{spec: {source: {blank: {}}}}", false)]
    public void Only_what_crosses_namespaces_is_held_up(string dataVolume, bool crosses) => AdmissionPace.Crosses(YamlText.Parse(dataVolume), "b").ShouldBe(crosses);
}
