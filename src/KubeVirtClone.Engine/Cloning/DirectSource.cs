using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>A snapshot from which machines are made directly: its content, and what else has to be known once for all of them.</summary>
internal sealed class DirectSource
{
    private static readonly string[] Matchers = [TypeReference.Instancetype, TypeReference.Preference];

    private readonly string _snapshotName;
    private readonly string? _mark;
    private readonly SnapshotContent _content;
    private readonly Dictionary<string, string> _restoreSizes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubernetesObject> _revisions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _uncopied = new(StringComparer.Ordinal);

    private DirectSource(string snapshotName, string? uid, SnapshotContent content)
    {
        _snapshotName = snapshotName;
        _mark = uid is null ? null : $"{snapshotName}/{uid}";
        _content = content;
    }

    /// <summary>Reads what is needed, or says why no machine can be made directly of the snapshot.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="content">Its content.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<(DirectSource? Source, string? WhyNot)> ReadAsync(KubeVirtCluster cluster, SnapshotRecord snapshot, SnapshotContent content, CancellationToken ct)
    {
        if (SourceMachine.Unclonable(content.Machine) is { } unclonable)
            return (null, $"it has {unclonable}, which KubeVirt cannot copy");
        var source = new DirectSource(snapshot.Name, snapshot.Uid, content);
        return await KubeVirtCluster.GuardAsync(async () =>
        {
            await source.ReadRevisionsAsync(cluster, snapshot.Namespace, ct);
            await source.ReadSizesAsync(cluster, snapshot.Namespace, ct);
            return ((DirectSource?)source, (string?)null);
        });
    }

    /// <summary>The machine as it is, whose claims are copied without a snapshot.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="claims">Its claims, by the name of the volume.</param>
    /// <param name="sizes">What each volume came out as, by its name.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<DirectSource> OfClaimsAsync(
        KubeVirtCluster cluster, string ns, JsonObject machine, IReadOnlyDictionary<string, JsonObject> claims, IReadOnlyDictionary<string, string> sizes, CancellationToken ct)
    {
        var source = new DirectSource(SourceMachine.Text(machine["metadata"]?["name"]) ?? "", uid: null, SnapshotContent.OfClaims(machine, claims));
        foreach (var (volume, size) in sizes)
            source._restoreSizes[volume] = size;
        await source.ReadRevisionsAsync(cluster, ns, ct);
        return source;
    }

    /// <summary>What can be said of the machines before there is a snapshot: the source is taken as it is now.</summary>
    public static DirectSource OnPaper(string snapshotName, JsonObject machine) => new(snapshotName, uid: null, SnapshotContent.OfMachine(machine));

    /// <summary>Why this one cannot be made directly, or null: it would keep a revision that cannot be copied for it.</summary>
    public string? WhyNot(CloneRequest request) =>
        Matchers.Where(m => !SizePatches.Types(request).Any(t => t.Field == m)).Select(_uncopied.GetValueOrDefault).FirstOrDefault(w => w is not null);

    /// <summary>Whether an unfinished machine of an earlier run was being made of this very snapshot.</summary>
    public bool Began(KubernetesObject machine) => machine.Annotations.GetValueOrDefault(CloneLabels.Snapshot) == _mark;

    /// <summary>The machine as it was snapshotted.</summary>
    public JsonObject Machine => _content.Machine;

    /// <summary>The clone with the objects to post, or why it cannot be made.</summary>
    /// <param name="clone">The clone.</param>
    public (PlannedClone Clone, Fault? Fault) Prepare(PlannedClone clone)
    {
        var request = clone.Request;
        var revisions = Matchers.Select(m => SourceMachine.Text(_content.Machine["spec"]?[m]?["revisionName"])).Where(n => !string.IsNullOrEmpty(n))
            .Distinct(StringComparer.Ordinal).ToDictionary(n => n!, n => CopyName(n!, request.TargetName!), StringComparer.Ordinal);
        var source = _content.Machine;
        if (revisions.Count > 0)
        {
            source = (JsonObject)source.DeepClone();
            foreach (var matcher in Matchers)
            {
                if (source["spec"]?[matcher] is JsonObject named && SourceMachine.Text(named["revisionName"]) is { Length: > 0 } name)
                    named["revisionName"] = revisions[name];
            }
        }

        var names = _content.Volumes.Where(v => v.VolumeSnapshot is not null).ToDictionary(
            v => v.Name,
            v => CloneNames.ForClaim(request.Batch!, request.Namespace, request.TargetName!, v.Name, request.VolumeNamePolicy == "RandomizeNames"),
            StringComparer.Ordinal);
        var built = DirectMachine.Build(source, names.GetValueOrDefault, RestorePatches.For(source, request, clone.Checked.Patches));
        if (built.Machine is not { } machine)
            return (clone, SnapshottedSource.Inapplicable(clone, built.Failing!, built.Why!));

        // What a patch has taken out of the machine is not made.
        var used = SourceMachine.Copied(machine).Select(v => v.Claim).ToHashSet(StringComparer.Ordinal);
        var volumes = _content.Volumes.Where(v => names.TryGetValue(v.Name, out var claim) && used.Contains(claim)).ToList();
        if (volumes.Select(v => TooSmall(clone, v)).FirstOrDefault(f => f is not null) is { } small)
            return (clone, small);
        var pinned = Matchers.Select(m => SourceMachine.Text(machine["spec"]?[m]?["revisionName"])).ToHashSet(StringComparer.Ordinal);
        var body = DirectManifest.Machine(machine, request, _mark, [.. volumes.Select(v => names[v.Name])]);
        RequestFingerprint.Mark(body, clone.Fingerprint, request);
        body["metadata"]!["annotations"]![CloneLabels.CloneSpec] = CloneManifest.Build(request, "")["spec"]!.ToJsonString();
        var sourceName = SourceMachine.Text(_content.Machine["metadata"]?["name"]) ?? request.SourceName;
        return (clone with
        {
            Body = body,
            Claims = [.. volumes.Select(v => DirectManifest.Claim(request, v, names[v.Name], _restoreSizes.GetValueOrDefault(v.Name), sourceName))],
            Revisions = [.. _revisions.Where(r => pinned.Contains(revisions[r.Key])).Select(r => Copy(r.Value, revisions[r.Key], request.Namespace))],
        }, null);
    }

    // Seen before as far as it could be; what the snapshot's own parts say is the last word.
    private Fault? TooSmall(PlannedClone clone, SnapshotVolume volume)
    {
        var least = new[] { volume.Size, Quantity.Parse(_restoreSizes.GetValueOrDefault(volume.Name)) }.Max();
        return !(DiskWish.Of(clone.Request, volume.Name).Size < least) ? null : FaultMapper.Make(
            FaultIds.VMCloneDiskUnsupported,
            FaultCategory.InvalidArgument,
            $"The disk '{volume.Name}' of '{clone.Request.SourceName}' has {Quantity.Write(least.Value)} in its snapshot; no copy of it is smaller.",
            $"Give at least {Quantity.Write(least.Value)}.",
            clone.DisplayName);
    }

    // As KubeVirt names the copy a restore makes.
    private string CopyName(string revision, string target)
    {
        var at = revision.IndexOf(_snapshotName, StringComparison.Ordinal);
        return at < 0 ? $"{target}-{revision}" : string.Concat(revision.AsSpan(0, at), target, revision.AsSpan(at + _snapshotName.Length));
    }

    private static JsonObject Copy(KubernetesObject revision, string name, string ns)
    {
        var from = revision.ToJsonObject();
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = ns };
        if (from["metadata"]?["labels"] is { } labels)
            metadata["labels"] = labels.DeepClone();
        return new JsonObject
        {
            ["apiVersion"] = RelatedKinds.ControllerRevision.ApiVersion,
            ["kind"] = RelatedKinds.ControllerRevision.Kind,
            ["metadata"] = metadata,
            ["data"] = from["data"]?.DeepClone(),
            ["revision"] = from["revision"]?.DeepClone() ?? 0,
        };
    }

    private async Task ReadRevisionsAsync(KubeVirtCluster cluster, string ns, CancellationToken ct)
    {
        bool? mayCopy = null;
        foreach (var matcher in Matchers)
        {
            if (SourceMachine.Text(_content.Machine["spec"]?[matcher]?["revisionName"]) is not { Length: > 0 } name || _revisions.ContainsKey(name))
                continue;
            mayCopy ??= await AccessReview.MayCreateAsync(cluster, ns, RelatedKinds.ControllerRevision, ct) is { Allowed: true };
            if (mayCopy == false)
                _uncopied[matcher] = $"its snapshot pins the revision of its {matcher}, of which each machine needs a copy, and you may not create controllerrevisions in {ns}";
            else if (await cluster.Client.FindAsync(RelatedKinds.ControllerRevision, ns, name, ct) is { } revision)
                _revisions[name] = revision;
            else
                _uncopied[matcher] = $"the revision '{name}' of its {matcher}, which its snapshot pins, does not exist";
        }
    }

    // What a driver can make of a snapshot at least; a user with KubeVirt's roles alone may not read it.
    private async Task ReadSizesAsync(KubeVirtCluster cluster, string ns, CancellationToken ct)
    {
        foreach (var volume in _content.Volumes.Where(v => v.VolumeSnapshot is not null))
        {
            try
            {
                if ((await cluster.Client.FindAsync(RelatedKinds.VolumeSnapshot, ns, volume.VolumeSnapshot!, ct))?.StringAt("status", "restoreSize") is { } size)
                    _restoreSizes[volume.Name] = size;
            }
            catch (ApiStatusException e) when (e.IsForbidden)
            {
                cluster.Callbacks.Verbose?.Invoke($"You may not read volumesnapshots in {ns}: the volume '{volume.Name}' is made as large as its source is");
                if (await CapacityAsync(cluster, ns, volume.Claim, ct) is { } capacity)
                    _restoreSizes[volume.Name] = capacity;
            }
        }
    }

    private static async Task<string?> CapacityAsync(KubeVirtCluster cluster, string ns, string claim, CancellationToken ct)
    {
        try
        {
            return (await cluster.Client.FindClaimAsync(ns, claim, ct))?.Status?.Capacity is { } made && made.TryGetValue("storage", out var size) ? size.ToString() : null;
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            return null;
        }
    }
}
