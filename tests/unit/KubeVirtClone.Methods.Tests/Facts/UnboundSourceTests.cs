using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Methods.Tests.Transfers;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Facts;

/// <summary>A source whose claim is not bound yet, cloned by data volumes: of a class that binds at once it is waited for.</summary>
public sealed class UnboundSourceTests
{
    private static readonly CloneOptions Options = Lab.Options(CloneMethodChoice.DataVolume);

    [Theory]
    [InlineData(null)]
    [InlineData(OtherNamespace.Name)]
    public async Task Its_volume_is_made_in_a_moment_and_so_are_the_clones(string? target)
    {
        await using var other = await OtherNamespace.CreateAsync();
        Seed(other.Lab, "fast");
        var updates = await other.Lab.CloneAsync([Request with { TargetNamespace = target }], Options);
        updates.Select(u => u.Fault?.Message).OfType<string>().ShouldBeEmpty();
        updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!.Bound.ShouldBeTrue();
        other.Lab.Virtual.Said.ToString().ShouldContain("new: waiting for its claims new-data, which are not bound yet");
    }

    [Theory]
    [InlineData(null, "2m")]
    [InlineData(20, "20s")]
    public async Task What_is_never_bound_ends_with_that_and_makes_nothing(int? timeout, string waited)
    {
        await using var lab = new Lab();
        Seed(lab, "never");
        var before = lab.State();
        foreach (var dry in new[] { false, true })
        {
            var updates = await lab.CloneAsync([Request], Options with { Timeout = timeout is { } s ? TimeSpan.FromSeconds(s) : null, DryRun = dry, Wait = !dry });
            if (dry)
            {
                updates.ShouldContain(u => u.Kind == ItemUpdateKind.Planned);
                continue;
            }

            var fault = updates.Single(u => u.Fault is not null).Fault!;
            fault.Id.ShouldBe(FindingCodes.ClaimNotBound);
            fault.Message.ShouldStartWith($"The claim 'new-data' of 'new' is not bound after {waited}");
        }

        lab.State().ShouldBe(before);
        var report = await lab.DoAsync(() => new BatchPreflight(lab.Cluster, new PreflightOptions { Method = CloneMethodChoice.DataVolume }).RunAsync([new PreflightItem(Request)], default));
        report.Findings.Single(f => f.Code == FindingCodes.ClaimNotBound).Severity.ShouldBe(FindingSeverity.Warning);
    }

    [Fact]
    public async Task Where_it_waits_for_the_first_start_it_is_refused()
    {
        await using var lab = new Lab();
        Seed(lab, "wffc");
        (await lab.CloneAsync([Request], Options)).Single(u => u.Fault is not null).Fault!.Message.ShouldContain("is not bound (Pending): CDI would wait until it is.");
    }

    [Theory]
    [InlineData(CloneMethodChoice.Auto)]
    [InlineData(CloneMethodChoice.Clone)]
    [InlineData(CloneMethodChoice.Restore)]
    [InlineData(CloneMethodChoice.Direct)]
    public async Task A_snapshot_that_would_wait_for_the_first_start_is_not_taken(CloneMethodChoice method)
    {
        await using var lab = new Lab();
        var claim = DemoSeed.Claim("new-data", "wffc", "1Gi");
        claim["metadata"]!.AsObject().Remove("annotations");
        Seed(lab, claim);
        var before = lab.State();
        var faults = (await lab.CloneAsync([Request, Request with { TargetName = "another" }], Options with { Method = method })).Select(u => u.Fault).OfType<Engine.Model.Results.Fault>().ToList();
        faults.Select(f => f.Id).ShouldBe([FindingCodes.ClaimNotBound, FindingCodes.ClaimNotBound]);
        faults[0].RecommendedAction.ToString().ShouldBe("Start the machine once, then clone.");
        lab.State().ShouldBe(before);
    }

    [Fact]
    public async Task One_that_is_about_to_be_bound_is_waited_for()
    {
        await using var lab = new Lab();
        // A node has been chosen for it, as for the claim of a machine that starts.
        Seed(lab, "wffc");
        var updates = await lab.CloneAsync([Request], Options with { Method = CloneMethodChoice.Direct });
        updates.Select(u => u.Fault?.Message).OfType<string>().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_storage_says_is_told()
    {
        await using var lab = new Lab();
        var claim = DemoSeed.Claim("new-data", "fast", "1Gi");
        claim["spec"]!["dataSourceRef"] = new JsonObject { ["apiGroup"] = "snapshot.storage.k8s.io", ["kind"] = "VolumeSnapshot", ["name"] = "gone" };
        Seed(lab, claim);
        var fault = (await lab.CloneAsync([Request], Options)).Single(u => u.Fault is not null).Fault!;
        fault.Message.ShouldContain("(Pending): ");
        fault.Message.ShouldContain("gone");
    }

    private static CloneRequest Request { get; } = new() { Namespace = "default", SourceName = "new", TargetName = "copy" };

    private static void Seed(Lab lab, string storageClass) => Seed(lab, DemoSeed.Claim("new-data", storageClass, "1Gi"));

    private static void Seed(Lab lab, JsonObject claim) => lab.Post(claim, DemoSeed.Machine("new", "fedora", [DemoSeed.ClaimDisk("data", "new-data")], twoNetworks: false));
}
