using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>A stopped machine whose claims CDI copies: what has to be known of it once for all machines that are made of it.</summary>
internal sealed class DataVolumeSource
{
    private readonly CloneCompiler _compiler;
    private readonly KubernetesObject _machine;
    private readonly JsonObject _source;
    private readonly DirectSource _direct;
    private readonly Dictionary<string, CopiedClaim> _claims;

    private DataVolumeSource(CloneCompiler compiler, KubernetesObject machine, JsonObject source, DirectSource direct, Dictionary<string, CopiedClaim> claims)
    {
        (_compiler, _machine, _source, _direct, _claims) = (compiler, machine, source, direct, claims);
    }

    /// <summary>Reads what is needed, or says what is in the way. Nothing is made.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="first">One of the clones.</param>
    /// <param name="choice">How the batch is made: the way was asked for, or is the only one left.</param>
    /// <param name="compiler">Turns requests into what is sent.</param>
    /// <param name="options">How long claims that are not bound yet are waited for; null where nothing is to be made, and nobody waits.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="across">The clones are for another namespace, where revisions of types that are pinned here mean nothing.</param>
    public static Task<(DataVolumeSource? Source, Fault? Fault)> ReadAsync(
        KubeVirtCluster cluster, PlannedClone first, CloneMethodChoice choice, CloneCompiler compiler, CloneOptions? options, CancellationToken ct, bool across = false) => KubeVirtCluster.GuardAsync(async () =>
    {
        var (ns, name) = (first.Request.Namespace, first.Request.SourceName);
        var reader = new KindReader(cluster);
        var machine = first.Request.SourceKind == SourceKinds.VirtualMachine ? await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, name, ct) : null;
        var json = machine?.ToJsonObject();
        var facts = await ReadFactsAsync(cluster, reader, ns, json, machine, ct);
        var unbound = options is null ? [] : SourceMachine.Copied(json).Select(v => facts.Namespaces[ns].Claims.Find(v.Claim)).OfType<KubernetesObject>()
            .Where(c => c.IsPending() && facts.WaitsForFirstConsumer(c.StringAt("spec", "storageClassName")) == false).ToList();
        if (unbound.Count > 0)
        {
            if (await new UnboundClaims(cluster).WaitAsync(ns, name, [.. unbound.Select(c => c.Name)], options!.Timeout, ct) is { } never)
                return (null, never);
            facts = await ReadFactsAsync(cluster, reader, ns, json, machine, ct);
        }

        var subject = new PreflightSubject(new PreflightItem(first.Request), first.Checked, facts.Namespaces[ns]);
        var source = new PreflightSource(subject, [subject]);
        var batch = new PreflightBatch([subject], facts, new PreflightOptions { Method = choice });
        foreach (SourceCheck check in new SourceCheck[] { new SourceExistsCheck(), new SourceStateCheck(), new SourceSupportCheck(), new CopiedSourceCheck() })
        {
            if (check.Check(source, batch).FirstOrDefault(f => f.IsError) is { } error)
                return (null, error.ToFault());
        }

        if (machine is null || json is null)
            return (null, FaultMapper.Make(FaultIds.VMCloneSourceMissing, FaultCategory.ObjectNotFound, $"There is no virtual machine '{name}' in namespace '{ns}'.", $"Check name and namespace: {CommandName.GetVM} {OptionName.AllNamespaces}", $"{ns}/{name}"));
        if (SourceMachine.Copied(json).FirstOrDefault(v => facts.Namespaces[ns].Claims.Find(v.Claim) is null) is { } unread)
        {
            return (null, FaultMapper.Make(
                FaultIds.ApiForbidden,
                FaultCategory.PermissionDenied,
                $"The claim '{unread.Claim}' of '{name}' cannot be read ({facts.Namespaces[ns].Claims.WhyNot}), so that size and class of its copies are not known.",
                "Ask for the right to read persistentvolumeclaims, for example by a RoleBinding to the ClusterRole 'view' in that namespace.",
                $"{ns}/{name}"));
        }

        var claims = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        var sizes = new Dictionary<string, string>(StringComparer.Ordinal);
        var copied = new Dictionary<string, CopiedClaim>(StringComparer.Ordinal);
        foreach (var volume in batch.VolumesOf(subject))
        {
            claims[volume.Volume.Name] = volume.Claim!.ToJsonObject();
            if (volume.Claim!.StringAt("status", "capacity", "storage") is { } size)
                sizes[volume.Volume.Name] = size;
            copied[volume.Volume.Name] = new CopiedClaim(ns, volume.Volume.Claim, volume.Size);
            cluster.Callbacks.Verbose?.Invoke($"{name}: each clone's volume '{volume.Volume.Name}' is {CopyStrategyCheck.InWords(volume.StorageClass, volume.Driver, facts)}");
        }

        if (across)
            TypeReference.Unpin(json);
        var direct = await DirectSource.OfClaimsAsync(cluster, ns, json, claims, sizes, ct);
        return ((DataVolumeSource?)new DataVolumeSource(compiler, machine, json, direct, copied), (Fault?)null);
    });

    /// <summary>The clone with the machine to post, or why it cannot be made.</summary>
    public (PlannedClone Clone, Fault? Fault) Prepare(PlannedClone clone)
    {
        if (clone.Existing is not null)
            return (clone, TakeoverRules.ExistsWithAnother(clone.Request, "method"));
        var (prepared, fault) = PrepareClaims(clone);
        if (fault is not null)
            return (clone, fault);
        DataVolumeManifest.Apply(prepared.Body, Copied(prepared));
        return (prepared with { Claims = [] }, null);
    }

    /// <summary>The clone with the machine and the data volumes to post into another namespace, or why it cannot be made.</summary>
    /// <param name="clone">The clone.</param>
    public (PlannedClone Clone, Fault? Fault) PrepareAcross(PlannedClone clone)
    {
        var (prepared, fault) = PrepareClaims(clone);
        return fault is not null ? (clone, fault) : (prepared with { Claims = DataVolumeManifest.ApplyAcross(prepared.Body, Copied(prepared)) }, null);
    }

    private List<(JsonObject Claim, CopiedClaim Source)> Copied(PlannedClone prepared)
    {
        var volumes = SourceMachine.Copied(prepared.Body).ToDictionary(v => v.Claim, v => v.Name, StringComparer.Ordinal);
        return [.. prepared.Claims.Select(c => (c, _claims[volumes[c["metadata"]!["name"]!.GetValue<string>()]]))];
    }

    private (PlannedClone Clone, Fault? Fault) PrepareClaims(PlannedClone clone)
    {
        var request = clone.Request;
        if (ReplacedFaults.OfMachine(_machine, request.SourceUid, request.SourceMaker) is { } another)
            return (clone, another);
        if (VolumeOwnership.Refusal(request, CloneMethod.DataVolume, _source, kubeVirt: null, clone.DisplayName) is { } unable)
            return (clone, unable);
        if (_direct.WhyNot(request) is { } whyNot)
        {
            return (clone, FaultMapper.Make(
                FaultIds.VMCloneSourceUnsupported,
                FaultCategory.InvalidOperation,
                $"'{request.SourceName}' cannot be cloned by method DataVolume: {whyNot}.",
                "Ask for that right, or clone it by another method.",
                clone.DisplayName));
        }

        var compiled = _compiler.Compile(clone.Checked, clone.Asked, _source);
        if (compiled.Fault is { } wrong)
            return (clone, wrong);
        return _direct.Prepare(clone.Of(compiled) with { Method = CloneMethod.DataVolume });
    }

    private static async Task<PreflightFacts> ReadFactsAsync(
        KubeVirtCluster cluster, KindReader reader, string ns, JsonObject? json, KubernetesObject? machine, CancellationToken ct)
    {
        var names = SourceMachine.Copied(json).Select(v => v.Claim).Distinct(StringComparer.Ordinal).ToList();
        var state = new NamespaceState
        {
            Name = ns,
            Machines = KindListing.Of(machine is null ? [] : new[] { machine }),
            Instances = machine is null ? KindListing.NotAsked : await reader.NamedAsync(RelatedKinds.Instance, ns, [machine.Name], ct),
            Claims = await reader.NamedAsync(KubeVirtKinds.PersistentVolumeClaim, ns, names, ct),
            DataVolumes = await reader.NamedAsync(RelatedKinds.DataVolume, ns, names, ct),
            Pods = names.Count == 0 ? KindListing.NotAsked : await reader.ListAsync(RelatedKinds.Pod, ns, ClaimUse.Uses, ct),
        };
        var served = names.Count == 0 || (await cluster.Client.GetServedVersionsAsync(RelatedKinds.DataVolume.Group, ct)).Count > 0;
        var needed = names.Count > 0 && served;
        return new PreflightFacts
        {
            Namespaces = new Dictionary<string, NamespaceState>(StringComparer.Ordinal) { [ns] = state },
            StorageProfiles = !served ? KindListing.Of([]) : needed ? await reader.ListAsync(RelatedKinds.StorageProfile, ns: null, ct) : KindListing.NotAsked,
            StorageClasses = needed ? await reader.ListAsync(RelatedKinds.StorageClass, ns: null, ct) : KindListing.NotAsked,
            VolumeSnapshotClasses = needed ? await reader.ListAsync(RelatedKinds.VolumeSnapshotClass, ns: null, ct) : KindListing.NotAsked,
            CsiDrivers = needed ? await reader.ListAsync(RelatedKinds.CsiDriver, ns: null, ct) : KindListing.NotAsked,
            CloneStrategyOverride = needed ? await PreflightFacts.ReadCloneStrategyAsync(reader, ct) : null,
        };
    }
}
