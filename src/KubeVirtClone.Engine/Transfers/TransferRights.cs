using k8s.Models;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>Whether the user may bring disks from one namespace into another, by the server's own access reviews: asked before anything is made.</summary>
internal sealed class TransferRights(KubeVirtCluster cluster)
{
    private static readonly ResourceKind SelfReview = new("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", Namespaced: false);

    /// <summary>Null where nothing is missing, or it cannot be found out; CDI's own check follows when a data volume is posted.</summary>
    public async Task<Fault?> WhyNotAsync(string sourceNamespace, bool hasDisks, string? volumeSnapshot, bool ofClaims, string destination, CancellationToken ct)
    {
        // CDI takes either right: to clone from data volumes of the namespace, or to run pods there, which could read the disks.
        if (hasDisks
            && await MayAsync(sourceNamespace, RelatedKinds.DataVolume, "source", volumeSnapshot, ct) is { Allowed: false }
            && !(await MayAsync(sourceNamespace, RelatedKinds.Pod, null, null, ct) is { Allowed: true } && (ofClaims || await MayAsync(sourceNamespace, new("", "v1", "pvcs", "PVC"), null, null, ct) is { Allowed: true })))
        {
            return TransferFaults.NotAllowed(sourceNamespace, destination, await UserAsync(ct), e: null);
        }

        ResourceKind[] made = ofClaims ? [KubeVirtKinds.VirtualMachine] : [KubeVirtKinds.VirtualMachine, await cluster.GetSnapshotKindAsync(ct)];
        foreach (var kind in !hasDisks ? made : [RelatedKinds.DataVolume, .. made])
        {
            if (await MayAsync(destination, kind, null, null, ct) is { Allowed: false } refused)
                return TransferFaults.MayNotMake(kind.Plural, destination, refused.Reason ?? "");
        }

        return null;
    }

    /// <summary>The name the server knows the user by; null when it does not tell.</summary>
    public async Task<string?> UserAsync(CancellationToken ct)
    {
        try
        {
            return (await cluster.Client.ReviewAsync(SelfReview, new V1SelfSubjectReview(), ct)).StringAt("status", "userInfo", "username");
        }
        catch (KubernetesException e) when (e is ApiStatusException or ApiAnswerInvalidException)
        {
            return null;
        }
    }

    private Task<V1SubjectAccessReviewStatus?> MayAsync(string ns, ResourceKind kind, string? subresource, string? name, CancellationToken ct) =>
        AccessReview.MayCreateAsync(cluster, ns, kind, ct, subresource, name);
}
