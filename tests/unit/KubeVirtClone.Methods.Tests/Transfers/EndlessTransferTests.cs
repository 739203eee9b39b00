using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>CDI tries for ever. Whatever it can never do is told before anything is made where that can be known, and ends the wait with its cause where it cannot.</summary>
public sealed class EndlessTransferTests
{
    private static readonly GoldenImageCopyRequest Patient = OtherNamespace.Request with { Timeout = null };

    [Fact]
    public async Task A_namespace_without_room_is_told_before_anything_is_made_that_of_the_source_too()
    {
        await using var other = await OtherNamespace.CreateAsync();
        foreach (var (ns, limit, id, words) in new[]
        {
            (OtherNamespace.Name, Limits.Quota(), FaultIds.QuotaExceeded, "the quota of the namespace is full (persistentvolumeclaims"),
            (OtherNamespace.Name, Limits.Range(), FaultIds.QuotaExceeded, "does not take such a claim (persistentvolumeclaims"),
            ("default", Limits.Quota(), FaultIds.QuotaExceeded, "in namespace 'default', where CDI works on it, the quota"),
        })
        {
            other.Post(ns, limit);
            other.Lab.Settle();
            foreach (var request in new[] { Patient with { DryRun = true }, Patient })
            {
                var fault = (await other.CopyAsync(request)).Single(u => u.Fault is not null).Fault!;
                fault.Id.ShouldBe(id, fault.Message);
                fault.Message.ShouldContain(words);
            }

            other.ShouldBeAsBefore();
            Send(other, HttpMethod.Delete, ns, limit);
        }

        (await other.CopyAsync(Patient)).Single(u => u.Record is not null).Record!.Ready.ShouldBeTrue();
    }

    [Fact]
    public async Task A_source_that_needs_more_than_is_known_ends_with_that_and_leaves_nothing()
    {
        await using var other = await OtherNamespace.CreateAsync();
        // Who may not read VolumeSnapshots asks for what the source's claim had.
        other.Lab.Virtual.MayNotRead("volumesnapshots");
        var snapshot = other.List("VolumeSnapshot", "default").Single();
        Send(other, HttpMethod.Patch, "default", snapshot, "status", new JsonObject { ["status"] = new JsonObject { ["restoreSize"] = "3Gi" } });
        var small = (await other.CopyAsync(Patient)).Single(u => u.Fault is not null).Fault!;
        small.Id.ShouldBe(FaultIds.TransferFailed, small.Message);
        small.Message.ShouldContain("smaller than the source");
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task What_comes_in_the_way_of_the_claim_beside_the_source_while_it_is_copied_ends_with_that_and_leaves_nothing()
    {
        await using var other = await OtherNamespace.CreateAsync();
        // Killed when the data volume is posted: what the next call finds has its room, as far as can be seen.
        for (var request = 1; other.List("DataVolume").Count == 0; request++)
            (await other.Lab.Virtual.RunAndKillAsync(() => other.RunAsync(Patient), new(request, true))).ShouldBeTrue();
        other.Post("default", Limits.Quota());

        var fault = (await other.CopyAsync(Patient)).Single(u => u.Fault is not null).Fault!;
        fault.Id.ShouldBe(FaultIds.QuotaExceeded, fault.Message);
        fault.Message.ShouldContain("the quota of the source's namespace, where CDI works on it, is full");
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task What_comes_in_the_way_of_the_claim_itself_ends_with_that_although_cdi_says_nothing()
    {
        await using var other = await OtherNamespace.CreateAsync();
        for (var request = 1; other.List("DataVolume").Count == 0; request++)
            (await other.Lab.Virtual.RunAndKillAsync(() => other.RunAsync(Patient), new(request, true))).ShouldBeTrue();
        // Before CDI has come to it.
        other.Post(OtherNamespace.Name, Limits.Range());
        var began = other.Lab.Now;
        var fault = (await other.CopyAsync(Patient)).Single(u => u.Fault is not null).Fault!;
        fault.Id.ShouldBe(FaultIds.QuotaExceeded, fault.Message);
        fault.Message.ShouldContain("the namespace does not take such a claim (persistentvolumeclaims");
        (other.Lab.Now - began).ShouldBeLessThan(TimeSpan.FromMinutes(5));
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task A_class_that_is_gone_is_named_before_anything_is_made()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Lab.Virtual.Sandbox.Delete("StorageClass", "fast");
        other.Lab.Settle();
        (await other.CopyAsync(Patient)).Single(u => u.Fault is not null).Fault!.Message.ShouldContain("There is no storage class 'fast', which the disks of default/");
        other.ShouldBeAsBefore();
    }

    [Fact]
    public async Task A_clone_by_data_volumes_that_can_never_be_filled_ends_with_its_cause_and_without_a_time_limit()
    {
        await using var lab = new Lab();
        var options = Lab.Options(CloneMethodChoice.DataVolume) with { Timeout = null, Preflight = false };
        foreach (var (name, hard, words) in new[]
        {
            ("claims", "persistentvolumeclaims", "The disk 'vm-001-data' is never filled: the quota of the namespace is full"),
            ("volumes", "count/datavolumes.cdi.kubevirt.io", "The disk 'vm-001-data' is not made"),
        })
        {
            var quota = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "ResourceQuota",
                ["metadata"] = new JsonObject { ["name"] = name },
                ["spec"] = new JsonObject { ["hard"] = new JsonObject { [hard] = hard == "persistentvolumeclaims" ? "1" : "0" } },
            };
            lab.Post(quota);
            lab.Settle();
            var fault = (await lab.CloneAsync(Lab.Requests(1), options)).Single(u => u.Fault is not null).Fault!;
            fault.Id.ShouldBe(FaultIds.QuotaExceeded, fault.Message);
            fault.Message.ShouldContain(words);
            (await lab.DoAsync(() => new Engine.Diagnosis.CloneDoctor(lab.Cluster).DiagnoseBatchAsync("default", "b", default))).ShouldHaveSingleItem().Cause.ShouldContain(words);
            await lab.RemoveBatchAsync();
            lab.Delete("ResourceQuota", name);
            lab.ShouldBeAsBefore();
        }

        // Started in the moment after it was looked at.
        var plan = await lab.DoAsync(() => new ManifestPlanner(lab.Cluster, CloneMethodChoice.DataVolume, "b").PlanAsync(Lab.Requests(1), default));
        await lab.StartAsync("golden");
        lab.Post(plan.ShouldHaveSingleItem().Manifest!);
        var used = await lab.DoAsync(async () =>
        {
            await foreach (var update in new CloneWaiter(lab.Cluster).WaitAsync([new CloneReference("default", "vm-001")], new WaitOptions { For = WaitState.Bound }, default))
            {
                if (update.Fault is { } fault)
                    return fault;
            }

            return null;
        });
        used.ShouldNotBeNull().Message.ShouldContain("CDI waits until nothing uses the disks of 'golden'");
        used.RecommendedAction.ToString().ShouldContain("Stop-VM golden");
    }

    private static void Send(OtherNamespace other, HttpMethod method, string ns, JsonObject item, string? subresource = null, JsonObject? body = null)
    {
        var type = other.Lab.Virtual.Sandbox.Find(item);
        other.Lab.Virtual.Sandbox.Request(method, type, item.TextAt("apiVersion")!.Split('/')[^1], ns, item.Name(), subresource, body, "application/merge-patch+json", "response", null, null)["httpStatus"]!.GetValue<int>().ShouldBe(200);
        other.Lab.Settle();
    }

    private static class Limits
    {
        public static JsonObject Quota() => new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ResourceQuota",
            ["metadata"] = new JsonObject { ["name"] = "limit" },
            ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["persistentvolumeclaims"] = "0" } },
        };

        public static JsonObject Range() => new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "LimitRange",
            ["metadata"] = new JsonObject { ["name"] = "limit" },
            ["spec"] = new JsonObject { ["limits"] = new JsonArray(new JsonObject { ["type"] = "PersistentVolumeClaim", ["max"] = new JsonObject { ["storage"] = "100Mi" } }) },
        };
    }
}
