using System.Text.Json;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>What is noted on an object that stands for a clone of disks that are to grow once they are bound: sizes by disk.</summary>
internal static class GrowthNote
{
    private const string EveryDisk = "*";

    /// <summary>The annotation's text, <c>{"root":"40Gi"}</c>.</summary>
    public static string Write(IReadOnlyDictionary<string, string> sizes) =>
        new JsonObject(sizes.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => KeyValuePair.Create<string, JsonNode?>(e.Key, e.Value))).ToJsonString();

    /// <summary>What an object notes; nothing when it notes none, or nothing that can be read.</summary>
    public static IReadOnlyDictionary<string, string> Read(KubernetesObject item)
    {
        try
        {
            if (item.Annotations.TryGetValue(CloneLabels.Grow, out var text) && JsonNode.Parse(text) is JsonObject sizes)
                return sizes.ToDictionary(e => e.Key, e => e.Value?.ToString() ?? "", StringComparer.Ordinal);
        }
        catch (JsonException)
        {
            // Somebody else has written there.
        }

        return new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>The same in words, <c>root to 40Gi</c>.</summary>
    public static string Describe(KubernetesObject item) =>
        string.Join(", ", Read(item).OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{(e.Key == EveryDisk ? "disks" : e.Key)} to {e.Value}"));
}
