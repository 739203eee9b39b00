using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>Posts the objects of a transfer, whose names are fixed: what is there already is taken over where it is of this transfer, and left alone where it is not.</summary>
internal sealed class TransferPosts(KubeVirtCluster cluster, string sourceNamespace, string destination)
{
    /// <summary>Null when the object is there.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="body">It.</param>
    /// <param name="isOurs">Whether one of its name that is there is of this transfer.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Fault?> MakeAsync(ResourceKind kind, JsonObject body, Func<KubernetesObject, bool> isOurs, CancellationToken ct)
    {
        var name = NameOf(body);
        const int attempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await PostAsync(kind, body, dryRun: false, ct);
                return null;
            }
            catch (KubernetesException e) when (e is AnswerLostException or ApiStatusException { IsAlreadyExists: true })
            {
                var found = await FindAsync(kind, name, ct);
                if (found is not null && found.DeletionTimestamp is null)
                    return isOurs(found) ? null : TransferFaults.NameTaken(kind, destination, name);
                if (attempt == attempts)
                    return FaultMapper.From(e, $"{destination}/{name}");
                if (found is not null)
                    await new RemovalWaiter(cluster).WaitAsync([new(kind, kind.Namespaced ? destination : "", name, found.Uid)], RemovalWaiter.Patience, ct);
            }
            catch (ApiStatusException e)
            {
                return TransferFaults.From(e, sourceNamespace, destination, name, await new TransferRights(cluster).UserAsync(ct));
            }
        }
    }

    /// <summary>The server's own word on an object, which is not made; null when it takes it, or it is there of an earlier call.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="body">It.</param>
    /// <param name="isOurs">Whether one of its name that is there is of this transfer.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(Fault? Fault, bool IsThere)> TryAsync(ResourceKind kind, JsonObject body, Func<KubernetesObject, bool> isOurs, CancellationToken ct)
    {
        var name = NameOf(body);
        try
        {
            await PostAsync(kind, body, dryRun: true, ct);
            return (null, IsThere: false);
        }
        catch (ApiStatusException e) when (!FaultMapper.EndsEverything(e) && e.StatusCode < 500)
        {
            // CDI looks for the claim before the server looks for the data volume.
            var isThere = e.IsAlreadyExists || e.ApiMessage.Contains("Destination PVC", StringComparison.Ordinal);
            if (isThere && await FindAsync(kind, name, ct) is { } there && isOurs(there))
                return (null, IsThere: true);
            return (e.IsAlreadyExists
                ? TransferFaults.NameTaken(kind, destination, name)
                : TransferFaults.From(e, sourceNamespace, destination, name, await new TransferRights(cluster).UserAsync(ct)), isThere);
        }
    }

    /// <summary>The object's name.</summary>
    public static string NameOf(JsonObject body) => body["metadata"]!["name"]!.GetValue<string>();

    private Task<KubernetesObject> PostAsync(ResourceKind kind, JsonObject body, bool dryRun, CancellationToken ct) =>
        cluster.Client.CreateAsync(kind, PlaceOf(kind), (JsonObject)body.DeepClone(), new WriteOptions { DryRun = dryRun, FieldManager = CloneLabels.FieldManager }, ct);

    private Task<KubernetesObject?> FindAsync(ResourceKind kind, string name, CancellationToken ct) => cluster.Client.FindAsync(kind, PlaceOf(kind), name, ct);

    private string? PlaceOf(ResourceKind kind) => kind.Namespaced ? destination : null;
}
