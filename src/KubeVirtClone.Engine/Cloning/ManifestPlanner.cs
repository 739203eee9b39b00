using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Writes a batch down instead of making it: the objects that would be posted. What can be said in KubeVirt's own terms needs no cluster; golden
/// images, and what a clone is to be, are worked out from the source, which is read for it. Nothing is created.
/// </summary>
public sealed class ManifestPlanner
{
    private readonly KubeVirtCluster _cluster;
    private readonly CloneMethodChoice _method;
    private readonly string _batch;

    /// <summary>Over a connection.</summary>
    /// <param name="cluster">The connection.</param>
    /// <param name="method">How the clones are made. <see cref="CloneMethodChoice.Auto"/> writes VirtualMachineClones, which can all be applied at once.</param>
    /// <param name="batch">Batch id.</param>
    public ManifestPlanner(KubeVirtCluster cluster, CloneMethodChoice method, string batch)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentException.ThrowIfNullOrEmpty(batch);
        _cluster = cluster;
        _method = method;
        _batch = batch;
    }

    /// <summary>Whether the objects for a request can be written only with a cluster at hand.</summary>
    /// <param name="request">The request.</param>
    /// <param name="method">How clones are made.</param>
    public static bool NeedsCluster(CloneRequest request, CloneMethodChoice method)
    {
        ArgumentNullException.ThrowIfNull(request);
        return method == CloneMethodChoice.Restore || request.GoldenImage is not null || IdentityRules.NeedsSource(request);
    }

    /// <summary>The objects for requests that need no cluster (<see cref="NeedsCluster"/>), in the order of the requests.</summary>
    /// <param name="requests">The requests. Where one has no namespace its object names none either, and <c>kubectl create</c> takes its own.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="apiVersion">API version of VirtualMachineClone: <c>v1beta1</c>, <c>v1alpha1</c>.</param>
    public static IReadOnlyList<ManifestItem> WithoutCluster(IReadOnlyList<CloneRequest> requests, string batch, string apiVersion)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var compiler = new CloneCompiler(batch, macs: null);
        var items = new List<ManifestItem>(requests.Count);
        var ordinals = new Dictionary<(string, string, string), int>();
        foreach (var request in requests)
        {
            var source = (request.Namespace, request.SourceKind, request.SourceName);
            var ordinal = string.IsNullOrEmpty(request.TargetName) ? ordinals[source] = ordinals.GetValueOrDefault(source, -1) + 1 : 0;
            var complete = request.Namespace.Length > 0 ? request : request with { Namespace = "default" };
            var compiled = compiler.Compile(complete, ordinal, source: null);
            items.AddRange(compiled.Warnings.Select(w => new ManifestItem { Request = request, Warning = w }));
            if (compiled.Fault is { } fault)
            {
                items.Add(new ManifestItem { Request = request, Fault = fault });
                continue;
            }

            var manifest = CloneManifest.Build(compiled.Request, $"{KubeVirtKinds.CloneGroup}/{apiVersion}");
            if (request.Namespace.Length == 0)
                ((JsonObject)manifest["metadata"]!).Remove("namespace");
            items.Add(new ManifestItem { Request = request, Manifest = manifest });
        }

        return items;
    }

    /// <summary>The objects for the requests, each source's together: a snapshot before the restores that need it.</summary>
    /// <param name="requests">The requests, each with its namespace.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="EngineException">The server cannot be asked, or cannot clone.</exception>
    public async Task<IReadOnlyList<ManifestItem>> PlanAsync(IReadOnlyList<CloneRequest> requests, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var options = new CloneOptions
        {
            DryRun = true,
            // One object a clone: a snapshot of its own for each source would have to be ready before its clones.
            Method = _method == CloneMethodChoice.Restore ? CloneMethodChoice.Restore : CloneMethodChoice.Clone,
            NoSharedSnapshot = _method != CloneMethodChoice.Restore,
        };
        var plan = await new ClonePlanner(_cluster, options, _batch) { OnPaper = true }.PlanAsync(requests, ct);
        List<ManifestItem> items = [.. plan.Updates.Select(u => new ManifestItem { Request = u.Request, Warning = u.Message, Fault = u.Fault })];
        if (_method != CloneMethodChoice.Restore)
        {
            items.AddRange(plan.Clones.Select(c => new ManifestItem { Request = c.Original, Manifest = c.Body }));
            return items;
        }

        var version = (await _cluster.GetSnapshotKindAsync(ct)).Version;
        foreach (var group in new GroupPlanner(options, _batch, kubeVirt: null, snapshotsServed: true, verbose: null).Plan(plan.Clones))
            AddRestores(items, group, version);
        return items;
    }

    private void AddRestores(List<ManifestItem> items, SourceGroup group, string version)
    {
        if (group.Snapshot is { } snapshot)
        {
            items.Add(new ManifestItem
            {
                Warning = $"KubeVirt takes the restores of '{group.SourceName}' only once their snapshot is ready: create the snapshot, wait (kubectl wait --for=condition=Ready vmsnapshot/{snapshot}), then create them; delete it when their volumes are bound. Their patches fit the machine as it is now.",
            });
            var shared = new SharedSnapshot(_cluster, group.Namespace, snapshot, group.SourceName, group.Clones[0].Request.Batch);
            items.Add(new ManifestItem { Manifest = shared.ToManifest(group.Clones.Count, version) });
        }

        foreach (var clone in group.Clones)
        {
            if (clone.Source is not { } source)
            {
                var unreadable = IdentityRules.Unsupported(
                    $"The restore of '{clone.Request.SourceName}' cannot be worked out: the source cannot be read",
                    "Ask for the right to read it, or write a clone: leave the method Restore out.");
                items.Add(new ManifestItem
                {
                    Request = clone.Original,
                    Fault = FaultMapper.Make(unreadable.Id, FaultCategory.InvalidArgument, unreadable.Message, unreadable.Action, clone.DisplayName),
                });
                continue;
            }

            var patches = clone.Request.Patches is { } own ? PatchRules.Read(own) : [];
            var (restore, fault) = SnapshottedSource.AsRestore(clone, group.Snapshot ?? group.SourceName, source, patches, version, holdStart: false);
            items.Add(new ManifestItem { Request = clone.Original, Manifest = fault is null ? restore.Body : null, Fault = fault });
        }
    }
}
