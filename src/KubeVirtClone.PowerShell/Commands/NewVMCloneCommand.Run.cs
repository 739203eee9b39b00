using System.Globalization;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Pipeline;
using KubeVirtClone.Progress;

namespace KubeVirtClone.Commands;

/// <summary>How New-VMClone carries the requests out.</summary>
public sealed partial class NewVMCloneCommand
{
    private const int DefaultThrottleLimit = CloneOptions.DefaultThrottleLimit;

    private CloneProgressView? _progress;

    /// <inheritdoc/>
    private protected override IReadOnlyList<object> TakeUnreached()
    {
        var left = TakeUnsettled(AllRequests.Select(r => r.Input).OfType<VMCloneRequest>());
        foreach (var request in left) Mark(request);
        return left;
    }

    private void CreateClones()
    {
        var approved = new List<CloneRequest>();
        var rehearsed = new List<CloneRequest>();
        foreach (var request in Requests)
        {
            var what = $"Clone {Noun(request)} '{request.SourceName}' to '{(string.IsNullOrEmpty(request.TargetName) ? "a name made up" : request.TargetName)}'{Place(request)}{AtCluster}";
            if (ShouldProcess(what, $"{what}?", "New-VMClone", out var reason))
            {
                approved.Add(request);
            }
            else if (reason == ShouldProcessReason.WhatIf)
            {
                rehearsed.Add(request);
            }
            else
            {
                Settle(request.Input);
            }
        }

        // What is asked for again goes on in the batch it began in, where nothing is made twice.
        foreach (var batch in rehearsed.GroupBy(BatchOf)) Carry([.. batch], batch.Key, dryRun: true);
        foreach (var batch in approved.GroupBy(BatchOf))
        {
            if (AsJob) StartJob(batch.Select(r => r.Input!), IsOfRequest);
            else Carry([.. batch], batch.Key, dryRun: false);
        }
    }

    private string? BatchOf(CloneRequest request) => !string.IsNullOrEmpty(Batch) ? Batch : (request.Input as VMCloneRequest)?.Batch;

    // The requests carry everything that is said of clones; how they are made, and where, is said to the command.
    private static bool IsOfRequest(string parameter) => !CommonParameters.Contains(parameter)
        && (parameter == nameof(Namespace) || typeof(NewVMCloneCommand).GetProperty(parameter)?.DeclaringType is not { } declaring || (declaring != typeof(NewVMCloneCommand) && declaring != typeof(KubeVirtCmdlet)));

    private void Carry(List<CloneRequest> requests, string? ofBatch, bool dryRun)
    {
        CloneOperation? operation = null;
        var ordered = new OrderedRecords(requests.Select(r => r.Input), isLast: MyInvocation.PipelinePosition == MyInvocation.PipelineLength);
        _progress = new CloneProgressView(this, Activity(requests), dryRun);
        try
        {
            RunWithCluster(
                async (cluster, ct) =>
                {
                    var options = new CloneOptions
                    {
                        ThrottleLimit = MyInvocation.BoundParameters.ContainsKey(nameof(ThrottleLimit)) ? ThrottleLimit : null,
                        Wait = Wait,
                        For = Enum.Parse<WaitState>(For.ToString()),
                        Timeout = Timeout,
                        DryRun = dryRun,
                        Batch = string.IsNullOrEmpty(ofBatch) ? null : ofBatch,
                        SkipExisting = SkipExisting,
                        PurgeOnSuccess = PurgeOnSuccess,
                        Preflight = !SkipPreflight,
                        Method = Enum.Parse<CloneMethodChoice>(Method.ToString()),
                        NoSharedSnapshot = NoSharedSnapshot,
                        CopySecrets = CopySecrets,
                        HandOver = HandOver,
                    };
                    var batch = InNamespace(cluster, requests);
                    operation = new CloneOperation(cluster, options);
                    // A name that is made up is another one where fewer are asked for.
                    foreach (var named in requests.Select(r => r.Input).OfType<VMCloneRequest>().Where(r => !dryRun && !string.IsNullOrEmpty(r.TargetName))) named.Batch = operation.Batch;
                    await foreach (var update in operation.RunAsync(batch, ct))
                    {
                        Settle(update, update.Request?.Input);
                        if (!ordered.Hold(update)) WriteUpdate(update, _progress);
                    }
                },
                _progress.Tick);
        }
        finally
        {
            _progress.Complete();
            if (!IsStopping) WriteObject(ordered.Take().Select(r => new VMClone(r)), enumerateCollection: true);
            if (IsStopping && !dryRun) TellWhatIsLeft(operation, requests.Count);
        }
    }

    /// <summary>One line when the user has stopped: nothing that was made is undone, and it must be findable.</summary>
    private void TellWhatIsLeft(CloneOperation? operation, int total)
    {
        if (operation is null) return;
        var text = operation.Created == 0
            ? string.Create(CultureInfo.InvariantCulture, $"None of {total} clones was created; Remove-VMClone -Batch {operation.Batch} removes what was begun for them")
            : string.Create(CultureInfo.InvariantCulture, $"{operation.Created} of {total} clones were created; see Get-VMClone -Batch {operation.Batch}");
        // As Write-Host would: on the screen whatever the preference is, and in the information stream for scripts.
        WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST", "KubeVirtClone"]);
    }

    private static string Activity(List<CloneRequest> requests)
    {
        var sources = requests.Select(r => r.SourceName).Distinct(StringComparer.Ordinal).Take(2).ToList();
        var count = requests.Count == 1 ? "1 VM" : string.Create(CultureInfo.InvariantCulture, $"{requests.Count} VMs");
        return sources is [var only] ? $"Cloning {only} → {count}" : $"Cloning {count}";
    }

    private static string Place(CloneRequest request)
    {
        var target = !string.IsNullOrEmpty(request.TargetNamespace) ? request.TargetNamespace : request.Namespace;
        return target.Length > 0 ? $" in namespace '{target}'" : "";
    }

    private static string Noun(CloneRequest request) =>
        request.GoldenImage is not null ? "golden image" : request.SourceKind == "VirtualMachineSnapshot" ? "snapshot" : "VM";
}
