using k8s.Models;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>What matters of Kubernetes' own kinds, by the official client's models. What an object does not say, or says in no form the model knows, is null.</summary>
internal static class CoreModels
{
    /// <summary>The claim; null for what is no claim.</summary>
    public static V1PersistentVolumeClaim? AsClaim(this KubernetesObject item) => item.TryAs<V1PersistentVolumeClaim>();

    /// <summary>A claim's phase; null when it has none yet.</summary>
    /// <remarks>As its owner below without a model: thousands of claims are watched, of which nothing else matters.</remarks>
    public static string? ClaimPhase(this KubernetesObject claim) => claim.StringAt("status", "phase");

    /// <summary>True for a claim that has its volume.</summary>
    public static bool IsBound(this KubernetesObject claim) => claim.ClaimPhase() == "Bound";

    /// <summary>True for a claim that waits for its volume still; one that has lost it does not.</summary>
    public static bool IsPending(this KubernetesObject claim) => claim.ClaimPhase() is null or "Pending";

    /// <summary>The same of the model.</summary>
    public static bool IsPending(this V1PersistentVolumeClaim? claim) => claim?.Status?.Phase is null or "Pending";

    /// <summary>Name of what a claim is filled from; null for an empty one.</summary>
    public static string? FilledFrom(this V1PersistentVolumeClaim? claim) => claim?.Spec?.DataSourceRef?.Name ?? claim?.Spec?.DataSource?.Name;

    /// <summary>Name and uid of the machine that owns an object, or null.</summary>
    public static (string? Name, string? Uid)? OwningMachine(this KubernetesObject item)
    {
        foreach (var owner in item.ItemsAt("metadata", "ownerReferences"))
        {
            if (owner.Text("kind") == SourceKinds.VirtualMachine)
                return (owner.Text("name"), owner.Text("uid"));
        }

        return null;
    }

    /// <summary>An amount by the name of its resource, in bytes or pieces; null where none is named.</summary>
    public static decimal? Amount(this IDictionary<string, ResourceQuantity>? amounts, string resource) =>
        amounts is not null && amounts.TryGetValue(resource, out var amount) ? Quantity.Parse(amount.ToString()) : null;

    /// <summary>How much of a quota is used, as its status says it: <c>3 of 5 used</c>.</summary>
    public static string Used(this V1ResourceQuota quota, string resource) =>
        $"{Written(quota.Status?.Used, resource)} of {Written(quota.Status?.Hard, resource)} used";

    private static string Written(IDictionary<string, ResourceQuantity>? amounts, string resource) =>
        amounts is not null && amounts.TryGetValue(resource, out var amount) ? amount.ToString() : "";
}
