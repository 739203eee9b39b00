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
        object?[] wish =
        [
            completed.SourceKind, completed.SourceName, completed.TargetName,
            asked.LabelFilter, asked.AnnotationFilter, asked.TemplateLabelFilter, asked.TemplateAnnotationFilter,
            asked.ExcludeLabels, asked.ExcludeAnnotations, asked.ExcludeTemplateLabels, asked.ExcludeTemplateAnnotations,
            Sorted(asked.MacAddresses), asked.GenerateMacAddresses, asked.SmbiosSerial, asked.Patches, completed.VolumeNamePolicy,
            asked.Hostname, Sorted(asked.TargetLabels), Sorted(asked.TargetAnnotations), asked.RunStrategy, asked.Start,
            asked.NetworkPreset.ToString(), asked.Without.ToString(), asked.CloudInitSecret,
        ];
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

    private static List<KeyValuePair<string, string>>? Sorted(IReadOnlyDictionary<string, string>? map) =>
        map?.OrderBy(e => e.Key, StringComparer.Ordinal).ToList();

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        IEnumerable<string> list => new JsonArray([.. list.Select(s => (JsonNode?)s)]),
        IEnumerable<KeyValuePair<string, string>> map => new JsonArray([.. map.Select(e => (JsonNode?)new JsonArray(e.Key, e.Value))]),
        _ => throw new ArgumentException($"Not part of a request: {value.GetType()}", nameof(value)),
    };
}
