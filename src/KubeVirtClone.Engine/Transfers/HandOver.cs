using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>
/// The way into another namespace for who administers the cluster: the driver's own snapshots are made known there by their handles, and claims are made of them. CDI has no part
/// in it, and the source's namespace is only read. Names are fixed; contents are retained, so that nothing of the source's goes with them.
/// </summary>
internal sealed class HandOver(KubeVirtCluster cluster, TransferSource source, TransferTarget target, string transfer)
{
    private readonly TransferPosts _posts = new(cluster, source.Namespace, target.Namespace);
    private readonly List<Disk> _disks = [];

    /// <summary>Null where no right is missing that can be asked about.</summary>
    public async Task<Fault?> WhyNotAllowedAsync(CancellationToken ct)
    {
        var (own, content, snapshot) = (source.Namespace, RelatedKinds.VolumeSnapshotContent, RelatedKinds.VolumeSnapshot);
        List<(string Verb, ResourceKind Kind, string? Namespace)> needed = [("create", KubeVirtKinds.VirtualMachine, target.Namespace), ("create", await cluster.GetSnapshotKindAsync(ct), target.Namespace)];
        if (source.HasDisks)
        {
            needed.InsertRange(0, new[] { "get", "list", "create", "delete" }.Select(verb => (verb, content, (string?)null)));
            needed.AddRange([("get", snapshot, own), ("create", snapshot, target.Namespace), ("delete", snapshot, target.Namespace), ("create", KubeVirtKinds.PersistentVolumeClaim, target.Namespace)]);
        }

        var answers = await Task.WhenAll(needed.Select(async n =>
        {
            var about = new V1ResourceAttributes { NamespaceProperty = n.Namespace, Verb = n.Verb, Group = n.Kind.Group, Resource = n.Kind.Plural };
            return (n.Verb, n.Kind, n.Namespace, (await AccessReview.AskAsync(cluster, about, ct))?.Allowed);
        }));
        var missing = answers.Where(a => a.Allowed == false)
            .GroupBy(a => (a.Kind.Plural, a.Namespace), a => a.Verb)
            .Select(g => $"{string.Join(" or ", g)} {g.Key.Plural}{(g.Key.Namespace is { } ns ? $" in namespace '{ns}'" : " (which are of the whole cluster)")}")
            .ToList();
        return missing.Count == 0 ? null : TransferFaults.MayNotHandOver(missing, target.Namespace);
    }

    /// <summary>Null where storage and server take what is to be made.</summary>
    public async Task<Fault?> CheckAsync(CancellationToken ct)
    {
        if (SourceMachine.Unclonable(source.Machine) is { } what)
            return TransferFaults.Unclonable(source.Display, what);
        if (source.Unfit is { } unfit)
            return unfit;
        if (await LateAsync(ct) is { } late)
            return late;
        _disks.Clear();
        foreach (var volume in source.Volumes)
        {
            var (disk, none) = await ReadAsync(volume, ct);
            if (none is not null)
                return none;
            _disks.Add(disk!);
        }

        foreach (var disk in _disks)
        {
            foreach (var (kind, body) in disk.Parts)
            {
                // Whose a claim is shows when the machine is there that is to own it.
                var ours = kind == KubeVirtKinds.PersistentVolumeClaim ? IsOfACarrier : (Func<KubernetesObject, bool>)IsOurs;
                if ((await _posts.TryAsync(kind, body, ours, ct)).Fault is { } refused)
                    return refused;
            }
        }

        return null;
    }

    /// <summary>Makes all that carries the disks in the other namespace; null when they are there.</summary>
    /// <param name="carrier">Gives the machine, from what its disks are.</param>
    /// <param name="remains">What it is known by.</param>
    /// <param name="news">Takes how far each disk is.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Fault?> BringAsync(Func<IReadOnlyDictionary<string, JsonObject>, JsonObject> carrier, TransferRemains remains, Action<TransferProgress>? news, CancellationToken ct)
    {
        var names = _disks.ConvertAll(d => d.Name);
        foreach (var (kind, body) in _disks.SelectMany(d => d.Parts.Take(2)))
        {
            if (await _posts.MakeAsync(kind, body, IsOurs, ct) is { } refused)
                return refused;
        }

        if (await new DataVolumeWaiter(cluster, RelatedKinds.VolumeSnapshot, target.Namespace, transfer, news).WaitAsync(names, target.Timeout, ct) is { } unknown)
            return unknown;
        // The machine first: its claims are its own, so that they go with it whatever happens here.
        if (await _posts.MakeAsync(KubeVirtKinds.VirtualMachine, carrier(_disks.ToDictionary(d => d.Volume, d => d.Claim, StringComparer.Ordinal)), remains.IsCarrier, ct) is { } unmade)
            return unmade;
        if (await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, target.Namespace, remains.Carrier, ct) is not { } owner)
            return TransferFaults.Failed(target.Namespace, remains.Carrier, "somebody has deleted the machine that carries it.", "Run the same command again if it is still wanted.");
        foreach (var disk in _disks)
        {
            var claim = (JsonObject)disk.Claim.DeepClone();
            claim["metadata"]!["ownerReferences"] = DirectManifest.Owner(owner.Name, owner.Uid);
            if (await _posts.MakeAsync(KubeVirtKinds.PersistentVolumeClaim, claim, item => OwnerOf(item) is { } of && of.Uid == owner.Uid, ct) is { } refused)
                return refused;
        }

        return await new DataVolumeWaiter(cluster, KubeVirtKinds.PersistentVolumeClaim, target.Namespace, transfer, news).WaitAsync(names, target.Timeout, ct);
    }

    // Nobody uses the claims, and only CDI binds one for nobody.
    private async Task<Fault?> LateAsync(CancellationToken ct)
    {
        foreach (var name in target.StorageClass is { } given ? [given] : await ClassesAsync(ct))
        {
            if ((await new KindReader(cluster).FindAsync(RelatedKinds.StorageClass, ns: null, name, ct)).Item?.TryAs<V1StorageClass>()?.VolumeBindingMode == "WaitForFirstConsumer")
            {
                return TransferFaults.NotHandedOver(
                    source.Display,
                    $"storage class '{name}' binds a volume when a machine that uses it starts, and none does",
                    $"Leave {OptionName.HandOver} out: CDI binds them. Of a golden image a copy can be put on a class that binds at once ({CommandName.CopyVMGoldenImage} {OptionName.StorageClass}).",
                    target.Namespace);
            }
        }

        return null;
    }

    // Before there is a snapshot, the machine's claims tell.
    private async Task<IReadOnlyList<string>> ClassesAsync(CancellationToken ct)
    {
        if (source.Volumes.Count > 0)
            return source.Classes;
        var classes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var volume in SourceMachine.Copied(source.Machine))
        {
            if ((await cluster.Client.FindClaimAsync(source.Namespace, volume.Claim, ct))?.Spec?.StorageClassName is { Length: > 0 } name)
                classes.Add(name);
        }

        return [.. classes];
    }

    private async Task<(Disk? Disk, Fault? Fault)> ReadAsync(TransferVolume volume, CancellationToken ct)
    {
        var snapshot = await cluster.Client.FindAsync(RelatedKinds.VolumeSnapshot, source.Namespace, volume.VolumeSnapshot, ct);
        var content = snapshot?.StringAt("status", "boundVolumeSnapshotContentName") is { } bound ? await cluster.Client.FindAsync(RelatedKinds.VolumeSnapshotContent, ns: null, bound, ct) : null;
        if (content is null || HandOverManifest.Handle(content) is null)
        {
            return (null, TransferFaults.NotHandedOver(
                source.Display, $"the VolumeSnapshot '{volume.VolumeSnapshot}' of its disk '{volume.Name}' {(snapshot is null ? "is gone" : "has no handle of its driver")}", "Take the source anew, and run the same command again.", target.Namespace));
        }

        var driver = content.StringAt("spec", "driver");
        if (target.StorageClass is { } wanted
            && (await new KindReader(cluster).FindAsync(RelatedKinds.StorageClass, ns: null, wanted, ct)).Item?.TryAs<V1StorageClass>()?.Provisioner is { } other && other != driver)
        {
            return (null, TransferFaults.NotHandedOver(
                source.Display, $"its disk '{volume.Name}' is of driver {driver}, and storage class '{wanted}' of {other}", $"Leave {OptionName.HandOver} out: CDI copies from one driver to another. Or name a class of driver {driver}.", target.Namespace));
        }

        var name = CloneNames.InTransfer($"{target.Stem}-{volume.Name}", transfer);
        var machine = SourceMachine.Text(source.Machine["metadata"]?["name"]) ?? "";
        return (new Disk(
            volume.Name,
            name,
            HandOverManifest.Content(target.Namespace, name, TransferManifest.Labels(transfer, target.Batch), content),
            HandOverManifest.Snapshot(target.Namespace, name, TransferManifest.Labels(transfer, target.Batch)),
            HandOverManifest.Claim(target.Namespace, name, volume, target.StorageClass, snapshot!.StringAt("status", "restoreSize"), machine)), null);
    }

    private bool IsOurs(KubernetesObject item) => item.Labels.GetValueOrDefault(ImageLabels.Transfer) == transfer;

    private bool IsOfACarrier(KubernetesObject claim) => OwnerOf(claim) is { Kind: SourceKinds.VirtualMachine } owner && owner.Name == CloneNames.InTransfer(target.Stem, transfer);

    private static V1OwnerReference? OwnerOf(KubernetesObject claim) => claim.TryAs<V1PersistentVolumeClaim>()?.Metadata?.OwnerReferences?.FirstOrDefault();

    /// <summary>What one disk is brought by: a content and a snapshot of the same name, and then a claim.</summary>
    private sealed record Disk(string Volume, string Name, JsonObject Content, JsonObject Snapshot, JsonObject Claim)
    {
        public IReadOnlyList<(ResourceKind Kind, JsonObject Body)> Parts =>
            [(RelatedKinds.VolumeSnapshotContent, Content), (RelatedKinds.VolumeSnapshot, Snapshot), (KubeVirtKinds.PersistentVolumeClaim, Claim)];
    }
}
