using System.Globalization;
using KubeVirtClone.Sandbox.Cdi;
using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>
/// The VirtualMachine controller: DataVolumes from templates, the instance a run strategy asks for, pinned instancetypes, status.
/// With nodes an instance comes to run after a short boot; without, it stays in Scheduling.
/// </summary>
internal sealed class MachineController
{
    private const string Component = "virtualmachine-controller";
    private const string Finalizer = "kubevirt.io/virtualMachineControllerFinalize";
    private static readonly TimeSpan MarkDelay = TimeSpan.FromMilliseconds(60);
    private readonly HashSet<string> _fresh = [];
    private readonly Dictionary<string, DateTimeOffset> _markAt = [];
    private readonly Cluster _cluster;
    private readonly MachineDataVolumes _dataVolumes;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _byVolume;
    private readonly InstanceStatus _instances;

    public MachineController(Cluster cluster, CloneAuthorization authorization)
    {
        _cluster = cluster;
        _dataVolumes = new MachineDataVolumes(cluster, authorization);
        _queue = cluster.Queue(Reconcile);
        _instances = new InstanceStatus(cluster, InstanceController.NodeName);
        _byVolume = cluster.Index(cluster.Machines, m => VirtualMachines.Volumes(m).Select(VirtualMachines.ClaimName).OfType<string>().Select(c => Cluster.Key(m.Namespace(), c)));
        cluster.On(cluster.Machines, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.Instances, e => _queue.Add(Cluster.Key(e.Object)));
        cluster.On(cluster.DataVolumes, WakeByVolume);
        // KubeVirt looks at a VM when a claim comes or goes, not when it is bound: what a stopped VM's status says of that stays.
        cluster.On(cluster.Claims, e =>
        {
            if (e.Type != StoreEventType.Modified)
                WakeByVolume(e);
        });
    }

    private void WakeByVolume(StoreEvent e) => _queue.Add(_byVolume.Find(Cluster.Key(e.Object)));

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Machines, key) is not { } machine)
        {
            _fresh.Remove(key);
            _markAt.Remove(key);
            return null;
        }

        var instance = _cluster.Get(_cluster.Instances, key);
        if (machine.IsDeleting())
        {
            if (instance is not null)
                _cluster.DeleteIfThere(_cluster.Instances, machine.Namespace(), machine.Name());
            else
                machine = _cluster.RemoveFinalizer(_cluster.Machines, machine, Finalizer);
            if (_cluster.Get(_cluster.Machines, key) is { } still)
                WriteStatus(still, _cluster.Get(_cluster.Instances, key));
            return null;
        }

        // KubeVirt's controller marks a VM on its second look, a moment after the first; what is captured in between lacks the marks.
        var seenBefore = machine.HasFinalizer(Finalizer) || !_fresh.Add(key);
        if (seenBefore && _markAt.TryGetValue(key, out var at) && at <= _cluster.Now)
        {
            machine = Mark(machine);
            _fresh.Remove(key);
            _markAt.Remove(key);
        }

        var failure = InstancetypeRevisions.Missing(_cluster, machine);
        if (failure is null)
        {
            failure = _dataVolumes.Follow(machine);
            machine = FollowStrategy(machine, instance);
        }

        WriteStatus(machine, _cluster.Get(_cluster.Instances, key), failure);
        var delay = _cluster.Settings.Scaled(MarkDelay);
        if (!seenBefore)
            _markAt[key] = _cluster.Now + delay;
        if (failure is { } missing)
            throw new ReconcileException(missing.Message);
        return seenBefore ? null : delay;
    }

    // The controller's finalizer, and the API version it saw the VM in.
    private JsonObject Mark(JsonObject machine)
    {
        var copy = machine.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations["kubevirt.io/latest-observed-api-version"] = "v1";
        annotations["kubevirt.io/storage-observed-api-version"] = "v1";
        if (!machine.HasFinalizer(Finalizer))
            copy.Ensure("metadata")["finalizers"] = JsonAccess.StringArray([.. machine.ArrayAt("metadata", "finalizers").Texts(), Finalizer]);
        return copy.Same(machine) ? machine : _cluster.Update(_cluster.Machines, copy);
    }

    private JsonObject FollowStrategy(JsonObject machine, JsonObject? instance)
    {
        var request = machine.ArrayAt("status", "stateChangeRequests").Objects().FirstOrDefault();
        var strategy = VirtualMachines.RunStrategy(machine);
        if (strategy == "Halted" && instance is null && request.TextAt("action") == "Start")
            return Unhalt(machine);
        var wanted = strategy switch
        {
            "Always" or "Once" => true,
            "Halted" => false,
            _ when request is not null => request.TextAt("action") == "Start",
            // Coming from another strategy it is started; stopped on request it stays stopped.
            "RerunOnFailure" => instance is not null || machine.TextAt("status", "runStrategy") != strategy,
            _ => instance is not null,
        };
        var answered = request is not null && (request.TextAt("action") == "Start") == (instance is not null);
        if (request.TextAt("action") == "Stop" && instance is not null)
            wanted = false;
        if (request.TextAt("action") == "Stop" && instance is null && strategy == "RerunOnFailure")
            wanted = false;
        if (answered)
        {
            var copy = machine.Copy();
            copy.Ensure("status").Remove("stateChangeRequests");
            machine = _cluster.UpdateStatus(_cluster.Machines, copy);
        }

        if (wanted && instance is null && VolumesAllowStart(machine))
            Start(machine, request.TextAt("data", "paused") == "true");
        else if (!wanted && instance is not null && !instance.IsDeleting())
            Stop(machine, instance);
        return _cluster.Get(_cluster.Machines, machine.Namespace(), machine.Name()) ?? machine;
    }

    // Only a start that is to end paused comes as a request to a halted machine; the request stays until the instance is there.
    private JsonObject Unhalt(JsonObject machine)
    {
        var copy = machine.Copy();
        if (copy.At("spec", "running") is not null)
            copy.Ensure("spec")["running"] = true;
        else
            copy.Ensure("spec")["runStrategy"] = "Always";
        return _cluster.Update(_cluster.Machines, copy);
    }

    private bool VolumesAllowStart(JsonObject machine) => VirtualMachines.Volumes(machine).All(v =>
        v.TextAt("dataVolume", "name") is not { } name
        || _cluster.Get(_cluster.DataVolumes, machine.Namespace(), name) is not { } dataVolume
        || dataVolume.TextAt("status", "phase") is "Succeeded" or "WaitForFirstConsumer" or "PendingPopulation");

    private void Start(JsonObject machine, bool paused)
    {
        // What the VM is started as names the revisions it is started with.
        var started = machine.Copy();
        foreach (var matcher in (ReadOnlySpan<string>)["instancetype", "preference"])
        {
            if (InstancetypeRevisions.Pin(_cluster, machine, matcher).TextAt("controllerRevisionRef", "name") is { } pinned)
                started.ObjectAt("spec", matcher)!["revisionName"] = pinned;
        }

        var generation = machine.At("metadata", "generation")?.ToString() ?? "1";
        var revision = $"revision-start-vm-{machine.Uid()}-{generation}";
        try
        {
            _cluster.Create(_cluster.Revisions, new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "ControllerRevision",
                ["metadata"] = new JsonObject
                {
                    ["name"] = revision,
                    ["namespace"] = machine.Namespace(),
                    ["ownerReferences"] = new JsonArray(RestoreTarget.Owner(machine)),
                },
                ["data"] = new JsonObject { ["spec"] = started["spec"]!.DeepClone() },
                ["revision"] = long.Parse(generation, CultureInfo.InvariantCulture),
            });
        }
        catch (ApiException e) when (e.Reason == "AlreadyExists")
        {
            // started in this generation before
        }

        var (instancetype, preference) = EffectiveMachine.Matched(_cluster.Api, started);
        var spec = EffectiveMachine.Expand(machine.ObjectAt("spec", "template", "spec")!, instancetype, preference);
        if (_cluster.Profile.Is("machineLiveUpdates"))
            LiveUpdateRules.SetBounds(spec);
        if (paused)
            spec["startStrategy"] = "Paused";
        var status = new JsonObject { ["virtualMachineRevisionName"] = revision };
        _instances.Enter(status, "Pending");
        _cluster.Create(_cluster.Instances, new JsonObject
        {
            ["apiVersion"] = VirtualMachines.ApiVersion,
            ["kind"] = "VirtualMachineInstance",
            ["metadata"] = new JsonObject
            {
                ["name"] = machine.Name(),
                ["namespace"] = machine.Namespace(),
                ["labels"] = machine.At("spec", "template", "metadata", "labels").Copy() ?? new JsonObject(),
                ["annotations"] = machine.At("spec", "template", "metadata", "annotations").Copy() ?? new JsonObject(),
                ["finalizers"] = new JsonArray("kubevirt.io/virtualMachineControllerFinalize"),
                ["ownerReferences"] = new JsonArray(RestoreTarget.Owner(machine)),
            },
            ["spec"] = spec,
            ["status"] = status,
        });
        _cluster.Recorder.Normal(machine, "SuccessfulCreate", "Started the virtual machine by creating the new virtual machine instance " + machine.Name(), Component);
    }

    private void Stop(JsonObject machine, JsonObject instance)
    {
        _cluster.DeleteIfThere(_cluster.Instances, machine.Namespace(), machine.Name());
        _cluster.Recorder.Normal(machine, "SuccessfulDelete", "Stopped the virtual machine by deleting the virtual machine instance " + instance.Uid(), Component);
    }

    private void WriteStatus(JsonObject machine, JsonObject? instance, (string Reason, string Message)? failure = null)
    {
        var status = machine.ObjectAt("status")?.Copy() ?? [];
        if (failure is null)
        {
            Pin(machine, status, "instancetype");
            Pin(machine, status, "preference");
        }

        var running = instance.TextAt("status", "phase") == "Running" && !instance!.IsDeleting();
        if (instance is null)
            status.Remove("created");
        else
            status["created"] = true;
        if (running)
            status["ready"] = true;
        else
            status.Remove("ready");
        SetCondition(status, "RestartRequired", running && _cluster.Profile.Is("machineLiveUpdates") ? Follow(machine, instance!) : null);
        if (instance.TextAt("status", "virtualMachineRevisionName") is { } revision && revision.LastIndexOf('-') is var dash and > 0)
        {
            // A change of the run strategy alone is seen by the instance as it is; one of the template waits for the next start.
            var desired = machine.At("metadata", "generation").Copy();
            var started = _cluster.Get(_cluster.Revisions, machine.Namespace(), revision).At("data", "spec", "template");
            status["observedGeneration"] = machine.At("spec", "template").Same(started) ? desired.Copy() : long.Parse(revision[(dash + 1)..], CultureInfo.InvariantCulture);
            status["desiredGeneration"] = desired;
        }

        if (instance is not null || status["runStrategy"] is not null)
            status["runStrategy"] = VirtualMachines.RunStrategy(machine);
        status["printableStatus"] = PrintableStatus(machine, instance);
        SetReady(status, running, instance);
        SetCondition(status, "Failure", failure);
        _cluster.WriteStatus(_cluster.Machines, machine, status);
    }

    // Sizes that may change while the machine runs are handed to its instance; why a restart is required for the rest, if any.
    private (string? Reason, string Message)? Follow(JsonObject machine, JsonObject instance)
    {
        if (machine.ObjectAt("spec", "template") is not { } template
            || _cluster.Get(_cluster.Revisions, machine.Namespace(), instance.TextAt("status", "virtualMachineRevisionName") ?? "").ObjectAt("data", "spec", "template") is not { } started)
        {
            return null;
        }

        if (LiveUpdateRules.Follow(template, started, instance, out var restart) is { } followed)
            _cluster.Update(_cluster.Instances, followed);
        return restart is null ? null : (null, restart);
    }

    private void Pin(JsonObject machine, JsonObject status, string matcher)
    {
        if (InstancetypeRevisions.Pin(_cluster, machine, matcher) is { } reference)
            status[matcher + "Ref"] = reference;
    }

    private void SetReady(JsonObject status, bool running, JsonObject? instance)
    {
        var (value, reason, message) = running
            ? ("True", (string?)null, (string?)null)
            : instance is null ? ("False", "VMINotExists", "VMI does not exist") : ("False", "GuestNotRunning", "Guest VM is not reported as running");
        var conditions = status["conditions"] as JsonArray;
        if (conditions is null)
            status["conditions"] = conditions = [];
        var old = conditions.Objects().FirstOrDefault(c => c.TextAt("type") == "Ready");
        if (old is not null && old.TextAt("status") == value && old.TextAt("reason") == reason)
            return;
        if (old is not null)
            conditions.Remove(old);
        var made = new JsonObject { ["lastProbeTime"] = running ? null : _cluster.Timestamp, ["lastTransitionTime"] = _cluster.Timestamp };
        if (message is not null)
            made["message"] = message;
        if (reason is not null)
            made["reason"] = reason;
        made["status"] = value;
        made["type"] = "Ready";
        conditions.Add((JsonNode)made);
    }

    private void SetCondition(JsonObject status, string type, (string? Reason, string Message)? cause)
    {
        var conditions = status["conditions"] as JsonArray;
        var old = conditions.Objects().FirstOrDefault(c => c.TextAt("type") == type);
        if (old is not null ? (old.TextAt("reason"), old.TextAt("message")) == (cause?.Reason, cause?.Message) : cause is null)
            return;
        if (conditions is null)
            status["conditions"] = conditions = [];
        if (old is not null)
            conditions.Remove(old);
        if (cause is not { } now)
            return;
        var made = new JsonObject { ["lastProbeTime"] = null, ["lastTransitionTime"] = _cluster.Timestamp, ["message"] = now.Message };
        if (now.Reason is not null)
            made["reason"] = now.Reason;
        made["status"] = "True";
        made["type"] = type;
        conditions.Add((JsonNode)made);
    }

    private string PrintableStatus(JsonObject machine, JsonObject? instance)
    {
        if (machine.IsDeleting())
            return "Terminating";
        if (instance is not null)
        {
            if (instance.TextAt("status", "phase") is "Succeeded" or "Failed")
                return "Stopped";
            if (instance.IsDeleting())
                return "Stopping";
            if (instance.TextAt("status", "phase") == "Running")
                return VirtualMachines.IsPaused(instance) ? "Paused" : "Running";
        }

        var wanted = VirtualMachines.RunStrategy(machine) is "Always" or "Once" or "RerunOnFailure" || instance is not null;
        foreach (var volume in VirtualMachines.Volumes(machine))
        {
            if (volume.TextAt("dataVolume", "name") is { } dataVolumeName
                && _cluster.Get(_cluster.DataVolumes, machine.Namespace(), dataVolumeName) is { } dataVolume
                && dataVolume.TextAt("status", "phase") is not ("Succeeded" or "WaitForFirstConsumer" or "PendingPopulation"))
            {
                return dataVolume.TextAt("status", "phase") == "Failed" ? "DataVolumeError" : "Provisioning";
            }

            if (!wanted || VirtualMachines.ClaimName(volume) is not { } claimName)
                continue;
            var claim = _cluster.Get(_cluster.Claims, machine.Namespace(), claimName);
            if (claim is null)
                return "ErrorPvcNotFound";
            if (claim.TextAt("status", "phase") != "Bound")
                return "WaitingForVolumeBinding";
        }

        return instance is not null || VirtualMachines.RunStrategy(machine) is "Always" or "Once" ? "Starting" : "Stopped";
    }
}
