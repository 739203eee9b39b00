using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Replay;

namespace KubeVirtClone.Methods.Tests.Equality;

/// <summary>
/// For every recorded clone that a real KubeVirt accepted and finished: made directly it is the machine a restore makes, but for what is listed in
/// <see cref="Listed"/>.
/// </summary>
public sealed class DirectEqualityTests
{
    private static readonly string[] Policies = ["", "None", "Vm"];

    private static readonly Dictionary<string, Lazy<Task<IReadOnlyDictionary<string, IReadOnlyList<string>>>>> Results = Policies.ToDictionary(
        p => p, p => new Lazy<Task<IReadOnlyDictionary<string, IReadOnlyList<string>>>>(() => Task.Run(() => CompareAllAsync(p.Length == 0 ? null : p))), StringComparer.Ordinal);

    public static TheoryData<string> Cases() => [.. RecordedEqualityTests.Finished().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_machine_made_directly_is_the_one_a_restore_makes(string name)
    {
        var differences = (await Results[""].Value)[name];
        differences.ShouldBeEmpty(string.Join(Environment.NewLine, differences.Take(25)));
    }

    public static TheoryData<string, string> WithDisks()
    {
        var data = new TheoryData<string, string>();
        foreach (var @case in RecordedEqualityTests.Finished().Where(HasDisks))
        {
            data.Add(@case.Name, "None");
            data.Add(@case.Name, "Vm");
        }

        return data;
    }

    private static bool HasDisks(VectorCase @case) => @case.Data.ToJsonString().Contains("PersistentVolumeClaim", StringComparison.Ordinal);

    /// <summary>So it is where whose its disks are was said, and here that counts.</summary>
    [Theory]
    [MemberData(nameof(WithDisks))]
    public async Task Its_disks_are_owned_as_those_of_a_restore_are_when_that_is_said(string name, string policy)
    {
        var differences = (await Results[policy].Value)[name];
        differences.ShouldBeEmpty(string.Join(Environment.NewLine, differences.Take(25)));
    }

    private static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> CompareAllAsync(string? ownership)
    {
        var results = new ConcurrentDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(RecordedEqualityTests.Finished().Where(c => ownership is null || HasDisks(c)).ToList(), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (@case, _) =>
        {
            try
            {
                var byRestore = await RecordedEqualityTests.MakeAsync(@case.Path, CloneMethodChoice.Restore, preflight: true, ownership);
                // Where a restore would take over somebody's claim there is no machine to compare with: that method asks to look away, this one never adopts.
                // Nor where it would have the machine own what is to stay.
                results[@case.Name] = byRestore.Fault?.StartsWith(FaultIds.VMCloneVolumeExists, StringComparison.Ordinal) == true
                    || byRestore.Fault?.Contains("data volumes of templates", StringComparison.Ordinal) == true
                    ? []
                    : Compare(byRestore, await RecordedEqualityTests.MakeAsync(@case.Path, CloneMethodChoice.Direct, preflight: true, ownership), ownership);
            }
            catch (Exception e) when (e is TimeoutException or InvalidOperationException or ShouldAssertException)
            {
                results[@case.Name] = [e.ToString()];
            }
        });
        return results;
    }

    private static IReadOnlyList<string> Compare(Outcome byRestore, Outcome byDirect, string? ownership) =>
        byRestore.Fault != byDirect.Fault
            ? [$"by Restore: {byRestore.Fault ?? "made"}; by Direct: {byDirect.Fault ?? "made"}"]
            : byRestore.Fault is not null ? [] : [.. Difference.Between(Listed.Without(byRestore.State, ownership), Listed.Without(byDirect.State, ownership), "")];

    /// <summary>What differs by nature, taken out of an outcome: everything else has to be equal.</summary>
    internal static class Listed
    {
        private static readonly string[] OwnMarks = ["restore.kubevirt.io/lastRestoreUID", "restore.kubevirt.io/name", "kubevirtclone.io/", "cdi.kubevirt.io/", "pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/"];

        public static JsonObject Without(JsonObject state, string? ownership = null)
        {
            var copy = state.Copy();
            var machine = copy.ObjectAt("machine")!;
            // Volumes are plain claims, named by another rule; there are no templates and no data volumes.
            machine.ObjectAt("spec")!.Remove("dataVolumeTemplates");
            foreach (var volume in machine.ArrayAt("spec", "template", "spec", "volumes").Objects())
            {
                if (volume.TextAt("dataVolume", "name") is { } dataVolume)
                {
                    volume.Remove("dataVolume");
                    volume["persistentVolumeClaim"] = new JsonObject { ["claimName"] = dataVolume };
                }

                if (volume.TextAt("persistentVolumeClaim", "claimName") is { } claim)
                    Rename(copy, claim, "claim of " + volume.TextAt("name"));
            }

            Marks(machine);
            // What is said of each volume's ability to be snapshotted follows from its kind, and what it waits for from when it was looked at.
            machine.ObjectAt("status")?.Remove("volumeSnapshotStatuses");
            machine.ObjectAt("status")?.Remove("volumeUpdateState");
            copy.Remove("DataVolume");
            foreach (var claim in copy.ArrayAt("PersistentVolumeClaim").Objects())
            {
                Marks(claim);
                var metadata = claim.ObjectAt("metadata")!;
                // It is owned by the machine, whoever owned the source's; where that was said, by a restore through a data volume at most.
                var owners = metadata.ArrayAt("ownerReferences").Objects().Select(o => o.Kind() is "VirtualMachine" or "DataVolume" ? "the machine" : o.Kind()).Distinct().ToArray();
                metadata.Remove("ownerReferences");
                if (ownership is not null && owners.Length > 0)
                    metadata["ownerReferences"] = new JsonArray([.. owners.Select(o => (JsonNode?)o)]);
                foreach (var label in new[] { "app.kubernetes.io/component", "app.kubernetes.io/managed-by", "app" }.Where(l => metadata.TextAt("labels", l) is "containerized-data-importer" or "cdi-controller" or "storage"))
                    metadata.ObjectAt("labels")!.Remove(label);
            }

            copy["PersistentVolumeClaim"] = new JsonArray([.. copy.ArrayAt("PersistentVolumeClaim").Objects().OrderBy(c => c.Name(), StringComparer.Ordinal).Select(c => (JsonNode?)c.Copy())]);
            return copy;
        }

        private static void Marks(JsonObject item)
        {
            foreach (var map in new[] { "labels", "annotations" })
            {
                if (item.ObjectAt("metadata", map) is not { } entries)
                    continue;
                foreach (var key in entries.Select(e => e.Key).Where(k => Array.Exists(OwnMarks, m => k.StartsWith(m, StringComparison.Ordinal))).ToList())
                    entries.Remove(key);
                if (entries.Count == 0)
                    item.ObjectAt("metadata")!.Remove(map);
            }
        }

        // A name by itself, or inside the text that stands for its uid.
        private static string? Renamed(JsonNode? node, string from, string to) => node.AsText() switch
        {
            { } text when text == from => to,
            { } text when text.Contains($"PersistentVolumeClaim/{from}>", StringComparison.Ordinal) => text.Replace($"PersistentVolumeClaim/{from}>", $"PersistentVolumeClaim/{to}>", StringComparison.Ordinal),
            _ => null,
        };

        private static void Rename(JsonNode? node, string from, string to)
        {
            switch (node)
            {
                case JsonObject map:
                    foreach (var key in map.Select(m => m.Key).ToList())
                    {
                        if (Renamed(map[key], from, to) is { } text)
                            map[key] = text;
                        else
                            Rename(map[key], from, to);
                    }

                    break;
                case JsonArray list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        if (Renamed(list[i], from, to) is { } text)
                            list[i] = text;
                        else
                            Rename(list[i], from, to);
                    }

                    break;
            }
        }
    }
}
