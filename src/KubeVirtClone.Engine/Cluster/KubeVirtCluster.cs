using System.Collections.Concurrent;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Engine.Cluster;

/// <summary>One connection to a cluster with what was found out about it. Facts are asked for when needed, and kept for a while.</summary>
public sealed class KubeVirtCluster : IAsyncDisposable
{
    private static readonly Version GateOnByDefault = new(1, 9);

    private readonly AgingFact<string?> _cloneVersion;
    private readonly AgingFact<string?> _snapshotVersion;
    private readonly AgingFact<string?> _kubeVirtVersion;
    private readonly AgingFact<string?> _kubernetesVersion;
    private readonly AgingFact<bool?> _snapshotGate;
    private readonly AgingFact<ClusterIdentity> _identity;
    private readonly ConcurrentDictionary<object, Action<RequestTrace>> _observers = [];
    private readonly DateTimeOffset _connected;
    private readonly long _connectedAt;

    /// <summary>Wraps a client.</summary>
    /// <param name="client">The client; disposed with this object.</param>
    /// <param name="callbacks">Where to tell what is done; null tells nobody.</param>
    /// <param name="clock">Source of time; null is the system's.</param>
    public KubeVirtCluster(IKubernetesClient client, EngineCallbacks? callbacks = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        Client = client;
        Callbacks = callbacks ?? EngineCallbacks.None;
        Clock = clock ?? TimeProvider.System;
        _connected = Clock.GetUtcNow();
        _connectedAt = Clock.GetTimestamp();
        _cloneVersion = new(ct => PickVersionAsync(KubeVirtKinds.CloneGroup, ct), static version => version is null, Clock);
        _snapshotVersion = new(ct => PickVersionAsync(KubeVirtKinds.SnapshotGroup, ct), static version => version is null, Clock);
        _kubeVirtVersion = new(ReadKubeVirtVersionAsync, static version => version is null, Clock);
        _kubernetesVersion = new(ReadKubernetesVersionAsync, static version => version is null, Clock);
        _identity = new(ReadIdentityAsync, static _ => false, Clock);
        _snapshotGate = new(ReadSnapshotGateAsync, static gate => gate is not true, Clock);
    }

    /// <summary>The client underneath.</summary>
    public IKubernetesClient Client { get; }

    /// <summary>Where this cluster's operations tell what they do.</summary>
    public EngineCallbacks Callbacks { get; }

    /// <summary>Source of time.</summary>
    public TimeProvider Clock { get; }

    /// <summary>The time by a clock that nobody sets: by it is judged what has lasted long enough.</summary>
    internal DateTimeOffset SteadyNow => _connected + Clock.GetElapsedTime(_connectedAt);

    /// <summary>When clones that were waited for reached each phase. Connections that follow one another can share one.</summary>
    public PhaseTimes Times { get; set; } = new();

    /// <summary>Namespace used when none is given.</summary>
    public string Namespace => Client.Configuration.Namespace;

    /// <summary>Reads the configuration and makes a client of it. Nothing is sent to the server yet.</summary>
    /// <param name="options">Which kubeconfig, context, namespace and impersonation.</param>
    /// <param name="callbacks">Where to tell what is done.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="requestTimeout">Longest wait for the answer to one request, above zero; null is the client's own.</param>
    /// <exception cref="EngineException">The configuration cannot be used.</exception>
    public static async Task<KubeVirtCluster> ConnectAsync(
        KubeConfigOptions options,
        EngineCallbacks? callbacks,
        CancellationToken ct,
        TimeSpan? requestTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        callbacks ??= EngineCallbacks.None;
        KubeVirtCluster? cluster = null;
        try
        {
            // Files are read, and keys are opened: not on the caller's thread.
            var configuration = await Task.Run(() => KubeConfigLoader.Load(options), ct);
            callbacks.Configured?.Invoke(configuration);
            var defaults = new KubernetesClientOptions();
            var patience = requestTimeout ?? defaults.RequestTimeout;
            var client = KubernetesClientFactory.Create(configuration, new KubernetesClientOptions
            {
                RequestTimeout = patience,
                ConnectTimeout = patience < defaults.ConnectTimeout ? patience : defaults.ConnectTimeout,
                Warning = text => callbacks.Warning?.Invoke(text),
                Information = callbacks.Information,
                PluginOutput = callbacks.PluginOutput,
                PluginInteraction = callbacks.PluginInteraction ?? defaults.PluginInteraction,
                Trace = t => cluster?.OnTrace(t),
            });
            cluster = new KubeVirtCluster(client, callbacks);
            callbacks.Verbose?.Invoke($"Cluster {configuration}, namespace {configuration.Namespace}");
            return cluster;
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e));
        }
    }

    /// <summary>Everything known about the cluster; asks for what is not known yet.</summary>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be reached, or refuses us.</exception>
    public Task<ClusterInfo> GetInfoAsync(CancellationToken ct) => GuardAsync(async () =>
    {
        var clone = _cloneVersion.GetAsync(ct);
        var snapshot = _snapshotVersion.GetAsync(ct);
        var kubeVirt = _kubeVirtVersion.GetAsync(ct);
        var kubernetes = _kubernetesVersion.GetAsync(ct);
        await Task.WhenAll(clone, snapshot, kubeVirt, kubernetes);
        return new ClusterInfo
        {
            Server = Client.Configuration.Server,
            User = Client.Configuration.UserName,
            Context = Client.Configuration.ContextName,
            Namespace = Namespace,
            KubernetesVersion = await kubernetes,
            KubeVirtVersion = await kubeVirt,
            CloneApiVersion = await clone,
            SnapshotApiVersion = await snapshot,
            SnapshotGate = await _snapshotGate.GetAsync(ct),
        };
    });

    /// <summary>Which cluster this is: the identity objects read from it are marked with.</summary>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be reached, or does not know us.</exception>
    public Task<ClusterIdentity> GetIdentityAsync(CancellationToken ct) => GuardAsync(() => _identity.GetAsync(ct));

    /// <summary>KubeVirt's version, or null when it cannot be read.</summary>
    /// <param name="ct">Cancels.</param>
    public async Task<Version?> GetKubeVirtVersionAsync(CancellationToken ct) => ParseVersion(await _kubeVirtVersion.GetAsync(ct));

    /// <summary>Whether KubeVirt's Snapshot gate is on; null when unknown.</summary>
    /// <param name="ct">Cancels.</param>
    public Task<bool?> GetSnapshotGateAsync(CancellationToken ct) => _snapshotGate.GetAsync(ct);

    /// <summary>The clone kind in the version served.</summary>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The clone API is not served, or the server cannot be asked.</exception>
    public Task<ResourceKind> GetCloneKindAsync(CancellationToken ct) => GuardAsync(async () =>
        KubeVirtKinds.Clone(await _cloneVersion.GetAsync(ct) ?? throw new EngineException(FaultMapper.CloneApiMissing())));

    /// <summary>The snapshot API's version, or null when it is not served.</summary>
    /// <param name="ct">Cancels.</param>
    public Task<string?> GetSnapshotVersionAsync(CancellationToken ct) => GuardAsync(() => _snapshotVersion.GetAsync(ct));

    /// <summary>The snapshot kind in the version served.</summary>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The snapshot API is not served, or the server cannot be asked.</exception>
    public async Task<ResourceKind> GetSnapshotKindAsync(CancellationToken ct) =>
        KubeVirtKinds.Snapshot(await GetSnapshotVersionAsync(ct) ?? throw new EngineException(FaultMapper.SnapshotApiMissing()));

    /// <summary>The kind of the objects that stand for clones made one way, in the version served.</summary>
    /// <param name="method">How the clones are made.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">That API is not served, or the server cannot be asked.</exception>
    public async Task<ResourceKind> GetKindAsync(CloneMethod method, CancellationToken ct) => method switch
    {
        CloneMethod.Clone => await GetCloneKindAsync(ct),
        CloneMethod.Restore => KubeVirtKinds.Restore((await GetSnapshotKindAsync(ct)).Version),
        _ => KubeVirtKinds.VirtualMachine,
    };

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Client.DisposeAsync();

    /// <summary>Lets an operation see the requests' outcomes, until the result is disposed.</summary>
    internal IDisposable ObserveTraces(Action<RequestTrace> observer)
    {
        var key = new object();
        _observers[key] = observer;
        return new Unsubscriber(() => _observers.TryRemove(key, out _));
    }

    /// <summary>Runs something that ends everything when it fails: the client's exceptions come out as <see cref="EngineException"/>.</summary>
    internal static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (KubernetesException e)
        {
            throw new EngineException(FaultMapper.From(e));
        }
    }

    internal static Version? ParseVersion(string? text)
    {
        var digits = text?.TrimStart('v').Split('-', '+')[0];
        return Version.TryParse(digits, out var version) ? version : null;
    }

    private void OnTrace(RequestTrace trace)
    {
        foreach (var observer in _observers.Values)
            observer(trace);
        Callbacks.Trace?.Invoke(trace);
    }

    private async Task<string?> PickVersionAsync(string group, CancellationToken ct)
    {
        var served = await Client.GetServedVersionsAsync(group, ct);
        var version = served.Contains("v1beta1", StringComparer.Ordinal) ? "v1beta1"
            : served.Contains("v1alpha1", StringComparer.Ordinal) ? "v1alpha1"
            : served.Count > 0 ? served[0] : null;
        Callbacks.Verbose?.Invoke(version is null ? $"{group} is not served" : $"{group}: using {version}");
        return version;
    }

    private async Task<ClusterIdentity> ReadIdentityAsync(CancellationToken ct)
    {
        const string OfSystem = "kube-system";
        string? uid = null;
        try
        {
            // By a list: a request below that namespace looks in audit logs as if somebody worked in it.
            await foreach (var item in Client.ListAsync(RelatedKinds.Namespace, ns: null, new ListOptions { FieldSelector = $"metadata.name={OfSystem}" }, ct))
                uid = item.Name == OfSystem ? item.Uid : uid;
        }
        catch (ApiStatusException e) when (!e.IsUnauthorized)
        {
            // Users of one namespace may not read others; then the server and who vouches for it have to do.
            Callbacks.Verbose?.Invoke($"The cluster's uid cannot be read: {e.ApiMessage}");
        }

        return ClusterIdentity.Of(Client.Configuration, string.IsNullOrEmpty(uid) ? null : uid);
    }

    private async Task<string?> ReadKubernetesVersionAsync(CancellationToken ct)
    {
        try
        {
            var answer = await Client.SendAsync(HttpMethod.Get, "/version", body: null, "application/json", ct);
            return answer.Json()?.Text("gitVersion");
        }
        catch (ApiStatusException e) when (!e.IsUnauthorized)
        {
            Callbacks.Verbose?.Invoke($"Kubernetes' version cannot be read: {e.ApiMessage}");
            return null;
        }
    }

    private async Task<string?> ReadKubeVirtVersionAsync(CancellationToken ct)
    {
        try
        {
            var answer = await Client.SendAsync(HttpMethod.Get, "/apis/subresources.kubevirt.io/v1/version", body: null, "*/*", ct);
            return answer.Json()?.Text("gitVersion");
        }
        catch (ApiStatusException e) when (!e.IsUnauthorized)
        {
            Callbacks.Verbose?.Invoke($"KubeVirt's version cannot be read: {e.ApiMessage}");
            return null;
        }
    }

    private async Task<bool?> ReadSnapshotGateAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var kubeVirt in Client.ListAsync(KubeVirtKinds.KubeVirt, ns: null, options: null, ct))
            {
                var version = ParseVersion(kubeVirt.StringAt("status", "observedKubeVirtVersion")) ?? await GetKubeVirtVersionAsync(ct);
                if (Lists(kubeVirt, "featureGates"))
                    return true;
                if (version is null)
                    return null;
                return version >= GateOnByDefault && !Lists(kubeVirt, "disabledFeatureGates");
            }
        }
        catch (ApiStatusException e) when (!e.IsUnauthorized)
        {
            Callbacks.Verbose?.Invoke($"KubeVirt's feature gates cannot be read: {e.ApiMessage}");
        }

        return null;
    }

    private static bool Lists(KubernetesObject kubeVirt, string list) =>
        kubeVirt.ItemsAt("spec", "configuration", "developerConfiguration", list)
            .Any(g => g.ValueKind == JsonValueKind.String && g.GetString() == "Snapshot");

    private sealed class Unsubscriber(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
