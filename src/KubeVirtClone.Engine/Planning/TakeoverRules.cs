namespace KubeVirtClone.Engine.Planning;

/// <summary>Whether a clone object that exists is the one a request would make.</summary>
internal static class TakeoverRules
{
    /// <summary>Null when it is the same, else the fields that differ.</summary>
    public static string? WhyNotSame(KubernetesObject existing, JsonObject wanted)
    {
        if (existing.Annotations.GetValueOrDefault(CloneLabels.Request) is { } fingerprint && wanted["metadata"]?["annotations"]?[CloneLabels.Request] is JsonValue mine)
            return fingerprint == mine.GetValue<string>() ? null : Differences(existing, wanted) ?? "options";
        return Differences(existing, wanted);
    }

    private static string? Differences(KubernetesObject existing, JsonObject wanted)
    {
        if (existing.Kind != wanted["kind"]?.GetValue<string>())
            return null;
        var there = existing.At("spec") is { } spec ? JsonObject.Create(spec)! : [];
        var asked = wanted["spec"] as JsonObject ?? [];
        var different = there.Select(f => f.Key).Union(asked.Select(f => f.Key), StringComparer.Ordinal)
            .Where(key => !JsonNode.DeepEquals(there[key], asked[key]))
            .Order(StringComparer.Ordinal)
            .ToList();
        return different.Count == 0 ? null : string.Join(", ", different);
    }

    /// <summary>The fault for a machine that was made directly for another request.</summary>
    public static Fault MachineExistsWithAnother(CloneRequest request, string differences) => FaultMapper.Make(
        FaultIds.VMCloneExists,
        FaultCategory.ResourceExists,
        $"A virtual machine '{request.TargetName}' of this batch exists in namespace '{request.Namespace}', made for another request (different: {differences}).",
        $"Remove it ({CommandName.RemoveVMClone} {OptionName.IncludeTarget}), or choose another target or batch.",
        request.DisplayName);

    public static Fault ExistsWithAnother(CloneRequest request, string differences) => FaultMapper.Make(
        FaultIds.VMCloneExists,
        FaultCategory.ResourceExists,
        $"A clone object '{request.CloneName}' exists in namespace '{request.Namespace}' with another request (different: {differences}).",
        $"Remove it ({CommandName.RemoveVMClone}), or choose another name, target or batch.",
        $"{request.Namespace}/{request.CloneName}");
}
