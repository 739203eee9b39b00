using System.Globalization;
using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// Binds PVCs as the volume controller and an external provisioner do. How a class behaves is on the StorageClass:
/// <c>volumeBindingMode</c>, and the parameters <c>delay</c> (seconds a volume takes), <c>never</c> (it is never made), <c>round</c>
/// (the least a volume has) and <c>recheck</c> (the driver is asked again until done, so that a snapshot deleted meanwhile is noticed).
/// </summary>
internal sealed class ClaimController
{
    private const string Component = "persistentvolume-controller";
    private const string Protection = "kubernetes.io/pvc-protection";
    private const string SelectedNode = "volume.kubernetes.io/selected-node";
    private const double DefaultDelay = 0.6;
    private readonly Cluster _cluster;
    private readonly WorkQueue _queue;
    private const double GrowDelay = 0.4;
    private readonly Dictionary<string, DateTimeOffset> _provisioning = [];
    private readonly Dictionary<string, DateTimeOffset> _growing = [];
    private readonly ObjectIndex _waitingForVolume;

    public ClaimController(Cluster cluster)
    {
        _cluster = cluster;
        _queue = cluster.Queue(Reconcile);
        _waitingForVolume = cluster.Index(cluster.Volumes, v => v.ObjectAt("spec", "claimRef") is { } r ? [Cluster.Key(r.TextAt("namespace"), r.TextAt("name") ?? "")] : []);
        cluster.On(cluster.Claims, e =>
        {
            _queue.Add(Cluster.Key(e.Object));
            if (e.Type == StoreEventType.Deleted)
                Release(e.Object);
        });
        cluster.On(cluster.Volumes, e =>
        {
            if (e.Type == StoreEventType.Deleted)
                return;
            // A volume that is given to another claim concerns the one that had it as well.
            foreach (var reference in new[] { e.Object, e.Old }.Select(v => v.ObjectAt("spec", "claimRef")).OfType<JsonObject>())
                _queue.Add(Cluster.Key(reference.TextAt("namespace"), reference.TextAt("name") ?? ""));
        });
        cluster.On(cluster.Instances, e =>
        {
            // An instance that goes lets go of its claims; one that comes has their file systems grow.
            if (e.Type != StoreEventType.Modified)
            {
                foreach (var claim in VirtualMachines.InstanceVolumes(e.Object).Select(VirtualMachines.ClaimName).OfType<string>())
                    _queue.Add(Cluster.Key(e.Object.Namespace(), claim));
            }
        });
    }

    /// <summary>What is said of a claim whose volume waits for a pod.</summary>
    public const string WaitsForConsumer = "waiting for first consumer to be created before binding";

    /// <summary>What is said of a claim whose volume is asked for.</summary>
    public static string Waiting(string provisioner) =>
        $"Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.";

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Claims, key) is not { } claim)
        {
            _provisioning.Remove(key);
            _growing.Remove(key);
            return null;
        }

        claim = NoteMisbound(claim);
        if (claim.IsDeleting())
        {
            // Protection holds a claim while a pod uses it; the pod of a VM is there as long as its instance.
            if (!InUse(claim))
                _cluster.RemoveFinalizer(_cluster.Claims, claim, Protection);
            return null;
        }

        if (!claim.HasFinalizer(Protection))
            claim = _cluster.AddFinalizer(_cluster.Claims, claim, Protection);
        if (claim["status"].TextAt("phase") is null)
        {
            var pending = claim.Copy();
            pending["status"] = new JsonObject { ["phase"] = "Pending" };
            claim = _cluster.UpdateStatus(_cluster.Claims, pending);
        }

        if (claim.TextAt("status", "phase") == "Bound")
            return Grow(key, claim);
        if (claim.TextAt("status", "phase") != "Pending")
            return null;
        if (_waitingForVolume.Find(key) is [var given, ..] && _cluster.Get(_cluster.Volumes, null, given[1..]) is { } volume)
        {
            Bind(claim, volume, byProvisioner: false);
            return null;
        }

        return Provision(key, claim);
    }

    private bool InUse(JsonObject claim) => _cluster.Api.List(_cluster.Instances, claim.Namespace())
        .Any(i => VirtualMachines.InstanceVolumes(i).Any(v => VirtualMachines.ClaimName(v) == claim.Name()));

    private TimeSpan? Provision(string key, JsonObject claim)
    {
        if (claim.TextAt("spec", "storageClassName") is not { Length: > 0 } className)
            return null;
        if (_cluster.Get(_cluster.StorageClasses, null, className) is not { } storageClass)
        {
            _cluster.Recorder.Warning(claim, "ProvisioningFailed", $"storageclass.storage.k8s.io {GoText.Quote(className)} not found", Component);
            return _cluster.Settings.Seconds(15);
        }

        var late = storageClass.TextAt("volumeBindingMode") == "WaitForFirstConsumer";
        var populator = ClaimSources.Populator(claim);
        // The import is not simulated: the claim it fills stands for the one beside it, which has its consumer at once.
        var filledByImport = populator == ClaimSources.Import;
        if (late && claim.Annotation(SelectedNode) is null && !(filledByImport && claim.Annotation(CdiNames.Immediate) is not null))
        {
            _cluster.Recorder.Normal(claim, "WaitForFirstConsumer", WaitsForConsumer, Component);
            return null;
        }

        var provisioner = storageClass.TextAt("provisioner") ?? "";
        // A claim that CDI fills gets its volume from the claim beside it; with late binding nobody asks the provisioner for it.
        if (claim.Annotation("volume.kubernetes.io/storage-provisioner") is null && !(filledByImport && late))
        {
            var copy = claim.Copy();
            var annotations = copy.Ensure("metadata", "annotations");
            annotations["volume.beta.kubernetes.io/storage-provisioner"] = provisioner;
            annotations["volume.kubernetes.io/storage-provisioner"] = provisioner;
            claim = _cluster.Update(_cluster.Claims, copy);
            _cluster.Recorder.Normal(claim, "ExternalProvisioning", Waiting(provisioner), Component);
        }

        // What a populator fills gets its volume from it.
        var parameters = storageClass.ObjectAt("parameters");
        if (parameters.TextAt("never") == "true" || populator == ClaimSources.Clone)
            return null;
        var started = _provisioning.TryGetValue(key, out var due);
        var asksAgain = parameters.TextAt("recheck") == "true";
        if ((!started || asksAgain) && (ClaimSources.Problem(_cluster, claim, storageClass) ?? (started ? null : _cluster.StorageFaults.Error("persistentvolumeclaims", claim, className))) is { } problem)
        {
            _provisioning.Remove(key);
            _cluster.Recorder.Warning(claim, "ProvisioningFailed", $"failed to provision volume with StorageClass {GoText.Quote(className)}: {problem}", provisioner);
            return _cluster.Settings.Seconds(15);
        }

        if (!started)
        {
            var delay = double.TryParse(parameters.TextAt("delay"), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? seconds : DefaultDelay;
            var slow = _cluster.StorageFaults.Delay("persistentvolumeclaims", claim, className);
            _provisioning[key] = due = _cluster.Now + _cluster.Settings.Seconds(delay) + _cluster.Settings.Scaled(slow);
        }

        if (_cluster.Now < due)
            return asksAgain ? Min(due - _cluster.Now, _cluster.Settings.Seconds(1)) : due - _cluster.Now;
        _provisioning.Remove(key);
        Bind(claim, MakeVolume(claim, storageClass), byProvisioner: true);
        return null;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private JsonObject MakeVolume(JsonObject claim, JsonObject storageClass)
    {
        // Volumes are named after the claim they were made for: for an import that is the claim beside.
        var name = "pvc-" + (ClaimSources.Populator(claim) == ClaimSources.Import ? _cluster.Api.NewUid() : claim.Uid());
        var volume = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolume",
            ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = new JsonObject { ["pv.kubernetes.io/provisioned-by"] = storageClass.TextAt("provisioner") } },
            ["spec"] = new JsonObject
            {
                ["accessModes"] = claim.At("spec", "accessModes").Copy(),
                ["capacity"] = new JsonObject { ["storage"] = Capacity(claim.TextAt("spec", "resources", "requests", "storage") ?? "1Gi", storageClass) },
                ["claimRef"] = ClaimReference(claim),
                ["csi"] = new JsonObject { ["driver"] = storageClass.TextAt("provisioner"), ["volumeHandle"] = name },
                ["persistentVolumeReclaimPolicy"] = storageClass.TextAt("reclaimPolicy") ?? "Delete",
                ["storageClassName"] = storageClass.Name(),
                ["volumeMode"] = claim.TextAt("spec", "volumeMode") ?? "Filesystem",
            },
        };
        return _cluster.Get(_cluster.Volumes, null, name) ?? _cluster.Create(_cluster.Volumes, volume);
    }

    // As an array with a smallest size gives it.
    private static string Capacity(string wanted, JsonObject storageClass) =>
        storageClass.TextAt("parameters", "round") is { } least && Quantity.Value(least) > Quantity.Value(wanted) ? least : wanted;

    private static JsonObject ClaimReference(JsonObject claim) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["name"] = claim.Name(),
        ["namespace"] = claim.Namespace(),
        ["uid"] = claim.Uid(),
    };

    private void Bind(JsonObject claim, JsonObject volume, bool byProvisioner)
    {
        var copy = claim.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations["pv.kubernetes.io/bind-completed"] = "yes";
        annotations["pv.kubernetes.io/bound-by-controller"] = "yes";
        copy.Ensure("spec")["volumeName"] = volume.Name();
        claim = _cluster.Update(_cluster.Claims, copy);
        if (!byProvisioner || volume.TextAt("status", "phase") != "Bound")
        {
            var bound = volume.Copy();
            bound.Ensure("spec")["claimRef"] = ClaimReference(claim);
            bound["status"] = new JsonObject { ["phase"] = "Bound" };
            volume = _cluster.Update(_cluster.Volumes, bound);
            bound = volume.Copy();
            bound["status"] = new JsonObject { ["phase"] = "Bound" };
            _cluster.UpdateStatus(_cluster.Volumes, bound);
        }

        var done = claim.Copy();
        done["status"] = new JsonObject
        {
            ["accessModes"] = volume.At("spec", "accessModes").Copy(),
            ["capacity"] = new JsonObject { ["storage"] = volume.TextAt("spec", "capacity", "storage") },
            ["phase"] = "Bound",
        };
        _cluster.UpdateStatus(_cluster.Claims, done);
    }

    // A claim whose volume was given to another has lost it.
    private JsonObject NoteMisbound(JsonObject claim)
    {
        if (claim.TextAt("status", "phase") != "Bound" || claim.TextAt("spec", "volumeName") is not { } name
            || _cluster.Get(_cluster.Volumes, null, name).TextAt("spec", "claimRef", "uid") is not { } holder || holder == claim.Uid())
        {
            return claim;
        }

        var lost = claim.Copy();
        lost["status"] = new JsonObject { ["phase"] = "Lost" };
        claim = _cluster.UpdateStatus(_cluster.Claims, lost);
        _cluster.Recorder.Warning(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly", Component);
        return claim;
    }

    // The resizer: a bound claim that asks for more than its volume has gets it, where its class allows (which was checked when it asked).
    private TimeSpan? Grow(string key, JsonObject claim)
    {
        if (claim.TextAt("spec", "resources", "requests", "storage") is not { } wanted
            || Quantity.Value(wanted) <= Quantity.Value(claim.TextAt("status", "capacity", "storage"))
            || _cluster.Get(_cluster.StorageClasses, null, claim.TextAt("spec", "storageClassName") ?? "").FlagAt("allowVolumeExpansion") is not true
            || _cluster.Get(_cluster.Volumes, null, claim.TextAt("spec", "volumeName") ?? "") is not { } volume)
        {
            _growing.Remove(key);
            return null;
        }

        if (!_growing.TryGetValue(key, out var due))
            _growing[key] = due = _cluster.Now + _cluster.Settings.Seconds(GrowDelay);
        if (_cluster.Now < due)
            return due - _cluster.Now;
        _growing.Remove(key);
        var how = _cluster.Get(_cluster.StorageClasses, null, claim.TextAt("spec", "storageClassName") ?? "").TextAt("parameters", "grow");
        if (how == "never")
        {
            RefuseGrowth(claim, volume, wanted);
            return null;
        }

        var grown = volume.Copy();
        grown.Ensure("spec", "capacity")["storage"] = wanted;
        if (!grown.Same(volume))
            _cluster.Update(_cluster.Volumes, grown);
        if (how == "node" && claim.TextAt("spec", "volumeMode") != "Block" && !InUse(claim))
        {
            AwaitNode(claim, wanted);
            return null;
        }

        var done = claim.Copy();
        done.Ensure("status", "capacity")["storage"] = wanted;
        done.ObjectAt("status")!.Remove("conditions");
        done.ObjectAt("status")!.Remove("allocatedResources");
        done.ObjectAt("status")!.Remove("allocatedResourceStatuses");
        _cluster.UpdateStatus(_cluster.Claims, done);
        return null;
    }

    // The volume is larger; its file system is grown by the node that uses it next.
    private void AwaitNode(JsonObject claim, string wanted)
    {
        if (Resized(claim, wanted, "NodeResizePending", "FileSystemResizePending", "Waiting for user to (re-)start a pod to finish file system resize of volume on node."))
            _cluster.Recorder.Normal(claim, "FileSystemResizeRequired", "Require file system resize of volume on node", Resizer(claim));
    }

    private void RefuseGrowth(JsonObject claim, JsonObject volume, string wanted)
    {
        const string Why = "rpc error: code = InvalidArgument desc = the array makes no volume larger";
        var name = GoText.Quote(volume.Name());
        if (Resized(claim, wanted, "ControllerResizeInfeasible", "ControllerResizeError", Why))
            _cluster.Recorder.Warning(claim, "VolumeResizeFailed", $"resize volume {name} by resizer {GoText.Quote(Resizer(claim))} failed: {Why}", Resizer(claim));
    }

    private bool Resized(JsonObject claim, string wanted, string progress, string condition, string message)
    {
        if (claim.TextAt("status", "allocatedResourceStatuses", "storage") == progress && claim.TextAt("status", "allocatedResources", "storage") == wanted)
            return false;
        var copy = claim.Copy();
        copy.Ensure("status", "allocatedResources")["storage"] = wanted;
        copy.Ensure("status", "allocatedResourceStatuses")["storage"] = progress;
        copy.Ensure("status")["conditions"] = new JsonArray(new JsonObject
        {
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = _cluster.Timestamp,
            ["message"] = message,
            ["status"] = "True",
            ["type"] = condition,
        });
        _cluster.UpdateStatus(_cluster.Claims, copy);
        return true;
    }

    private string Resizer(JsonObject claim) =>
        "external-resizer " + (_cluster.Get(_cluster.StorageClasses, null, claim.TextAt("spec", "storageClassName") ?? "").TextAt("provisioner") ?? "");

    private void Release(JsonObject claim)
    {
        if (claim.TextAt("spec", "volumeName") is not { } name || _cluster.Get(_cluster.Volumes, null, name) is not { } volume)
            return;
        if (volume.TextAt("spec", "claimRef", "uid") == claim.Uid() && volume.TextAt("spec", "persistentVolumeReclaimPolicy") == "Delete")
            _cluster.DeleteIfThere(_cluster.Volumes, null, name);
    }
}
