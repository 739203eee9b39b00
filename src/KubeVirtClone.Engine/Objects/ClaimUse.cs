namespace KubeVirtClone.Engine.Objects;

/// <summary>Which pods use claims.</summary>
internal static class ClaimUse
{
    /// <summary>True for a pod that has not ended and uses a claim.</summary>
    public static bool Uses(KubernetesObject pod) =>
        pod.StringAt("status", "phase") is not ("Succeeded" or "Failed")
        && pod.ItemsAt("spec", "volumes").Any(v => v.Member("persistentVolumeClaim") is not null);

    /// <summary>Names of those pods that use a claim, in order; none where pods could not be read.</summary>
    public static IReadOnlyList<string> Of(KindListing pods, string claim) =>
    [
        .. (pods.Items?.Values ?? [])
            .Where(p => p.ItemsAt("spec", "volumes").Any(v => v.Member("persistentVolumeClaim")?.Text("claimName") == claim))
            .Select(p => p.Name)
            .Order(StringComparer.Ordinal),
    ];
}
