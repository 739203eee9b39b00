using System.Text;
using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Insight.Reporting;

namespace KubeVirtClone.Commands;

/// <summary>Writes a report on clones as one HTML page that needs nothing else.</summary>
[Cmdlet(VerbsData.Export, "VMCloneReport", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, HelpUri = HelpPages.Root + "Export-VMCloneReport.md")]
[OutputType(typeof(FileInfo))]
public sealed class ExportVMCloneReportCommand : CloneFilterCmdlet
{
    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("FilePath", "PSPath", "LiteralPath")]
    public string Path { get; set; } = "";

    /// <inheritdoc/>
    [Parameter]
    [Alias("CloneName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CloneCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>Heading of the report; the batch's or the clones' names when not given.</summary>
    [Parameter]
    public string? Title { get; set; }

    /// <summary>Do not overwrite a file that exists.</summary>
    [Parameter]
    [Alias("NoOverwrite")]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Overwrite a file even if it is read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the file's FileInfo to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!HasQuery && !IsPipeline) RefuseEmptySelection("Get-VMClone -Batch lab7 | Export-VMCloneReport report.html");
        var file = ResolveFile();
        string? page = null;
        AtEachCluster(() => page = Add(page));
        Write(file, page);
    }

    // One page is about one cluster: what two have under one name would be taken for one.
    private string? Add(string? page)
    {
        if (page is not null)
        {
            WriteError(ErrorRecords.Create(
                FaultIds.ClusterMismatch, ErrorCategory.InvalidArgument, $"The report is of one cluster; the clones{AtCluster} were left out of it.", "Write a report for each cluster.", target: null));
            return page;
        }

        RunWithCluster(async (cluster, ct) =>
        {
            var found = await FindClonesAsync(cluster, everything: false, ct);
            IReadOnlyList<CloneReference> clones = [.. (await PipedClonesAsync(cluster, ct)).Concat(found.Select(c => c.Reference)).DistinctBy(c => (c.Namespace, c.Name, c.Uid))];
            if (clones.Count == 0) return;
            var report = await new ReportBuilder(cluster).BuildAsync(Heading(clones), clones, ct);
            page = report.ToHtml();
        });
        return page;
    }

    private void Write(string file, string? page)
    {
        if (page is null)
        {
            WriteWarning("There are no clones to report on, so no file was written.");
            return;
        }

        if (!ShouldProcess(file, "Write the report")) return;
        try
        {
            WriteFile(file, page);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(ErrorRecords.Create(
                "ReportNotWritten", ErrorCategory.WriteError, $"The report could not be written to '{file}': {e.Message}", "Choose a file that can be written; -Force overwrites a read-only one.", file, e));
        }

        if (PassThru) WriteObject(new FileInfo(file));
    }

    private string Heading(IReadOnlyList<CloneReference> clones)
    {
        if (!string.IsNullOrEmpty(Title)) return Title;
        if (!string.IsNullOrEmpty(Batch)) return $"Batch {Batch}";
        return clones.Count == 1 ? $"Clone {clones[0].Name}" : $"{clones.Count} clones";
    }

    private string ResolveFile()
    {
        var file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path, out var provider, out _);
        if (provider.Name != "FileSystem" || Directory.Exists(file) || !Directory.Exists(System.IO.Path.GetDirectoryName(file)))
        {
            Refuse("ReportPathInvalid", $"'{Path}' is no file that could be written.", "Give -Path a file in a folder that exists.", Path);
        }

        if (NoClobber && File.Exists(file))
        {
            ThrowTerminatingError(ErrorRecords.Create(
                "ReportExists", ErrorCategory.ResourceExists, $"The file '{file}' exists.", "Choose another name, or leave out -NoClobber.", file));
        }

        return file;
    }

    private void WriteFile(string file, string page)
    {
        if (Force && File.Exists(file)) File.SetAttributes(file, File.GetAttributes(file) & ~FileAttributes.ReadOnly);
        using var stream = new FileStream(file, NoClobber ? FileMode.CreateNew : FileMode.Create, FileAccess.Write, FileShare.Read);
        stream.Write(Encoding.UTF8.GetBytes(page));
    }
}
