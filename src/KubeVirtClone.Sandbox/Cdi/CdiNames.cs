namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>Annotations, labels, finalizers and phases that CDI writes.</summary>
internal static class CdiNames
{
    public const string Group = "cdi.kubevirt.io/";

    public const string CloneType = Group + "cloneType";
    public const string ClonePhase = Group + "clonePhase";
    public const string CloneError = Group + "cloneError";
    public const string FallbackReason = Group + "cloneFallbackReason";
    public const string CreatedForDataVolume = Group + "createdForDataVolume";
    public const string SourceNamespace = Group + "dataSourceNamespace";
    public const string UsePopulator = Group + "storage.usePopulator";
    public const string Immediate = Group + "storage.bind.immediate.requested";
    public const string ContentType = Group + "storage.contentType";
    public const string Preallocation = Group + "storage.preallocation.requested";
    public const string PodPhase = Group + "storage.pod.phase";
    public const string PodReady = Group + "storage.pod.ready";
    public const string PodRestarts = Group + "storage.pod.restarts";
    public const string PrePopulated = Group + "storage.prePopulated";
    public const string PopulatedFor = Group + "storage.populatedFor";
    public const string AllowAdoption = Group + "allowClaimAdoption";
    public const string Progress = Group + "storage.populator.progress";
    public const string Running = Group + "storage.condition.running";
    public const string RunningMessage = Running + ".message";
    public const string RunningReason = Running + ".reason";
    public const string Bound = Group + "storage.condition.bound";
    public const string BoundMessage = Bound + ".message";
    public const string BoundReason = Bound + ".reason";
    public const string CloneRequest = "k8s.io/CloneRequest";
    public const string CloneOf = "k8s.io/CloneOf";

    /// <summary>On what a claim's population makes beside it: the claim's uid.</summary>
    public const string OwnedByUid = Group + "OwnedByUID";

    public const string DataVolumeFinalizer = Group + "dataVolumeFinalizer";
    public const string PopulatorFinalizer = Group + "clonePopulator";
    public const string SourceFinalizer = Group + "cloneSource";

    public const string Snapshot = "snapshot";
    public const string CsiClone = "csi-clone";
    public const string Copy = "copy";

    public const string Done = "100.0%";
}
