using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Checks;

namespace KubeVirtClone.Engine.Insight.Comparison;

/// <summary>
/// Compares what a machine's own text does not show: the instance type and preference each of the two runs on, state that lies in a claim of its own, and
/// what only the source's running instance has. What may not be read is not compared.
/// </summary>
internal sealed class EffectiveComparer(KubeVirtCluster cluster, CompareRequest request)
{
    private const string StateLabel = "persistent-state-for";

    private readonly KindReader _reader = new(cluster);

    private string SourceNamespace => request.SourceNamespace ?? request.Namespace;

    public async Task<IReadOnlyList<MachineDifference>> CompareAsync(bool fromMachine, JsonObject source, JsonObject clone, CancellationToken ct)
    {
        var differences = new List<MachineDifference>();
        if (HasTypes(source) || HasTypes(clone))
        {
            var sizes = new SizingReader(cluster, _reader, ct);
            var was = sizes.ReadAsync(SourceNamespace, source, startedAs: null, ct);
            var now = sizes.ReadAsync(request.Namespace, clone, startedAs: null, ct);
            var wanted = MachineComparer.Wanted(source, request.Asked);
            differences.AddRange(Types(source, wanted, (await was).Instancetype, (await now).Instancetype));
            differences.AddRange(Types(source, wanted, (await was).Preference, (await now).Preference));
            differences.AddRange(await StateAsync(source, (await was).Preference, ct));
        }

        if (request.Asked is { } asked && (asked.ChangesDisks || asked.VolumeOwnershipPolicy is not null))
            differences.AddRange(await DisksAsync(asked, source, clone, ct));
        if (fromMachine && SourceMachine.IsOn(source) && (await _reader.FindAsync(RelatedKinds.Instance, SourceNamespace, request.SourceName!, ct)).Item is { } instance)
        {
            differences.AddRange(RunningDifferenceCheck.OnlyInInstance(source, instance).SelectMany(o => o.Names.Select(n => new MachineDifference(
                o.What == "volumes" ? "Volumes" : "Networks",
                $"instance.{o.Field}[{n}]",
                n,
                Target: null,
                Expected: false,
                "only the source's running instance has it, not the machine"))));
        }

        return differences;
    }

    // What was asked of each disk against what its claim came out as.
    private async Task<IEnumerable<MachineDifference>> DisksAsync(CloneRequest asked, JsonObject source, JsonObject clone, CancellationToken ct)
    {
        var differences = new List<MachineDifference>();
        var before = SourceMachine.Copied(source).ToDictionary(v => v.Name, v => v.Claim, StringComparer.Ordinal);
        foreach (var volume in SourceMachine.Copied(clone))
        {
            var wish = DiskWish.Of(asked, volume.Name);
            if ((wish.IsEmpty && asked.VolumeOwnershipPolicy is null) || (await ClaimAsync(request.Namespace, volume.Claim, ct)).Item is not { } claim)
                continue;
            var was = before.TryGetValue(volume.Name, out var name) && (request.SourceNamespace is not null || name != volume.Claim) ? (await ClaimAsync(SourceNamespace, name, ct)).Item : null;
            if (wish.Size is { } size)
                Size(size);
            if (wish.StorageClass is { } storageClass)
                Add("storageClassName", claim => claim.StringAt("spec", "storageClassName"), storageClass, got => got == storageClass);
            if (wish.AccessModes is { } modes)
                Add("accessModes", Modes, string.Join(", ", modes), got => got == string.Join(", ", modes));
            if (wish.VolumeMode is { } mode)
                Add("volumeMode", claim => claim.StringAt("spec", "volumeMode"), mode, got => got == mode);
            if (asked.VolumeOwnershipPolicy is { } policy)
                Add("volumeOwnershipPolicy", GoesWith, policy, got => got == policy);

            // Where a file system grows only when the machine starts, the volume has been given it all the same.
            void Size(decimal size)
            {
                if (!(Quantity.Parse(Capacity(claim)) >= size) && Quantity.Parse(claim.StringAt("spec", "resources", "requests", "storage")) >= size && ClaimGrowth.Of(claim).AwaitsFileSystem)
                    differences.Add(new MachineDifference("Disks", $"claim[{volume.Name}].capacity", was is null ? null : Capacity(was), Quantity.Write(size), Expected: true, "asked for; its file system grows when the machine starts"));
                else
                    Add("capacity", Capacity, Quantity.Write(size), got => Quantity.Parse(got) >= size);
            }

            void Add(string field, Func<KubernetesObject, string?> read, string wanted, Func<string?, bool> isIt)
            {
                var (had, got) = (was is null ? null : read(was), read(claim));
                if (!isIt(got))
                    differences.Add(new MachineDifference("Disks", $"claim[{volume.Name}].{field}", had, got, Expected: false, $"it was to become '{wanted}'"));
                else if (had != got)
                    differences.Add(new MachineDifference("Disks", $"claim[{volume.Name}].{field}", had, got, Expected: true, "asked for"));
            }
        }

        return differences;

        Task<FoundObject> ClaimAsync(string ns, string name, CancellationToken ct) => _reader.FindAsync(KubeVirtKinds.PersistentVolumeClaim, ns, name, ct);

        static string? Capacity(KubernetesObject claim) => claim.StringAt("status", "capacity", "storage");

        static string GoesWith(KubernetesObject claim) =>
            claim.ItemsAt("metadata", "ownerReferences").Any(o => o.Text("kind") is SourceKinds.VirtualMachine or "DataVolume") ? VolumeOwnership.Vm : VolumeOwnership.None;

        static string? Modes(KubernetesObject claim) =>
            claim.At("spec", "accessModes") is { ValueKind: System.Text.Json.JsonValueKind.Array } list ? string.Join(", ", list.EnumerateArray().Select(m => m.GetString())) : null;
    }

    private static bool HasTypes(JsonObject machine) => machine["spec"]?["instancetype"] is not null || machine["spec"]?["preference"] is not null;

    // What a snapshot was taken of says nothing about the revision it ran on, unless it is pinned.
    private static IEnumerable<MachineDifference> Types(JsonObject source, JsonObject? wanted, SizingObject? was, SizingObject? now)
    {
        if (was?.Stored is not { } stored || now?.OfMachine is not { } given)
            yield break;
        var asked = wanted is not null && !JsonNode.DeepEquals(source["spec"]?[was.Field]?["name"], wanted["spec"]?[was.Field]?["name"]);
        foreach (var difference in SizingDifference.Between(stored, given))
        {
            yield return new MachineDifference(
                difference.Path.StartsWith("cpu", StringComparison.Ordinal) ? "Cpu" : difference.Path.StartsWith("memory", StringComparison.Ordinal) ? "Memory" : "Machine",
                $"{was.Field}.spec.{difference.Path}",
                difference.Was,
                difference.Now,
                asked,
                asked ? "asked for" : $"the source runs on a stored revision of its {was.Field} ({was.StoredName}), the clone got it as it is now");
        }
    }

    private async Task<IEnumerable<MachineDifference>> StateAsync(JsonObject source, SizingObject? preference, CancellationToken ct)
    {
        var state = MachineSizing.StateByPreference(source, preference?.OfMachine).ToList();
        if (state.Count == 0)
            return [];
        var name = SourceMachine.Text(source["metadata"]?["name"]) ?? request.SourceName!;
        var claims = new List<string>();
        await _reader.ReadAsync(KubeVirtKinds.PersistentVolumeClaim, SourceNamespace, async () =>
        {
            await foreach (var claim in cluster.Client.ListAsync(KubeVirtKinds.PersistentVolumeClaim, SourceNamespace, new ListOptions { LabelSelector = $"{StateLabel}={name}" }, ct))
                claims.Add(claim.Name);
        });
        return state.Select(s => new MachineDifference(
            "Machine",
            $"preference.{s.Field}",
            claims.Count > 0 ? $"{s.What} (claim {string.Join(", ", claims)})" : s.What,
            "empty state",
            Expected: false,
            "KubeVirt's snapshot leaves the state of TPM and EFI out"));
    }
}
