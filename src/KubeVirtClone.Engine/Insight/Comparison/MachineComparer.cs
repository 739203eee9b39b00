using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Insight.Comparison;

/// <summary>
/// Compares a clone with its source: what the source was asked to become (filters, MAC addresses, serial, patches, names of volumes) against what
/// the clone is. Asks nothing.
/// </summary>
internal static class MachineComparer
{
    // Written by KubeVirt and its tools on one machine; they say nothing about the machine itself.
    private static readonly string[] OwnKeys =
    [
        "restore.kubevirt.io/", "kubevirt.io/latest-observed-api-version", "kubevirt.io/storage-observed-api-version", "kubevirt.io/pci-topology-version",
        "kubemacpool.io/", "kubevirtclone.io/",
    ];

    public static IReadOnlyList<MachineDifference> Compare(JsonObject source, JsonObject clone, CloneRequest? asked)
    {
        var wanted = Wanted(source, asked);
        var differences = new List<MachineDifference>();
        Keys(differences, "Labels", "metadata.labels", source["metadata"]?["labels"], clone["metadata"]?["labels"], wanted?["metadata"]?["labels"], wanted is not null);
        Keys(differences, "Annotations", "metadata.annotations", source["metadata"]?["annotations"], clone["metadata"]?["annotations"], wanted?["metadata"]?["annotations"], wanted is not null);
        new Walker(differences, source, wanted is not null).Walk("spec", source["spec"], clone["spec"], wanted?["spec"]);
        RunState(differences, source, clone, wanted);
        Identity(differences, source, clone, asked);
        return Sort(differences);
    }

    /// <summary>Differences in the order they are shown: unexpected ones first.</summary>
    public static IReadOnlyList<MachineDifference> Sort(IEnumerable<MachineDifference> differences) =>
        [.. differences.OrderBy(d => d.Expected).ThenBy(d => d.Path, StringComparer.Ordinal)];

    /// <summary>The machine the source was to become; null when nothing is known of what was asked for.</summary>
    public static JsonObject? Wanted(JsonObject source, CloneRequest? asked)
    {
        if (asked is null)
            return null;
        var check = RequestRules.Check(asked, "compare", 0, SourceMachine.Domain(source)?["firmware"] is not null);
        var machine = (JsonObject)source.DeepClone();
        machine["metadata"] ??= new JsonObject();
        return JsonPatchApplier.Apply(machine, RestorePatches.For(source, check.Request, check.Patches)) is null ? machine : null;
    }

    private static void Keys(List<MachineDifference> differences, string area, string path, JsonNode? source, JsonNode? clone, JsonNode? wanted, bool asks)
    {
        foreach (var key in SourceMachine.Keys(source).Union(SourceMachine.Keys(clone), StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (was, now, asked) = (SourceMachine.Text(source?[key]), SourceMachine.Text(clone?[key]), SourceMachine.Text(wanted?[key]));
            var own = Array.Exists(OwnKeys, k => key.StartsWith(k, StringComparison.Ordinal));
            if (was == now)
            {
                // What KubeVirt writes into every machine comes back after the filters have dropped it.
                if (asks && asked != now && !own)
                    differences.Add(new(area, $"{path}.{key}", was, now, Expected: false, asked is null ? "the filters were to drop it" : $"it was to become '{asked}'"));
            }
            else if (own)
            {
                differences.Add(new(area, $"{path}.{key}", was, now, Expected: true, "written by KubeVirt or its tools"));
            }
            else
            {
                differences.Add(new(area, $"{path}.{key}", was, now, asks && asked == now, Reason(asks, asked, now)));
            }
        }
    }

    // Goes through the specification. Where what was asked for is known, what is missing there was to be missing.
    private sealed class Walker(List<MachineDifference> differences, JsonObject machine, bool asks)
    {
        public void Walk(string path, JsonNode? source, JsonNode? clone, JsonNode? wanted)
        {
            if (FieldMeaning.IsTreatedApart(path))
                return;
            if (path is "spec.template.metadata.labels" or "spec.template.metadata.annotations")
            {
                Keys(differences, path.EndsWith("labels", StringComparison.Ordinal) ? "Labels" : "Annotations", path, source, clone, wanted, asks);
                return;
            }

            if (source is JsonObject || clone is JsonObject)
            {
                foreach (var key in SourceMachine.Keys(source).Union(SourceMachine.Keys(clone), StringComparer.Ordinal))
                    Walk($"{path}.{key}", (source as JsonObject)?[key], (clone as JsonObject)?[key], (wanted as JsonObject)?[key]);
                return;
            }

            if (source is JsonArray || clone is JsonArray)
            {
                foreach (var (key, a, b, w) in Pair(source as JsonArray, clone as JsonArray, wanted as JsonArray))
                    Walk($"{path}[{key}]", a, b, w);
                return;
            }

            if (!JsonNode.DeepEquals(source, clone))
                Add(path, source, clone, wanted);
            else if (asks && !JsonNode.DeepEquals(wanted, clone) && !FieldMeaning.IsGivenByKubeVirt(path))
                differences.Add(new(FieldMeaning.Area(path), path, Show(source), Show(clone), Expected: false, $"it was to become '{Show(wanted) ?? "nothing"}'"));
        }

        private void Add(string path, JsonNode? source, JsonNode? clone, JsonNode? wanted)
        {
            var expected = FieldMeaning.WhyExpected(path, source, clone, machine);
            if (expected is null && asks && JsonNode.DeepEquals(wanted, clone))
                expected = "asked for";
            differences.Add(new(
                FieldMeaning.Area(path),
                path,
                Show(source),
                Show(clone),
                expected is not null,
                expected ?? (asks ? $"it was to be '{Show(wanted) ?? "nothing"}'" : "nothing is known of what was asked for")));
        }
    }

    private static void RunState(List<MachineDifference> differences, JsonObject source, JsonObject clone, JsonObject? wanted)
    {
        var (was, now) = (Strategy(source), Strategy(clone));
        if (was == now)
            return;
        var asked = wanted is null ? null : Strategy(wanted);
        var reason = now == "Halted" ? "clones are made stopped" : asked == now && asked != was ? "asked for" : "somebody has switched it since";
        differences.Add(new("Machine", "spec.runStrategy", was, now, Expected: true, reason));
    }

    // What must differ, and does not.
    private static void Identity(List<MachineDifference> differences, JsonObject source, JsonObject clone, CloneRequest? asked)
    {
        var clonedMacs = SourceMachine.Interfaces(clone).ToDictionary(i => i.Name, i => i.Mac, StringComparer.Ordinal);
        foreach (var (name, mac, _) in SourceMachine.Interfaces(source))
        {
            if (!string.IsNullOrEmpty(mac) && MacAddress.TryParse(mac, out var was) && MacAddress.TryParse(clonedMacs.GetValueOrDefault(name), out var now) && was == now)
                differences.Add(new("Networks", $"spec.template.spec.domain.devices.interfaces[{name}].macAddress", mac, clonedMacs[name], Expected: asked?.MacAddresses?.ContainsKey(name) == true, "both machines have the same MAC address"));
        }

        foreach (var field in new[] { "uuid", "serial" })
        {
            var (was, now) = (SourceMachine.Text(SourceMachine.Domain(source)?["firmware"]?[field]), SourceMachine.Text(SourceMachine.Domain(clone)?["firmware"]?[field]));
            if (!string.IsNullOrEmpty(was) && was == now)
                differences.Add(new("Firmware", $"spec.template.spec.domain.firmware.{field}", was, now, Expected: field == "serial" && asked?.SmbiosSerial == was, $"both machines have the same firmware {field}"));
        }

        foreach (var shared in SourceMachine.Copied(source).Select(v => v.Claim).Intersect(SourceMachine.Copied(clone).Select(v => v.Claim), StringComparer.Ordinal))
            differences.Add(new("Volumes", "spec.template.spec.volumes", shared, shared, Expected: false, "both machines use the same claim"));
    }

    private static IEnumerable<(string Key, JsonNode? Source, JsonNode? Clone, JsonNode? Wanted)> Pair(JsonArray? source, JsonArray? clone, JsonArray? wanted)
    {
        var named = (source ?? []).Concat(clone ?? []).All(i => i is JsonObject o && SourceMachine.Text(o["name"]) is not null);
        if (named)
        {
            JsonNode? Of(JsonArray? list, string name) => list?.FirstOrDefault(i => SourceMachine.Text(i?["name"]) == name);
            return (source ?? []).Concat(clone ?? []).Select(i => SourceMachine.Text(i!["name"])!).Distinct(StringComparer.Ordinal)
                .Select(n => (n, Of(source, n), Of(clone, n), Of(wanted, n)));
        }

        JsonNode? At(JsonArray? list, int i) => list is not null && i < list.Count ? list[i] : null;
        return Enumerable.Range(0, Math.Max(source?.Count ?? 0, clone?.Count ?? 0)).Select(i => ($"{i}", At(source, i), At(clone, i), At(wanted, i)));
    }

    private static string Strategy(JsonObject machine) => SourceMachine.Text(machine["spec"]?["runStrategy"])
        ?? (SourceMachine.IsTrue(machine["spec"]?["running"]) ? "Always" : "Halted");

    private static string Reason(bool asks, string? asked, string? now) =>
        !asks ? "nothing is known of what was asked for"
        : asked == now ? (now is null ? "the filters were to drop it" : "asked for")
        : asked is null ? "it was to be dropped" : $"it was to be '{asked}'";

    private static string? Show(JsonNode? node) => node is null ? null : SourceMachine.Text(node) ?? node.ToJsonString();
}
