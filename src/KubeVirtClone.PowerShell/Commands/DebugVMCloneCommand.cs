using System.Globalization;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Diagnosis;

namespace KubeVirtClone.Commands;

/// <summary>
/// Says why clones stand where they stand, with the evidence and the next step. With -Repair it also does what is safe, each
/// step after asking.
/// </summary>
[Cmdlet(VerbsDiagnostic.Debug, "VMClone", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, HelpUri = HelpPages.Root + "Debug-VMClone.md")]
[OutputType(typeof(VMCloneDiagnosis))]
public sealed class DebugVMCloneCommand : CloneFilterCmdlet
{
    private const int Parallelism = 8;

    /// <summary>Do what is safe about it: delete a clone that can never finish with what it left behind, wake a waiting restore, clone again with the cause removed.</summary>
    [Parameter]
    public SwitchParameter Repair { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Repair && !HasQuery && !IsPipeline) RefuseEmptySelection("Get-VMClone | Where-Object Phase -eq Failed | Debug-VMClone -Repair");
        AtEachCluster(Diagnose);
    }

    private void Diagnose()
    {
        IReadOnlyList<CloneDiagnosis> diagnoses = [];
        RunWithCluster(async (cluster, ct) =>
        {
            var found = await FindClonesAsync(cluster, everything: !IsPipeline, ct);
            if (Repair) TakeOutAmbiguous(found);
            IReadOnlyList<CloneReference> clones =
                [.. (await PipedClonesAsync(cluster, ct)).Concat(found.Select(c => c.Reference)).DistinctBy(c => (c.Namespace, c.Name, c.Uid))];
            var doctor = new CloneDoctor(cluster);
            // A batch is also what is not made yet.
            if (WholeBatch is { } batch)
                diagnoses = await doctor.DiagnoseBatchAsync(NamespaceOrDefault(cluster), batch, ct);
            else if (clones.Count > 0)
                diagnoses = await doctor.DiagnoseAsync(clones, ct);
            if (diagnoses.Count == 0 && HasQuery && Name.Length == 0)
                Post(() => WriteWarning($"There are no clones of batch '{Batch}' in namespace '{NamespaceOrDefault(cluster)}': it is finished and removed, or every clone was given up before it was made."));
        });

        var reports = diagnoses.Select(d => new VMCloneDiagnosis(d)).ToList();
        if (Repair) CarryOut([.. diagnoses.Zip(reports, (diagnosis, report) => (report, Approved(diagnosis))).Where(r => r.Item2.Count > 0)]);
        foreach (var report in reports) WriteObject(report);
    }

    /// <summary>The steps to carry out. Each needs those before it: without the first there is no second.</summary>
    private List<RepairAction> Approved(CloneDiagnosis diagnosis)
    {
        var approved = new List<RepairAction>();
        foreach (var action in diagnosis.Repair.Actions)
        {
            var step = VMCloneDiagnosis.Describe(action);
            if (ShouldProcess(step + AtCluster, $"{diagnosis.Reference}{AtCluster}: {diagnosis.Cause}{Environment.NewLine}{step}", "Debug-VMClone -Repair", out var reason))
            {
                approved.Add(action);
            }
            else if (reason != ShouldProcessReason.WhatIf)
            {
                break;
            }
        }

        return approved;
    }

    private void CarryOut(List<(VMCloneDiagnosis Report, List<RepairAction> Actions)> repairs)
    {
        if (repairs.Count == 0) return;
        RunWithCluster((cluster, ct) => Parallel.ForEachAsync(
            repairs,
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = ct },
            async (item, token) =>
            {
                var repair = new CloneRepair(cluster);
                var done = new List<string>();
                foreach (var action in item.Actions)
                {
                    if (await repair.ExecuteAsync(action, token) is { } fault)
                    {
                        var left = item.Actions.Count - done.Count - 1;
                        var error = ErrorRecords.From(fault, item.Report);
                        Post(() =>
                        {
                            WriteError(error);
                            if (left > 0) WriteWarning(string.Create(CultureInfo.InvariantCulture, $"The repair of {item.Report.Namespace}/{item.Report.Name} ends here; {left} more steps were not taken."));
                        });
                        break;
                    }

                    done.Add(VMCloneDiagnosis.Describe(action));
                }

                item.Report.Repaired = [.. done];
            }));
    }
}
