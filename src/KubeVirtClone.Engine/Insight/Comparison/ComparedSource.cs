using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Insight.Comparison;

/// <summary>Reads what a clone is compared with: its source where that is still there, else what a source of another namespace was brought as.</summary>
internal sealed class ComparedSource(KubeVirtCluster cluster)
{
    /// <summary>The request with what it comes to, and the machine that is; or why there is none.</summary>
    /// <param name="request">What is compared; its source is named.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(CompareRequest Request, JsonObject? Machine, Fault? Fault)> ReadAsync(CompareRequest request, CancellationToken ct)
    {
        var kind = SourceKinds.Normalize(request.SourceKind ?? SourceKinds.VirtualMachine) ?? SourceKinds.VirtualMachine;
        request = request with { SourceKind = kind };
        var (place, name) = (request.SourceNamespace ?? request.Namespace, request.SourceName!);
        if (request.BroughtAs is null && request.SourceUid is null)
        {
            return await FindAsync(kind, place, name, ct) is { } found
                ? (request, found.Machine, null)
                : (request, null, kind == SourceKinds.VirtualMachineSnapshot
                    ? CloneComparer.Missing(FaultIds.VMSnapshotNotFound, "snapshot with content", place, name)
                    : CloneComparer.Missing(FaultIds.VMNotFound, "virtual machine", place, name));
        }

        var (source, why) = await FindOriginAsync(kind, place, name, request.SourceUid, ct);
        if (source is not null)
            return (request, source, null);
        cluster.Callbacks.Verbose?.Invoke($"{request.Namespace}/{request.TargetName}: its source, the {Noun(kind)} {place}/{name}, {why}");
        if (request.BroughtAs is { } brought && await FindAsync(SourceKinds.VirtualMachineSnapshot, request.Namespace, brought, ct) is { } there)
            return (request with { SourceKind = SourceKinds.VirtualMachineSnapshot, SourceName = brought, SourceNamespace = null }, there.Machine, null);
        return (request, null, FaultMapper.Make(
            FaultIds.VMCloneNothingToCompare,
            FaultCategory.ObjectNotFound,
            $"Nothing is left to compare '{request.TargetName}' with: its source, the {Noun(kind)} '{name}' in namespace '{place}', {why}"
            + (request.BroughtAs is { } gone ? $", and the snapshot '{gone}' that it was brought as is gone too." : "."),
            $"Name what to compare with ({OptionName.Source}), and its namespace where that is another ({OptionName.SourceNamespace}).",
            $"{request.Namespace}/{request.TargetName}"));
    }

    private static string Noun(string kind) => kind == SourceKinds.VirtualMachineSnapshot ? "snapshot" : "virtual machine";

    // Who works in the clone's namespace need not be allowed to look into the source's.
    private async Task<(JsonObject? Machine, string Why)> FindOriginAsync(string kind, string ns, string name, string? uid, CancellationToken ct)
    {
        try
        {
            if (await FindAsync(kind, ns, name, ct) is not { } found)
                return (null, "does not exist any more");
            return uid is null || uid == found.Uid ? (found.Machine, "") : (null, $"is not the one of then (uid {found.Uid}, not {uid})");
        }
        catch (ApiStatusException e) when (e.IsForbidden)
        {
            return (null, $"cannot be read ({e.ApiMessage})");
        }
    }

    private async Task<(JsonObject Machine, string Uid)?> FindAsync(string kind, string ns, string name, CancellationToken ct)
    {
        if (kind == SourceKinds.VirtualMachine)
            return await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, ns, name, ct) is { } found ? (found.ToJsonObject(), found.Uid) : null;
        if (await cluster.GetSnapshotVersionAsync(ct) is not { } version)
            return null;
        if (await cluster.Client.FindAsync(KubeVirtKinds.Snapshot(version), ns, name, ct) is not { } snapshot || snapshot.StringAt("status", "virtualMachineSnapshotContentName") is not { } content)
            return null;
        var read = await cluster.Client.FindAsync(KubeVirtKinds.SnapshotContent(version), ns, content, ct);
        return read?.At("spec", "source", "virtualMachine") is { } machine ? (JsonObject.Create(machine)!, snapshot.Uid) : null;
    }
}
