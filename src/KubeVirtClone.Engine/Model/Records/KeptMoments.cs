using System.Text.Json;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>
/// When clones of a batch were seen in each phase, written down so that a later process has it to the millisecond: in an annotation of one of them,
/// for many.
/// </summary>
internal static class KeptMoments
{
    /// <summary>Most clones in one annotation: with all phases about 50 KB, of the 256 KB an object may have in all of its annotations.</summary>
    public const int MostInOne = 250;

    /// <summary>The annotation's text for an object that may have one already: what it says of others stays.</summary>
    /// <param name="clones">The clones whose moments are to be written down.</param>
    /// <param name="times">What was seen.</param>
    /// <param name="holder">The object that is to have it.</param>
    public static string Write(IEnumerable<CloneRecord> clones, PhaseTimes times, KubernetesObject holder)
    {
        var kept = new JsonObject(Read([holder]).Select(k => KeyValuePair.Create(k.Key, (JsonNode?)Text(k.Value))));
        foreach (var clone in clones)
            kept[clone.Uid] = Text(times.Of(clone)!);
        return kept.ToJsonString();
    }

    /// <summary>What tells more of a clone: of more phases, else from an earlier one on.</summary>
    /// <param name="one">What was seen.</param>
    /// <param name="other">What else was.</param>
    public static IReadOnlyDictionary<ClonePhase, DateTimeOffset>? Richer(IReadOnlyDictionary<ClonePhase, DateTimeOffset>? one, IReadOnlyDictionary<ClonePhase, DateTimeOffset>? other) =>
        one is not { Count: > 0 } ? other
        : other is not { Count: > 0 } || one.Count > other.Count || (one.Count == other.Count && one.Values.Min() <= other.Values.Min()) ? one
        : other;

    private static JsonObject? Text(IReadOnlyDictionary<ClonePhase, DateTimeOffset> seen) =>
        new JsonObject(seen.OrderBy(s => s.Value).Select(s => KeyValuePair.Create(s.Key.ToString(), (JsonNode?)s.Value.ToUnixTimeMilliseconds())));

    /// <summary>What is written down on any of some objects, by the uid of the clone.</summary>
    /// <param name="objects">The objects.</param>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<ClonePhase, DateTimeOffset>> Read(IEnumerable<KubernetesObject> objects)
    {
        var kept = new Dictionary<string, IReadOnlyDictionary<ClonePhase, DateTimeOffset>>(StringComparer.Ordinal);
        foreach (var text in objects.Select(o => o.Annotations.GetValueOrDefault(CloneLabels.Moments)).OfType<string>())
        {
            try
            {
                using var read = JsonDocument.Parse(text);
                foreach (var clone in read.RootElement.EnumerateObject())
                {
                    kept[clone.Name] = Richer(
                        kept.GetValueOrDefault(clone.Name),
                        clone.Value.EnumerateObject().Where(p => Enum.TryParse<ClonePhase>(p.Name, out _))
                            .ToDictionary(p => Enum.Parse<ClonePhase>(p.Name), p => DateTimeOffset.FromUnixTimeMilliseconds(p.Value.GetInt64())))!;
                }
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
            {
                // Somebody else's text: the objects' own times remain.
            }
        }

        return kept;
    }
}
