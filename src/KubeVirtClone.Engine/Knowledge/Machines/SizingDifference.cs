namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>One field in which two specifications differ.</summary>
/// <param name="Path">The field, dots between its parts.</param>
/// <param name="Was">Its value in the first; null when it is not there.</param>
/// <param name="Now">Its value in the second; null when it is not there.</param>
internal sealed record SizingDifference(string Path, string? Was, string? Now)
{
    /// <summary>The fields in which two specifications differ; lists are compared as a whole.</summary>
    public static IEnumerable<SizingDifference> Between(JsonNode? one, JsonNode? other, string path = "")
    {
        if (one is JsonObject || other is JsonObject)
        {
            return SourceMachine.Keys(one).Union(SourceMachine.Keys(other), StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .SelectMany(k => Between((one as JsonObject)?[k], (other as JsonObject)?[k], path.Length == 0 ? k : $"{path}.{k}"));
        }

        return JsonNode.DeepEquals(one, other) ? [] : [new SizingDifference(path, Show(one), Show(other))];
    }

    private static string? Show(JsonNode? node) => node is null ? null : SourceMachine.Text(node) ?? node.ToJsonString();
}
