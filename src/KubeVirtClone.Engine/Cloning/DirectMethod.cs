using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Makes clones by posting their machines, then the claims, which are the machines' own (none where the machine has data volumes made for it). All names are fixed, so that whatever was made before an answer
/// was lost, or the process ended, is found by its name and completed; nothing that exists is ever changed or adopted.
/// </summary>
internal sealed class DirectMethod(KubeVirtCluster cluster, CloneOptions options, InFlightWindow window, CloneMethod method) : ICloneMethod, IDisposable
{
    // A restore drops unknown fields of the source in silence; here the server says which.
    private readonly WriteOptions _write = new() { DryRun = options.DryRun, FieldManager = CloneLabels.FieldManager, FieldValidation = "Warn" };
    private readonly WriteOptions _rehearse = new() { DryRun = true, FieldManager = CloneLabels.FieldManager, FieldValidation = "Ignore" };
    private readonly PostPatience _patience = new(cluster, options, window);
    private readonly SemaphoreSlim _rehearsing = new(1, 1);
    private volatile bool _rehearsed = options.DryRun;

    public CloneMethod Method => method;

    public void Dispose() => _rehearsing.Dispose();

    public async Task<CreateOutcome> CreateAsync(PlannedClone clone, CancellationToken ct)
    {
        if (clone.Existing is { } existing && clone.Claims.Count == 0)
            return new(CloneRecord.From(existing), null, TakenOver: true);
        var making = new Making(clone);
        return await _patience.RunAsync(clone, stop => TryCreateAsync(making, stop), e => RefusedAsync(e, making, ct), ct);
    }

    private async Task<CreateOutcome> TryCreateAsync(Making making, CancellationToken ct)
    {
        var clone = making.Clone;
        making.Sent ??= cluster.Clock.GetUtcNow();
        if (!_rehearsed && clone.Existing is null && clone.Revisions.Count == 0)
            await RehearseAsync(clone, ct);
        foreach (var revision in clone.Revisions)
            await PostRevisionAsync(making, revision, ct);
        if (await EnsureMachineAsync(making, ct) is { } fault)
            return new(null, fault);
        // A dry run of claims would refuse those that the machine is to own; CDI's own word of data volumes is worth having.
        foreach (var dataVolume in options.DryRun ? clone.Claims.Where(c => KindOf(c) == RelatedKinds.DataVolume) : [])
            await TryOnlyAsync(RelatedKinds.DataVolume, clone, dataVolume, ct);
        if (!options.DryRun)
        {
            foreach (var claim in clone.Claims)
            {
                if (await EnsureClaimAsync(making, claim, ct) is not { } taken)
                    continue;
                await TakeBackAsync(making, ct);
                return new(null, taken);
            }

            await OwnRevisionsAsync(making, ct);
        }

        return new(CloneRecord.From(making.Machine!), null, TakenOver: !making.Posted) { Sent = making.Posted ? making.Sent : null };
    }

    // The first machine of a batch is tried together with its claims: what the server would refuse all of them for is known before one is made.
    private async Task RehearseAsync(PlannedClone clone, CancellationToken ct)
    {
        await _rehearsing.WaitAsync(ct);
        try
        {
            if (_rehearsed)
                return;
            await TryOnlyAsync(KubeVirtKinds.VirtualMachine, clone, clone.Body, ct);
            foreach (var claim in clone.Claims)
                await TryOnlyAsync(KindOf(claim), clone, claim, ct);
            _rehearsed = true;
        }
        finally
        {
            _rehearsing.Release();
        }
    }

    private static ResourceKind KindOf(JsonObject claim) =>
        claim["kind"]!.GetValue<string>() == RelatedKinds.DataVolume.Kind ? RelatedKinds.DataVolume : KubeVirtKinds.PersistentVolumeClaim;

    private async Task TryOnlyAsync(ResourceKind kind, PlannedClone clone, JsonObject body, CancellationToken ct)
    {
        try
        {
            await cluster.Client.CreateAsync(kind, clone.Request.Namespace, (JsonObject)body.DeepClone(), _rehearse, ct);
        }
        catch (ApiStatusException e) when (e.IsAlreadyExists)
        {
            // Whose it is comes out when it is made.
        }
        catch (ApiStatusException e) when (e.ApiMessage.Contains("dry run", StringComparison.OrdinalIgnoreCase))
        {
            // A webhook that cannot be tried says nothing.
            cluster.Callbacks.Verbose?.Invoke($"Not tried before: {e.ApiMessage}");
        }
    }

    private async Task<Fault?> EnsureMachineAsync(Making making, CancellationToken ct)
    {
        if (making.Machine is not null)
            return null;
        var clone = making.Clone;
        if (clone.Existing is { } existing)
        {
            making.Machine = existing;
            return null;
        }

        try
        {
            // The client may serialize later or again: every attempt has a body of its own.
            making.Machine = await cluster.Client.CreateAsync(KubeVirtKinds.VirtualMachine, clone.Request.Namespace, (JsonObject)clone.Body.DeepClone(), _write, ct);
            making.Posted = true;
            return null;
        }
        catch (KubernetesException e) when ((e is AnswerLostException && !options.DryRun) || e is ApiStatusException { IsAlreadyExists: true })
        {
            if (e is AnswerLostException)
                cluster.Callbacks.Verbose?.Invoke($"The answer about {clone.DisplayName} was lost; reading it back");
            var found = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, clone.Request.Namespace, clone.ObjectName, ct);
            if (found is null)
                throw;
            var ours = CloneRecord.IsMachine(found) && found.Labels.GetValueOrDefault(CloneLabels.Batch) == clone.Request.Batch;
            // Of an earlier clone of this batch, which is being removed: its name is free in a moment.
            if (ours && found.DeletionTimestamp is not null)
                throw;
            if (!ours)
                return Taken(clone);
            if (TakeoverRules.WhyNotSame(found, clone.Body) is { } why)
                return TakeoverRules.MachineExistsWithAnother(clone.Request, why);
            // Claims of two snapshots would make a machine that never was.
            if (clone.Claims.Count > 0 && found.Annotations.GetValueOrDefault(CloneLabels.Snapshot) != clone.Body["metadata"]!["annotations"]![CloneLabels.Snapshot]?.GetValue<string>())
                return TakeoverRules.MachineExistsWithAnother(clone.Request, "snapshot");
            making.Machine = found;
            making.Posted = e is AnswerLostException;
            return null;
        }
    }

    // Null when the claim is there and the machine's own; else why it is not.
    private async Task<Fault?> EnsureClaimAsync(Making making, JsonObject claim, CancellationToken ct)
    {
        var machine = making.Machine!;
        var (kind, name) = (KindOf(claim), claim["metadata"]!["name"]!.GetValue<string>());
        if (making.Claims.Contains(name))
            return null;
        var body = (JsonObject)claim.DeepClone();
        DirectManifest.Belong(body, making.Clone.Request, machine.Name, machine.Uid);
        try
        {
            await cluster.Client.CreateAsync(kind, making.Clone.Request.Namespace, body, _write, ct);
            making.Claims.Add(name);
            return null;
        }
        catch (KubernetesException e) when (e is AnswerLostException or ApiStatusException { IsAlreadyExists: true })
        {
            var found = await cluster.Client.FindAsync(kind, making.Clone.Request.Namespace, name, ct);
            if (found is null)
                throw;
            if (found.DeletionTimestamp is null && (kind == RelatedKinds.DataVolume ? ClaimState.OfDataVolume(found) : ClaimState.Of(found)).Machine == machine.Uid)
            {
                if (e is AnswerLostException)
                    making.Claims.Add(name);
                else
                    making.HadClaims = true;
                return null;
            }

            // Of an earlier machine of this name, with which it goes in a moment.
            if (found.DeletionTimestamp is not null || BelongedTo(found, machine.Name))
                throw;
            var was = ClaimState.IsToStay(found) ? ": it was made to outlive the machine it is of" : "";
            return FaultMapper.Make(
                FaultIds.VMCloneVolumeExists,
                FaultCategory.ResourceExists,
                $"A {(kind == RelatedKinds.DataVolume ? "data volume" : "claim")} '{name}' exists in namespace '{making.Clone.Request.Namespace}', and is not of the new machine '{machine.Name}'{was}. It was left alone, and the machine was not kept.",
                $"Remove it if nobody needs it, choose another target name, or have the claims named at random: {OptionName.VolumeNamePolicy} RandomizeNames.",
                making.Clone.DisplayName);
        }
    }

    private static bool BelongedTo(KubernetesObject claim, string machine) => claim.ItemsAt("metadata", "ownerReferences").Any(o =>
        o.Text("kind") == SourceKinds.VirtualMachine && o.Text("name") == machine);

    private async Task PostRevisionAsync(Making making, JsonObject revision, CancellationToken ct)
    {
        var name = revision["metadata"]!["name"]!.GetValue<string>();
        if (options.DryRun || making.Revisions.Contains(name))
            return;
        try
        {
            await cluster.Client.CreateAsync(RelatedKinds.ControllerRevision, making.Clone.Request.Namespace, (JsonObject)revision.DeepClone(), _write, ct);
            making.Revisions.Add(name);
        }
        catch (ApiStatusException e) when (e.IsAlreadyExists)
        {
            // Its name tells what it is a copy of, and for whom; the server lets nobody change the data of one.
            making.Revisions.Add(name);
        }
    }

    private async Task OwnRevisionsAsync(Making making, CancellationToken ct)
    {
        foreach (var revision in making.Revisions)
        {
            try
            {
                var patch = new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = DirectManifest.Owner(making.Machine!.Name, making.Machine.Uid) } };
                await cluster.Client.PatchAsync(RelatedKinds.ControllerRevision, making.Clone.Request.Namespace, revision, PatchKind.Merge, patch, _write, ct);
            }
            catch (ApiStatusException e)
            {
                cluster.Callbacks.Warning?.Invoke($"The controllerrevision {making.Clone.Request.Namespace}/{revision} was made for {making.Machine!.Name} and stays when that is removed: {e.ApiMessage}");
            }
        }
    }

    private async Task<CreateOutcome> RefusedAsync(KubernetesException e, Making making, CancellationToken ct)
    {
        await TakeBackAsync(making, ct);
        var clone = making.Clone;
        var fault = e is ApiStatusException { IsAlreadyExists: true }
            ? making.Machine is null ? Taken(clone) : FaultMapper.From(e, clone.DisplayName)
            : e is ApiStatusException { IsNotFound: true, Kind: not "namespaces" } && making.Machine is null ? FaultMapper.KubeVirtMissing(e) : FaultMapper.From(e, clone.DisplayName);
        if (fault.Terminating)
            throw new EngineException(fault);
        return new(null, fault);
    }

    // A machine without its volumes is of no use. One that has had volumes before this call is left for whoever looks into it.
    private async Task TakeBackAsync(Making making, CancellationToken ct)
    {
        if (options.DryRun)
            return;
        var ns = making.Clone.Request.Namespace;
        var catalog = new CloneCatalog(cluster);
        var kept = making.Machine is not null && !making.Posted && (making.HadClaims || making.Clone.Existing is not null);
        if (making.Machine is { } machine && !kept)
        {
            cluster.Callbacks.Verbose?.Invoke($"Taking {making.Clone.DisplayName} back: not all of it can be made");
            // Before the machine, so that whoever is stopped in between leaves one that is completed or taken back by the next run.
            if (await new OutlivingClaims(cluster).RemoveAsync(machine, ct) is { } unremoved)
                cluster.Callbacks.Warning?.Invoke($"A claim of the unfinished machine {making.Clone.DisplayName} could not be taken back: {unremoved.Message}");
            if (await catalog.DeleteAsync(KubeVirtKinds.VirtualMachine, ns, machine.Name, machine.Uid, ct) is { } fault)
                cluster.Callbacks.Warning?.Invoke($"The unfinished machine {making.Clone.DisplayName} could not be taken back: {fault.Message}");
        }

        if (kept)
            return;
        foreach (var revision in making.Revisions)
        {
            if (await catalog.DeleteAsync(RelatedKinds.ControllerRevision, ns, revision, "", ct) is { } fault)
                cluster.Callbacks.Verbose?.Invoke($"The controllerrevision {ns}/{revision} could not be taken back: {fault.Message}");
        }
    }

    public static Fault Taken(PlannedClone clone) => Taken(clone.Request.Namespace, clone.Request.TargetName!);

    public static Fault Taken(string ns, string target) => FaultMapper.Make(
        FaultIds.VMCloneTargetExists,
        FaultCategory.ResourceExists,
        $"A virtual machine '{target}' exists in namespace '{ns}'. It was left alone.",
        $"Choose another target name, remove the machine, or pass over such items with {OptionName.SkipExisting}.",
        $"{ns}/{target}");

    /// <summary>One clone while it is made: what exists of it so far, over all attempts.</summary>
    private sealed class Making(PlannedClone clone)
    {
        public PlannedClone Clone { get; } = clone;

        public KubernetesObject? Machine { get; set; }

        /// <summary>True when this call made the machine, as far as its answer tells.</summary>
        public bool Posted { get; set; }

        /// <summary>True when one of its claims was there before.</summary>
        public bool HadClaims { get; set; }

        /// <summary>Names of the claims this call made.</summary>
        public HashSet<string> Claims { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Revisions { get; } = new(StringComparer.Ordinal);

        public DateTimeOffset? Sent { get; set; }
    }
}
