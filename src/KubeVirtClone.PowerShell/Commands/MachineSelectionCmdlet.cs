using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Base of the cmdlets that start, stop and remove virtual machines. Without -Wait a machine is dealt with as soon as it comes
/// down the pipeline, while others come; with it they are gathered, because one watch then serves them all.
/// </summary>
public abstract class MachineSelectionCmdlet : KubeVirtCmdlet
{
    private readonly List<Piped<MachineReference>> _gathered = [];
    private HashSet<string> _commandLine = [];
    private SemaphoreSlim? _places;
    private bool _ended;
    private bool _areNamedDue;

    /// <summary>Names of virtual machines, exact or with wildcards.</summary>
    [Parameter(Position = 0)]
    [Alias("VMName", "VM")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Virtual machines, names, kubectl's JSON, or clones, which stand for the machines they made.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Longest wait for each machine: seconds, '5m', or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Most machines dealt with at once.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = CloneOptions.DefaultThrottleLimit;

    // What differs between the commands. None of it is in the engine's types: PowerShell looks at overrides before the engine can be found.

    /// <summary>What is done, as said to the user: Start, Stop, Remove.</summary>
    private protected abstract string Verb { get; }

    /// <summary>What it is done to, as asked of the user before the machine's name.</summary>
    private protected virtual string What => "the virtual machine";

    /// <summary>Whether each machine is waited for to be where it should.</summary>
    private protected abstract bool Waits { get; }

    /// <summary>Whether machines are gathered until the pipeline ends.</summary>
    private protected virtual bool Gathers => Waits;

    /// <summary>Whether machines are removed that run.</summary>
    private protected virtual bool Forces => false;

    /// <summary>Whether the volumes restored for a machine are removed with it.</summary>
    private protected virtual bool TakesVolumes => false;

    /// <summary>Whether the volumes a machine owns stay.</summary>
    private protected virtual bool KeepsVolumes => false;

    /// <summary>Time the guest gets to shut down; null is what the machine says.</summary>
    private protected virtual TimeSpan? Grace => null;

    /// <summary>Whether machines start paused.</summary>
    private protected virtual bool StartsPaused => false;

    /// <summary>Longest wait where the user gives none; when it is over there is a warning, not an error. Null waits on.</summary>
    private protected virtual TimeSpan? Patience => null;

    /// <summary>Writes a machine that is where it should be; on the pipeline thread.</summary>
    private protected abstract void WriteDone(object machine);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _commandLine = new HashSet<string>(MyInvocation.BoundParameters.Keys, StringComparer.OrdinalIgnoreCase);
        RequireChoice(Name.Length > 0, "VMSelectionMissing", "Nothing says which virtual machines are meant.", $"Give -Name, or pipe machines in: Get-VM web-* | {Verb}-VM");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        TakeIn(InputObject, () =>
        {
            var machine = Read(InputObject);
            if (Gathers) _gathered.Add(machine);
            else AtEachPlace([machine], own: false, Carry);
        });
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        FinishBegun();
        _ended = true;
        // A machine that is named is dealt with even when nothing is piped in; an empty pipeline alone selects nothing.
        _areNamedDue = Name.Length > 0;
        AtEachPlace(_gathered, own: _areNamedDue, Carry);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) _places?.Dispose();
    }

    private List<MachineReference> FindNamed()
    {
        var machines = new List<MachineReference>();
        var patterns = Name.Where(WildcardPattern.ContainsWildcardCharacters).ToList();
        RunWithCluster(async (cluster, ct) =>
        {
            var @namespace = NamespaceOrDefault(cluster);
            // The engine says what is wrong with an exact name, and knows it without listing.
            machines.AddRange(Name.Except(patterns, StringComparer.Ordinal).Select(name => new MachineReference(@namespace, name) { Input = name }));
            if (patterns.Count == 0) return;
            await foreach (var found in new VirtualMachines(cluster).ListAsync(new ListQuery { Names = patterns, Namespace = @namespace }, ct))
            {
                if (found.Value is { } vm) machines.Add(new MachineReference(vm.Namespace, vm.Name, vm.Uid) { Input = new VirtualMachine(vm) });
            }
        });
        return machines;
    }

    private void Carry(IReadOnlyList<Piped<MachineReference>> piped)
    {
        List<MachineReference> machines = [.. piped.Select(p => p.Item)];
        if (_areNamedDue && IsAtOwnPlace)
        {
            _areNamedDue = false;
            machines.AddRange(FindNamed());
        }

        var approved = new List<MachineReference>();
        var rehearsed = new List<MachineReference>();
        // Asked on the pipeline thread, all before the first is dealt with.
        foreach (var machine in machines)
        {
            var name = machine.Namespace.Length > 0 ? machine.ToString() : machine.Name;
            if (ShouldProcess($"{Verb} {What} '{name}'{AtCluster}", $"{Verb} {What} '{name}'{AtCluster}?", $"{Verb}-VM", out var reason))
            {
                approved.Add(machine);
            }
            else if (reason == ShouldProcessReason.WhatIf)
            {
                rehearsed.Add(machine);
            }
        }

        if (rehearsed.Count > 0) Carry(rehearsed, dryRun: true);
        if (approved.Count > 0) Carry(approved, dryRun: false);
    }

    private void Carry(List<MachineReference> machines, bool dryRun)
    {
        if (Gathers || _ended)
        {
            RunItems<VirtualMachineRecord>(
                machines.Count == 1 ? $"{Verb} {machines[0].Name}" : $"{Verb} {machines.Count} VMs",
                machines.Count,
                (cluster, emit, ct) => ForwardAsync(Act(cluster, machines, dryRun, ct), update => emit(Judge(update))),
                Convert,
                output => Write(output, dryRun));
            return;
        }

        // Others come down the pipeline meanwhile, and are dealt with at the same time.
        _places ??= new SemaphoreSlim(ThrottleLimit);
        BeginWithCluster(async (cluster, ct) =>
        {
            await _places.WaitAsync(ct);
            try
            {
                await ForwardAsync(Act(cluster, machines, dryRun, ct), update => WriteItem(Judge(update), Convert, output => Write(output, dryRun)));
            }
            finally
            {
                _places.Release();
            }
        });
    }

    private static object Convert(VirtualMachineRecord record) => new VirtualMachine(record);

    private void Write(object output, bool dryRun)
    {
        if (dryRun)
        {
            WriteVerbose($"The server would {Verb.ToLowerInvariant()} the virtual machine '{output}'.");
        }
        else
        {
            WriteDone(output);
        }
    }

    private IAsyncEnumerable<ItemUpdate<VirtualMachineRecord>> Act(KubeVirtCluster cluster, List<MachineReference> machines, bool dryRun, CancellationToken ct)
    {
        var @namespace = NamespaceOrDefault(cluster);
        machines = machines.ConvertAll(m => m.Namespace.Length > 0 ? m : m with { Namespace = @namespace });
        var power = new MachinePower(cluster);
        var options = new PowerOptions
        {
            Wait = Waits,
            Timeout = Timeout ?? Patience,
            GracePeriod = Grace,
            Paused = StartsPaused,
            ThrottleLimit = ThrottleLimit,
            DryRun = dryRun,
            Force = Forces,
            IncludeVolumes = TakesVolumes,
            KeepVolumes = KeepsVolumes,
        };
        return Verb switch
        {
            "Start" => power.StartAsync(machines, options, ct),
            "Stop" => power.StopAsync(machines, options, ct),
            _ => power.RemoveAsync(machines, options, ct),
        };
    }

    // Nobody gave a time, so it is no failure to be slow: what was asked for goes on.
    private ItemUpdate<VirtualMachineRecord> Judge(ItemUpdate<VirtualMachineRecord> update) =>
        Timeout is null && Patience is not null && update.Fault?.Id == FaultIds.VMPowerTimeout
            ? update with { Kind = ItemUpdateKind.Warning, Message = update.Fault.Message }
            : update;

    private Piped<MachineReference> Read(PSObject input)
    {
        var piped = PipedObject.Recognize(input);
        var (@namespace, name) = piped switch
        {
            { Kind: PipedKind.Row } when PropertyReader.GetText(input, "Name") is { } column => (PropertyReader.GetText(input, "Namespace"), column),
            // What a clone that failed was to be named may be the name of somebody else's machine.
            { Kind: PipedKind.Retry } => throw new InputException(
                "VMInputInvalid", ErrorCategory.InvalidType, $"'{input.BaseObject}' is a clone that failed: it made no virtual machine.", "Pipe in machines, or clones that succeeded."),
            _ => piped.Machine("Pipe in names, virtual machines or clones."),
        };
        var identity = PipedIdentity.OfSource(input);
        return new(
            new MachineReference(NamespaceOf(@namespace, name), name, identity.Uid) { Maker = identity.Maker, Input = input.BaseObject }, input.BaseObject, identity.Cluster);
    }
}
