using KubeVirtClone.Sandbox.KubeVirt;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>The VM a snapshot is taken of, and its lock: <c>status.snapshotInProgress</c> together with a finalizer.</summary>
internal sealed class SnapshotSource
{
    private const string Finalizer = "snapshot.kubevirt.io/snapshot-source-protection";
    private readonly Cluster _cluster;
    private readonly JsonObject _snapshot;
    private readonly JsonObject? _instance;
    private JsonObject _machine;

    private SnapshotSource(Cluster cluster, JsonObject snapshot, JsonObject machine)
    {
        _cluster = cluster;
        _snapshot = snapshot;
        _machine = machine;
        _instance = cluster.Get(cluster.Instances, machine.Namespace(), machine.Name());
        IsLocked = machine.TextAt("status", "snapshotInProgress") == snapshot.Name() && machine.HasFinalizer(Finalizer);
        LockMessage = IsLocked ? Locked : "Source not locked";
    }

    private const string Locked = "Source locked and operation in progress";

    public bool IsLocked { get; private set; }

    public string LockMessage { get; private set; }

    public string Uid => _machine.Uid();

    public JsonObject Machine => _machine;

    public JsonObject? Instance => _instance;

    public bool IsOnline => _instance is not null;

    public bool IsPaused => HasCondition("Paused");

    public bool HasGuestAgent => HasCondition("AgentConnected");

    public static SnapshotSource? Find(Cluster cluster, JsonObject snapshot) =>
        cluster.Get(cluster.Machines, snapshot.Namespace(), snapshot.TextAt("spec", "source", "name") ?? "") is { } machine
            ? new SnapshotSource(cluster, snapshot, machine)
            : null;

    private bool HasCondition(string type) => _instance.ArrayAt("status", "conditions").Objects().Any(c => c.TextAt("type") == type && c.TextAt("status") == "True");

    public void TryLock()
    {
        var claims = VirtualMachines.Volumes(_machine).Select(VirtualMachines.ClaimName).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        // The claim of its TPM or firmware state is made when the VM is first started; until then the controller waits without a word.
        if (VirtualMachines.NeedsBackendStorage(_machine))
        {
            if (_cluster.Api.List(_cluster.Claims, _machine.Namespace()).FirstOrDefault(c => c.Label("persistent-state-for") == _machine.Name()) is not { } state)
                return;
            claims.Add(state.Name());
        }

        if (_cluster.Profile.Is("snapshotWaitsForVolumes") && claims.Select(VolumeProblem).FirstOrDefault(p => p is not null) is { } problem)
        {
            LockMessage += $" source {_machine.Namespace()}/{_machine.Name()} {problem}";
            return;
        }

        if (!IsOnline && PodsUsing(claims) is > 0 and var pods)
        {
            LockMessage += $" source is offline but {pods} pods using PVCs [{string.Join(' ', claims)}]";
            return;
        }

        if (_machine.TextAt("status", "snapshotInProgress") is { } other && other != _snapshot.Name())
        {
            LockMessage += $" snapshot {GoText.Quote(other)} in progress";
            return;
        }

        if (_machine.TextAt("status", "snapshotInProgress") is null)
        {
            var copy = _machine.Copy();
            copy.Ensure("status")["snapshotInProgress"] = _snapshot.Name();
            _machine = _cluster.UpdateStatus(_cluster.Machines, copy);
        }

        _machine = _cluster.AddFinalizer(_cluster.Machines, _machine, Finalizer);
        IsLocked = true;
        LockMessage = Locked;
    }

    public void Unlock()
    {
        if (_machine.TextAt("status", "snapshotInProgress") != _snapshot.Name())
            return;
        // The VM is unlocked when the finalizer is gone; the status follows, unless that made the VM itself go.
        _machine = _cluster.RemoveFinalizer(_cluster.Machines, _machine, Finalizer);
        if (_cluster.Get(_cluster.Machines, _machine.Namespace(), _machine.Name()) is null)
            return;
        var copy = _machine.Copy();
        copy.Ensure("status").Remove("snapshotInProgress");
        _machine = _cluster.UpdateStatus(_cluster.Machines, copy);
    }

    private string? VolumeProblem(string name)
    {
        if (_cluster.Get(_cluster.Claims, _machine.Namespace(), name) is not { } claim)
            return "volume doesnt exist: " + name;
        if (claim.IsDeleting())
            return "volume is being deleted: " + name;
        if (claim.TextAt("status", "phase") != "Bound")
            return "volume not bound: " + name;
        return IsPopulated(claim) ? null : "volume not populated: " + name;
    }

    // A claim of a DataVolume is populated when that is done, or when it was filled for it beforehand.
    private bool IsPopulated(JsonObject claim)
    {
        var owner = claim.ArrayAt("metadata", "ownerReferences").Objects().FirstOrDefault(o => o.TextAt("kind") == "DataVolume" && o.FlagAt("controller") is true);
        if (owner is null)
            return true;
        return _cluster.Get(_cluster.DataVolumes, claim.Namespace(), owner.TextAt("name") ?? "") is { } dataVolume
            ? dataVolume.TextAt("status", "phase") == "Succeeded"
            : throw new ReconcileException($"Data volume {claim.Namespace()}/{owner.TextAt("name")} doesnt exist");
    }

    private int PodsUsing(List<string> claims) => _cluster.Api.List(_cluster.Pods, _machine.Namespace())
        .Count(p => p.TextAt("status", "phase") is not ("Succeeded" or "Failed")
            && p.ArrayAt("spec", "volumes").Objects().Any(v => v.TextAt("persistentVolumeClaim", "claimName") is { } c && claims.Contains(c)));
}
