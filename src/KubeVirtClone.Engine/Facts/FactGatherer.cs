using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Facts;

/// <summary>Reads everything the checks need: each kind once per namespace, however many items there are.</summary>
internal sealed class FactGatherer(KubeVirtCluster cluster, KindReader reader)
{
    /// <summary>The rights asked about, by the key they have in <see cref="NamespaceState.Access"/>.</summary>
    private static readonly (string Verb, string Group, string Resource)[] Rights =
    [
        ("create", KubeVirtKinds.CloneGroup, "virtualmachineclones"),
        ("create", KubeVirtKinds.SnapshotGroup, "virtualmachinesnapshots"),
        ("create", KubeVirtKinds.SnapshotGroup, "virtualmachinerestores"),
        ("create", KubeVirtKinds.KubeVirtGroup, "virtualmachines"),
        ("create", "", "persistentvolumeclaims"),
    ];

    /// <summary>What is asked about besides where disks are to be larger.</summary>
    private static readonly (string Verb, string Group, string Resource) Growth = ("patch", "", "persistentvolumeclaims");

    /// <summary>All that is known of the requests' sources, targets and namespaces.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="method">How the clones are to be made.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<PreflightFacts> GatherAsync(IReadOnlyList<CloneRequest> requests, CloneMethodChoice method, CancellationToken ct)
    {
        var info = await cluster.GetInfoAsync(ct);
        var classes = reader.ListAsync(RelatedKinds.StorageClass, ns: null, ct);
        var snapshotClasses = reader.ListAsync(RelatedKinds.VolumeSnapshotClass, ns: null, ct);
        var snapshotContents = reader.ListAsync(requests.Any(r => r.VolumeModes is not null) ? RelatedKinds.VolumeSnapshotContent : null, ns: null, ct);
        var profiles = reader.ListAsync(RelatedKinds.StorageProfile, ns: null, ct);
        var machines = new MachineIndex(requests);
        var everywhere = await machines.ReadAsync(cluster, reader, ns: null, ct);
        var namespaces = await Task.WhenAll(requests.GroupBy(r => r.Namespace, StringComparer.Ordinal)
            .Select(g => NameRules.WhyNotName(g.Key) is null
                ? ReadNamespaceAsync(g.Key, [.. g], machines, everywhere is null, info.SnapshotApiVersion, info.CloneApiVersion, ct)
                : Task.FromResult(new NamespaceState { Name = g.Key })));
        var states = namespaces.ToDictionary(n => n.Name, StringComparer.Ordinal);
        var sizes = new SizingReader(cluster, reader, ct);
        var sizings = ReadSizingsAsync(sizes, requests, states, ct);
        var types = sizes.ReadTypesAsync(requests, ct);
        var references = new ReferenceReader(reader).ReadAsync(Named(requests, states), ct);
        var copied = method == CloneMethodChoice.DataVolume || (method == CloneMethodChoice.Auto
            && Sources(requests, states).Any(s => s.Key.Kind == SourceKinds.VirtualMachine && SourceMachine.WithoutSnapshots(s.Machine) is not null));
        var drivers = reader.ListAsync(copied ? RelatedKinds.CsiDriver : null, ns: null, ct);
        var strategy = copied ? PreflightFacts.ReadCloneStrategyAsync(reader, ct) : Task.FromResult<string?>(null);
        return new PreflightFacts
        {
            KubeVirtVersion = KubeVirtCluster.ParseVersion(info.KubeVirtVersion),
            CloneApiVersion = info.CloneApiVersion,
            SnapshotApiVersion = info.SnapshotApiVersion,
            SnapshotGate = info.SnapshotGate,
            Sizings = await sizings,
            Types = await types,
            References = await references,
            StorageClasses = await classes,
            VolumeSnapshotClasses = await snapshotClasses,
            VolumeSnapshotContents = await snapshotContents,
            StorageProfiles = await profiles,
            CsiDrivers = await drivers,
            CloneStrategyOverride = await strategy,
            Macs = machines.Macs(),
            MacsOfNamespacesOnly = everywhere is not null,
            Namespaces = states,
        };
    }

    private static async Task<IReadOnlyDictionary<SourceKey, SourceSizing>> ReadSizingsAsync(
        SizingReader sizes, IReadOnlyList<CloneRequest> requests, Dictionary<string, NamespaceState> states, CancellationToken ct)
    {
        var read = await Task.WhenAll(Sources(requests, states)
            .Where(s => s.Machine is not null)
            .Select(async s =>
            {
                var instance = s.Key.Kind == SourceKinds.VirtualMachine ? states[s.Key.Namespace].Instances.Find(s.Key.Name) : null;
                return (s.Key, Sizing: await sizes.ReadAsync(s.Key.Namespace, s.Machine!, instance?.StringAt("status", "virtualMachineRevisionName"), ct));
            }));
        return read.ToDictionary(r => r.Key, r => r.Sizing);
    }

    private static IEnumerable<(SourceKey Key, JsonObject? Machine)> Sources(IReadOnlyList<CloneRequest> requests, Dictionary<string, NamespaceState> states) =>
        requests.Select(SourceKey.Of).Distinct().Select(k => (k, k.Kind == SourceKinds.VirtualMachineSnapshot
            ? states[k.Namespace].SnapshottedMachine(k.Name)
            : states[k.Namespace].MachineJson(k.Name)));

    private static IEnumerable<ObjectName> Named(IReadOnlyList<CloneRequest> requests, Dictionary<string, NamespaceState> states)
    {
        foreach (var (key, machine) in Sources(requests, states))
        {
            foreach (var name in ObjectName.NamedBy(machine, key.Namespace))
                yield return name;
        }

        foreach (var request in requests.Where(r => NameRules.WhyNotName(r.Namespace) is null))
        {
            foreach (var secret in request.Secrets.Where(s => NameRules.WhyNotName(s) is null))
                yield return new ObjectName("Secret", request.Namespace, secret);
        }
    }

    private async Task<NamespaceState> ReadNamespaceAsync(
        string ns,
        IReadOnlyList<CloneRequest> requests,
        MachineIndex machines,
        bool machinesRead,
        string? snapshotVersion,
        string? cloneVersion,
        CancellationToken ct)
    {
        var refused = machinesRead ? Task.FromResult<string?>(null) : machines.ReadAsync(cluster, reader, ns, ct);
        var sources = requests.Where(r => SourceKinds.Normalize(r.SourceKind) == SourceKinds.VirtualMachineSnapshot)
            .Select(r => r.SourceName).ToHashSet(StringComparer.Ordinal);
        var snapshots = reader.ListAsync(Served(snapshotVersion, KubeVirtKinds.Snapshot), ns, ct);
        var contents = reader.ListAsync(
            sources.Count == 0 ? null : Served(snapshotVersion, KubeVirtKinds.SnapshotContent), ns, c => sources.Contains(c.StringAt("spec", "virtualMachineSnapshotName") ?? ""), ct);
        var restores = reader.ListAsync(Served(snapshotVersion, KubeVirtKinds.Restore), ns, ct);
        var clones = reader.ListAsync(Served(cloneVersion, KubeVirtKinds.Clone), ns, ct);
        var instances = reader.ListAsync(RelatedKinds.Instance, ns, i => requests.Any(r => r.SourceName == i.Name), ct);
        var claims = reader.ListAsync(KubeVirtKinds.PersistentVolumeClaim, ns, ct);
        var dataVolumes = reader.ListAsync(RelatedKinds.DataVolume, ns, ct);
        var pods = reader.ListAsync(RelatedKinds.Pod, ns, ClaimUse.Uses, ct);
        var quotas = reader.ListAsync(RelatedKinds.ResourceQuota, ns, ct);
        var limits = reader.ListAsync(RelatedKinds.LimitRange, ns, ct);
        var volumeSnapshots = reader.ListAsync(RelatedKinds.VolumeSnapshot, ns, ct);
        var services = reader.ListAsync(RelatedKinds.Service, ns, s => s.At("spec", "selector") is not null, ct);
        var access = ReadAccessAsync(ns, requests.Any(r => r.DiskSizes is { Count: > 0 }) ? [.. Rights, Growth] : Rights, ct);
        var exists = reader.ExistsAsync(RelatedKinds.Namespace, ns: null, ns, ct);
        await Task.WhenAll(refused, snapshots, contents, restores, clones, instances, claims, dataVolumes, pods, quotas, limits, volumeSnapshots, services, access, exists);
        return new NamespaceState
        {
            Name = ns,
            Exists = await exists != false,
            Machines = await refused is { } why ? KindListing.Refused(why) : machines.In(ns),
            ClaimUsers = machines.ClaimUsers(ns),
            Snapshots = await snapshots,
            Contents = await contents,
            Restores = await restores,
            Clones = await clones,
            Instances = await instances,
            Claims = await claims,
            DataVolumes = await dataVolumes,
            Pods = await pods,
            Quotas = await quotas,
            LimitRanges = await limits,
            VolumeSnapshots = await volumeSnapshots,
            Services = await services,
            Access = await access,
            MayPost = Array.TrueForAll(["create virtualmachines", "create persistentvolumeclaims"], right => access.Result.GetValueOrDefault(right)?.Allowed == true),
        };
    }

    private static ResourceKind? Served(string? version, Func<string, ResourceKind> kind) => version is null ? null : kind(version);

    private async Task<IReadOnlyDictionary<string, AccessAnswer>> ReadAccessAsync(string ns, (string Verb, string Group, string Resource)[] rights, CancellationToken ct)
    {
        var answers = await Task.WhenAll(rights.Select(async right =>
        {
            AccessAnswer? answer = null;
            await reader.ReadAsync(AccessReview.Kind, ns: null, async () => answer = await AskAsync(right, ns, ct));
            return (Key: $"{right.Verb} {right.Resource}", Answer: answer);
        }));
        return answers.Where(a => a.Answer is not null).ToDictionary(a => a.Key, a => a.Answer!, StringComparer.Ordinal);
    }

    private async Task<AccessAnswer?> AskAsync((string Verb, string Group, string Resource) right, string ns, CancellationToken ct)
    {
        var about = new V1ResourceAttributes { NamespaceProperty = ns, Verb = right.Verb, Group = right.Group, Resource = right.Resource };
        return await AccessReview.AskAsync(cluster, about, ct) is { } status ? new AccessAnswer(status.Allowed, status.Reason ?? "") : null;
    }
}

/// <summary>What one pass over the machines gives: the machines asked about, who uses which claim, and who has which MAC address.</summary>
internal sealed class MachineIndex
{
    private readonly object _gate = new();
    private readonly HashSet<(string Namespace, string Name)> _wanted;
    private readonly HashSet<string> _namespaces;
    private readonly Dictionary<(string Namespace, string Name), KubernetesObject> _machines = [];
    private readonly Dictionary<(string Namespace, string Claim), List<string>> _users = [];
    private readonly Dictionary<ulong, List<MacOwner>> _macs = [];

    public MachineIndex(IReadOnlyList<CloneRequest> requests)
    {
        _wanted = [.. requests.SelectMany(r => new[] { (r.Namespace, r.SourceName), (r.Namespace, r.TargetName ?? "") })];
        _namespaces = requests.Select(r => r.Namespace).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Reads the machines of one namespace, or of all; null when that worked, else why not.</summary>
    public Task<string?> ReadAsync(KubeVirtCluster cluster, KindReader reader, string? ns, CancellationToken ct) =>
        reader.ReadAsync(KubeVirtKinds.VirtualMachine, ns, async () =>
        {
            await foreach (var machine in cluster.Client.ListAsync(KubeVirtKinds.VirtualMachine, ns, options: null, ct))
            {
                lock (_gate)
                    Add(machine);
            }
        });

    public void Add(KubernetesObject machine)
    {
        var ns = machine.Namespace ?? "";
        foreach (var face in machine.ItemsAt("spec", "template", "spec", "domain", "devices", "interfaces"))
        {
            if (MacAddress.TryParse(face.Text("macAddress"), out var mac))
                Entry(_macs, mac.Value).Add(new MacOwner(ns, machine.Name, face.Text("name") ?? ""));
        }

        if (!_namespaces.Contains(ns))
            return;
        foreach (var volume in machine.ItemsAt("spec", "template", "spec", "volumes"))
        {
            if ((volume.Member("persistentVolumeClaim")?.Text("claimName") ?? volume.Member("dataVolume")?.Text("name")) is { } claim)
                Entry(_users, (ns, claim)).Add(machine.Name);
        }

        if (_wanted.Contains((ns, machine.Name)))
            _machines[(ns, machine.Name)] = machine;
    }

    public KindListing In(string ns)
    {
        lock (_gate)
            return KindListing.Of([.. _machines.Where(m => m.Key.Namespace == ns).Select(m => m.Value)]);
    }

    public IReadOnlyDictionary<string, IReadOnlyList<string>> ClaimUsers(string ns)
    {
        lock (_gate)
            return _users.Where(u => u.Key.Namespace == ns).ToDictionary(u => u.Key.Claim, u => (IReadOnlyList<string>)[.. u.Value], StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<ulong, IReadOnlyList<MacOwner>> Macs()
    {
        lock (_gate)
            return _macs.ToDictionary(m => m.Key, m => (IReadOnlyList<MacOwner>)[.. m.Value]);
    }

    private static List<T> Entry<TKey, T>(Dictionary<TKey, List<T>> map, TKey key)
        where TKey : notnull
    {
        if (!map.TryGetValue(key, out var list))
            map[key] = list = [];
        return list;
    }
}
