using System.Threading.Channels;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Waiting;

namespace KubeVirtClone.Engine.Power;

/// <summary>Starts, stops and removes virtual machines, any number at a time. Every machine gives one record or one fault.</summary>
/// <param name="cluster">The connection.</param>
public sealed class MachinePower(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>
    /// Starts machines. One that runs already is given as it is; only one that was to start paused is a fault then
    /// (<see cref="FaultIds.VMAlreadyRunning"/>). A machine that was stopped by <see cref="StopAsync"/> gets back the run strategy it had.
    /// </summary>
    /// <param name="machines">The machines.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Stops within a second.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no KubeVirt.</exception>
    public IAsyncEnumerable<ItemUpdate<VirtualMachineRecord>> StartAsync(IReadOnlyList<MachineReference> machines, PowerOptions options, CancellationToken ct) =>
        RunAsync(PowerAction.Start, machines, options, ct);

    /// <summary>
    /// Stops machines. One that does not run is given as it is. Where stopping changes the run strategy to
    /// something starting would not undo, the strategy is kept in an annotation.
    /// </summary>
    /// <param name="machines">The machines.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Stops within a second.</param>
    /// <exception cref="EngineException">Nothing can work: no connection, no KubeVirt.</exception>
    public IAsyncEnumerable<ItemUpdate<VirtualMachineRecord>> StopAsync(IReadOnlyList<MachineReference> machines, PowerOptions options, CancellationToken ct) =>
        RunAsync(PowerAction.Stop, machines, options, ct);

    /// <summary>
    /// Removes machines. One that runs is a fault unless forced (<see cref="FaultIds.VMRunning"/>). Volumes made from a template of the machine go
    /// with it, unless <see cref="PowerOptions.KeepVolumes"/>; those that were restored for it stay, which a warning says, unless
    /// <see cref="PowerOptions.IncludeVolumes"/>. A machine that a snapshot or restore is being made of is a fault (<see cref="FaultIds.VMBusy"/>).
    /// </summary>
    /// <param name="machines">The machines.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Stops within a second.</param>
    /// <exception cref="ArgumentException">The volumes are both to stay and to go.</exception>
    /// <exception cref="EngineException">Nothing can work: no connection, no KubeVirt.</exception>
    public IAsyncEnumerable<ItemUpdate<VirtualMachineRecord>> RemoveAsync(IReadOnlyList<MachineReference> machines, PowerOptions options, CancellationToken ct) =>
        RunAsync(PowerAction.Remove, machines, options, ct);

    private IAsyncEnumerable<ItemUpdate<VirtualMachineRecord>> RunAsync(
        PowerAction action,
        IReadOnlyList<MachineReference> machines,
        PowerOptions options,
        CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(machines);
        ArgumentNullException.ThrowIfNull(options);
        if (options is { IncludeVolumes: true, KeepVolumes: true })
            throw new ArgumentException("The volumes cannot both stay and go.", nameof(options));
        return ItemStream.RunAsync<VirtualMachineRecord>((updates, stop) => RunAllAsync(action, machines, options, updates, stop), ct);
    }

    // One that is meant twice is dealt with once; one that is meant by another uid than the rest of its name is somebody else, or gone.
    private static List<MachineReference> Distinct(IReadOnlyList<MachineReference> machines) =>
    [
        .. machines.GroupBy(m => (m.Namespace, m.Name)).SelectMany(same => same.Any(m => m.Uid is { Length: > 0 } || m.Maker is not null)
            ? same.Where(m => m.Uid is { Length: > 0 } || m.Maker is not null).DistinctBy(m => (m.Uid, m.Maker))
            : same.Take(1)),
    ];

    private async Task RunAllAsync(
        PowerAction action,
        IReadOnlyList<MachineReference> machines,
        PowerOptions options,
        ChannelWriter<ItemUpdate<VirtualMachineRecord>> updates,
        CancellationToken ct)
    {
        using var ending = new FirstFailure(ct);
        using var places = new SemaphoreSlim(Math.Clamp(options.ThrottleLimit, 1, 1000));
        var volumes = new RestoredVolumes(_cluster);
        var switcher = new MachineSwitch(_cluster, options, volumes, new KeptVolumes(_cluster));
        await using var waiter = new MachineWaiter(_cluster, options.Timeout, ending.Token);
        var distinct = Distinct(machines);
        await ending.WatchAsync(Task.WhenAll(distinct.Select(m => ending.GuardAsync(RunOneAsync(m)))));
        foreach (var left in volumes.DescribeLeft())
            updates.TryWrite(new() { Kind = ItemUpdateKind.Warning, Message = left });

        async Task RunOneAsync(MachineReference machine)
        {
            ListedItem<VirtualMachineRecord> done;
            await places.WaitAsync(ending.Token);
            try
            {
                done = await switcher.DoAsync(action, machine, ending.Token);
            }
            finally
            {
                places.Release();
            }

            if (done.Fault is null && options is { Wait: true, DryRun: false })
                done = await waiter.WaitAsync(machine with { Uid = done.Value!.Uid }, action, options.Paused, done.Value, ending.Token);
            if (done.Fault is { Terminating: true } fault)
                throw new EngineException(fault);
            updates.TryWrite(new()
            {
                Kind = done.Fault is null ? ItemUpdateKind.Record : ItemUpdateKind.Fault,
                Record = done.Value,
                Fault = done.Fault,
                Input = machine.Input,
            });
        }
    }
}

/// <summary>What is done to a machine.</summary>
internal enum PowerAction
{
    Start,
    Stop,
    Remove,
}
