using System.Text.Json;

namespace KubeVirtClone.Engine.Knowledge.Patches;

/// <summary>Reads a patch's text as KubeVirt does: of a key that is there twice the last counts.</summary>
internal static class PatchJson
{
    /// <summary>The value, or null for <c>null</c>.</summary>
    /// <param name="text">JSON.</param>
    /// <exception cref="JsonException">The text is no JSON.</exception>
    public static JsonNode? Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return Read(document.RootElement);
    }

    private static JsonNode? Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new JsonObject();
                foreach (var member in element.EnumerateObject())
                    map[member.Name] = Read(member.Value);
                return map;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Read)]);
            case JsonValueKind.Null:
                return null;
            default:
                return JsonValue.Create(element.Clone());
        }
    }
}
