using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Methods.Tests.Facts;
using KubeVirtClone.Methods.Tests.Transfers;

namespace KubeVirtClone.Methods.Tests.Failure;

/// <summary>
/// Clones made directly, by data volumes, and in another namespace by either way there, with the first request of each sort failing: whatever fails is one fault of its
/// clone, and everything that was made is found again by its batch.
/// </summary>
public sealed class MethodFaultTests
{
    private static readonly (string Batch, CloneMethodChoice Method, string? Target, int Count)[] Steps =
    [
        ("direct", CloneMethodChoice.Direct, null, 2),
        ("copied", CloneMethodChoice.DataVolume, null, 1),
        ("brought", CloneMethodChoice.Restore, OtherNamespace.Name, 2),
        ("across", CloneMethodChoice.DataVolume, OtherNamespace.Name, 1),
    ];

    [Fact]
    public async Task Whatever_sort_of_request_fails_once_or_for_good_nothing_is_lost_and_nothing_is_left()
    {
        await using var other = await OtherNamespace.CreateAsync();
        var sorts = new HashSet<(string Verb, string Plural)>();
        other.Lab.Virtual.Fail((verb, plural) =>
        {
            sorts.Add((verb, plural));
            return false;
        });
        Faults(await RunAsync(other)).ShouldBeEmpty();
        await RemoveAsync(other);
        other.ShouldBeAsBefore("without faults");
        sorts.RemoveWhere(s => s.Plural.StartsWith("selfsubject", StringComparison.Ordinal));
        sorts.Count.ShouldBeGreaterThan(8);
        foreach (var (index, sort) in sorts.Order().Index())
        {
            var (struck, forGood) = (0, index % 2 == 1);
            other.Lab.Virtual.Fail((verb, plural) => (verb, plural) == sort && (++struck == 1 || forGood));
            var faults = Faults(await RunAsync(other)).ToList();
            var when = $"{sort.Verb} {sort.Plural} failed {(forGood ? "for good" : "once")}";
            faults.ShouldAllBe(f => f.TargetName != "" && !f.RecommendedAction.IsEmpty, when);
            other.Lab.Virtual.Fail(null);
            other.Lab.Settle();
            await RemoveAsync(other);
            other.ShouldBeAsBefore(when);
        }
    }

    private static IEnumerable<Fault> Faults(List<ItemUpdate<CloneRecord>> updates) => updates.Select(u => u.Fault).OfType<Fault>();

    private static async Task<List<ItemUpdate<CloneRecord>>> RunAsync(OtherNamespace other)
    {
        var all = new List<ItemUpdate<CloneRecord>>();
        foreach (var (batch, method, target, count) in Steps)
        {
            List<CloneRequest> requests = [.. Enumerable.Range(1, count).Select(i => new CloneRequest { Namespace = "default", SourceName = "golden", TargetNamespace = target, TargetName = $"{batch}-{i}" })];
            var updates = await other.Lab.CloneAsync(requests, Lab.Options(method) with { Batch = batch, Timeout = TimeSpan.FromSeconds(30) });
            updates.Count(u => u.Kind is ItemUpdateKind.Record or ItemUpdateKind.Fault).ShouldBe(count, batch);
            all.AddRange(updates);
        }

        return all;
    }

    private static async Task RemoveAsync(OtherNamespace other)
    {
        foreach (var (batch, _, target, _) in Steps)
        {
            await other.Lab.DoAsync(async () =>
            {
                var ns = target ?? "default";
                await foreach (var found in other.Lab.Catalog.ListAsync(new CloneQuery { Namespace = ns, Batch = batch }, default))
                    (await new CloneRemoval(other.Lab.Cluster, includeTarget: true, force: true).RemoveAsync(found.Value!, default)).ShouldBeNull();
                (await other.Lab.Leftovers.CollectBatchAsync(ns, batch, includeTarget: true, default)).ShouldBeEmpty();
                return true;
            });
            other.Lab.Settle();
        }
    }
}
