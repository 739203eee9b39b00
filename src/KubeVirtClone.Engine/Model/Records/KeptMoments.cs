using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>
/// When clones of a batch were seen in each phase, written down so that a later process has it to the millisecond: in an annotation of one of them,
/// for many.
/// </summary>
internal static class KeptMoments
{
    /// <summary>Most clones in one annotation: with all phases about 50 KB, of the 256 KB an object may have in all of its annotations.</summary>
    public const int MostInOne = 250;

    /// <summary>The annotation's text; null when none of the clones was watched from its beginning.</summary>
    /// <param name="clones">The clones.</param>
    /// <param name="times">What was seen.</param>
    public static string? Write(IEnumerable<CloneRecord> clones, PhaseTimes times)
    {
        var kept = new JsonObject();
        foreach (var clone in clones)
        {
            if (times.Of(clone) is { Count: > 1 } seen)
                kept[clone.Uid] = new JsonObject(seen.OrderBy(s => s.Value).Select(s => KeyValuePair.Create(s.Key.ToString(), (JsonNode?)s.Value.ToUnixTimeMilliseconds())));
        }

        return kept.Count == 0 ? null : kept.ToJsonString();
    }

    /// <summary>What is written down on any of some objects, by the uid of the clone.</summary>
    /// <param name="objects">The objects.</param>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<ClonePhase, DateTimeOffset>> Read(IEnumerable<KubernetesObject> objects)
    {
        var kept = new Dictionary<string, IReadOnlyDictionary<ClonePhase, DateTimeOffset>>(StringComparer.Ordinal);
        foreach (var text in objects.Select(o => o.Annotations.GetValueOrDefault(CloneLabels.Moments)).OfType<string>())
        {
            try
            {
                foreach (var (uid, phases) in JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, long>>>(text) ?? [])
                {
                    kept[uid] = phases.Where(p => Enum.TryParse<ClonePhase>(p.Key, out _))
                        .ToDictionary(p => Enum.Parse<ClonePhase>(p.Key), p => DateTimeOffset.FromUnixTimeMilliseconds(p.Value));
                }
            }
            catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
            {
                // Somebody else's text: the objects' own times remain.
            }
        }

        return kept;
    }
}
