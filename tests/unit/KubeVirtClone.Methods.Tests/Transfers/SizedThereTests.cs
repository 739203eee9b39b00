using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Methods.Tests.Transfers;

/// <summary>Clones of another size in another namespace: judged before their source is brought there, and counted by that namespace's limits.</summary>
public sealed class SizedThereTests
{
    [Theory]
    [InlineData("golden", CloneMethodChoice.Restore)]
    [InlineData("golden", CloneMethodChoice.Clone)]
    [InlineData("golden", CloneMethodChoice.Direct)]
    [InlineData("img", CloneMethodChoice.Restore)]
    public async Task They_are_as_large_as_was_asked(string source, CloneMethodChoice method)
    {
        await using var other = await OtherNamespace.CreateAsync();
        var updates = await other.Lab.CloneAsync(Requests(source, 2, "2Gi"), Lab.Options(method));
        updates.Where(u => u.Fault is not null).Select(u => u.Fault!.Message).ShouldBeEmpty();
        updates.Where(u => u.Kind == ItemUpdateKind.Record).ShouldAllBe(u => u.Record!.State == "Bound");
        Sizes(other).ShouldBe(["2Gi", "2Gi"]);
        (await other.Lab.CloneAsync(Requests(source, 2, "2Gi"), Lab.Options(method))).Count(u => u.Kind == ItemUpdateKind.Record).ShouldBe(2);
        Sizes(other).ShouldBe(["2Gi", "2Gi"]);
    }

    [Theory]
    [InlineData("golden", """{"DiskSize":{"*":"512Mi"}}""", CloneMethodChoice.Direct, "at least 1Gi")]
    [InlineData("golden", """{"DiskSize":{"*":"512Mi"}}""", CloneMethodChoice.Restore, "at least 1Gi")]
    [InlineData("img", """{"DiskSize":{"data":"512Mi"}}""", CloneMethodChoice.Auto, "at least 1Gi")]
    [InlineData("golden", """{"DiskSize":{"other":"2Gi"}}""", CloneMethodChoice.Auto, "it has data")]
    [InlineData("img", """{"StorageClass":{"*":"nosnap"}}""", CloneMethodChoice.Direct, "cannot read its snapshots")]
    [InlineData("golden", """{"StorageClass":{"*":"slow"}}""", CloneMethodChoice.Restore, "-Method Direct")]
    [InlineData("img", """{"StorageClass":{"*":"slow"}}""", CloneMethodChoice.Auto, "right to create virtualmachines")]
    public async Task What_cannot_be_had_there_is_refused_before_a_byte_is_copied(string source, string asked, CloneMethodChoice method, string part)
    {
        await using var other = await OtherNamespace.CreateAsync();
        // What else is asked for goes on.
        var requests = Requests(source, 1, null).ConvertAll(r => With(r, asked));
        var writes = other.Lab.Virtual.Writes.Count;
        var fault = (await other.Lab.CloneAsync(requests, Lab.Options(method))).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
        fault.Id.ShouldBe(FaultIds.VMCloneDiskUnsupported, fault.Message);
        $"{fault.Message} {fault.RecommendedAction}".ShouldContain(part);
        fault.TargetName.ShouldBe("team-b/vm-1");
        other.Lab.Virtual.Writes.Skip(writes).ShouldBeEmpty();
        other.ShouldBeAsBefore();
        var report = await other.Lab.DoAsync(() => new BatchPreflight(other.Lab.Cluster, new PreflightOptions { Method = method }).RunAsync([.. requests.Select(r => new PreflightItem(r))], default));
        report.Findings.Where(f => f.IsError).Select(f => f.Code).ShouldBe([FaultIds.VMCloneDiskUnsupported]);
    }

    [Fact]
    public async Task One_that_cannot_be_had_leaves_the_others_alone()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var requests = Requests("golden", 2, "2Gi");
        requests[1] = requests[1] with { DiskSizes = Every("512Mi") };
        var updates = await other.Lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Restore));
        updates.Single(u => u.Kind == ItemUpdateKind.Record).Record!.TargetName.ShouldBe("vm-1");
        updates.Single(u => u.Kind == ItemUpdateKind.Fault).Request!.TargetName.ShouldBe("vm-2");
        Sizes(other).ShouldBe(["2Gi"]);
    }

    [Theory]
    [InlineData("fixed", "does not allow expansion")]
    [InlineData("wffc", "bound only when its machine starts")]
    public async Task A_class_whose_claims_cannot_grow_there_either_is_known_before(string storage, string part)
    {
        await using var other = await OtherNamespace.CreateAsync(storage);
        foreach (var source in new[] { "golden", "img" })
        {
            var fault = (await other.Lab.CloneAsync(Requests(source, 1, "2Gi"), Lab.Options(CloneMethodChoice.Restore))).Single(u => u.Kind == ItemUpdateKind.Fault).Fault!;
            fault.Message.ShouldContain(part);
            fault.RecommendedAction.ToString().ShouldContain("-Method Direct");
            other.ShouldBeAsBefore();
        }
    }

    [Theory]
    [InlineData("golden", "requests.storage", "5Gi", "needs 3Gi")]
    [InlineData("img", "fast.storageclass.storage.k8s.io/requests.storage", "5Gi", "needs 3Gi")]
    [InlineData("golden", "persistentvolumeclaims", "1", "needs 1")]
    public async Task Quotas_there_count_what_is_asked_for_before_anything_is_brought(string source, string resource, string hard, string part)
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post(OtherNamespace.Name, Quota(resource, hard));
        other.Lab.Settle();
        var requests = Requests(source, 2, "3Gi");
        var report = await other.Lab.DoAsync(() => new BatchPreflight(other.Lab.Cluster).RunAsync([.. requests.Select(r => new PreflightItem(r))], default));
        var finding = report.Findings.Single(f => f.Code == FaultIds.QuotaExceeded);
        finding.Severity.ShouldBe(FindingSeverity.Error);
        finding.Message.ShouldContain($"of namespace '{OtherNamespace.Name}'");
        finding.Message.ShouldContain(part);
        finding.Message.ShouldContain("clone 2 of 2");
        finding.Requests.Select(r => r.TargetName).ShouldBe(["vm-2"]);
        other.ShouldBeAsBefore();

        var told = await other.Lab.CloneAsync(requests, Lab.Options(CloneMethodChoice.Direct) with { Timeout = TimeSpan.FromSeconds(30) });
        var refused = told.Single(u => u.Kind == ItemUpdateKind.Fault);
        refused.Request!.TargetName.ShouldBe("vm-2");
        refused.Fault!.Id.ShouldBe(FaultIds.QuotaExceeded);
        refused.Fault.Message.ShouldContain(part);
    }

    [Fact]
    public async Task Limit_ranges_there_count_too_and_sources_of_one_namespace_together()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post(OtherNamespace.Name, Quota("requests.storage", "4Gi"));
        other.Post(OtherNamespace.Name, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "LimitRange",
            ["metadata"] = new JsonObject { ["name"] = "small", ["namespace"] = OtherNamespace.Name },
            ["spec"] = new JsonObject { ["limits"] = new JsonArray(new JsonObject { ["type"] = "PersistentVolumeClaim", ["max"] = new JsonObject { ["storage"] = "2Gi" } }) },
        });
        other.Lab.Settle();
        List<CloneRequest> requests = [.. Requests("golden", 1, "3Gi"), .. Requests("img", 1, "3Gi").Select(r => r with { TargetName = "of-img" })];
        var report = await other.Lab.DoAsync(() => new BatchPreflight(other.Lab.Cluster).RunAsync([.. requests.Select(r => new PreflightItem(r))], default));
        report.Findings.Single(f => f.Code == FaultIds.QuotaExceeded).Message.ShouldContain("needs 3Gi and is the first that does not fit; 1 of 2 do not");
        report.Findings.Where(f => f.Code == FindingCodes.LimitRange).ShouldAllBe(f => f.Message.Contains("is to have 3Gi") && f.Message.Contains("at most 2Gi"));
    }

    [Fact]
    public async Task Sources_of_several_namespaces_are_counted_together()
    {
        await using var other = await OtherNamespace.CreateAsync();
        other.Post(OtherNamespace.Name, Quota("requests.storage", "4Gi"));
        other.Post(null, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = "team-c" } });
        foreach (var item in new[] { DemoSeed.Claim("third-data", "fast", "1Gi"), DemoSeed.Machine("third", "x", [DemoSeed.ContainerDisk(), DemoSeed.ClaimDisk("data", "third-data")]) })
        {
            item["metadata"]!["namespace"] = "team-c";
            other.Post("team-c", item);
        }

        other.Lab.Settle();
        List<CloneRequest> requests = [.. Requests("golden", 1, "3Gi"), .. Requests("third", 1, "2Gi").Select(r => r with { Namespace = "team-c", TargetName = "of-third" })];
        var report = await other.Lab.DoAsync(() => new BatchPreflight(other.Lab.Cluster).RunAsync([.. requests.Select(r => new PreflightItem(r))], default));
        report.Findings.Single(f => f.Code == FaultIds.QuotaExceeded).Message.ShouldContain("leaves 1Gi of requests.storage (0 of 4Gi used, 3Gi for the clones before). 'of-third', clone 1 of 1, needs 2Gi");
    }

    private static JsonObject Quota(string resource, string hard) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ResourceQuota",
        ["metadata"] = new JsonObject { ["name"] = "small", ["namespace"] = OtherNamespace.Name },
        ["spec"] = new JsonObject { ["hard"] = new JsonObject { [resource] = hard } },
    };

    private static IEnumerable<string> Sizes(OtherNamespace other)
    {
        other.Lab.Settle();
        return other.List("PersistentVolumeClaim").Select(c => c.TextAt("status", "capacity", "storage")!);
    }

    private static List<CloneRequest> Requests(string source, int count, string? size) => [.. Enumerable.Range(1, count).Select(i => new CloneRequest
    {
        Namespace = "default",
        SourceName = source == "img" ? "" : source,
        GoldenImage = source == "img" ? source : null,
        TargetNamespace = OtherNamespace.Name,
        TargetName = $"vm-{i}",
        DiskSizes = size is null ? null : Every(size),
    })];

    private static CloneRequest With(CloneRequest request, string asked) => ((JsonObject)JsonNode.Parse(asked)!).Aggregate(request, (r, f) => r with
    {
        Wishes = r.Wishes.With(RequestFields.Find(f.Key)!, ((JsonObject)f.Value!).ToDictionary(e => e.Key, e => e.Value!.GetValue<string>(), StringComparer.Ordinal)),
    });

    private static Dictionary<string, string> Every(string size) => new(StringComparer.Ordinal) { [RequestFields.EveryDisk] = size };
}
