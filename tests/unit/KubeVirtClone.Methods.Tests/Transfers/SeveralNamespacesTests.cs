using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>One source brought to several namespaces, and several sources to one: what becomes of one is nothing to another.</summary>
public sealed class SeveralNamespacesTests
{
    private const string Third = "team-c";

    private static readonly string[] Places = ["default", OtherNamespace.Name, Third];

    private static readonly string[] OnTheWay = ["VirtualMachineSnapshot", "VolumeSnapshot", "DataVolume", "VirtualMachinePreference"];

    [Fact]
    public async Task Killed_at_any_request_the_same_batch_completes_all_of_them()
    {
        for (var request = 1; ; request++)
        {
            await using var other = await CreateAsync();
            var before = OnTheirWay(other);
            var killed = await other.Lab.Virtual.RunAndKillAsync(() => RunAsync(other, Requests()), new(request, Done: true));
            if (!killed)
            {
                request.ShouldBeGreaterThan(12);
                return;
            }

            var when = $"killed at {request}";
            Faults(await other.Lab.DoAsync(() => RunAsync(other, Requests()))).ShouldBeEmpty(when);
            ShouldBeMade(other, before, when);
        }
    }

    [Fact]
    public async Task What_failed_in_one_is_undone_there_and_the_other_gets_its_clones()
    {
        await using var other = await CreateAsync();
        var before = OnTheirWay(other);
        other.Post(OtherNamespace.Name, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ResourceQuota",
            ["metadata"] = new JsonObject { ["name"] = "none" },
            ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["persistentvolumeclaims"] = "0" } },
        });
        other.Lab.Settle();
        var updates = await other.Lab.DoAsync(() => RunAsync(other, Requests()));
        updates.Where(u => u.Fault is not null).Select(u => (u.Fault!.Id, u.Fault.TargetName)).ShouldBe([(FaultIds.QuotaExceeded, "team-b/desk-1")]);
        other.Lab.Settle();
        Machines(other, Third).ShouldBe(["desk-2", "desk-3"]);
        OnTheirWay(other).ShouldBe(before);
    }

    // What only takes longer than it may is gone on with by the next call, and so is what was left behind: both are found again by the snapshot they are of.
    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task What_was_cut_off_in_one_is_gone_on_with_whatever_came_of_the_other(double seconds)
    {
        await using var other = await CreateAsync();
        var before = OnTheirWay(other);
        // In the third it has been brought already, and more is to be made of it.
        Faults(await other.Lab.DoAsync(() => RunAsync(other, [Requests()[1]], Options with { Wait = false }))).ShouldBeEmpty();
        var cut = await other.Lab.DoAsync(() => RunAsync(other, Requests(), Options with { Timeout = TimeSpan.FromSeconds(seconds) }));
        var kept = other.Lab.List("VirtualMachineSnapshot").Select(s => s.Name()).Order(StringComparer.Ordinal).ToList();
        if (Faults(cut).Contains(FaultIds.TransferTimeout))
            kept.ShouldContain(n => n.StartsWith("golden-shared-", StringComparison.Ordinal), "by it what is on its way is found again");
        Faults(await other.Lab.DoAsync(() => RunAsync(other, Requests()))).ShouldBeEmpty();
        ShouldBeMade(other, before, $"cut off after {seconds} s");
    }

    [Fact]
    public async Task What_one_source_has_on_its_way_is_not_cleared_away_for_another_of_its_batch_that_is_done()
    {
        await using var other = await CreateAsync();
        var before = OnTheirWay(other);
        other.Lab.Post(Sandbox.Seeding.DemoSeed.Claim("second-data", "fast", "1Gi"), Sandbox.Seeding.DemoSeed.Machine("second", "fedora", [Sandbox.Seeding.DemoSeed.ClaimDisk("data", "second-data")], twoNetworks: false));
        other.Lab.Settle();
        var done = Request("desk-1", OtherNamespace.Name);
        var fresh = Request("desk-2", OtherNamespace.Name) with { SourceName = "second" };
        Faults(await other.Lab.DoAsync(() => RunAsync(other, [done]))).ShouldBeEmpty();
        for (var request = 1; ; request++)
        {
            if (!await other.Lab.Virtual.RunAndKillAsync(() => RunAsync(other, [done, fresh]), new(request, Done: true)))
                break;
        }

        other.Lab.Settle();
        Machines(other, OtherNamespace.Name).ShouldBe(["desk-1", "desk-2"]);
        OnTheirWay(other).ShouldBe(before);
    }

    private static CloneOptions Options { get; } = Lab.Options();

    private static List<CloneRequest> Requests() => [Request("desk-1", OtherNamespace.Name), Request("desk-2", Third), Request("desk-3", Third)];

    private static CloneRequest Request(string name, string ns) => new() { Namespace = "default", SourceName = "golden", TargetNamespace = ns, TargetName = name };

    private static async Task<OtherNamespace> CreateAsync()
    {
        var other = await OtherNamespace.CreateAsync();
        other.Post(null!, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Third } });
        return other;
    }

    private static IEnumerable<string> Faults(List<ItemUpdate<CloneRecord>> updates) => updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Id);

    private static List<string> Machines(OtherNamespace other, string ns) => [.. other.List("VirtualMachine", ns).Select(m => m.Name()).Order(StringComparer.Ordinal)];

    private static List<string> OnTheirWay(OtherNamespace other) => [.. Places.SelectMany(ns => OnTheWay.SelectMany(k => other.List(k, ns).Select(o => $"{ns} {k} {o.Name()}"))).Order(StringComparer.Ordinal)];

    private static void ShouldBeMade(OtherNamespace other, List<string> before, string when)
    {
        other.Lab.Settle();
        Machines(other, OtherNamespace.Name).ShouldBe(["desk-1"], when);
        Machines(other, Third).ShouldBe(["desk-2", "desk-3"], when);
        Places[1..].SelectMany(ns => other.List("PersistentVolumeClaim", ns)).Count(c => c.TextAt("status", "phase") == "Bound").ShouldBe(3, when);
        OnTheirWay(other).ShouldBe(before, when);
    }

    private static async Task<List<ItemUpdate<CloneRecord>>> RunAsync(OtherNamespace other, List<CloneRequest> requests, CloneOptions? options = null)
    {
        var all = new List<ItemUpdate<CloneRecord>>();
        await foreach (var update in new CloneOperation(other.Lab.Cluster, options ?? Options).RunAsync(requests, default))
            all.Add(update);
        return all;
    }
}
