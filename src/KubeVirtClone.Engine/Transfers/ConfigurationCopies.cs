using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>Copies Secrets and ConfigMaps that a machine names into another namespace. None is ever changed; what they hold is never shown.</summary>
internal sealed class ConfigurationCopies(KubeVirtCluster cluster, string sourceNamespace, string destination)
{
    private const string TokenType = "kubernetes.io/service-account-token";

    private static readonly string[] Copied = ["type", "data", "binaryData", "immutable"];

    /// <summary>Null when all can be copied: they are there, can be read, and are no tokens.</summary>
    public async Task<Fault?> ReadAsync(IReadOnlyList<NamedObject> named, CancellationToken ct)
    {
        foreach (var item in named)
        {
            KubernetesObject? source;
            try
            {
                source = await cluster.Client.FindAsync(KindOf(item), sourceNamespace, item.Name, ct);
            }
            catch (ApiStatusException e) when (e.IsForbidden)
            {
                return TransferFaults.Configuration(
                    item, destination, $"cannot be copied: you may not read it in namespace '{sourceNamespace}'", $"Have it made in '{destination}', or ask for the right to get {KindOf(item).Plural} in '{sourceNamespace}'.");
            }

            if (source is null)
                return TransferFaults.Configuration(item, destination, $"cannot be copied: namespace '{sourceNamespace}' has none either", $"Make it in '{destination}'.");
            if (source.StringAt("type") == TokenType)
                return TransferFaults.Configuration(item, destination, $"is a token of a service account of '{sourceNamespace}' and means nothing elsewhere", $"Make a token of a service account of '{destination}'.");
            _sources.Add((item, source));
        }

        return null;
    }

    private readonly List<(NamedObject Named, KubernetesObject Source)> _sources = [];

    /// <summary>Copies what was read; null when each is there with the very same data.</summary>
    public async Task<Fault?> CopyAsync(CancellationToken ct)
    {
        foreach (var (item, source) in _sources)
        {
            if (await CopyAsync(item, source, ct) is { } fault)
                return fault;
        }

        return null;
    }

    private async Task<Fault?> CopyAsync(NamedObject item, KubernetesObject source, CancellationToken ct)
    {
        var kind = KindOf(item);
        try
        {
            await cluster.Client.CreateAsync(kind, destination, Body(kind, source), new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
            cluster.Callbacks.Warning?.Invoke($"Copied the {item} from namespace '{sourceNamespace}' into '{destination}'. It stays there until somebody removes it.");
            return null;
        }
        catch (KubernetesException e) when (e is AnswerLostException or ApiStatusException { IsAlreadyExists: true })
        {
            var there = await cluster.Client.FindAsync(kind, destination, item.Name, ct);
            if (there is null)
                throw;
            var same = Copied.All(f => JsonNode.DeepEquals(Field(there, f), Field(source, f)));
            return same ? null : TransferFaults.Configuration(
                item, destination, $"exists in namespace '{destination}' with other data, and is not overwritten", "Rename one of the two, or leave out -CopySecrets to have the machine use the one that is there.");
        }
    }

    private JsonObject Body(ResourceKind kind, KubernetesObject source)
    {
        var body = new JsonObject
        {
            ["apiVersion"] = kind.ApiVersion,
            ["kind"] = kind.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = source.Name,
                ["namespace"] = destination,
                ["labels"] = new JsonObject { [CloneLabels.ManagedBy] = CloneLabels.ManagedByValue },
                ["annotations"] = new JsonObject { [ImageLabels.CopyOf] = $"{sourceNamespace}/{source.Name}" },
            },
        };
        foreach (var field in Copied)
        {
            if (Field(source, field) is { } value)
                body[field] = value;
        }

        return body;
    }

    private static JsonNode? Field(KubernetesObject source, string name) => source.ToJsonObject()[name]?.DeepClone();

    private static ResourceKind KindOf(NamedObject item) => item.Kind == RelatedKinds.Secret.Kind ? RelatedKinds.Secret : RelatedKinds.ConfigMap;
}
