using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>Keeps a StorageProfile for each StorageClass: what CDI knows of it, and what an administrator says in its spec.</summary>
internal sealed class StorageProfileController
{
    private readonly Cluster _cluster;
    private readonly WorkQueue _queue;

    public StorageProfileController(Cluster cluster)
    {
        _cluster = cluster;
        _queue = cluster.Queue(Reconcile);
        cluster.On(cluster.StorageClasses, e => _queue.Add(e.Name));
        cluster.On(cluster.StorageProfiles, e => _queue.Add(e.Name));
        cluster.On(cluster.VolumeSnapshotClasses, _ =>
        {
            foreach (var storageClass in cluster.Api.List(cluster.StorageClasses, null))
                _queue.Add(storageClass.Name());
        });
        foreach (var existing in cluster.Api.List(cluster.StorageClasses, null))
            _queue.Add(existing.Name());
    }

    private TimeSpan? Reconcile(string name)
    {
        if (_cluster.Get(_cluster.StorageClasses, null, name) is not { } storageClass)
        {
            _cluster.DeleteIfThere(_cluster.StorageProfiles, null, name);
            return null;
        }

        if (_cluster.Get(_cluster.StorageProfiles, null, name) is not { } profile)
        {
            profile = _cluster.Create(_cluster.StorageProfiles, new JsonObject
            {
                ["apiVersion"] = "cdi.kubevirt.io/v1beta1",
                ["kind"] = "StorageProfile",
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["labels"] = new JsonObject
                    {
                        ["app"] = "containerized-data-importer",
                        ["app.kubernetes.io/component"] = "storage",
                        ["app.kubernetes.io/managed-by"] = "cdi-controller",
                        ["cdi.kubevirt.io"] = "",
                    },
                    ["ownerReferences"] = new JsonArray(Cluster.OwnerReference(storageClass, "storage.k8s.io/v1", "StorageClass")),
                },
                ["spec"] = new JsonObject(),
            });
        }

        var spec = profile.ObjectAt("spec");
        var status = new JsonObject { ["storageClass"] = name, ["provisioner"] = storageClass.TextAt("provisioner") };
        var snapshotClass = SnapshotClass(storageClass, spec.TextAt("snapshotClass"));
        if (snapshotClass is not null)
            status["snapshotClass"] = snapshotClass;
        status["cloneStrategy"] = spec.TextAt("cloneStrategy") ?? storageClass.Annotation("cdi.kubevirt.io/clone-strategy")
            ?? (snapshotClass is null ? CdiNames.Copy : CdiNames.Snapshot);
        status["dataImportCronSourceFormat"] = spec.TextAt("dataImportCronSourceFormat") ?? "pvc";
        // Of a driver it does not know CDI says nothing, and a DataVolume has to name its access modes itself.
        status["claimPropertySets"] = spec.ArrayAt("claimPropertySets").Copy() ?? new JsonArray();
        _cluster.WriteStatus(_cluster.StorageProfiles, profile, status);
        return null;
    }

    private string? SnapshotClass(JsonObject storageClass, string? wanted)
    {
        if (wanted is not null)
            return wanted;
        var classes = _cluster.Api.List(_cluster.VolumeSnapshotClasses, null).Where(c => c.TextAt("driver") == storageClass.TextAt("provisioner")).ToList();
        return (classes.Find(c => c.Annotation("snapshot.storage.kubernetes.io/is-default-class") == "true") ?? classes.FirstOrDefault())?.Name();
    }
}
