using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>All that is found out before a transfer, and what is made beside its disks: what the machine is configured by, and types of its namespace.</summary>
internal sealed class TransferPreparation(
    KubeVirtCluster cluster, TransferSource source, TransferTarget target, string transfer, Action<TransferWarning> warn)
{
    private readonly ConfigurationCopies _configuration = new(cluster, source.Namespace, target.Namespace);
    private readonly TypeCopies _types = new(cluster, source.Namespace, target.Namespace, transfer, target.Batch);

    /// <summary>The data volumes to post, by the volume's name; known when the check was passed.</summary>
    public IReadOnlyDictionary<string, JsonObject> DataVolumes { get; private set; } = new Dictionary<string, JsonObject>(StringComparer.Ordinal);

    /// <summary>Names that the machine's types have in the other namespace, by the field that names them.</summary>
    public IReadOnlyList<(string Matcher, string Name)> Types => _types.Names;

    /// <summary>Hands the snapshots over, where that is asked for.</summary>
    public HandOver? HandOver { get; } = target.HandOver ? new HandOver(cluster, source, target, transfer) : null;

    /// <summary>Why there can be no such namespace.</summary>
    public Fault? WhyNoPlace() => NameRules.WhyNotName(target.Namespace) is { } why
        ? TransferFaults.Invalid($"A namespace cannot be named '{target.Namespace}': {why}.", "Give the name of a namespace.", target.Namespace)
        : null;

    public async Task<Fault?> CheckAsync(CancellationToken ct)
    {
        var display = $"{target.Namespace}/{target.SnapshotName}";
        if (WhyNoPlace() is { } noPlace)
            return noPlace;
        if (SourceMachine.Unclonable(source.Machine) is { } what)
            return TransferFaults.Unclonable(source.Display, what);
        if (source.Unfit is { } unfit)
            return unfit;
        if (HandOver is not null)
        {
            return await NamespaceAsync(ct) ?? await HandOver.WhyNotAllowedAsync(ct) ?? await ReferencesAsync(ct) ?? await _types.ReadAsync(source.Machine, ct)
                ?? await ClassesAsync(ct) ?? await HandOver.CheckAsync(ct);
        }

        if (source.HasDisks && (await cluster.Client.GetServedVersionsAsync(RelatedKinds.DataVolume.Group, ct)).Count == 0)
            return TransferFaults.NoCdi(display);
        var fault = await NamespaceAsync(ct)
            ?? await new TransferRights(cluster).WhyNotAsync(source.Namespace, source.HasDisks, source.Volumes.Count == 0 ? null : source.Volumes[0].VolumeSnapshot, target.OfClaims, target.Namespace, ct)
            ?? await ReferencesAsync(ct)
            ?? await _types.ReadAsync(source.Machine, ct);
        if (fault is not null)
            return fault;
        await PlanVolumesAsync(ct);
        return await StorageAsync(ct) ?? await RehearseAsync(ct);
    }

    public async Task<Fault?> MakeAsync(CancellationToken ct)
    {
        if (await _configuration.CopyAsync(ct) is { } fault)
            return fault;
        await _types.MakeAsync(ct);
        return null;
    }

    public async Task OwnAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        // An earlier call may have made them, so that this one has had no reason to read them.
        if (await _types.ReadAsync(source.Machine, ct) is null)
            await _types.OwnAsync(snapshot, ct);
    }

    public async Task UndoAsync(CancellationToken ct)
    {
        foreach (var (kind, name) in _types.Made)
            await new CloneCatalog(cluster).DeleteAsync(kind, target.Namespace, name, "", ct);
    }

    private async Task<Fault?> NamespaceAsync(CancellationToken ct)
    {
        try
        {
            return await cluster.Client.FindAsync(RelatedKinds.Namespace, ns: null, target.Namespace, ct) switch
            {
                null => TransferFaults.NoNamespace(target.Namespace),
                { DeletionTimestamp: not null } => TransferFaults.Ending(target.Namespace),
                _ => null,
            };
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            // Who may work in a namespace need not be allowed to look at it.
            return null;
        }
    }

    private async Task<Fault?> ReferencesAsync(CancellationToken ct)
    {
        var check = new TransferReferences(cluster, source.Namespace, target.Namespace, warn);
        if (await check.RunAsync(NamedObjects.Of(source.Machine), ct) is { } missing)
            return missing;
        // A key to images is each namespace's own.
        foreach (var other in await _configuration.DifferingAsync([.. check.ConfigurationThere.Where(i => !i.IsPullSecret)], ct))
        {
            if (target.CopySecrets)
                return _configuration.Differs(other);
            warn(new(
                FindingCodes.ReferenceDiffers,
                $"The {other} of '{target.Namespace}' has other data than that of '{source.Namespace}': machines made there are configured by it, and not as their source is.",
                "Look whether that is meant; else rename one of the two."));
        }

        if (check.Configuration.Count == 0)
            return null;
        var names = string.Join(", ", check.Configuration);
        if (target.CopySecrets)
            return await _configuration.ReadAsync(check.Configuration, ct);
        warn(new(
            FindingCodes.ReferenceMissing,
            $"Machines made in '{target.Namespace}' cannot start before it has what the source is configured by: {names}.",
            $"Make them there, or have them copied from '{source.Namespace}': {OptionName.CopySecrets}."));
        return null;
    }

    private async Task PlanVolumesAsync(CancellationToken ct)
    {
        var bodies = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var volume in source.Volumes)
        {
            var name = CloneNames.InTransfer($"{target.Stem}-{volume.Name}", transfer);
            bodies[volume.Name] = TransferManifest.DataVolume(target.Namespace, name, transfer, source.Namespace, volume, target.StorageClass, await RestoreSizeAsync(volume, ct), target.Batch);
        }

        DataVolumes = bodies;
    }

    // A user with KubeVirt's roles alone may not read VolumeSnapshots; then the source's size has to do, and CDI says if it does not.
    private async Task<string?> RestoreSizeAsync(TransferVolume volume, CancellationToken ct)
    {
        try
        {
            return (await cluster.Client.FindAsync(RelatedKinds.VolumeSnapshot, source.Namespace, volume.VolumeSnapshot, ct))?.StringAt("status", "restoreSize");
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            return null;
        }
    }

    // CDI's own rule, as far as it can be seen from here: the same driver hands the data over, another one gets a copy of every byte.
    private async Task<Fault?> StorageAsync(CancellationToken ct)
    {
        if (await ClassesAsync(ct) is { } missing)
            return missing;
        if (target.StorageClass is not { } wanted)
            return null;
        var driver = await DriverAsync(wanted, ct);
        foreach (var other in source.Classes)
        {
            if (driver is not null && await DriverAsync(other, ct) is { } from && from != driver)
                warn(new(FindingCodes.CopyStrategy, $"Class '{wanted}' is of another driver than '{other}' ({driver}, {from}): CDI will copy every byte of the disks by pods.", Advice.None));
        }

        return null;
    }

    private async Task<Fault?> ClassesAsync(CancellationToken ct)
    {
        var reader = new KindReader(cluster);
        foreach (var needed in target.StorageClass is { } given ? [given] : source.Classes)
        {
            if (await reader.ExistsAsync(RelatedKinds.StorageClass, ns: null, needed, ct) == false)
                return TransferFaults.Invalid($"There is no storage class '{needed}'{(target.StorageClass is null ? $", which the disks of {source.Display} are on" : "")}.", "Name one that exists: kubectl get storageclasses", target.Namespace);
        }

        return null;
    }

    private async Task<string?> DriverAsync(string storageClass, CancellationToken ct)
    {
        string? driver = null;
        await new KindReader(cluster).ReadAsync(RelatedKinds.StorageProfile, ns: null, async () =>
            driver = (await cluster.Client.FindAsync(RelatedKinds.StorageProfile, ns: null, storageClass, ct))?.StringAt("status", "provisioner"));
        return driver;
    }

    // The server's and CDI's own word, before anything is made.
    private async Task<Fault?> RehearseAsync(CancellationToken ct)
    {
        var posts = new TransferPosts(cluster, source.Namespace, target.Namespace);
        foreach (var volume in source.Volumes)
        {
            var body = DataVolumes[volume.Name];
            var (refused, isThere) = await posts.TryAsync(RelatedKinds.DataVolume, body, item => item.Labels.GetValueOrDefault(ImageLabels.Transfer) == transfer, ct);
            if (refused is not null)
                return refused;
            // Of an earlier call it is there, and has its room.
            if (isThere)
                continue;
            var name = TransferPosts.NameOf(body);
            if (await WhyNoRoomAsync(volume, body, name, ct) is { } fault)
                return fault;
        }

        return null;
    }

    /// <summary>Why CDI does not come to make the claim of a data volume, of which it says nothing by itself; null when the server would take one.</summary>
    /// <param name="dataVolume">Its name.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Fault?> WhyNoClaimAsync(string dataVolume, CancellationToken ct) =>
        source.Volumes.FirstOrDefault(v => TransferPosts.NameOf(DataVolumes[v.Name]) == dataVolume) is { } volume
            ? await WhyNoRoomAsync(volume, DataVolumes[volume.Name], dataVolume, ct, policies: true)
            : null;

    // CDI makes a claim in either namespace: that beside the source goes again, and has to find room all the same. Who may not make claims there is not told.
    private async Task<Fault?> WhyNoRoomAsync(TransferVolume volume, JsonObject body, string name, CancellationToken ct, bool policies = false)
    {
        foreach (var ns in policies ? [target.Namespace] : new[] { target.Namespace, source.Namespace })
        {
            try
            {
                await cluster.Client.CreateAsync(KubeVirtKinds.PersistentVolumeClaim, ns, TransferManifest.Claim(ns, body, volume), new WriteOptions { DryRun = true, FieldManager = CloneLabels.FieldManager }, ct);
            }
            catch (ApiStatusException e) when (!FaultMapper.EndsEverything(e) && e.StatusCode < 500)
            {
                if (DataVolumeCause.OfRefusedClaim(e.ApiMessage, policies) is not { } cause)
                    continue;
                var where = ns == source.Namespace ? $"in namespace '{ns}', where CDI works on it, " : "";
                return TransferFaults.Failed(target.Namespace, name, where + cause.Cause, cause.Action, cause.Category);
            }
        }

        return null;
    }
}
