using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Planning;

/// <summary>Whether a clone object that exists is the one a request would make.</summary>
internal static class CloneComparison
{
    /// <summary>Null when it is the same, else the fields that differ.</summary>
    public static string? WhyNotSame(KubernetesObject existing, JsonObject wanted)
    {
        var there = existing.At("spec") is { } spec ? JsonObject.Create(spec)! : [];
        var asked = wanted["spec"] as JsonObject ?? [];
        var different = there.Select(f => f.Key).Union(asked.Select(f => f.Key), StringComparer.Ordinal)
            .Where(key => !JsonNode.DeepEquals(there[key], asked[key]))
            .Order(StringComparer.Ordinal)
            .ToList();
        return different.Count == 0 ? null : string.Join(", ", different);
    }

    public static Fault ExistsWithAnother(CloneRequest request, string differences) => FaultMapper.Make(
        FaultIds.VMCloneExists,
        FaultCategory.ResourceExists,
        $"A clone object '{request.CloneName}' exists in namespace '{request.Namespace}' with another request (different: {differences}).",
        "Remove it (Remove-VMClone), or choose another name, target or batch.",
        $"{request.Namespace}/{request.CloneName}");
}
