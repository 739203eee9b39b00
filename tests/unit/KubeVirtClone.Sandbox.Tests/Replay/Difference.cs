using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>Where two trees differ.</summary>
internal static class Difference
{
    private const int Shown = 400;

    public static IEnumerable<string> Between(JsonNode? recorded, JsonNode? replayed, string path)
    {
        switch (recorded, replayed)
        {
            case (JsonObject a, JsonObject b):
                foreach (var key in a.Select(p => p.Key).Union(b.Select(p => p.Key)).Order(StringComparer.Ordinal))
                {
                    var inA = a.TryGetPropertyValue(key, out var x);
                    var inB = b.TryGetPropertyValue(key, out var y);
                    if (inA != inB)
                    {
                        yield return $"{path}.{key}: {(inA ? "recorded " + Text(x) + ", replayed without" : "recorded without, replayed " + Text(y))}";
                        continue;
                    }

                    foreach (var difference in Between(x, y, path + "." + key))
                        yield return difference;
                }

                break;
            case (JsonArray a, JsonArray b):
                if (a.Count != b.Count)
                {
                    yield return $"{path}: recorded {a.Count} items {Text(a)}, replayed {b.Count} items {Text(b)}";
                    yield break;
                }

                for (var i = 0; i < a.Count; i++)
                {
                    foreach (var difference in Between(a[i], b[i], $"{path}[{i}]"))
                        yield return difference;
                }

                break;
            default:
                if (!JsonNode.DeepEquals(recorded, replayed))
                    yield return $"{path}: recorded {Text(recorded)}, replayed {Text(replayed)}";
                break;
        }
    }

    private static string Text(JsonNode? node)
    {
        var text = node?.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) ?? "null";
        return text.Length <= Shown ? text : text[..Shown] + "…";
    }
}
