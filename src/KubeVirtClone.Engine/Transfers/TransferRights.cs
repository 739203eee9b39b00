using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>Whether the user may bring disks from one namespace into another, by the server's own access reviews: asked before anything is made.</summary>
internal sealed class TransferRights(KubeVirtCluster cluster)
{
    private static readonly ResourceKind Review = new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", Namespaced: false);
    private static readonly ResourceKind WhoAmI = new("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", Namespaced: false);

    /// <summary>Null where nothing is missing, or it cannot be found out; CDI's own check follows when a data volume is posted.</summary>
    public async Task<Fault?> WhyNotAsync(string sourceNamespace, bool hasDisks, string? volumeSnapshot, string destination, CancellationToken ct)
    {
        // CDI takes either right: to clone from data volumes of the namespace, or to run pods there, which could read the disks.
        if (hasDisks
            && await MayAsync(sourceNamespace, RelatedKinds.DataVolume, "source", volumeSnapshot, ct) is { Allowed: false }
            && !(await MayAsync(sourceNamespace, RelatedKinds.Pod, null, null, ct) is { Allowed: true } && await MayAsync(sourceNamespace, new("", "v1", "pvcs", "PVC"), null, null, ct) is { Allowed: true }))
        {
            return TransferFaults.NotAllowed(sourceNamespace, destination, await UserAsync(ct), e: null);
        }

        ResourceKind[] made = [KubeVirtKinds.VirtualMachine, await cluster.GetSnapshotKindAsync(ct)];
        foreach (var kind in !hasDisks ? made : [RelatedKinds.DataVolume, .. made])
        {
            if (await MayAsync(destination, kind, null, null, ct) is { Allowed: false } refused)
                return TransferFaults.MayNotMake(kind.Plural, destination, refused.Reason);
        }

        return null;
    }

    /// <summary>The name the server knows the user by; null when it does not tell.</summary>
    public async Task<string?> UserAsync(CancellationToken ct)
    {
        try
        {
            var review = new JsonObject { ["apiVersion"] = WhoAmI.ApiVersion, ["kind"] = WhoAmI.Kind };
            var answer = await cluster.Client.SendAsync(HttpMethod.Post, WhoAmI.PathFor(null), review, "application/json", ct);
            return answer.Json()?.Member("status")?.Member("userInfo")?.Text("username");
        }
        catch (ApiStatusException)
        {
            return null;
        }
    }

    private async Task<(bool Allowed, string Reason)?> MayAsync(string ns, ResourceKind kind, string? subresource, string? name, CancellationToken ct)
    {
        var attributes = new JsonObject { ["namespace"] = ns, ["verb"] = "create", ["group"] = kind.Group, ["resource"] = kind.Plural };
        if (subresource is not null)
            attributes["subresource"] = subresource;
        if (name is not null)
            attributes["name"] = name;
        var review = new JsonObject
        {
            ["apiVersion"] = Review.ApiVersion,
            ["kind"] = Review.Kind,
            ["spec"] = new JsonObject { ["resourceAttributes"] = attributes },
        };
        try
        {
            var status = (await cluster.Client.SendAsync(HttpMethod.Post, Review.PathFor(null), review, "application/json", ct)).Json()?.Member("status");
            return status?.Member("allowed") is { } allowed ? (allowed.ValueKind == JsonValueKind.True, status.Value.Text("reason") ?? "") : null;
        }
        catch (ApiStatusException e) when (!e.IsUnauthorized)
        {
            cluster.Callbacks.Verbose?.Invoke($"Whether you may create {kind.Plural} in {ns} could not be asked: {e.ApiMessage}");
            return null;
        }
    }
}
