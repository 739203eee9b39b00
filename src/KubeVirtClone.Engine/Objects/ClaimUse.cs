using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Which pods use claims.</summary>
internal static class ClaimUse
{
    /// <summary>True for a pod that has not ended and uses a claim.</summary>
    public static bool Uses(KubernetesObject pod) =>
        pod.StringAt("status", "phase") is not ("Succeeded" or "Failed")
        && pod.ItemsAt("spec", "volumes").Any(v => v.Member("persistentVolumeClaim") is not null);
}
