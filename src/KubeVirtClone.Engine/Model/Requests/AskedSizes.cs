using System.Text.Json;

namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>What a clone was asked to have of other size, type, place or ownership than its source, as an annotation on it tells: what it got is held against that.</summary>
public static class AskedSizes
{
    /// <summary>The annotation's text, <c>{"Memory":"8Gi","DiskSize":{"root":"40Gi"}}</c>; null when nothing was asked.</summary>
    internal static string? Write(RequestValues wishes)
    {
        var asked = new JsonObject();
        foreach (var field in RequestFields.All.Where(f => f.IsTold))
        {
            if (wishes[field] is { } value)
                asked[field.Name] = value is IReadOnlyDictionary<string, string> table ? new JsonObject(table.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)e.Value))) : (string)value;
        }

        return asked.Count == 0 ? null : asked.ToJsonString();
    }

    /// <summary>What an object's annotation says; nothing when it has none, or none that can be read.</summary>
    internal static RequestValues Read(KubernetesObject item)
    {
        try
        {
            if (!item.Annotations.TryGetValue(CloneLabels.Asked, out var text) || JsonNode.Parse(text) is not JsonObject asked)
                return RequestValues.None;
            return RequestFields.All.Where(f => f.IsTold).Aggregate(RequestValues.None, (values, field) => values.With(field, asked[field.Name] switch
            {
                JsonObject table => table.ToDictionary(e => e.Key, e => e.Value?.ToString() ?? "", StringComparer.Ordinal),
                JsonValue value => value.ToString(),
                _ => null,
            }));
        }
        catch (JsonException)
        {
            return RequestValues.None;
        }
    }

    /// <summary>What a clone was asked to have, in words, <c>4 CPUs, 8Gi, root 40Gi</c>; empty when nothing was.</summary>
    /// <param name="clone">The clone.</param>
    public static string Describe(CloneRecord clone)
    {
        ArgumentNullException.ThrowIfNull(clone);
        var asked = Read(clone.Raw);
        var words = new List<string>();
        foreach (var field in RequestFields.All.Where(f => f.IsTold))
        {
            switch (asked[field])
            {
                case string count when ReferenceEquals(field, RequestFields.Cpu):
                    words.Add(count == "1" ? "1 CPU" : $"{count} CPUs");
                    break;
                case string policy when ReferenceEquals(field, RequestFields.VolumeOwnershipPolicy):
                    words.Add(policy == "None" ? "disks stay" : "disks go with it");
                    break;
                case string text:
                    words.Add(ReferenceEquals(field, RequestFields.Memory) ? text : $"{field.Name.ToLowerInvariant()} {text}");
                    break;
                case IReadOnlyDictionary<string, string> table:
                    words.AddRange(table.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{(e.Key == RequestFields.EveryDisk ? "disks" : e.Key)} {e.Value}"));
                    break;
            }
        }

        return string.Join(", ", words);
    }
}
