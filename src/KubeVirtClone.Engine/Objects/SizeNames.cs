using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Lists what clones can be given instead of what their source has, by name and with a word about each: for whoever is typing one.</summary>
/// <param name="cluster">The cluster.</param>
public sealed class SizeNames(KubeVirtCluster cluster)
{
    /// <summary>Instance types of the cluster and of a namespace, with their sizes.</summary>
    /// <param name="ns">The namespace; null for all.</param>
    /// <param name="ct">Cancels.</param>
    public IAsyncEnumerable<(string Name, string Description)> InstancetypesAsync(string? ns, CancellationToken ct) =>
        ListAsync("Instancetype", ns, t => $"{t.StringAt("spec", "memory", "guest")}, {t.At("spec", "cpu", "guest")?.GetRawText()} CPUs", ct);

    /// <summary>Preferences of the cluster and of a namespace.</summary>
    /// <param name="ns">The namespace; null for all.</param>
    /// <param name="ct">Cancels.</param>
    public IAsyncEnumerable<(string Name, string Description)> PreferencesAsync(string? ns, CancellationToken ct) =>
        ListAsync("Preference", ns, p => p.Annotations.GetValueOrDefault("openshift.io/display-name") ?? p.Kind, ct);

    /// <summary>Storage classes, with their drivers.</summary>
    /// <param name="ct">Cancels.</param>
    public async IAsyncEnumerable<(string Name, string Description)> StorageClassesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var found in cluster.Client.ListAsync(RelatedKinds.StorageClass, ns: null, options: null, ct))
            yield return (found.Name, $"{found.StringAt("provisioner")}{(found.Annotations.GetValueOrDefault("storageclass.kubernetes.io/is-default-class") == "true" ? ", default" : "")}");
    }

    private async IAsyncEnumerable<(string Name, string Description)> ListAsync(
        string noun, string? ns, Func<KubernetesObject, string> describe, [EnumeratorCancellation] CancellationToken ct)
    {
        if (await cluster.Client.GetServedVersionsAsync(RelatedKinds.TypeGroup, ct) is not [var version, ..])
            yield break;
        foreach (var kind in new[] { RelatedKinds.Type(version, "VirtualMachineCluster" + noun), RelatedKinds.Type(version, "VirtualMachine" + noun) })
        {
            await foreach (var type in cluster.Client.ListAsync(kind, kind.Namespaced ? ns : null, options: null, ct))
                yield return (type.Name, describe(type));
        }
    }
}
