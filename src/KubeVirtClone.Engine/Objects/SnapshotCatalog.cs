using System.Runtime.CompilerServices;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Takes, lists and removes snapshots of virtual machines.</summary>
/// <param name="cluster">The connection.</param>
public sealed class SnapshotCatalog(KubeVirtCluster cluster)
{
    private static readonly string[] Policies = ["Delete", "Retain"];

    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>Snapshots, streamed. An exact name that does not exist gives a fault in its place (<see cref="FaultIds.VMSnapshotNotFound"/>).</summary>
    /// <param name="query">Names, namespace, selector.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses, or serves no snapshots.</exception>
    public async IAsyncEnumerable<ListedItem<SnapshotRecord>> ListAsync(ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        var kind = await _cluster.GetSnapshotKindAsync(ct);
        var lister = new ObjectLister(_cluster, kind, FaultIds.VMSnapshotNotFound, "virtual machine snapshot");
        await foreach (var found in lister.ListAsync(query, ct))
            yield return new(found.Value is { } snapshot ? SnapshotRecord.From(snapshot) : null, found.Fault);
    }

    /// <summary>One snapshot, or null when it does not exist.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or refuses.</exception>
    public async Task<SnapshotRecord?> FindAsync(string ns, string name, CancellationToken ct)
    {
        var kind = await _cluster.GetSnapshotKindAsync(ct);
        return await KubeVirtCluster.GuardAsync(async () => await _cluster.Client.FindAsync(kind, ns, name, ct) is { } s ? SnapshotRecord.From(s) : null);
    }

    /// <summary>The same snapshot with its volumes and size, which KubeVirt keeps in another object. Where that cannot be read the record comes back as it was.</summary>
    /// <param name="snapshot">The snapshot as read.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked.</exception>
    public async Task<SnapshotRecord> DescribeAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return await ReadContentAsync(snapshot, ct) is { } content ? snapshot with { Size = content.Size, Volumes = content.Volumes } : snapshot;
    }

    /// <summary>Asks for a snapshot. It is there when this returns; whether and when it becomes ready is for <c>SnapshotWaiter</c> to see.</summary>
    /// <param name="request">The snapshot wanted.</param>
    /// <param name="dryRun">Only ask the server whether it would take it.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The snapshot, or what is wrong with this one request.</returns>
    /// <exception cref="EngineException">Nothing can work: no connection, no snapshot API.</exception>
    public async Task<ListedItem<SnapshotRecord>> CreateAsync(SnapshotRequest request, bool dryRun, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        var kind = await _cluster.GetSnapshotKindAsync(ct);
        var name = string.IsNullOrEmpty(request.Name) ? CloneNames.ForSnapshot(request.SourceName, _cluster.Clock.GetUtcNow()) : request.Name;
        var target = $"{request.Namespace}/{name}";
        if (Check(request, name) is { } why)
            return new(null, FaultMapper.Make(FaultIds.VMSnapshotRejected, FaultCategory.InvalidArgument, why.Message, why.Action, target));
        var write = new WriteOptions { DryRun = dryRun, FieldManager = CloneLabels.FieldManager, FieldValidation = "Strict" };
        try
        {
            return new(SnapshotRecord.From(await _cluster.Client.CreateAsync(kind, request.Namespace, Build(request, name, kind.ApiVersion), write, ct)), null);
        }
        catch (AnswerLostException e)
        {
            // The name settles it: nobody else makes a snapshot of that name for that machine within the moment.
            var made = dryRun ? null : await FindAsync(request.Namespace, name, ct);
            return made?.SourceName == request.SourceName ? new(made, null) : new(null, SnapshotFaults.From(e, target));
        }
        catch (KubernetesException e)
        {
            var fault = SnapshotFaults.From(e, target);
            return fault.Terminating ? throw new EngineException(fault) : new(null, fault);
        }
    }

    /// <summary>
    /// Removes a snapshot, and its data unless it says Retain. Without <paramref name="force"/> it is kept while something still needs it:
    /// a volume that is to be filled from it and is not bound, a clone or restore that is not finished; and a golden image is kept.
    /// </summary>
    /// <param name="snapshot">The snapshot as read; only that very object is removed.</param>
    /// <param name="force">Remove it whatever needs it.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null when it is gone or going, else what went wrong.</returns>
    /// <exception cref="EngineException">The server cannot be asked.</exception>
    public async Task<Fault?> RemoveAsync(SnapshotRecord snapshot, bool force, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var kind = await _cluster.GetSnapshotKindAsync(ct);
        if (!force && GoldenImageRecord.From(snapshot) is { } image)
            return IsImage(snapshot, image);
        if (!force && await new SnapshotUses(_cluster).FindAsync(snapshot, ct) is { Count: > 0 } uses)
            return InUse(snapshot, uses);
        return await new CloneCatalog(_cluster).DeleteAsync(kind, snapshot.Namespace, snapshot.Name, snapshot.Uid, ct);
    }

    /// <summary>What still needs a snapshot; see <see cref="SnapshotUse"/>.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked.</exception>
    public Task<IReadOnlyList<SnapshotUse>> GetUsesAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new SnapshotUses(_cluster).FindAsync(snapshot, ct);
    }

    internal async Task<SnapshotContent?> ReadContentAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        if (snapshot.ContentName is not { Length: > 0 } name || await _cluster.GetSnapshotVersionAsync(ct) is not { } version)
            return null;
        return await KubeVirtCluster.GuardAsync(async () =>
            await _cluster.Client.FindAsync(KubeVirtKinds.SnapshotContent(version), snapshot.Namespace, name, ct) is { } content
                ? SnapshotContent.Read(content)
                : null);
    }

    internal static JsonObject Build(SnapshotRequest request, string name, string apiVersion)
    {
        var spec = new JsonObject
        {
            ["source"] = new JsonObject { ["apiGroup"] = KubeVirtKinds.KubeVirtGroup, ["kind"] = SourceKinds.VirtualMachine, ["name"] = request.SourceName },
        };
        if (request.DeletionPolicy is { } policy)
            spec["deletionPolicy"] = Array.Find(Policies, p => string.Equals(p, policy, StringComparison.OrdinalIgnoreCase));
        if (request.FailureDeadline is { } deadline)
            spec["failureDeadline"] = GoDuration.Format(deadline);
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = request.Namespace };
        var labels = new JsonObject { [CloneLabels.ManagedBy] = CloneLabels.ManagedByValue };
        foreach (var (key, value) in request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal))
            labels[key] = value;
        metadata["labels"] = labels;
        if (request.Annotations is { Count: > 0 } annotations)
            metadata["annotations"] = new JsonObject(annotations.Select(a => KeyValuePair.Create<string, JsonNode?>(a.Key, a.Value)));
        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = SourceKinds.VirtualMachineSnapshot, ["metadata"] = metadata, ["spec"] = spec };
    }

    private static (string Message, Advice Action)? Check(SnapshotRequest request, string name)
    {
        if (NameRules.WhyNotName(request.SourceName) is { } badSource)
            return ($"The machine's name cannot be '{request.SourceName}': {badSource}.", "Give the name of a virtual machine.");
        if (NameRules.WhyNotName(name) is { } badName)
            return ($"The snapshot's name cannot be '{name}': {badName}.", "Give a name such as golden-2026-01, or leave it out.");
        if (request.DeletionPolicy is { } policy && !Policies.Contains(policy, StringComparer.OrdinalIgnoreCase))
            return ($"'{policy}' is not a deletion policy.", $"Give {string.Join(" or ", Policies)}, or leave it out.");
        if (request.FailureDeadline is { TotalSeconds: < 1 })
            return ("A failure deadline below one second is none: with 0 a snapshot that cannot finish locks its machine until it is deleted.", "Give a time such as 10m.");
        foreach (var (key, value) in request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if ((NameRules.WhyNotLabelKey(key) ?? NameRules.WhyNotLabelValue(value)) is { } badLabel)
                return ($"The label '{key}={value}' is not a legal one: {badLabel}.", "Use letters, digits, '-', '_' and '.'.");
        }

        return null;
    }

    private static Fault IsImage(SnapshotRecord snapshot, GoldenImageRecord image) => FaultMapper.Make(
        FaultIds.VMSnapshotInUse,
        FaultCategory.ResourceBusy,
        $"The snapshot {snapshot.Reference} is the golden image {image}.",
        $"Remove the image ({CommandName.RemoveVMGoldenImage}), which is refused while a machine needs it. {OptionName.Force} removes the snapshot all the same.",
        snapshot.Reference.ToString());

    private static Fault InUse(SnapshotRecord snapshot, IReadOnlyList<SnapshotUse> uses) => FaultMapper.Make(
        FaultIds.VMSnapshotInUse,
        FaultCategory.ResourceBusy,
        $"The snapshot {snapshot.Reference} is still needed by {SnapshotUses.Describe(uses)}.",
        $"Let it finish; volumes that wait for their first consumer are filled when their machine is started once. {OptionName.Force} removes the snapshot all the same, and those volumes can then never be filled.",
        snapshot.Reference.ToString());
}
