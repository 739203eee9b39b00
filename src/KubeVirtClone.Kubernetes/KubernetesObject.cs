using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Serialization;

namespace KubeVirtClone.Kubernetes;

/// <summary>Read-only view of one API object: the JSON as the server sent it, and accessors for what every object has.</summary>
/// <remarks>Safe to use from several threads. Keeps the JSON alive, and the model it was asked for.</remarks>
public sealed class KubernetesObject
{
    private readonly ResourceKind? _listedAs;
    private object? _model;
    private string? _name;
    private string? _namespace;
    private string? _resourceVersion;
    private IReadOnlyDictionary<string, string>? _labels;
    private IReadOnlyDictionary<string, string>? _annotations;

    /// <summary>Wraps a JSON object.</summary>
    /// <param name="json">The object; its document must stay undisposed for as long as this view is used.</param>
    /// <exception cref="ArgumentException">The JSON is not an object.</exception>
    public KubernetesObject(JsonElement json)
        : this(json, listedAs: null)
    {
    }

    /// <summary>Takes a copy of a JSON object.</summary>
    /// <param name="json">The object.</param>
    public KubernetesObject(JsonObject json)
        : this(ObjectReader.Parse(ObjectReader.Write(json)))
    {
    }

    internal KubernetesObject(JsonElement json, ResourceKind? listedAs)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"An API object is a JSON object, not {json.ValueKind}.", nameof(json));
        Json = json;
        _listedAs = listedAs;
    }

    /// <summary>The JSON as received. Items of lists of built-in kinds lack <c>apiVersion</c> and <c>kind</c> here;
    /// <see cref="ApiVersion"/>, <see cref="Kind"/> and <see cref="ToJsonObject"/> have them.</summary>
    public JsonElement Json { get; }

    /// <summary>API version such as <c>v1</c> or <c>apps/v1</c>; empty when unknown.</summary>
    public string ApiVersion => Text(Json, "apiVersion") ?? _listedAs?.ApiVersion ?? "";

    /// <summary>Kind; empty when unknown.</summary>
    public string Kind => Text(Json, "kind") ?? _listedAs?.Kind ?? "";

    /// <summary><c>metadata.name</c>; empty when absent.</summary>
    public string Name => _name ??= Metadata("name") ?? "";

    /// <summary><c>metadata.namespace</c>; null for cluster-scoped objects.</summary>
    public string? Namespace => _namespace ??= Metadata("namespace");

    /// <summary><c>metadata.uid</c>; empty when absent.</summary>
    public string Uid => Metadata("uid") ?? "";

    /// <summary><c>metadata.resourceVersion</c>; empty when absent.</summary>
    public string ResourceVersion => _resourceVersion ??= Metadata("resourceVersion") ?? "";

    /// <summary><c>metadata.creationTimestamp</c> (UTC); null when absent.</summary>
    public DateTimeOffset? CreationTimestamp => Time(Metadata("creationTimestamp"));

    /// <summary><c>metadata.deletionTimestamp</c> (UTC); not null while the object waits for its finalizers.</summary>
    public DateTimeOffset? DeletionTimestamp => Time(Metadata("deletionTimestamp"));

    /// <summary><c>metadata.labels</c>; empty when absent.</summary>
    public IReadOnlyDictionary<string, string> Labels => _labels ??= Map("labels");

    /// <summary><c>metadata.annotations</c>; empty when absent.</summary>
    public IReadOnlyDictionary<string, string> Annotations => _annotations ??= Map("annotations");

    /// <summary>The value at a path of property names; null when any step is absent, not an object, or JSON null.</summary>
    /// <param name="path">Property names from the root; none means the object itself.</param>
    public JsonElement? At(params string[] path)
    {
        var current = Json;
        foreach (var step in path)
        {
            if (current.ValueKind != JsonValueKind.Object || !current.TryGetProperty(step, out current))
                return null;
        }

        return current.ValueKind == JsonValueKind.Null ? null : current;
    }

    /// <summary>The string at a path of property names; null when absent or not a string.</summary>
    /// <param name="path">Property names from the root.</param>
    public string? StringAt(params string[] path) =>
        At(path) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The object as one of the official client's models.</summary>
    /// <exception cref="ApiAnswerInvalidException">It is not such an object.</exception>
    public T As<T>()
        where T : k8s.IKubernetesObject => Models.Read<T>(Json, ToString());

    /// <summary>The object as one of the official client's models; null when it is not such an object.</summary>
    /// <remarks>Read once: the same instance each time, not to be changed. <c>apiVersion</c> and <c>kind</c> may be missing in it, as in <see cref="Json"/>.</remarks>
    public T? TryAs<T>()
        where T : class, k8s.IKubernetesObject
    {
        if (_model is Reading<T> known)
            return known.Model;
        T? model;
        try
        {
            model = As<T>();
        }
        catch (ApiAnswerInvalidException)
        {
            model = null;
        }

        _model = new Reading<T>(model);
        return model;
    }

    /// <summary>A changeable copy of the whole object, with <c>apiVersion</c> and <c>kind</c>.</summary>
    public JsonObject ToJsonObject()
    {
        var copy = JsonObject.Create(Json)!;
        if (_listedAs is null || (copy.ContainsKey("kind") && copy.ContainsKey("apiVersion")))
            return copy;
        var whole = new JsonObject { ["apiVersion"] = ApiVersion, ["kind"] = Kind };
        foreach (var (name, value) in copy)
        {
            if (name is not ("apiVersion" or "kind"))
                whole[name] = value?.DeepClone();
        }

        return whole;
    }

    /// <summary><c>Kind namespace/name</c>, for messages.</summary>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";

    private sealed record Reading<T>(T? Model)
        where T : class;

    private static string? Text(JsonElement parent, string property) =>
        parent.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

    private string? Metadata(string property) =>
        Json.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? Text(metadata, property) : null;

    private IReadOnlyDictionary<string, string> Map(string property)
    {
        if (At("metadata", property) is not { ValueKind: JsonValueKind.Object } map)
            return ReadOnlyDictionary<string, string>.Empty;
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
            result[entry.Name] = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : entry.Value.GetRawText();
        return result;
    }
}
