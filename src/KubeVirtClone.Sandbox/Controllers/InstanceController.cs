using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// VirtualMachineInstances: scheduled when there are nodes and their volumes can be bound (which makes them the first consumer
/// that WaitForFirstConsumer waits for), then running after a simulated boot of one second.
/// </summary>
internal sealed class InstanceController
{
    private const string Finalizer = "kubevirt.io/virtualMachineControllerFinalize";
    private const string Component = "virtualmachine-controller";
    private const string NodeName = "sandbox-node-1";
    private static readonly TimeSpan PodEnd = TimeSpan.FromMilliseconds(55);
    private static readonly TimeSpan AfterPod = TimeSpan.FromMilliseconds(45);
    private readonly Cluster _cluster;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _byClaim;
    private readonly Dictionary<string, DateTimeOffset> _booting = [];
    private readonly Dictionary<string, DateTimeOffset> _ending = [];

    public InstanceController(Cluster cluster)
    {
        _cluster = cluster;
        _queue = cluster.Queue(Reconcile);
        _byClaim = cluster.Index(cluster.Instances, i => VirtualMachines.InstanceVolumes(i).Select(VirtualMachines.ClaimName).OfType<string>().Select(c => Cluster.Key(i.Namespace(), c)));
        cluster.On(cluster.Instances, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.Claims, e =>
        {
            foreach (var key in _byClaim.Find(Cluster.Key(e.Object)))
                _queue.Add(key);
        });
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
                SetPhase(instance, "Scheduling", running: false);
                return null;
            case "Scheduling" when _cluster.Settings.Nodes:
                Consume(instance);
                if (!VolumesReady(instance))
                    return null;
                if (!_booting.TryGetValue(key, out var due))
                    _booting[key] = due = _cluster.Now + _cluster.Settings.Seconds(1);
                if (_cluster.Now < due)
                    return due - _cluster.Now;
                _booting.Remove(key);
                SetPhase(instance, "Running", running: true);
                return null;
            default:
                return null;
        }
    }

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
        SetPhase(instance, instance.TextAt("status", "phase") == "Running" ? "Succeeded" : "Failed", running: false);
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

    private void SetPhase(JsonObject instance, string phase, bool running)
    {
        var copy = instance.Copy();
        var status = copy.Ensure("status");
        status["phase"] = phase;
        if (running)
        {
            status["nodeName"] = NodeName;
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
