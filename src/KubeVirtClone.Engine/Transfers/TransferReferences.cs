using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>Looks in the other namespace for what a machine names in its own: there the same names mean other objects, or none.</summary>
internal sealed class TransferReferences(KubeVirtCluster cluster, string sourceNamespace, string destination, Action<TransferWarning> warn)
{
    private readonly KindReader _reader = new(cluster);

    /// <summary>What the machine is configured by and the other namespace does not have: to be copied, or to be told.</summary>
    public List<NamedObject> Configuration { get; } = [];

    /// <summary>What the machine is configured by and both namespaces have under that name: it need not be the same.</summary>
    public List<NamedObject> ConfigurationThere { get; } = [];

    /// <summary>Null when all that must be there is.</summary>
    public async Task<Fault?> RunAsync(IReadOnlyList<NamedObject> named, CancellationToken ct)
    {
        foreach (var item in named)
        {
            if (item.Kind == "PersistentVolumeClaim")
                return TransferFaults.Tied(item, destination);
            if (await CheckAsync(item, ct) is { } fault)
                return fault;
        }

        return null;
    }

    private async Task<Fault?> CheckAsync(NamedObject item, CancellationToken ct)
    {
        var (kind, ns, name) = Find(item);
        // A network of a namespace it names is the same from everywhere.
        if (ns != destination)
            return null;
        switch (await _reader.ExistsAsync(kind, ns, name, ct))
        {
            case true:
                if (item.IsConfiguration)
                    ConfigurationThere.Add(item);
                return null;
            case null:
                warn(new(
                    FindingCodes.NotRead,
                    $"Whether namespace '{destination}' has the {item} that the machine names cannot be seen: you may not read {kind.Plural} there.",
                    "Have somebody who may read them look for it; without it the machines made there cannot start."));
                return null;
        }

        if (item.IsConfiguration)
        {
            if (!item.Optional || await _reader.ExistsAsync(kind, sourceNamespace, name, ct) != false)
                Configuration.Add(item);
            return null;
        }

        if (kind == RelatedKinds.Network && await _reader.ExistsAsync(kind, sourceNamespace, name, ct) == false)
        {
            // There the source is no better off.
            cluster.Callbacks.Verbose?.Invoke($"The machine is on the network '{name}' ({item.Where}), which neither '{destination}' nor '{sourceNamespace}' has");
            return null;
        }

        return TransferFaults.Missing(item, sourceNamespace, destination);
    }

    private (ResourceKind Kind, string Namespace, string Name) Find(NamedObject item) => item.Kind switch
    {
        "Secret" => (RelatedKinds.Secret, destination, item.Name),
        "ConfigMap" => (RelatedKinds.ConfigMap, destination, item.Name),
        "ServiceAccount" => (RelatedKinds.ServiceAccount, destination, item.Name),
        "ResourceClaim" => (RelatedKinds.ResourceClaim, destination, item.Name),
        "ResourceClaimTemplate" => (RelatedKinds.ResourceClaimTemplate, destination, item.Name),
        _ when item.Name.Split('/') is [var ns, var name] => (RelatedKinds.Network, ns, name),
        _ => (RelatedKinds.Network, destination, item.Name),
    };
}
