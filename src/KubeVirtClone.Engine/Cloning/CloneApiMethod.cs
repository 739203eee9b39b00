using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Makes clones by posting the object that stands for each: a VirtualMachineClone, or a VirtualMachineRestore of a snapshot that is ready. Names are fixed by the plan, so that a post can be repeated: nothing is made twice.</summary>
internal sealed class CloneApiMethod(KubeVirtCluster cluster, ResourceKind kind, CloneOptions options, InFlightWindow window, CloneMethod method) : ICloneMethod
{
    private readonly WriteOptions _write = new() { DryRun = options.DryRun, FieldManager = CloneLabels.FieldManager, FieldValidation = "Strict" };

    private readonly PostPatience _patience = new(cluster, options, window);

    public CloneMethod Method => method;

    public async Task<CreateOutcome> CreateAsync(PlannedClone clone, CancellationToken ct)
    {
        if (clone.Existing is { } existing)
            return new(CloneRecord.From(existing), null, TakenOver: true);
        return await _patience.RunAsync(clone, stop => TryCreateAsync(clone, stop), e => Task.FromResult(Refused(e, clone)), ct);
    }

    private async Task<CreateOutcome> TryCreateAsync(PlannedClone clone, CancellationToken ct)
    {
        var sent = cluster.Clock.GetUtcNow();
        try
        {
            // The client may serialize later or again: every attempt has a body of its own.
            var body = (System.Text.Json.Nodes.JsonObject)clone.Body.DeepClone();
            return new(CloneRecord.From(await cluster.Client.CreateAsync(kind, clone.Request.Namespace, body, _write, ct)), null) { Sent = sent };
        }
        catch (AnswerLostException) when (!options.DryRun)
        {
            cluster.Callbacks.Verbose?.Invoke($"The answer about {clone.DisplayName} was lost; reading it back");
            if (await ReadBackAsync(clone, ours: true, ct) is { } settled)
                return settled with { Sent = sent };
            throw;
        }
        catch (ApiStatusException e) when (e.IsAlreadyExists)
        {
            // It was made by an earlier run of this batch, by an attempt whose answer was lost, or by somebody else.
            if (await ReadBackAsync(clone, ours: false, ct) is { } settled)
                return settled;
            throw;
        }
    }

    private async Task<CreateOutcome?> ReadBackAsync(PlannedClone clone, bool ours, CancellationToken ct)
    {
        var found = await cluster.Client.FindAsync(kind, clone.Request.Namespace, clone.Request.CloneName!, ct);
        if (found is null)
            return null;
        return TakeoverRules.WhyNotSame(found, clone.Body) is { } why
            ? new(null, TakeoverRules.ExistsWithAnother(clone.Request, why))
            : new(CloneRecord.From(found), null, TakenOver: !ours);
    }

    private static CreateOutcome Refused(KubernetesException e, PlannedClone clone)
    {
        var fault = FaultMapper.From(e, clone.DisplayName);
        if (e is ApiStatusException { IsNotFound: true, Kind: not "namespaces" })
            fault = FaultMapper.CloneApiMissing();
        if (fault.Terminating)
            throw new EngineException(fault);
        return new(null, fault);
    }
}
