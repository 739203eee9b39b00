using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// The one snapshot that clones of a machine share in a batch. Its name follows from batch and machine, so that a second run finds it. It
/// is owned by nobody until every clone exists, then by all of them, and is deleted when none needs it any more.
/// </summary>
internal sealed class SharedSnapshot(KubeVirtCluster cluster, string ns, string name, string source, string? batch)
{
    // An object must stay below the server's limit of about 1.5 MB; an owner takes about 250 bytes.
    private const int MaxOwners = 4000;

    private static readonly TimeSpan ShortestDeadline = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestDeadline = TimeSpan.FromHours(1);
    private static readonly TimeSpan DeadlinePerClone = TimeSpan.FromSeconds(1);

    private readonly SnapshotCatalog _catalog = new(cluster);

    /// <summary>Namespaces that what is in it is to be brought to; none for clones beside their source.</summary>
    public IReadOnlyCollection<string> TakenFor { get; init; } = [];

    /// <summary>True when this run made it.</summary>
    public bool Made { get; private set; }

    /// <summary>The snapshot, ready to use: the one of an earlier run, or a new one.</summary>
    /// <param name="clones">How many clones are to be made of it.</param>
    /// <param name="timeout">Longest wait; null is its own deadline.</param>
    /// <param name="warn">Told what it waits for.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ListedItem<SnapshotRecord>> EnsureAsync(int clones, TimeSpan? timeout, Action<Advice>? warn, CancellationToken ct)
    {
        var found = await FindAsync(ct);
        if (found is { Failed: true })
        {
            cluster.Callbacks.Verbose?.Invoke($"The shared snapshot {ns}/{name} of an earlier run has failed ({found.Message}); taking another");
            if (await _catalog.RemoveAsync(found, force: true, ct) is { } fault)
                return new(null, fault);
            await WaitUntilGoneAsync(found, ct);
            found = null;
        }
        else if (found is { Phase: SnapshotPhase.Deleting })
        {
            await WaitUntilGoneAsync(found, ct);
            found = null;
        }

        if (found is null)
        {
            var created = await _catalog.CreateAsync(Request(clones), dryRun: false, ct);
            if (created.Fault is { Id: not FaultIds.VMSnapshotExists })
                return created;
            Made = created.Value is not null;
            found = created.Value ?? await FindAsync(ct);
        }

        if (found is null || found.SourceName != source)
            return new(null, SnapshotFaults.Deleted(new(ns, name)));
        cluster.Callbacks.Verbose?.Invoke($"{clones} clones of {source} share the snapshot {ns}/{name} ({(Made ? "new" : "of an earlier run")})");
        if (!Made && await UntieAsync(found, ct) is { } untied)
            return new(null, untied);
        return found.ReadyToUse ? new(found, null) : await new SnapshotWaiter(cluster).WaitOneAsync(found.Reference, timeout, warn, ct);
    }

    /// <summary>Whether the server would take the snapshot.</summary>
    public async Task<Fault?> TryAsync(int clones, CancellationToken ct) =>
        await _catalog.CreateAsync(Request(clones), dryRun: true, ct) is { Fault: { Id: not FaultIds.VMSnapshotExists } fault } ? fault : null;

    /// <summary>The object that would be posted.</summary>
    public JsonObject ToManifest(int clones, string version) => SnapshotCatalog.Build(Request(clones), name, KubeVirtKinds.Snapshot(version).ApiVersion);

    public async Task<SnapshotRecord?> FindAsync(CancellationToken ct) => await _catalog.FindAsync(ns, name, ct);

    /// <summary>
    /// Makes the clones its owners: Kubernetes deletes it when the last of them has gone. Only when all of them exist: with a first one gone and the
    /// rest to come it would be too early. Clones that other runs of the batch made of it are owners too.
    /// </summary>
    public async Task OwnAsync(IReadOnlyCollection<CloneRecord> made, CancellationToken ct)
    {
        const int attempts = 5;
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var now = await cluster.Client.FindAsync(await cluster.GetSnapshotKindAsync(ct), ns, name, ct);
                if (now is null || now.DeletionTimestamp is not null)
                    return;
                // Machines made directly need it too, and own nothing: with the last of these clones it would be gone too early.
                if (now.Annotations.ContainsKey(CloneLabels.DirectUse))
                {
                    await TieAsync(owners: null, now.ResourceVersion, ct, CloneLabels.DirectMade);
                    return;
                }

                var owners = Made && !IsTied(now) ? References(made.Select(c => c.Raw)) : await WithOthersAsync(made, ct);
                if (owners.Count > MaxOwners)
                    cluster.Callbacks.Warning?.Invoke($"The snapshot {ns}/{name} has too many clones to be collected with them; remove it with the batch when they are done ({CommandName.RemoveVMClone} {OptionName.Batch} {batch}).");
                if (owners.Count is 0 or > MaxOwners || await TryTieAsync(owners, now.ResourceVersion, lastTry: attempt == attempts, ct))
                    return;
            }
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            cluster.Callbacks.Verbose?.Invoke($"The shared snapshot {ns}/{name} is gone already");
        }
        catch (Exception e) when (e is KubernetesException or EngineException)
        {
            cluster.Callbacks.Warning?.Invoke($"The snapshot {ns}/{name} could not be tied to its clones ({e.Message}); the next command on batch {batch} collects it.");
        }
    }

    /// <summary>Notes that all machines are made which are made directly of it: it is owned by nobody, and goes as soon as no volume needs it.</summary>
    public async Task MarkAsync(CancellationToken ct)
    {
        try
        {
            await TieAsync(owners: null, resourceVersion: null, ct, CloneLabels.DirectMade);
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            cluster.Callbacks.Verbose?.Invoke($"The shared snapshot {ns}/{name} is gone already");
        }
        catch (KubernetesException e)
        {
            cluster.Callbacks.Warning?.Invoke($"The snapshot {ns}/{name} could not be marked as done with ({e.Message}); remove it with the batch when its volumes are bound ({CommandName.RemoveVMClone} {OptionName.Batch} {batch}).");
        }
    }

    /// <summary>Whether every clone that was to be made of a shared snapshot exists, so that it may go once nothing needs it.</summary>
    /// <param name="snapshot">The snapshot.</param>
    public static bool IsDoneWith(KubernetesObject snapshot) => IsTied(snapshot) || snapshot.Annotations.GetValueOrDefault(CloneLabels.DirectUse) == CloneLabels.DirectMade;

    /// <summary>Deletes it unless something needs it. What has failed for good does not count.</summary>
    /// <param name="givenUp">Targets of clones that have failed.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What still needs it; empty when it is deleted, or was gone.</returns>
    public async Task<IReadOnlyList<SnapshotUse>> CollectAsync(IReadOnlySet<string> givenUp, CancellationToken ct)
    {
        try
        {
            if (await FindAsync(ct) is not { Phase: not SnapshotPhase.Deleting } snapshot || snapshot.Labels.GetValueOrDefault(CloneLabels.SharedSnapshot) is null)
                return [];
            var uses = (await _catalog.GetUsesAsync(snapshot, ct)).Where(u => u.Machine is null || !givenUp.Contains(u.Machine)).ToList();
            if (uses.Count > 0)
            {
                cluster.Callbacks.Verbose?.Invoke($"The shared snapshot {ns}/{name} stays: {SnapshotUses.Describe(uses)} needs it. It goes with its clones, or with the next command on the batch once they have started.");
                return uses;
            }

            if (await _catalog.RemoveAsync(snapshot, force: true, ct) is { } fault)
                cluster.Callbacks.Warning?.Invoke($"The shared snapshot {ns}/{name} could not be deleted: {fault.Message}");
            else
                cluster.Callbacks.Verbose?.Invoke($"The shared snapshot {ns}/{name} is no longer needed; deleted");
        }
        catch (EngineException e)
        {
            cluster.Callbacks.Warning?.Invoke($"Whether the shared snapshot {ns}/{name} is still needed cannot be seen ({e.Message}); it goes with its clones.");
        }

        return [];
    }

    private static bool IsTied(KubernetesObject snapshot) => snapshot.ItemsAt("metadata", "ownerReferences").Any();

    // More clones are to come of it: until they own it too, those there are must not take it with them.
    private async Task<Fault?> UntieAsync(SnapshotRecord found, CancellationToken ct)
    {
        if (!IsDoneWith(found.Raw))
            return null;
        try
        {
            await TieAsync(owners: null, resourceVersion: null, ct, found.Raw.Annotations.ContainsKey(CloneLabels.DirectUse) ? CloneLabels.DirectOpen : null);
            return null;
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            return SnapshotFaults.Deleted(found.Reference);
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, found.Reference.ToString());
        }
    }

    // All there are of the batch that were made of it, whichever run made them.
    private async Task<JsonArray> WithOthersAsync(IReadOnlyCollection<CloneRecord> made, CancellationToken ct)
    {
        var owners = made.Select(c => c.Raw).ToList();
        var ofBatch = new ListOptions { LabelSelector = $"{CloneLabels.Batch}={batch}" };
        var version = (await cluster.GetSnapshotKindAsync(ct)).Version;
        await foreach (var restore in cluster.Client.ListAsync(KubeVirtKinds.Restore(version), ns, ofBatch, ct))
        {
            if (CloneRecord.IsCloneRestore(restore) && restore.StringAt("spec", "virtualMachineSnapshotName") == name)
                owners.Add(restore);
        }

        await foreach (var clone in cluster.Client.ListAsync(await cluster.GetCloneKindAsync(ct), ns, ofBatch, ct))
        {
            if (clone.StringAt("spec", "source", "kind") == SourceKinds.VirtualMachineSnapshot && clone.StringAt("spec", "source", "name") == name)
                owners.Add(clone);
        }

        return References(owners.Where(o => o.DeletionTimestamp is null));
    }

    private static JsonArray References(IEnumerable<KubernetesObject> owners) =>
    [
        .. owners.DistinctBy(o => o.Uid).Select(o => (JsonNode)new JsonObject
        {
            ["apiVersion"] = o.ApiVersion,
            ["kind"] = o.Kind,
            ["name"] = o.Name,
            ["uid"] = o.Uid,
        }),
    ];

    // False when somebody else changed it in the same moment: another run of the batch may have tied it to its own clones.
    private async Task<bool> TryTieAsync(JsonArray owners, string? resourceVersion, bool lastTry, CancellationToken ct)
    {
        try
        {
            await TieAsync(owners, resourceVersion, ct);
            return true;
        }
        catch (ApiStatusException e) when (e.IsConflict && !lastTry)
        {
            return false;
        }
    }

    private async Task TieAsync(JsonArray? owners, string? resourceVersion, CancellationToken ct, string? direct = null)
    {
        var metadata = new JsonObject { ["ownerReferences"] = owners };
        if (direct is not null)
            metadata["annotations"] = new JsonObject { [CloneLabels.DirectUse] = direct };
        if (resourceVersion is not null)
            metadata["resourceVersion"] = resourceVersion;
        var write = new WriteOptions { FieldManager = CloneLabels.FieldManager };
        await cluster.Client.PatchAsync(await cluster.GetSnapshotKindAsync(ct), ns, name, PatchKind.Merge, new JsonObject { ["metadata"] = metadata }, write, ct);
    }

    private SnapshotRequest Request(int clones)
    {
        var deadline = ShortestDeadline + (DeadlinePerClone * clones);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { [CloneLabels.SharedSnapshot] = "true", [CloneLabels.ExcludedFromBackup] = "true" };
        if (batch is not null)
            labels[CloneLabels.Batch] = batch;
        return new SnapshotRequest
        {
            Namespace = ns,
            SourceName = source,
            Name = name,
            FailureDeadline = deadline < LongestDeadline ? deadline : LongestDeadline,
            Labels = labels,
            Annotations = TakenFor.Count == 0 ? new Dictionary<string, string>(StringComparer.Ordinal)
                : new Dictionary<string, string>(StringComparer.Ordinal) { [CloneLabels.TakenFor] = string.Join(',', TakenFor) },
        };
    }

    private async Task WaitUntilGoneAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        if (await new RemovalWaiter(cluster).UntilGoneAsync([new(await cluster.GetSnapshotKindAsync(ct), ns, name, snapshot.Uid)], RemovalWaiter.Patience, ct) is [var left])
            cluster.Callbacks.Verbose?.Invoke($"{left} is still being deleted");
    }
}
