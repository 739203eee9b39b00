using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
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
            ending = [.. _namespaces.Values.Select(n => n.CompletionAsync())];
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
            followed.Waiting.Remove(waiting);
            waiting.Outcome.TrySetResult(outcome);
        }
    }

    private ListedItem<VirtualMachineRecord>? Outcome(Waiting waiting, Followed followed, DateTimeOffset now)
    {
        if (followed.Refused is { } refused)
            return new(waiting.Known, refused);
        if (followed.Synced)
        {
            var vm = followed.Machines.GetValueOrDefault(waiting.Machine.Name);
            if (vm is null || vm.Uid != waiting.Known.Uid)
                return waiting.Action == PowerAction.Remove ? new(waiting.Known, null) : new(waiting.Known, PowerFaults.Deleted(waiting.Machine));
            var record = VirtualMachineRecord.From(vm);
            if (Reached(waiting, record, followed))
                return new(record, null);
            if (waiting.Action == PowerAction.Start && waiting.Stuck(Hopeless.Contains(record.Status, StringComparer.Ordinal), now) >= HopelessPatience)
                return new(record, PowerFaults.CannotStart(waiting.Machine, record.Status, Why(vm)));
        }

        if (_timeout is { } limit && now - waiting.Since >= limit)
        {
            var status = followed.Machines.GetValueOrDefault(waiting.Machine.Name) is { } last ? VirtualMachineRecord.From(last).Status : "not seen";
            return new(waiting.Known, PowerFaults.Timeout(waiting.Machine, waiting.Action, status, limit));
        }

        return null;
    }

    private static bool Reached(Waiting waiting, VirtualMachineRecord record, Followed followed) => waiting.Action switch
    {
        PowerAction.Start => record.Status == (waiting.Paused ? "Paused" : "Running"),
        // Stopped is a word for display; off means that no instance is left. The word follows in a moment, and whoever looks then is to read it.
        PowerAction.Stop => followed.InstancesSynced
            ? !followed.Instances.Contains(record.Name) && !WordsForOn.Contains(record.Status, StringComparer.Ordinal)
            : followed.InstancesRefused && record.Status == "Stopped",
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

        public TaskCompletionSource<ListedItem<VirtualMachineRecord>> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeSpan Stuck(bool stuck, DateTimeOffset now)
        {
            _stuckSince = stuck ? _stuckSince ?? now : null;
            return now - _stuckSince ?? TimeSpan.Zero;
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
                    Machines[there.Name] = there;
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

        public Dictionary<string, KubernetesObject> Machines { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Instances { get; } = new(StringComparer.Ordinal);

        public bool Synced => _machines.Synced;

        public bool InstancesSynced => _instances.Synced;

        public bool InstancesRefused => _instances.Refused;

        public Fault? Refused { get; private set; }

        public Task CompletionAsync() => Task.WhenAll(_machines.Completion, _instances.Completion);
    }
}
