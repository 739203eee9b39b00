using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Completion;

/// <summary>Completes versions of a golden image: of the one that is named, else of all.</summary>
public sealed class ImageVersionCompleter : ClusterCompleter
{
    private protected override string[] OwnerParameters => ["GoldenImage", "Name"];

    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        var query = new ListQuery { Namespace = @namespace, AllNamespaces = @namespace is null };
        await foreach (var found in new GoldenImageCatalog(cluster).ListAsync(query, version: null, withUses: false, ct))
        {
            if (found.Value is { } image) yield return new Candidate(image.Version, $"{image.Name}, of {image.SourceName}{(image.IsDefault ? ", newest" : "")}") { Of = image.Name };
        }
    }
}

/// <summary>Completes a table with an interface of the source, else of any machine: @{ default = '' }.</summary>
public sealed class InterfaceCompleter : ClusterCompleter
{
    private protected override string[] OwnerParameters => ["SourceName", "Source", "VM", "VMName"];

    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        var query = new ListQuery { Namespace = @namespace, AllNamespaces = @namespace is null };
        await foreach (var found in new VirtualMachines(cluster).ListAsync(query, ct))
        {
            foreach (var nic in found.Value?.Interfaces ?? [])
            {
                yield return new Candidate(nic.Name, $"{found.Value!.Name}: {nic.MacAddress ?? "no address of its own"}")
                {
                    Of = found.Value.Name,
                    Expression = $"@{{ {CompletionText.Quote(nic.Name, '\'')} = '' }}",
                };
            }
        }
    }
}

/// <summary>Completes keys of the labels and annotations that the source has, else of those that any machine has.</summary>
public sealed class MetadataKeyCompleter : ClusterCompleter
{
    private protected override string[] OwnerParameters => ["SourceName", "Source", "VM", "VMName"];

    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var machine in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, @namespace, options: null, ct))
        {
            foreach (var (what, keys) in new[] { ("label", machine.Labels), ("annotation", machine.Annotations) })
            {
                foreach (var (key, value) in keys) yield return new Candidate(key, $"{what} of {machine.Name}: {(value.Length > 60 ? value[..60] + "…" : value)}") { Of = machine.Name };
            }
        }
    }
}

/// <summary>Completes names of Secrets.</summary>
public sealed class SecretCompleter : ClusterCompleter
{
    private static readonly ResourceKind Secrets = new("", "v1", "secrets", "Secret");

    private protected override async IAsyncEnumerable<Candidate> ListAsync(
        KubeVirtCluster cluster, string? @namespace, [EnumeratorCancellation] CancellationToken ct)
    {
        // Names only: what they hold is nobody's business here.
        await foreach (var secret in cluster.Client.ListAsync(Secrets, @namespace, options: null, ct)) yield return new Candidate(secret.Name, secret.StringAt("type") ?? "");
    }
}
