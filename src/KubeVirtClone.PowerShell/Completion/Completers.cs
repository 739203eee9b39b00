using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Completion;

/// <summary>Completes names of virtual machines.</summary>
public sealed class VirtualMachineCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        var query = new ListQuery { Namespace = @namespace, AllNamespaces = @namespace is null };
        await foreach (var found in new VirtualMachines(cluster).ListAsync(query, ct))
        {
            if (found.Value is { } vm) yield return new Candidate(vm.Name, $"{vm.Namespace}/{vm.Name} {vm.Status}");
        }
    }
}

/// <summary>Completes names of clones.</summary>
public sealed class CloneCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        var query = new ListQuery { Namespace = @namespace, AllNamespaces = @namespace is null };
        await foreach (var found in new CloneCatalog(cluster).ListAsync(query, batch: null, ct))
        {
            if (found.Value is { } clone) yield return new Candidate(clone.Name, $"{clone.SourceName} → {clone.TargetName} {clone.Phase}");
        }
    }
}

/// <summary>Completes names of snapshots.</summary>
public sealed class SnapshotCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        if (await cluster.GetSnapshotVersionAsync(ct) is not { } version) yield break;
        // Snapshots that clones share come and go with their batch: nobody means to name one.
        var lasting = new ListOptions { LabelSelector = "!" + CloneLabels.SharedSnapshot };
        await foreach (var snapshot in cluster.Client.ListAsync(KubeVirtKinds.Snapshot(version), @namespace, lasting, ct))
        {
            yield return new Candidate(snapshot.Name, $"of {snapshot.StringAt("spec", "source", "name")}, {snapshot.StringAt("status", "phase") ?? "Pending"}");
        }
    }
}

/// <summary>Completes names of golden images.</summary>
public sealed class GoldenImageCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        var query = new ListQuery { Namespace = @namespace, AllNamespaces = @namespace is null };
        var versions = new List<GoldenImageRecord>();
        await foreach (var found in new GoldenImageCatalog(cluster).ListAsync(query, version: null, withUses: false, ct))
        {
            if (found.Value is { } image) versions.Add(image);
        }

        foreach (var image in versions.GroupBy(v => v.Name, StringComparer.Ordinal))
        {
            yield return new Candidate(image.Key, $"of {image.First().SourceName}, versions {string.Join(", ", image.Select(v => v.Version))}");
        }
    }
}

/// <summary>Completes namespaces.</summary>
public sealed class NamespaceCompleter : ClusterCompleter
{
    private static readonly ResourceKind Namespaces = new("", "v1", "namespaces", "Namespace", Namespaced: false);

    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var item in cluster.Client.ListAsync(Namespaces, ns: null, options: null, ct))
        {
            yield return new Candidate(item.Name, item.StringAt("status", "phase") ?? "");
        }
    }
}

/// <summary>Completes names of instance types, of the cluster and of the namespace.</summary>
public sealed class InstancetypeCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var (name, description) in new SizeNames(cluster).InstancetypesAsync(@namespace, ct)) yield return new Candidate(name, description);
    }
}

/// <summary>Completes names of preferences, of the cluster and of the namespace.</summary>
public sealed class PreferenceCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var (name, description) in new SizeNames(cluster).PreferencesAsync(@namespace, ct)) yield return new Candidate(name, description);
    }
}

/// <summary>Completes names of storage classes.</summary>
public sealed class StorageClassCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var (name, description) in new SizeNames(cluster).StorageClassesAsync(ct)) yield return new Candidate(name, description);
    }
}
