using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Waiting;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Power;

/// <summary>Waits until machines run, are off or are gone: one watch of machines and one of their instances per namespace.</summary>
internal sealed class MachineWaiter : IAsyncDisposable
{
    private static readonly ResourceKind InstanceKind = new(KubeVirtKinds.KubeVirtGroup, "v1", "virtualmachineinstances", "VirtualMachineInstance");

    // States a starting machine does not leave by itself within any reasonable time.
    private static readonly string[] Hopeless = ["ErrorUnschedulable", "ErrImagePull", "ImagePullBackOff", "ErrorPvcNotFound", "DataVolumeError", "CrashLoopBackOff"];
    private static readonly string[] WordsForOn = ["Starting", "Running", "Paused", "Migrating", "Stopping"];
    private static readonly TimeSpan HopelessPatience = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly Dictionary<string, Followed> _namespaces = new(StringComparer.Ordinal);
    private readonly List<Task> _readings = [];
    private readonly CancellationTokenSource _stop;
    private readonly KubeVirtCluster _cluster;
    private readonly TimeSpan? _timeout;
    private readonly ITimer _timer;

    public MachineWaiter(KubeVirtCluster cluster, TimeSpan? timeout, CancellationToken ct)
    {
        _cluster = cluster;
        _timeout = timeout;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        // For what only time decides.
        _timer = cluster.Clock.CreateTimer(_ => Tick(), state: null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public Task<ListedItem<VirtualMachineRecord>> WaitAsync(
        MachineReference machine,
        PowerAction action,
        bool paused,
        VirtualMachineRecord known,
        CancellationToken cancel)
    {
        var waiting = new Waiting(machine, action, paused, known, _cluster.Clock.GetUtcNow());
        lock (_gate)
        {
            if (!_namespaces.TryGetValue(machine.Namespace, out var followed))
                _namespaces[machine.Namespace] = followed = new(_cluster, machine.Namespace, _gate, Judge, _stop.Token);
            followed.Waiting.Add(waiting);
            Judge(followed, machine.Name);
        }

        return waiting.Outcome.Task.WaitAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _stop.CancelAsync();
        Task[] ending;
        lock (_gate)
            ending = [.. _namespaces.Values.Select(n => n.CompletionAsync()), .. _readings];
        await Task.WhenAll(ending);
        _stop.Dispose();
    }

    private void Tick()
    {
        lock (_gate)
        {
            foreach (var followed in _namespaces.Values)
                Judge(followed, name: null);
        }
    }

    private void Judge(Followed followed, string? name)
    {
        var now = _cluster.Clock.GetUtcNow();
        foreach (var waiting in followed.Waiting.Where(w => name is null || w.Machine.Name == name).ToList())
        {
            if (Outcome(waiting, followed, now) is not { } outcome)
                continue;
            followed.End(waiting);
            waiting.Outcome.TrySetResult(outcome);
        }
    }

    private ListedItem<VirtualMachineRecord>? Outcome(Waiting waiting, Followed followed, DateTimeOffset now)
    {
        if (followed.Refused is { } refused)
            return new(waiting.Known, refused);
        if (followed.Synced)
        {
            var seen = followed.Machines.GetValueOrDefault(waiting.Machine.Name);
            if (seen is null || seen.Uid != waiting.Known.Uid)
                return waiting.Action == PowerAction.Remove ? new(waiting.Known, null) : new(waiting.Known, PowerFaults.Deleted(waiting.Machine));
            if (Reached(waiting, seen.Status, followed))
            {
                if (seen.Whole is { } machine)
                    return new(VirtualMachineRecord.From(machine), null);
                // It was seen before somebody waited for it; whoever does is given it as it is now.
                if (!waiting.IsRead)
                    _readings.Add(ReadAsync(followed, waiting));
                return null;
            }

            if (waiting.Action == PowerAction.Start && waiting.Stuck(seen.IsHopeless, now) >= HopelessPatience)
                return new(waiting.Known, PowerFaults.CannotStart(waiting.Machine, seen.Status, seen.Why));
        }

        if (_timeout is { } limit && now - waiting.Since >= limit)
        {
            var status = followed.Machines.GetValueOrDefault(waiting.Machine.Name)?.Status ?? "not seen";
            return new(waiting.Known, PowerFaults.Timeout(waiting.Machine, waiting.Action, status, limit));
        }

        return null;
    }

    // Called under the lock.
    private async Task ReadAsync(Followed followed, Waiting waiting)
    {
        waiting.IsRead = true;
        KubernetesObject? machine;
        try
        {
            machine = await _cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, waiting.Machine.Namespace, waiting.Machine.Name, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        catch (KubernetesException)
        {
            // It is so far, and cannot be shown.
            lock (_gate)
            {
                followed.End(waiting);
                waiting.Outcome.TrySetResult(new(waiting.Known, null));
            }

            return;
        }

        lock (_gate)
        {
            waiting.IsRead = false;
            // That one is gone may be known by this before it is seen.
            if (machine is null)
                followed.Machines.Remove(waiting.Machine.Name);
            else if (followed.Machines.GetValueOrDefault(machine.Name) is { Whole: null })
                followed.Machines[machine.Name] = Seen.Of(machine, whole: true);
            Judge(followed, waiting.Machine.Name);
        }
    }

    private static bool Reached(Waiting waiting, string status, Followed followed) => waiting.Action switch
    {
        PowerAction.Start => status == (waiting.Paused ? "Paused" : "Running"),
        // Stopped is a word for display; off means that no instance is left. The word follows in a moment, and whoever looks then is to read it.
        PowerAction.Stop => followed.InstancesSynced
            ? !followed.Instances.Contains(waiting.Machine.Name) && !WordsForOn.Contains(status, StringComparer.Ordinal)
            : followed.InstancesRefused && status == "Stopped",
        _ => false,
    };

    private static string? Why(KubernetesObject vm) =>
        vm.Conditions().Where(c => c.Type is "Failure" or "Ready" or "PodScheduled" && !string.IsNullOrEmpty(c.Message)).Select(c => c.Message).FirstOrDefault();

    private sealed class Waiting(MachineReference machine, PowerAction action, bool paused, VirtualMachineRecord known, DateTimeOffset since)
    {
        private DateTimeOffset? _stuckSince;

        public MachineReference Machine { get; } = machine;

        public PowerAction Action { get; } = action;

        public bool Paused { get; } = paused;

        public VirtualMachineRecord Known { get; } = known;

        public DateTimeOffset Since { get; } = since;

        /// <summary>Whether its machine is being read.</summary>
        public bool IsRead { get; set; }

        public TaskCompletionSource<ListedItem<VirtualMachineRecord>> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeSpan Stuck(bool stuck, DateTimeOffset now)
        {
            _stuckSince = stuck ? _stuckSince ?? now : null;
            return now - _stuckSince ?? TimeSpan.Zero;
        }
    }

    /// <summary>What is kept of a machine: of one nobody waits for, no more than what is needed should somebody.</summary>
    private sealed record Seen(string Uid, string Status, bool IsHopeless, string? Why, KubernetesObject? Whole)
    {
        public static Seen Of(KubernetesObject machine, bool whole)
        {
            var status = VirtualMachineRecord.From(machine).Status;
            var isHopeless = Hopeless.Contains(status, StringComparer.Ordinal);
            return new(machine.Uid, status, isHopeless, isHopeless ? MachineWaiter.Why(machine) : null, whole ? machine : null);
        }
    }

    private sealed class Followed
    {
        private readonly WatchPump _machines;
        private readonly WatchPump _instances;

        public Followed(KubeVirtCluster cluster, string ns, object gate, Action<Followed, string?> changed, CancellationToken ct)
        {
            _machines = new(cluster, KubeVirtKinds.VirtualMachine, ns, new WatchOptions(), gate, OnMachine, OnRefused);
            _instances = new(cluster, InstanceKind, ns, new WatchOptions(), gate, OnInstance, _ => changed(this, null));
            _machines.Start(ct);
            _instances.Start(ct);

            void OnMachine(ResourceEvent change)
            {
                if (change.Object is { } vm && change.Kind == ResourceEventKind.Deleted)
                    Machines.Remove(vm.Name);
                else if (change.Object is { } there)
                    Machines[there.Name] = Seen.Of(there, Waiting.Exists(w => w.Machine.Name == there.Name));
                changed(this, change.Object?.Name);
            }

            void OnInstance(ResourceEvent change)
            {
                if (change.Object is { } instance && change.Kind == ResourceEventKind.Deleted)
                    Instances.Remove(instance.Name);
                else if (change.Object is { } there)
                    Instances.Add(there.Name);
                changed(this, change.Object?.Name);
            }

            void OnRefused(Fault fault)
            {
                Refused = fault with { Terminating = true };
                changed(this, null);
            }
        }

        public List<Waiting> Waiting { get; } = [];

        public Dictionary<string, Seen> Machines { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Instances { get; } = new(StringComparer.Ordinal);

        public bool Synced => _machines.Synced;

        public bool InstancesSynced => _instances.Synced;

        public bool InstancesRefused => _instances.Refused;

        public Fault? Refused { get; private set; }

        /// <summary>Nobody waits any more by this.</summary>
        public void End(Waiting waiting)
        {
            Waiting.Remove(waiting);
            if (Machines.TryGetValue(waiting.Machine.Name, out var seen) && !Waiting.Exists(w => w.Machine.Name == waiting.Machine.Name))
                Machines[waiting.Machine.Name] = seen with { Whole = null };
        }

        public Task CompletionAsync() => Task.WhenAll(_machines.Completion, _instances.Completion);
    }
}
