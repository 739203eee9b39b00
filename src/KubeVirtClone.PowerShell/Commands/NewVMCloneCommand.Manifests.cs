using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Commands;

/// <summary>How New-VMClone writes its requests down instead of carrying them out.</summary>
public sealed partial class NewVMCloneCommand
{
    private void WriteManifests()
    {
        var batch = string.IsNullOrEmpty(Batch) ? CloneNames.NewBatch(DateTimeOffset.UtcNow) : Batch;
        var method = Enum.Parse<CloneMethodChoice>(Method.ToString());
        var needsCluster = IsGiven(nameof(SourceNamespace)) || Requests.Any(request => ManifestPlanner.NeedsCluster(request, method));
        // Without a connection the version is the one KubeVirt has served since 1.4; virtctl writes manifests offline too.
        if (!needsCluster && !IsConnectionMeant)
        {
            WriteManifests(ManifestPlanner.WithoutCluster(Requests, batch, "v1beta1"));
            return;
        }

        RunWithCluster(async (cluster, ct) =>
        {
            var requests = InNamespace(cluster, Requests);
            var items = needsCluster
                ? await new ManifestPlanner(cluster, method, batch).PlanAsync(requests, ct)
                : ManifestPlanner.WithoutCluster(requests, batch, (await cluster.GetCloneKindAsync(ct)).Version);
            Post(() => WriteManifests(items));
        });
    }

    private void WriteManifests(IReadOnlyList<ManifestItem> items)
    {
        foreach (var item in items)
        {
            if (item.Warning is { } warning) WarnOnce(warning.ToString());
            if (item.Fault is { } fault) WriteError(ErrorRecords.From(fault, item.Request?.Input));
            if (item.Manifest is { } manifest) WriteObject(CloneManifest.ToYaml(manifest).TrimEnd('\n'));
        }
    }
}
