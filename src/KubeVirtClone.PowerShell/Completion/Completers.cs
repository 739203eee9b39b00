using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;
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

/// <summary>Completes names of clones: that of the machine first, then that of the object.</summary>
public sealed class CloneCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        var query = new CloneQuery { Namespace = @namespace, AllNamespaces = @namespace is null };
        await foreach (var found in new CloneCatalog(cluster).ListAsync(query, ct))
        {
            if (found.Value is { } clone) yield return new Candidate(clone.TargetName.Length > 0 ? clone.TargetName : clone.Name, $"{clone.Source} → {clone.TargetName} {clone.State}, {clone.Name}");
        }
    }
}

/// <summary>Completes batches of clones.</summary>
public sealed class BatchCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        var batches = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var found in new CloneCatalog(cluster).ListAsync(new CloneQuery { Namespace = @namespace, AllNamespaces = @namespace is null }, ct))
        {
            if (found.Value?.Batch is { } batch) batches[batch] = batches.GetValueOrDefault(batch) + 1;
        }

        foreach (var (batch, count) in batches) yield return new Candidate(batch, count == 1 ? "1 clone" : $"{count} clones");
    }
}

/// <summary>Completes keys of labels, and their values after '='.</summary>
public sealed class LabelCompleter : ClusterCompleter
{
    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        var labels = new SortedDictionary<string, int>(StringComparer.Ordinal);
        await foreach (var machine in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, @namespace, options: null, ct)) Count(machine.Labels);
        await foreach (var found in new CloneCatalog(cluster).ListAsync(new CloneQuery { Namespace = @namespace, AllNamespaces = @namespace is null }, ct)) Count(found.Value?.Labels);
        foreach (var (label, count) in labels) yield return new Candidate(label, $"{count} objects");

        void Count(IReadOnlyDictionary<string, string>? of)
        {
            foreach (var (key, value) in of ?? new Dictionary<string, string>(StringComparer.Ordinal)) labels[$"{key}={value}"] = labels.GetValueOrDefault($"{key}={value}") + 1;
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
