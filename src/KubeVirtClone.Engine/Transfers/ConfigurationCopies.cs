using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>Copies Secrets and ConfigMaps that a machine names into another namespace. None is ever changed; what they hold is never shown.</summary>
internal sealed class ConfigurationCopies(KubeVirtCluster cluster, string sourceNamespace, string destination)
{
    private const string TokenType = "kubernetes.io/service-account-token";

    /// <summary>Null when all can be copied: they are there, can be read, and are no tokens.</summary>
    public async Task<Fault?> ReadAsync(IReadOnlyList<NamedObject> named, CancellationToken ct)
    {
        foreach (var item in named)
        {
            Configuration? source;
            try
            {
                source = await FindAsync(item, sourceNamespace, ct);
            }
            catch (ApiStatusException e) when (e.IsForbidden)
            {
                return TransferFaults.Configuration(
                    item, destination, $"cannot be copied: you may not read it in namespace '{sourceNamespace}'", $"Have it made in '{destination}', or ask for the right to get {KindOf(item).Plural} in '{sourceNamespace}'.");
            }

            if (source is null)
                return TransferFaults.Configuration(item, destination, $"cannot be copied: namespace '{sourceNamespace}' has none either", $"Make it in '{destination}'.");
            if (source.Type == TokenType)
                return TransferFaults.Configuration(item, destination, $"is a token of a service account of '{sourceNamespace}' and means nothing elsewhere", $"Make a token of a service account of '{destination}'.");
            _sources.Add((item, source));
        }

        return null;
    }

    /// <summary>Of what is there under the same name, that which has other data than the source's. What may not be read is left out.</summary>
    public async Task<IReadOnlyList<NamedObject>> DifferingAsync(IReadOnlyList<NamedObject> there, CancellationToken ct)
    {
        var differing = new List<NamedObject>();
        foreach (var item in there)
        {
            try
            {
                if (await FindAsync(item, sourceNamespace, ct) is { } source && await FindAsync(item, destination, ct) is { } found && !found.IsSameAs(source))
                    differing.Add(item);
            }
            catch (ApiStatusException e) when (e.IsForbidden)
            {
                cluster.Callbacks.Verbose?.Invoke($"Whether the {item} of '{destination}' is what '{sourceNamespace}' has cannot be seen: {e.ApiMessage}");
            }
        }

        return differing;
    }

    /// <summary>That one of the name is there with other data.</summary>
    public Fault Differs(NamedObject item) => TransferFaults.Configuration(
        item, destination, $"exists in namespace '{destination}' with other data, and is not overwritten", $"Rename one of the two, or leave out {OptionName.CopySecrets} to have the machine use the one that is there.");

    private readonly List<(NamedObject Named, Configuration Source)> _sources = [];

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

    private async Task<Fault?> CopyAsync(NamedObject item, Configuration source, CancellationToken ct)
    {
        try
        {
            await CreateAsync(item, source, ct);
            cluster.Callbacks.Warning?.Invoke($"Copied the {item} from namespace '{sourceNamespace}' into '{destination}'. It stays there until somebody removes it.");
            return null;
        }
        catch (KubernetesException e) when (e is AnswerLostException or ApiStatusException { IsAlreadyExists: true })
        {
            var there = await FindAsync(item, destination, ct);
            if (there is null)
                throw;
            return there.IsSameAs(source) ? null : Differs(item);
        }
    }

    private async Task<Configuration?> FindAsync(NamedObject item, string ns, CancellationToken ct)
    {
        try
        {
            return IsSecret(item)
                ? Configuration.Of(await cluster.Client.GetAsync<V1Secret>(KindOf(item), ns, item.Name, ct))
                : Configuration.Of(await cluster.Client.GetAsync<V1ConfigMap>(KindOf(item), ns, item.Name, ct));
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    private async Task CreateAsync(NamedObject item, Configuration source, CancellationToken ct)
    {
        var options = new WriteOptions { FieldManager = CloneLabels.FieldManager };
        var metadata = new V1ObjectMeta
        {
            Name = item.Name,
            NamespaceProperty = destination,
            Labels = new Dictionary<string, string> { [CloneLabels.ManagedBy] = CloneLabels.ManagedByValue },
            Annotations = new Dictionary<string, string> { [ImageLabels.CopyOf] = $"{sourceNamespace}/{item.Name}" },
        };
        if (IsSecret(item))
            await cluster.Client.CreateAsync(KindOf(item), destination, source.Secret(metadata), options, ct);
        else
            await cluster.Client.CreateAsync(KindOf(item), destination, source.ConfigMap(metadata), options, ct);
    }

    private static bool IsSecret(NamedObject item) => item.Kind == RelatedKinds.Secret.Kind;

    private static ResourceKind KindOf(NamedObject item) => IsSecret(item) ? RelatedKinds.Secret : RelatedKinds.ConfigMap;

    /// <summary>What is copied of a Secret or ConfigMap.</summary>
    private sealed record Configuration(string? Type, bool? Immutable, IDictionary<string, byte[]> Bytes, IDictionary<string, string> Texts)
    {
        public static Configuration Of(V1Secret secret) => new(secret.Type, secret.Immutable, secret.Data ?? new Dictionary<string, byte[]>(), new Dictionary<string, string>());

        public static Configuration Of(V1ConfigMap map) =>
            new(null, map.Immutable, map.BinaryData ?? new Dictionary<string, byte[]>(), map.Data ?? new Dictionary<string, string>());

        public V1Secret Secret(V1ObjectMeta metadata) => new() { Metadata = metadata, Type = Type, Immutable = Immutable, Data = Bytes };

        public V1ConfigMap ConfigMap(V1ObjectMeta metadata) => new() { Metadata = metadata, Immutable = Immutable, BinaryData = Bytes, Data = Texts };

        public bool IsSameAs(Configuration other) =>
            Type == other.Type
            && (Immutable ?? false) == (other.Immutable ?? false)
            && Texts.Count == other.Texts.Count
            && Texts.All(t => other.Texts.TryGetValue(t.Key, out var text) && text == t.Value)
            && Bytes.Count == other.Bytes.Count
            && Bytes.All(b => other.Bytes.TryGetValue(b.Key, out var bytes) && bytes.AsSpan().SequenceEqual(b.Value));
    }
}
