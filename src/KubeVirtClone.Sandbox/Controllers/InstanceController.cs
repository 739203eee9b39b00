using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// VirtualMachineInstances: scheduled when there are nodes and their volumes can be bound (which makes them the first consumer
/// that WaitForFirstConsumer waits for) and the Secrets and config maps its pod mounts are there, then running after a simulated boot
/// of one second.
/// </summary>
internal sealed class InstanceController
{
    private const string Finalizer = "kubevirt.io/virtualMachineControllerFinalize";
    private const string Component = "virtualmachine-controller";

    /// <summary>The one node there is.</summary>
    public const string NodeName = "sandbox-node-1";
    private static readonly TimeSpan PodEnd = TimeSpan.FromMilliseconds(55);
    private static readonly TimeSpan AfterPod = TimeSpan.FromMilliseconds(45);
    private readonly Cluster _cluster;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _byClaim;
    private readonly ObjectIndex _byReference;
    private readonly InstanceStatus _status;
    private readonly Dictionary<string, DateTimeOffset> _booting = [];
    private readonly Dictionary<string, DateTimeOffset> _ending = [];

    public InstanceController(Cluster cluster)
    {
        _cluster = cluster;
        _queue = cluster.Queue(Reconcile);
        _byClaim = cluster.Index(cluster.Instances, i => VirtualMachines.InstanceVolumes(i).Select(VirtualMachines.ClaimName).OfType<string>().Select(c => Cluster.Key(i.Namespace(), c)));
        _status = new InstanceStatus(cluster, NodeName);
        _byReference = cluster.Index(cluster.Instances, i => GuestReferences.Of(i.ObjectAt("spec")).Select(r => r.Kind + Cluster.Key(i.Namespace(), r.Name)));
        foreach (var type in (ResourceType[])[cluster.Api.Type("", "secrets"), cluster.Api.Type("", "configmaps")])
            cluster.On(type, e => _queue.Add(_byReference.Find(type.Kind + Cluster.Key(e.Object))));
        cluster.On(cluster.Instances, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.Claims, e => _queue.Add(_byClaim.Find(Cluster.Key(e.Object))));
    }

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Instances, key) is not { } instance)
        {
            _booting.Remove(key);
            _ending.Remove(key);
            return null;
        }

        if (instance.IsDeleting())
            return End(key, instance);

        switch (instance.TextAt("status", "phase"))
        {
            case "Pending" or null:
                if (_cluster.Settings.Nodes)
                    Consume(instance);
                if (!VolumesExist(instance))
                    return null;
                _cluster.Recorder.Normal(instance, "SuccessfulCreate", "Created virtual machine pod " + VirtualMachines.PodName(instance), Component);
                SetPhase(instance, "Scheduling");
                return null;
            case "Scheduling" when _cluster.Settings.Nodes:
                Consume(instance);
                // A pod without what it mounts stays where it is until that comes.
                if (!VolumesReady(instance) || !ReferencesReady(instance))
                    return null;
                return Boot(key, instance, "Scheduled");
            case "Scheduled":
                return Boot(key, instance, "Running");
            default:
                return null;
        }
    }

    // Half of the second is the pod's, half the guest's.
    private TimeSpan? Boot(string key, JsonObject instance, string next)
    {
        if (!_booting.TryGetValue(key, out var due))
            _booting[key] = due = _cluster.Now + _cluster.Settings.Seconds(0.5);
        if (_cluster.Now < due)
            return due - _cluster.Now;
        _booting.Remove(key);
        SetPhase(instance, next);
        return null;
    }

    private bool ReferencesReady(JsonObject instance) => GuestReferences.Of(instance.ObjectAt("spec"))
        .All(r => _cluster.Get(_cluster.Api.Type("", r.Kind == "Secret" ? "secrets" : "configmaps"), instance.Namespace(), r.Name) is not null);

    // Its pod goes first, and with it the phase becomes final; then the instance itself.
    private TimeSpan? End(string key, JsonObject instance)
    {
        var over = instance.TextAt("status", "phase") is "Succeeded" or "Failed";
        if (!_ending.TryGetValue(key, out var due))
            _ending[key] = due = _cluster.Now + _cluster.Settings.Scaled(over ? AfterPod : PodEnd);
        if (_cluster.Now < due)
            return due - _cluster.Now;
        _ending.Remove(key);
        if (over)
        {
            _cluster.RemoveFinalizer(_cluster.Instances, instance, Finalizer);
            return null;
        }

        if (instance.TextAt("status", "phase") is not ("Pending" or null))
            _cluster.Recorder.Normal(instance, "SuccessfulDelete", "Deleted virtual machine pod " + VirtualMachines.PodName(instance), Component);
        SetPhase(instance, instance.TextAt("status", "phase") == "Running" ? "Succeeded" : "Failed");
        return null;
    }

    // What the scheduler does for a pod with unbound volumes: it chooses the node they are to be made for.
    private void Consume(JsonObject instance)
    {
        foreach (var claim in Claims(instance))
        {
            if (claim.TextAt("status", "phase") == "Bound" || claim.Annotation("volume.kubernetes.io/selected-node") is not null || claim.IsDeleting())
                continue;
            if (_cluster.Get(_cluster.StorageClasses, null, claim.TextAt("spec", "storageClassName") ?? "").TextAt("volumeBindingMode") != "WaitForFirstConsumer")
                continue;
            var copy = claim.Copy();
            copy.Ensure("metadata", "annotations")["volume.kubernetes.io/selected-node"] = NodeName;
            _cluster.Update(_cluster.Claims, copy);
        }
    }

    private IEnumerable<JsonObject> Claims(JsonObject instance) => VirtualMachines.InstanceVolumes(instance)
        .Select(VirtualMachines.ClaimName).OfType<string>()
        .Select(n => _cluster.Get(_cluster.Claims, instance.Namespace(), n)).OfType<JsonObject>();

    // A pod is made once all claims are there; that they are bound is for the scheduler.
    private bool VolumesExist(JsonObject instance)
    {
        var missing = VirtualMachines.InstanceVolumes(instance)
            .Where(v => VirtualMachines.ClaimName(v) is { } n && _cluster.Get(_cluster.Claims, instance.Namespace(), n) is null).ToList();
        foreach (var claim in missing.Select(v => v.TextAt("persistentVolumeClaim", "claimName")).OfType<string>())
            _cluster.Recorder.Normal(instance, "FailedPvcNotFound", $"PVC {instance.Namespace()}/{claim} does not exist, waiting for it to appear", Component);
        return missing.Count == 0;
    }

    private bool VolumesReady(JsonObject instance)
    {
        var names = VirtualMachines.InstanceVolumes(instance).Select(VirtualMachines.ClaimName).OfType<string>().ToList();
        return names.TrueForAll(n => _cluster.Get(_cluster.Claims, instance.Namespace(), n).TextAt("status", "phase") == "Bound");
    }

    private void SetPhase(JsonObject instance, string phase)
    {
        var copy = instance.Copy();
        var status = copy.Ensure("status");
        _status.Enter(status, phase);
        if (phase == "Scheduled")
            _status.Place(instance, status);
        if (phase == "Running")
        {
            _status.Boot(instance, status);
            var conditions = new JsonArray(Condition("Ready"));
            if (instance.TextAt("spec", "startStrategy") == "Paused")
            {
                var paused = Condition("Paused");
                paused["message"] = "VMI was paused by user";
                paused["reason"] = "PausedByUser";
                conditions.Add((JsonNode)paused);
            }

            status["conditions"] = conditions;
        }

        _cluster.Update(_cluster.Instances, copy);
    }

    private JsonObject Condition(string type) => new()
    {
        ["lastProbeTime"] = null,
        ["lastTransitionTime"] = _cluster.Timestamp,
        ["status"] = "True",
        ["type"] = type,
    };
}
