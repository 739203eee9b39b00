using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>What goes wrong on the way into another namespace, in words.</summary>
internal static class TransferFaults
{
    private const string ClonerRole = "cdi.kubevirt.io:clone-sourcer";

    /// <summary>A source that is brought over is a snapshot, and that has no claims to copy.</summary>
    public static Fault NotByDataVolumes(CloneRequest request, string? why = null, bool handOver = false) => FaultMapper.Make(
        FaultIds.VMCloneSourceUnsupported,
        FaultCategory.InvalidOperation,
        $"'{request.GoldenImage ?? request.SourceName}' cannot be cloned into namespace '{request.TargetNamespace}' by method DataVolume: {why ?? "it is brought there as a snapshot, which has no claims to copy"}.",
        handOver
            ? (Advice)$"Leave {OptionName.Method} out, or {OptionName.HandOver}: the one has CDI copy claims, the other hands snapshots over."
            : (Advice)$"Leave {OptionName.Method} out, or make the clone in namespace '{request.Namespace}'.",
        request.DisplayName);

    public static Fault NoCdi(string target) => FaultMapper.Make(
        FaultIds.CdiNotInstalled,
        FaultCategory.NotInstalled,
        "This cluster has no CDI (cdi.kubevirt.io is not served), and only CDI can copy disks into another namespace.",
        "Have the Containerized Data Importer installed, or make the machines in the namespace of their source.",
        target);

    public static Fault NotAllowed(string sourceNamespace, string destination, string? user, Exception? e) => FaultMapper.Make(
        FaultIds.TransferForbidden,
        FaultCategory.PermissionDenied,
        $"You may not clone disks out of namespace '{sourceNamespace}': the right to create datavolumes/source (cdi.kubevirt.io) is missing there.",
        $"Have it granted by somebody who administers '{sourceNamespace}': kubectl create rolebinding clone-to-{destination} --namespace {sourceNamespace} --clusterrole={ClonerRole} --user={user ?? "USER"}",
        destination,
        e);

    public static Fault MayNotMake(string plural, string destination, string reason) => FaultMapper.Make(
        FaultIds.ApiForbidden,
        FaultCategory.PermissionDenied,
        $"You may not create {plural} in namespace '{destination}'{(reason.Length > 0 ? $" ({reason})" : "")}.",
        $"Ask for the right, for example by a RoleBinding to the ClusterRole 'edit' in that namespace, or use another context or {OptionName.As}.",
        destination);

    /// <summary>Rights that handing over takes, which the user has not.</summary>
    public static Fault MayNotHandOver(IReadOnlyList<string> missing, string destination) => FaultMapper.Make(
        FaultIds.TransferForbidden,
        FaultCategory.PermissionDenied,
        $"Snapshots are handed over by who administers the cluster: you may not {string.Join(", nor ", missing)}.",
        $"Use a context or {OptionName.As} that may, or leave {OptionName.HandOver} out: CDI brings the disks with rights in the two namespaces only.",
        destination);

    public static Fault NotHandedOver(string source, string why, Advice action, string destination) => FaultMapper.Make(
        FaultIds.VMCloneSourceUnsupported, FaultCategory.InvalidOperation, $"The snapshots of {source} cannot be handed over to namespace '{destination}': {why}.", action, destination);

    public static Fault NoNamespace(string destination) => FaultMapper.Make(
        FaultIds.NamespaceNotFound,
        FaultCategory.ObjectNotFound,
        $"There is no namespace '{destination}'.",
        $"Check the name, or make it first: kubectl create namespace {destination}",
        destination);

    public static Fault Ending(string destination) => FaultMapper.Make(
        FaultIds.TransferInvalid,
        FaultCategory.InvalidOperation,
        $"The namespace '{destination}' is being deleted; nothing can be made in it.",
        "Choose another namespace, or wait until it is gone and make it anew.",
        destination);

    /// <summary>Why options that are about other namespaces come to nothing; null where they are not given, or some clone is to be in another.</summary>
    /// <param name="requests">The clones.</param>
    /// <param name="copySecrets">Secrets are to be copied.</param>
    /// <param name="handOver">Snapshots are to be handed over.</param>
    public static Fault? Idle(IEnumerable<CloneRequest> requests, bool copySecrets, bool handOver)
    {
        if (!(copySecrets || handOver) || requests.Any(r => r.LeavesNamespace))
            return null;
        return Invalid(
            $"No clone is to be in another namespace than its source, so that there is nothing to {(copySecrets && handOver ? "copy or hand over" : copySecrets ? "copy" : "hand over")}.",
            Action(),
            "");

        Advice Action()
        {
            if (copySecrets && handOver)
                return $"Say where the clones are to be ({OptionName.TargetNamespace}), or leave out {OptionName.CopySecrets} and {OptionName.HandOver}.";
            return $"Say where the clones are to be ({OptionName.TargetNamespace}), or leave out {(copySecrets ? OptionName.CopySecrets : OptionName.HandOver)}.";
        }
    }

    public static Fault Invalid(string message, Advice action, string target) =>
        FaultMapper.Make(FaultIds.TransferInvalid, FaultCategory.InvalidArgument, message, action, target);

    public static Fault Unclonable(string source, string what) => FaultMapper.Make(
        FaultIds.VMCloneSourceUnsupported,
        FaultCategory.InvalidOperation,
        $"'{source}' has {what}, whose state cannot follow into another namespace.",
        "Use a machine without persistent TPM and EFI state.",
        source);

    public static Fault Missing(NamedObject named, string sourceNamespace, string destination) => FaultMapper.Make(
        FaultIds.TransferReferenceMissing,
        FaultCategory.ObjectNotFound,
        named.Kind == RelatedKinds.Network.Kind
            ? $"The machine is on the network '{named.Name}' ({named.Where}), which means that of its own namespace; '{destination}' has none of that name."
            : $"The machine needs the {named} in its own namespace, and '{destination}' has none.",
        named.Kind == RelatedKinds.Network.Kind
            ? $"Make the NetworkAttachmentDefinition in '{destination}', or have the source name that of its own namespace in full: {sourceNamespace}/{named.Name}"
            : $"Make it in '{destination}' first.",
        destination);

    public static Fault Tied(NamedObject named, string destination) => FaultMapper.Make(
        FaultIds.TransferReferenceMissing,
        FaultCategory.InvalidOperation,
        $"The machine uses the {named}, which no snapshot holds and which stays in its namespace.",
        "Take it out of the source, or give the source a disk of its own.",
        destination);

    public static Fault Exists(SnapshotRecord there, string why) => FaultMapper.Make(
        FaultIds.GoldenImageExists,
        FaultCategory.ResourceExists,
        $"{(GoldenImageRecord.From(there) is { } image ? $"The golden image {image}" : $"The snapshot '{there.Name}'")} exists in namespace '{there.Namespace}' already, and {why}. It was left alone.",
        $"Remove that one ({CommandName.RemoveVMGoldenImage} {OptionName.Namespace} {there.Namespace}), or give the image another version.",
        there.Reference.ToString());

    public static Fault NameTaken(ResourceKind kind, string destination, string name) =>
        NameTaken(kind == KubeVirtKinds.PersistentVolumeClaim ? "claim" : kind.Kind, kind.Namespaced ? $" in namespace '{destination}'" : "", destination, name);

    private static Fault NameTaken(string kind, string where, string destination, string name) => FaultMapper.Make(
        FaultIds.VMCloneVolumeExists,
        FaultCategory.ResourceExists,
        $"A {kind} '{name}' exists{where}, and is not of this transfer. It was left alone.",
        "Remove it if nobody needs it.",
        $"{destination}/{name}");

    public static Fault Configuration(NamedObject named, string destination, string why, Advice action) => FaultMapper.Make(
        FaultIds.TransferReferenceMissing,
        FaultCategory.ResourceExists,
        $"The {named} {why}.",
        action,
        $"{destination}/{named.Name}");

    public static Fault Failed(string destination, string dataVolume, string cause, Advice action, FaultCategory category = FaultCategory.OperationStopped) => FaultMapper.Make(
        category == FaultCategory.LimitsExceeded ? FaultIds.QuotaExceeded : FaultIds.TransferFailed,
        category,
        $"The disk '{dataVolume}' does not come into namespace '{destination}': {cause}",
        action,
        $"{destination}/{dataVolume}");

    public static Fault TimedOut(ResourceKind kind, string destination, TransferProgress state, ObjectEvent? said, TimeSpan waited, bool stalled) => FaultMapper.Make(
        FaultIds.TransferTimeout,
        FaultCategory.OperationTimeout,
        (stalled
            ? $"{(kind == RelatedKinds.DataVolume ? "CDI" : "The storage driver")} has made no progress for {Durations.Duration(waited)}: {state}."
            : $"The disks were not in namespace '{destination}' within {Durations.Duration(waited)}: {state}.")
        + (said is null ? "" : $" The last warning about it: {said.Reason}: {said.Message}"),
        $"What was begun goes on; the same command again waits for it. kubectl describe {kind.Kind.ToLowerInvariant()} tells what {(kind == RelatedKinds.DataVolume ? "CDI" : "the driver")} says.",
        $"{destination}/{state.DataVolume}");

    /// <summary>The fault of a machine one of whose data volumes was refused.</summary>
    public static Fault OfDisk(Fault fault, string sourceNamespace, string display) => fault.Exception switch
    {
        ApiStatusException e when e.ApiMessage.Contains("insufficient permissions in clone source namespace", StringComparison.Ordinal) =>
            NotAllowed(sourceNamespace, display.Split('/')[0], user: null, e) with { TargetName = display },
        ApiStatusException e when e.ApiMessage.Contains("Destination PVC", StringComparison.Ordinal) => FaultMapper.Make(
            FaultIds.VMCloneVolumeExists,
            FaultCategory.ResourceExists,
            $"A claim has the name that a disk of '{display}' is to have ({e.ApiMessage}). It was left alone, and the machine was not kept.",
            $"Remove it if nobody needs it, choose another target name, or have the disks named at random: {OptionName.VolumeNamePolicy} RandomizeNames.",
            display),
        _ => fault,
    };

    /// <summary>The fault for a refusal of CDI's webhook or of the server.</summary>
    public static Fault From(KubernetesException e, string sourceNamespace, string destination, string name, string? user) => e switch
    {
        ApiStatusException status when status.ApiMessage.Contains("insufficient permissions in clone source namespace", StringComparison.Ordinal) =>
            NotAllowed(sourceNamespace, destination, user, e),
        ApiStatusException status when status.ApiMessage.Contains("Destination PVC", StringComparison.Ordinal) => NameTaken(KubeVirtKinds.PersistentVolumeClaim, destination, name),
        _ => FaultMapper.From(e, $"{destination}/{name}"),
    };
}
