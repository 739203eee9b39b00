using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Asks the server what the user (or the one impersonated) may do.</summary>
internal static class AccessReview
{
    private static readonly ResourceKind Kind = new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", Namespaced: false);

    /// <summary>Whether objects of a kind may be created in a namespace; null where the server does not say.</summary>
    public static async Task<bool?> MayCreateAsync(KubeVirtCluster cluster, string ns, ResourceKind wanted, CancellationToken ct)
    {
        var review = new JsonObject
        {
            ["apiVersion"] = Kind.ApiVersion,
            ["kind"] = Kind.Kind,
            ["spec"] = new JsonObject
            {
                ["resourceAttributes"] = new JsonObject { ["namespace"] = ns, ["verb"] = "create", ["group"] = wanted.Group, ["resource"] = wanted.Plural },
            },
        };
        try
        {
            var answer = (await cluster.Client.SendAsync(HttpMethod.Post, Kind.PathFor(null), review, "application/json", ct)).Json();
            return answer?.Member("status") is { } status && status.Member("allowed") is { } allowed ? allowed.ValueKind == JsonValueKind.True : null;
        }
        catch (ApiStatusException e) when (!e.IsUnauthorized)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether {wanted.Plural} may be created in {ns} could not be asked: {e.ApiMessage}");
            return null;
        }
    }
}
