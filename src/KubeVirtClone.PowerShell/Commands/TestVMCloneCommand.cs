using System.Globalization;
using System.Management.Automation;
using KubeVirtClone.Engine.Preflight;

namespace KubeVirtClone.Commands;

/// <summary>
/// Tells before anything is made what would go wrong with clones. It takes what New-VMClone takes, looks at a whole batch at
/// once, and creates nothing.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "VMClone", HelpUri = HelpPages.Root + "Test-VMClone.md")]
[OutputType(typeof(VMCloneFinding), typeof(bool))]
public sealed class TestVMCloneCommand : CloneRequestCmdlet
{
    /// <summary>Batch id the clones would get: what an earlier run of that batch made is not taken for a collision.</summary>
    [Parameter]
    public string? Batch { get; set; }

    /// <summary>Check for clones that each take a snapshot of their own instead of sharing one.</summary>
    [Parameter]
    public SwitchParameter NoSharedSnapshot { get; set; }

    /// <summary>Write only whether the clones can be made: true when nothing of severity Error was found.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Requests.Count == 0)
        {
            // Nothing was asked for, so there is no answer; but what could not be read as a request cannot be made either.
            if (Quiet && HasUnusableInput) WriteObject(false);
            return;
        }

        RunWithCluster(async (cluster, ct) =>
        {
            var options = new PreflightOptions { Batch = string.IsNullOrEmpty(Batch) ? null : Batch, NoSharedSnapshot = NoSharedSnapshot };
            var report = await new ClonePreflight(cluster, options).RunAsync(ToEngine(cluster, Requests), ct);
            Post(() => Write(report));
        });
    }

    private void Write(PreflightReport report)
    {
        WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"{report.Items} clones were checked with {report.ApiRequests} API requests."));
        if (Quiet)
        {
            WriteObject(report.Ready && !HasUnusableInput);
            return;
        }

        foreach (var finding in report.Findings) WriteObject(new VMCloneFinding(finding));
    }
}
