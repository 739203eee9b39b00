using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.Engine.Planning;

/// <summary>A short text that is the same for the same request, in whatever way it is carried out: what exists with it is taken over, what exists with another is an error.</summary>
internal static class RequestFingerprint
{
    /// <param name="asked">The request as the user gave it.</param>
    /// <param name="completed">The same request with its names completed.</param>
    public static string Of(CloneRequest asked, CloneRequest completed)
    {
        // Everything that decides what machine comes out, in a fixed order. A generated address is no part of the wish.
        List<object?> wish = [completed.SourceKind, completed.SourceName, completed.TargetName];
        foreach (var field in RequestFields.All.Where(f => f.InFingerprint))
        {
            var value = ReferenceEquals(field, RequestFields.VolumeNamePolicy) ? completed.VolumeNamePolicy : asked.Wishes[field];
            if (field.IsAlwaysInFingerprint)
                wish.Add(ReferenceEquals(field, RequestFields.NewMacAddress) ? asked.GenerateMacAddresses : value ?? field.UnsetMark);
            else if (value is not null)
                wish.AddRange([field.Name, value]);
        }

        var text = JsonSerializer.Serialize(wish.Select(Node).ToArray());
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16].ToLowerInvariant();
    }

    /// <summary>Notes on an object which request it is for, and what of.</summary>
    public static void Mark(JsonObject body, string fingerprint, string sourceKind, string sourceName)
    {
        var metadata = (JsonObject)body["metadata"]!;
        var annotations = metadata["annotations"] as JsonObject;
        if (annotations is null)
            metadata["annotations"] = annotations = new JsonObject();
        annotations[CloneLabels.Request] = fingerprint;
        annotations[CloneLabels.Source] = $"{sourceKind}/{sourceName}";
    }

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        IEnumerable<string> list => new JsonArray([.. list.Select(s => (JsonNode?)s)]),
        IEnumerable<KeyValuePair<string, string>> map => new JsonArray([.. map.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => (JsonNode?)new JsonArray(e.Key, e.Value))]),
        _ => throw new ArgumentException($"Not part of a request: {value.GetType()}", nameof(value)),
    };
}
