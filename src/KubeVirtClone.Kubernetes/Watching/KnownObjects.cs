using System.Buffers;
using System.Text.Json;

namespace KubeVirtClone.Kubernetes.Watching;

/// <summary>What a watch has shown so far, so that it can say what changed while nobody was looking. Of each object it keeps what
/// tells it from others, not the object: a collection may hold tens of thousands.</summary>
internal sealed class KnownObjects
{
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private readonly Dictionary<(string? Namespace, string Name), Known> _objects = [];

    // What is kept of an object is written here first, for how long it gets is not known before.
    private readonly ArrayBufferWriter<byte> _draft = new(4096);
    private HashSet<(string? Namespace, string Name)> _listed = [];

    /// <summary>A list begins: what it does not show is gone.</summary>
    public void BeginList() => _listed = [];

    /// <summary>The events that take the last known state of an object to this one: none, one, or two when another object has its name now.</summary>
    public IEnumerable<ResourceEvent> Show(KubernetesObject item, bool isListed)
    {
        var key = (item.Namespace, item.Name);
        if (isListed)
            _listed.Add(key);
        var isKnown = _objects.TryGetValue(key, out var known);
        var isOther = isKnown && known.Uid != item.Uid;
        if (isKnown && !isOther && known.Version == item.ResourceVersion && item.ResourceVersion.Length > 0)
            yield break;
        _objects[key] = Known.Of(item, _draft);
        if (isOther)
            yield return new ResourceEvent(ResourceEventKind.Deleted, known.ToObject());
        yield return new ResourceEvent(isKnown && !isOther ? ResourceEventKind.Modified : ResourceEventKind.Added, item);
    }

    /// <summary>The event for an object the server says is gone.</summary>
    public ResourceEvent Remove(KubernetesObject item)
    {
        _objects.Remove((item.Namespace, item.Name));
        return new ResourceEvent(ResourceEventKind.Deleted, item);
    }

    /// <summary>A list is complete: the events for what it did not show.</summary>
    public IEnumerable<ResourceEvent> EndList()
    {
        var gone = _objects.Where(entry => !_listed.Contains(entry.Key)).ToList();
        _listed = [];
        foreach (var (key, known) in gone)
        {
            _objects.Remove(key);
            yield return new ResourceEvent(ResourceEventKind.Deleted, known.ToObject());
        }
    }

    /// <summary>An object's kind and metadata, without what others keep there of the whole object, as JSON text.</summary>
    private readonly record struct Known(string Uid, string Version, byte[] Text)
    {
        public static Known Of(KubernetesObject item, ArrayBufferWriter<byte> draft)
        {
            draft.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(draft))
            {
                writer.WriteStartObject();
                writer.WriteString("apiVersion", item.ApiVersion);
                writer.WriteString("kind", item.Kind);
                if (item.At("metadata") is { ValueKind: JsonValueKind.Object } metadata)
                    WriteMetadata(writer, metadata);
                writer.WriteEndObject();
            }

            return new(item.Uid, item.ResourceVersion, draft.WrittenSpan.ToArray());
        }

        public KubernetesObject ToObject()
        {
            var reader = new Utf8JsonReader(Text);
            return new KubernetesObject(JsonElement.ParseValue(ref reader));
        }

        private static void WriteMetadata(Utf8JsonWriter writer, JsonElement metadata)
        {
            writer.WriteStartObject("metadata");
            foreach (var property in metadata.EnumerateObject())
            {
                if (property.NameEquals("managedFields"))
                    continue;
                if (!property.NameEquals("annotations") || property.Value.ValueKind != JsonValueKind.Object)
                {
                    property.WriteTo(writer);
                    continue;
                }

                writer.WriteStartObject("annotations");
                foreach (var annotation in property.Value.EnumerateObject().Where(a => !a.NameEquals(LastApplied)))
                    annotation.WriteTo(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }
    }
}
