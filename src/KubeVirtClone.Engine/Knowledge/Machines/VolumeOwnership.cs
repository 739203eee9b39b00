namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>Whether a clone's volumes go with its machine or stay when that is removed: KubeVirt's <c>volumeOwnershipPolicy</c>, which its restores have and its clones do not.</summary>
internal static class VolumeOwnership
{
    /// <summary>They stay: nobody owns them.</summary>
    public const string None = "None";

    /// <summary>They go with it: the machine owns them.</summary>
    public const string Vm = "Vm";

    // A restore makes the machine the owner of the claims that are marked with the restore's name.
    private const string OwnedByMachine = "restore.kubevirt.io/owned-by-vm";

    private static readonly Version InRestoresSince = new(1, 7);

    /// <summary>Why a method cannot do what is asked, and what can; null where it can, or nothing is asked.</summary>
    /// <param name="request">The request.</param>
    /// <param name="method">How it is carried out.</param>
    /// <param name="source">The machine it is made of; null where that cannot be read.</param>
    /// <param name="kubeVirt">KubeVirt's version, when known.</param>
    public static (string Message, Advice Action)? WhyNot(CloneRequest request, CloneMethod method, JsonObject? source, Version? kubeVirt)
    {
        if (request.VolumeOwnershipPolicy is not { } policy)
            return null;
        var asked = $"VolumeOwnershipPolicy {policy} of clones of '{request.SourceName}'";
        Advice directly = $"Have them made directly ({OptionName.Method} Direct, which needs the right to create virtualmachines and persistentvolumeclaims).";
        return method switch
        {
            CloneMethod.Clone => ($"{asked} cannot be had by method Clone: a VirtualMachineClone has no field for it.", $"Give {OptionName.Method} Direct, or Restore (from KubeVirt 1.7)."),
            CloneMethod.DataVolume when policy == None => (
                $"{asked} cannot be had by method DataVolume: their disks are made of the machine's own templates, and KubeVirt makes the machine their owner again as long as it is there.",
                $"Leave {OptionName.VolumeOwnershipPolicy} out, and keep the disks when a machine is removed: {CommandName.RemoveVMClone} {OptionName.IncludeTarget} {OptionName.KeepVolumes}."),
            CloneMethod.Restore when kubeVirt is not null && kubeVirt < InRestoresSince => ($"{asked} cannot be had by method Restore: this cluster runs KubeVirt {kubeVirt}, whose restores do not know it (1.7 or later do).", directly),
            CloneMethod.Restore when policy == None && Templated(source) is { Count: > 0 } templated => (
                $"{asked} cannot be had by method Restore: KubeVirt makes data volumes of templates for {string.Join(", ", templated)}, and the machine their owner, whatever the policy.", directly),
            _ => null,
        };
    }

    /// <summary>What to say where a method is taken that cannot do what is asked.</summary>
    public static Fault? Refusal(CloneRequest request, CloneMethod method, JsonObject? source, Version? kubeVirt, string target) =>
        WhyNot(request, method, source, kubeVirt) is var (message, action)
            ? FaultMapper.Make(FaultIds.VMCloneFieldUnsupported, FaultCategory.InvalidArgument, message, action, target) : null;

    /// <summary>
    /// Gives a restore what is asked. By itself it makes a machine the owner of what the source's machine owned; here of all that no data volume owns.
    /// What is to stay is marked, so that it is not taken for left over once the restore is gone.
    /// </summary>
    /// <param name="restore">The <c>spec</c> of the restore.</param>
    /// <param name="request">The request, checked and completed.</param>
    /// <param name="source">The machine as it was snapshotted; null where that cannot be read.</param>
    public static void Apply(JsonObject restore, CloneRequest request, JsonObject? source)
    {
        if (request.VolumeOwnershipPolicy is not { } policy)
            return;
        restore["volumeOwnershipPolicy"] = policy;
        var claims = SourceMachine.Copied(source).Where(v => v.Template is null).Select(v => (JsonNode)new JsonObject
        {
            ["volumeName"] = v.Name,
            ["annotations"] = new JsonObject { [policy == None ? CloneLabels.Outlives : OwnedByMachine] = request.CloneName },
        }).ToArray();
        if (claims.Length > 0)
            restore["volumeRestoreOverrides"] = new JsonArray(claims);
    }

    private static List<string> Templated(JsonObject? source) => [.. SourceMachine.Copied(source).Where(v => v.Template is not null).Select(v => $"'{v.Name}'")];
}
