using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Transfers;

/// <summary>
/// Instance types and preferences of the source's own namespace, which the other has not: each is made there too, as the machine has it pinned.
/// Those of the whole cluster are the same everywhere.
/// </summary>
internal sealed class TypeCopies(KubeVirtCluster cluster, string sourceNamespace, string destination, string transfer, string? batch)
{
    private const string Group = "instancetype.kubevirt.io";

    private readonly List<(ResourceKind Kind, JsonObject Body, string Matcher)> _copies = [];

    /// <summary>Names of the copies, by the field of the machine that names the original.</summary>
    public IReadOnlyList<(string Matcher, string Name)> Names => [.. _copies.Select(c => (c.Matcher, c.Body["metadata"]!["name"]!.GetValue<string>()))];

    public IReadOnlyList<(ResourceKind Kind, string Name)> Made => [.. _copies.Select(c => (c.Kind, c.Body["metadata"]!["name"]!.GetValue<string>()))];

    /// <summary>Null when all that is needed could be read.</summary>
    public async Task<Fault?> ReadAsync(JsonObject machine, CancellationToken ct)
    {
        if (_copies.Count > 0)
            return null;
        foreach (var (matcher, standard) in new[] { ("instancetype", "VirtualMachineInstancetype"), ("preference", "VirtualMachinePreference") })
        {
            if (machine["spec"]?[matcher] is not JsonObject named || SourceMachine.Text(named["name"]) is not { Length: > 0 } name
                || SourceMachine.Text(named["kind"]) is not { Length: > 0 } given || given.Contains("cluster", StringComparison.OrdinalIgnoreCase))
                continue;
            var versions = await cluster.Client.GetServedVersionsAsync(Group, ct);
            var kind = new ResourceKind(Group, versions.Count > 0 ? versions[0] : "v1beta1", standard.ToLowerInvariant() + "s", standard);
            var revision = SourceMachine.Text(named["revisionName"]);
            var original = revision is { Length: > 0 }
                ? (await cluster.Client.FindAsync(RelatedKinds.ControllerRevision, sourceNamespace, revision, ct))?.ToJsonObject()["data"] as JsonObject
                : (await cluster.Client.FindAsync(kind, sourceNamespace, name, ct))?.ToJsonObject();
            if (original?["spec"] is not JsonObject spec)
                return TransferFaults.Missing(new NamedObject(standard, name, $"spec.{matcher}"), sourceNamespace, destination);
            _copies.Add((kind, Body(kind, CloneNames.InTransfer(name, transfer), spec), matcher));
        }

        return null;
    }

    public async Task MakeAsync(CancellationToken ct)
    {
        foreach (var (kind, body, _) in _copies)
        {
            try
            {
                await cluster.Client.CreateAsync(kind, destination, (JsonObject)body.DeepClone(), new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
            }
            catch (ApiStatusException e) when (e.IsAlreadyExists)
            {
                // Its name tells whose copy it is: one of an earlier call.
            }
        }
    }

    /// <summary>Has them go with the snapshot; machines made of it have pinned them by then.</summary>
    public async Task OwnAsync(SnapshotRecord snapshot, CancellationToken ct)
    {
        foreach (var (kind, name) in Made)
        {
            var owner = new JsonObject { ["apiVersion"] = snapshot.Raw.ApiVersion, ["kind"] = snapshot.Raw.Kind, ["name"] = snapshot.Name, ["uid"] = snapshot.Uid };
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = new JsonArray(owner) } };
            await cluster.Client.PatchAsync(kind, destination, name, PatchKind.Merge, patch, new WriteOptions { FieldManager = CloneLabels.FieldManager }, ct);
        }
    }

    private JsonObject Body(ResourceKind kind, string name, JsonObject spec) => new()
    {
        ["apiVersion"] = kind.ApiVersion,
        ["kind"] = kind.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = destination, ["labels"] = TransferManifest.Labels(transfer, batch) },
        ["spec"] = spec.DeepClone(),
    };
}
