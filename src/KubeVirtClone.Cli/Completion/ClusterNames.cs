using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Cli.Completion;

/// <summary>Names that exist in the cluster the command line means. A cluster that does not answer in time has none to offer.</summary>
internal sealed class ClusterNames(Func<ConnectionArguments> connection, CancellationToken cancelled)
{
    /// <summary>Longest time a Tab may take.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private static readonly EngineCallbacks Callbacks = new() { Configured = MachineCertificates.LeaveUnreadFor };

    private static readonly ResourceKind Namespaces = new("", "v1", "namespaces", "Namespace", Namespaced: false);

    public async Task<IReadOnlyList<Candidate>> ListAsync(NameKind kind)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        limit.CancelAfter(Deadline);
        try
        {
            return await ListAsync(kind, limit.Token);
        }
        catch (Exception e) when (e is EngineException or KubernetesException or IOException or OperationCanceledException or UnauthorizedAccessException or InvalidOperationException)
        {
            // No connection, no right, no time, an option with a value that is none: there is nothing to offer, and a shell's prompt is no place to say why.
            return [];
        }
    }

    private async Task<IReadOnlyList<Candidate>> ListAsync(NameKind kind, CancellationToken ct)
    {
        var options = connection().ToKubeConfigOptions();
        if (kind == NameKind.Context)
            return [.. KubeConfigLoader.ListContexts(options).Select(c => new Candidate(c.Name, $"cluster {c.ClusterName}"))];
        await using var cluster = await KubeVirtCluster.ConnectAsync(options, Callbacks, ct, Deadline);
        var names = new List<Candidate>();
        await foreach (var candidate in Names(cluster, kind, ct))
            names.Add(candidate);
        return names;
    }

    private static IAsyncEnumerable<Candidate> Names(KubeVirtCluster cluster, NameKind kind, CancellationToken ct)
    {
        var query = new ListQuery { Namespace = cluster.Namespace };
        return kind switch
        {
            NameKind.VirtualMachine => new VirtualMachines(cluster).ListAsync(query, ct)
                .Where(f => f.Value is not null).Select(f => new Candidate(f.Value!.Name, f.Value.Status ?? "")),
            NameKind.Clone => new CloneCatalog(cluster).ListAsync(new CloneQuery { Namespace = cluster.Namespace }, ct)
                .Where(f => f.Value is not null).Select(f => new Candidate(f.Value!.TargetName is { Length: > 0 } target ? target : f.Value.Name, $"{f.Value.Source} → {f.Value.TargetName} {f.Value.State}, {f.Value.Name}")),
            NameKind.Batch => new CloneCatalog(cluster).ListAsync(new CloneQuery { Namespace = cluster.Namespace }, ct)
                .Where(f => f.Value?.Batch is not null).Select(f => new Candidate(f.Value!.Batch!, "")),
            NameKind.GoldenImage => new GoldenImageCatalog(cluster).ListAsync(query, version: null, withUses: false, ct)
                .Where(f => f.Value is not null).Select(f => new Candidate(f.Value!.Name, $"of {f.Value.SourceName}")),
            NameKind.Instancetype => new SizeNames(cluster).InstancetypesAsync(cluster.Namespace, ct).Select(t => new Candidate(t.Name, t.Description)),
            NameKind.Preference => new SizeNames(cluster).PreferencesAsync(cluster.Namespace, ct).Select(t => new Candidate(t.Name, t.Description)),
            NameKind.StorageClass => new SizeNames(cluster).StorageClassesAsync(ct).Select(t => new Candidate(t.Name, t.Description)),
            NameKind.Snapshot => Snapshots(cluster, ct),
            _ => cluster.Client.ListAsync(Namespaces, ns: null, options: null, ct).Select(n => new Candidate(n.Name, "")),
        };
    }

    private static async IAsyncEnumerable<Candidate> Snapshots(
        KubeVirtCluster cluster, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        if (await cluster.GetSnapshotVersionAsync(ct) is not { } version)
            yield break;

        // Snapshots that clones share come and go with their batch: nobody means to name one.
        var lasting = new ListOptions { LabelSelector = "!" + CloneLabels.SharedSnapshot };
        await foreach (var snapshot in cluster.Client.ListAsync(KubeVirtKinds.Snapshot(version), cluster.Namespace, lasting, ct))
            yield return new Candidate(snapshot.Name, $"of {snapshot.StringAt("spec", "source", "name")}");
    }
}
