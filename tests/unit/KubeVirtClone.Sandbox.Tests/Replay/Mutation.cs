using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>One change of a recording: a value is another, or a field or item is missing.</summary>
/// <param name="Path">Where, from the recording's root.</param>
/// <param name="Removes">Whether it is taken out instead of changed.</param>
internal sealed record Mutation(IReadOnlyList<object> Path, bool Removes)
{
    /// <summary>What a recording says of how it came about rather than of KubeVirt: never compared.</summary>
    private static readonly string[] OfTheRecorder = ["ms", "at", "managedFields", "resourceVersion"];

    /// <summary>Every change that can be made in a part of a recording.</summary>
    public static IEnumerable<Mutation> Of(JsonNode? node, IReadOnlyList<object> path)
    {
        if (path.Count > 1)
            yield return new Mutation(path, Removes: true);
        switch (node)
        {
            case JsonObject map:
                foreach (var (key, value) in map.Where(p => !OfTheRecorder.Contains(p.Key)))
                {
                    foreach (var mutation in Of(value, [.. path, key]))
                        yield return mutation;
                }

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    foreach (var mutation in Of(list[i], [.. path, i]))
                        yield return mutation;
                }

                break;
            default:
                yield return new Mutation(path, Removes: false);
                break;
        }
    }

    /// <summary>A copy of a recording with the change.</summary>
    public JsonObject Apply(JsonObject recording)
    {
        var copy = recording.Copy();
        JsonNode at = copy;
        foreach (var step in Path.SkipLast(1))
            at = (step is int i ? at[i] : at[(string)step])!;
        switch (Path[^1])
        {
            case int index when Removes:
                at.AsArray().RemoveAt(index);
                break;
            case string key when Removes:
                at.AsObject().Remove(key);
                break;
            case int index:
                at[index] = Other(at[index]);
                break;
            case string key:
                at[key] = Other(at[key]);
                break;
        }

        return copy;
    }

    /// <summary>What stands at a place of a tree.</summary>
    public static JsonNode? Follow(JsonNode? at, IEnumerable<object> path)
    {
        foreach (var step in path)
            at = step is int i ? at?[i] : at?[(string)step];
        return at;
    }

    private static JsonNode Other(JsonNode? value) => value switch
    {
        null => "changed",
        JsonValue v when v.TryGetValue(out string? text) => text + "-changed",
        JsonValue v when v.TryGetValue(out bool flag) => !flag,
        JsonValue v when v.TryGetValue(out double number) => number + 1,
        _ => "changed",
    };

    public override string ToString() => (Removes ? "without " : "changed ") + string.Join('.', Path);
}
