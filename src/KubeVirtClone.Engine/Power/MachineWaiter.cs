using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Engine.Power;

/// <summary>Waits until machines run, are off or are gone: one watch of machines and one of their instances per namespace.</summary>
/// <param name="cluster">The connection.</param>
/// <param name="timeout">Longest wait for each; null for ever.</param>
/// <param name="ct">Ends everything.</param>
internal sealed class MachineWaiter(KubeVirtCluster cluster, TimeSpan? timeout, CancellationToken ct) : IAsyncDisposable
{
    // States a starting machine does not leave by itself within any reasonable time.
    private static readonly string[] Hopeless = ["ErrorUnschedulable", "ErrImagePull", "ImagePullBackOff", "ErrorPvcNotFound", "DataVolumeError", "CrashLoopBackOff"];
    private static readonly string[] WordsForOn = ["Starting", "Running", "Paused", "Migrating", "Stopping"];
    private static readonly TimeSpan HopelessPatience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Followed> _namespaces = new(StringComparer.Ordinal);
    private readonly WatchedCaches _caches = new(cluster, ct);

    /// <summary>The machine as it is when what was done to it is carried out, or why it will not be.</summary>
    /// <exception cref="EngineException">Machines cannot be watched.</exception>
    public async Task<ListedItem<VirtualMachineRecord>> WaitAsync(MachineReference machine, PowerAction action, bool paused, VirtualMachineRecord known, CancellationToken cancel)
    {
        var deadline = new Deadline(cluster.Clock, timeout);
        Deadline? hopeless = null;
        var followed = Follow(machine);
        try
        {
            while (true)
            {
                var outcome = await _caches.UntilAsync(machine.Name, deadline, Look, cancel);
                if (outcome is not { Value: null, Fault: null })
                    return outcome;
                // It was seen before somebody waited for it; whoever does is given it as it is now.
                KubernetesObject? now;
                try
                {
                    now = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, machine.Namespace, machine.Name, cancel);
                }
                catch (KubernetesException)
                {
                    // It is so far, and cannot be shown.
                    return new(known, null);
                }

                // That one is gone may be known by this before it is seen; what has been seen meanwhile is newer.
                _caches.Do(
                    () =>
                    {
                        if (now is null || followed.Machines[machine.Name] is { Whole: null })
                            followed.Machines[machine.Name] = now is null ? null : Seen.Of(now, whole: true);
                    },
                    machine.Name);
            }
        }
        finally
        {
            _caches.Do(() => followed.Forget(machine.Name), machine.Name);
        }

        ListedItem<VirtualMachineRecord>? Look(bool late)
        {
            var seen = followed.Machines[machine.Name];
            if (followed.Machines.Synced)
            {
                if (seen is null || seen.Uid != known.Uid)
                    return new(known, action == PowerAction.Remove ? null : PowerFaults.Deleted(machine));
                if (Reached(seen.Status))
                    return new(seen.Whole is { } whole ? VirtualMachineRecord.From(whole) : null, null);
                hopeless = action == PowerAction.Start && seen.IsHopeless ? hopeless ?? new Deadline(cluster.Clock, HopelessPatience) : null;
                if (hopeless?.IsOver == true)
                    return new(known, PowerFaults.CannotStart(machine, seen.Status, seen.Why));
            }

            return late ? new(known, PowerFaults.Timeout(machine, action, seen?.Status ?? "not seen", timeout!.Value)) : null;
        }

        bool Reached(string status) => action switch
        {
            PowerAction.Start => status == (paused ? "Paused" : "Running"),
            // Stopped is a word for display; off means that no instance is left. The word follows in a moment, and whoever looks then is to read it.
            PowerAction.Stop => followed.Instances.Synced
                ? followed.Instances[machine.Name] is null && !WordsForOn.Contains(status, StringComparer.Ordinal)
                : followed.Instances.Refused && status == "Stopped",
            _ => false,
        };
    }

    public ValueTask DisposeAsync() => _caches.DisposeAsync();

    private Followed Follow(MachineReference machine)
    {
        Followed? followed = null;
        _caches.Do(
            () =>
            {
                if (!_namespaces.TryGetValue(machine.Namespace, out followed))
                    _namespaces[machine.Namespace] = followed = new(_caches, machine.Namespace);
                followed.WaitedFor.Add(machine.Name);
            },
            machine.Name);
        return followed!;
    }

    private static string? Why(KubernetesObject vm) =>
        vm.Conditions().Where(c => c.Type is "Failure" or "Ready" or "PodScheduled" && !string.IsNullOrEmpty(c.Message)).Select(c => c.Message).FirstOrDefault();

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
        public Followed(WatchedCaches caches, string ns)
        {
            Machines = caches.Watch(KubeVirtKinds.VirtualMachine, ns, new WatchOptions(), machine => Seen.Of(machine, WaitedFor.Contains(machine.Name)));
            Instances = caches.Watch(RelatedKinds.Instance, ns, new WatchOptions(), static instance => instance.Name, optional: true);
        }

        public HashSet<string> WaitedFor { get; } = new(StringComparer.Ordinal);

        public ObjectCache<Seen> Machines { get; }

        public ObjectCache<string> Instances { get; }

        /// <summary>Nobody waits for it any more.</summary>
        public void Forget(string name)
        {
            WaitedFor.Remove(name);
            if (Machines[name] is { } seen)
                Machines[name] = seen with { Whole = null };
        }
    }
}
