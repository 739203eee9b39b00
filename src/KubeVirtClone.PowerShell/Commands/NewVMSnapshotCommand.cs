using System.Collections;
using System.Globalization;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Waiting;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Takes snapshots of virtual machines.</summary>
[Cmdlet(VerbsCommon.New, "VMSnapshot", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, HelpUri = HelpPages.Root + "New-VMSnapshot.md")]
[OutputType(typeof(VMSnapshot))]
public sealed class NewVMSnapshotCommand : KubeVirtCmdlet
{
    private readonly List<Piped<SnapshotRequest>> _requests = [];

    /// <summary>A virtual machine, a name, kubectl's JSON, or a clone, which stands for the machine it made.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The virtual machines to take snapshots of; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [Alias("Source", "VM", "VMName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VirtualMachineCompleter))]
    public string[] SourceName { get; set; } = [];

    /// <summary>Name of the snapshot; {0} stands for the machine's name: '{0}-before'. Made up when not given.</summary>
    [Parameter(Position = 1)]
    [Alias("SnapshotName")]
    public string? Name { get; set; }

    /// <summary>What becomes of the data when the snapshot object is deleted.</summary>
    [Parameter]
    public VMSnapshotDeletionPolicy? DeletionPolicy { get; set; }

    /// <summary>Longest time the snapshot may take before it fails: seconds, '5m', or a TimeSpan. KubeVirt's default is five minutes.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? FailureDeadline { get; set; }

    /// <summary>Labels of the snapshot: @{ purpose = 'before-upgrade' }.</summary>
    [Parameter]
    public IDictionary? Label { get; set; }

    /// <summary>Annotations of the snapshot.</summary>
    [Parameter]
    public IDictionary? Annotation { get; set; }

    /// <summary>Wait until each snapshot is ready to use.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Longest wait for each snapshot: seconds, '5m', or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (!Wait && Timeout is not null) WarnOnce("-Timeout has an effect only together with -Wait.");
        RequireChoice(
            SourceName.Length > 0,
            "VMSelectionMissing",
            "Nothing says which virtual machines to take snapshots of.",
            "Give -SourceName, or pipe machines in: Get-VM db-* | New-VMSnapshot");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null) return;
        TakeIn(InputObject, () =>
        {
            var (@namespace, name) = PipedObject.Recognize(InputObject).Machine("Pipe in names, virtual machines or clones.");
            Add(name, NamespaceOf(@namespace, name), InputObject.BaseObject, PipedIdentity.OfSource(InputObject));
        });
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var name in SourceName) Add(name, "", name, new PipedIdentity(null, null, null));
        AtEachPlace(_requests, own: false, Take);
    }

    private void Take(IReadOnlyList<Piped<SnapshotRequest>> requests)
    {
        var approved = new List<SnapshotRequest>();
        var rehearsed = new List<SnapshotRequest>();
        foreach (var request in requests.Select(r => r.Item))
        {
            var what = $"Take a snapshot of the virtual machine '{request.SourceName}'{AtCluster}";
            if (ShouldProcess(what, $"{what}?", "New-VMSnapshot", out var reason))
            {
                approved.Add(request);
            }
            else if (reason == ShouldProcessReason.WhatIf)
            {
                rehearsed.Add(request);
            }
        }

        if (rehearsed.Count > 0) Carry(rehearsed, dryRun: true);
        if (approved.Count > 0) Carry(approved, dryRun: false);
    }

    private void Add(string source, string @namespace, object input, PipedIdentity identity) => _requests.Add(new(new SnapshotRequest
    {
        SourceUid = identity.Uid,
        SourceMaker = identity.Maker,
        Namespace = @namespace,
        SourceName = source,
        Name = string.IsNullOrEmpty(Name) ? null : Name,
        DeletionPolicy = DeletionPolicy?.ToString(),
        FailureDeadline = FailureDeadline,
        Labels = TextTable.Read(Label),
        Annotations = TextTable.Read(Annotation),
        Input = input,
    }, input, identity.Cluster));

    private void Carry(List<SnapshotRequest> requests, bool dryRun)
    {
        var what = requests.Count == 1 ? requests[0].SourceName : string.Create(CultureInfo.InvariantCulture, $"{requests.Count} VMs");
        RunItems<SnapshotRecord>(
            $"Taking a snapshot of {what}",
            requests.Count,
            (cluster, emit, ct) => CreateAsync(cluster, requests, dryRun, emit, ct),
            static record => new VMSnapshot(record),
            output =>
            {
                if (dryRun)
                {
                    WriteVerbose($"The server would take the snapshot '{output}'.");
                }
                else
                {
                    WriteObject(output);
                }
            });
    }

    private async Task CreateAsync(
        KubeVirtCluster cluster, List<SnapshotRequest> requests, bool dryRun, Action<ItemUpdate<SnapshotRecord>> emit, CancellationToken ct)
    {
        var catalog = new SnapshotCatalog(cluster);
        var waiting = new List<SnapshotReference>();
        var placed = requests.ConvertAll(r => r.Namespace.Length > 0 ? r : r with { Namespace = NamespaceOrDefault(cluster) });
        foreach (var (request, missing) in await new SnapshotSources(cluster).FindAsync(placed, ct))
        {
            var made = ToUpdate(missing is null ? await catalog.CreateAsync(request, dryRun, ct) : new(null, missing), request.Input);
            if (made.Record is { } snapshot && Wait && !dryRun)
            {
                waiting.Add(snapshot.Reference with { Input = request.Input });
            }
            else
            {
                emit(made);
            }
        }

        if (waiting.Count > 0) await ForwardAsync(new SnapshotWaiter(cluster).WaitAsync(waiting, new SnapshotWaitOptions { Timeout = Timeout }, ct), emit);
    }

    private static ItemUpdate<SnapshotRecord> ToUpdate(ListedItem<SnapshotRecord> made, object? input) => new()
    {
        Kind = made.Fault is null ? ItemUpdateKind.Record : ItemUpdateKind.Fault,
        Record = made.Value,
        Fault = made.Fault,
        Input = input,
    };
}
