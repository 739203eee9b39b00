namespace KubeVirtClone.Sandbox.Resources;

/// <summary>Everything a sandbox serves.</summary>
public static class ResourceCatalog
{
    /// <summary>The built-in resources and the custom ones of a profile.</summary>
    public static IReadOnlyList<ResourceType> For(Profile profile) => [.. CoreResources.All(), .. KubeVirtResources.All(profile)];
}
