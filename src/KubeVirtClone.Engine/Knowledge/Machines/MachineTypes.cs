using System.Globalization;
using System.Text.Json;
using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>
/// Whether KubeVirt can read what patches made of a machine, as far as types go that are often got wrong. Its restore controller reads the
/// outcome into its own types, and where it cannot it tries for ever.
/// </summary>
internal static class MachineTypes
{
    private const string Domain = "/spec/template/spec/domain";

    /// <summary>The operation that gave a field a value it cannot have, and why; null when none is known to.</summary>
    /// <param name="machine">What came out.</param>
    /// <param name="operations">What was applied.</param>
    public static (PatchOperation Operation, string Why)? WhyUnreadable(JsonObject machine, IReadOnlyList<PatchOperation> operations)
    {
        foreach (var (path, value, wrong) in Fields(machine))
        {
            // What the source has itself is as KubeVirt took it.
            if (wrong is not null && operations.LastOrDefault(o => o.Path == path || path.StartsWith(o.Path + "/", StringComparison.Ordinal)) is { } operation)
                return (operation, $"{path} would be {value?.ToJsonString() ?? "null"}, which is {wrong}");
        }

        return null;
    }

    private static IEnumerable<(string Path, JsonNode? Value, string? Wrong)> Fields(JsonObject machine)
    {
        var domain = SourceMachine.Domain(machine);
        foreach (var name in new[] { "guest", "maxGuest" })
            yield return Quantity($"{Domain}/memory/{name}", (domain?["memory"] as JsonObject)?[name]);
        foreach (var part in new[] { "requests", "limits" })
        {
            foreach (var (name, value) in (domain?["resources"] as JsonObject)?[part] as JsonObject ?? [])
                yield return Quantity($"{Domain}/resources/{part}/{name}", value);
        }

        foreach (var name in new[] { "cores", "sockets", "threads", "maxSockets" })
        {
            var value = (domain?["cpu"] as JsonObject)?[name];
            yield return ($"{Domain}/cpu/{name}", value, value is null || IsCount(value) ? null : "no whole number");
        }

        var running = (machine["spec"] as JsonObject)?["running"];
        yield return ("/spec/running", running, running is null || running.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? null : "neither true nor false");
        var strategy = (machine["spec"] as JsonObject)?["runStrategy"];
        yield return ("/spec/runStrategy", strategy, strategy is null || strategy.GetValueKind() is JsonValueKind.String ? null : "no text");
    }

    private static (string Path, JsonNode? Value, string? Wrong) Quantity(string path, JsonNode? value) => (path, value, value?.GetValueKind() switch
    {
        null => null,
        JsonValueKind.String => Shared.Quantity.Parse(SourceMachine.Text(value)) is null ? "no quantity" : null,
        JsonValueKind.Number => null,
        _ => "no quantity",
    });

    private static bool IsCount(JsonNode value) => value.GetValueKind() == JsonValueKind.Number
        && uint.TryParse(value.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
