using k8s.Models;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Asks the server what the user (or the one impersonated) may do.</summary>
internal static class AccessReview
{
    /// <summary>The kind of the question.</summary>
    public static ResourceKind Kind { get; } = new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", Namespaced: false);

    /// <summary>The server's answer; null where it does not say.</summary>
    public static async Task<V1SubjectAccessReviewStatus?> AskAsync(KubeVirtCluster cluster, V1ResourceAttributes about, CancellationToken ct)
    {
        var review = new V1SelfSubjectAccessReview { Spec = new V1SelfSubjectAccessReviewSpec { ResourceAttributes = about } };
        try
        {
            var answer = await cluster.Client.ReviewAsync(Kind, review, ct);
            // The model reads an answer that does not say as a no.
            return answer.At("status", "allowed") is null ? null : answer.As<V1SelfSubjectAccessReview>().Status;
        }
        catch (ApiAnswerInvalidException)
        {
            return null;
        }
    }

    /// <summary>Whether objects of a kind (or a subresource of one) may be created in a namespace; null where the server does not say, or cannot be asked.</summary>
    public static async Task<V1SubjectAccessReviewStatus?> MayCreateAsync(
        KubeVirtCluster cluster, string ns, ResourceKind wanted, CancellationToken ct, string? subresource = null, string? name = null)
    {
        try
        {
            var about = new V1ResourceAttributes { NamespaceProperty = ns, Verb = "create", Group = wanted.Group, Resource = wanted.Plural, Subresource = subresource, Name = name };
            return await AskAsync(cluster, about, ct);
        }
        catch (ApiStatusException e) when (!e.IsUnauthorized)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether you may create {wanted.Plural} in {ns} could not be asked: {e.ApiMessage}");
            return null;
        }
    }

    /// <summary>Whether machines and their claims may be created in a namespace, as making clones directly needs; false where that cannot be told.</summary>
    public static async Task<bool> MayPostAsync(KubeVirtCluster cluster, string ns, CancellationToken ct) =>
        (await Task.WhenAll(new[] { KubeVirtKinds.VirtualMachine, KubeVirtKinds.PersistentVolumeClaim }.Select(kind => MayCreateAsync(cluster, ns, kind, ct)))).All(m => m is { Allowed: true });
}
