using System.Globalization;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>
/// Tells before anything is made what would go wrong with clones. It takes what New-VMClone takes, looks at a whole batch at
/// once, and creates nothing.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "VMClone", HelpUri = HelpPages.Root + "Test-VMClone.md")]
[OutputType(typeof(VMCloneFinding), typeof(bool))]
public sealed class TestVMCloneCommand : CloneRequestCmdlet
{
    private readonly List<JsonObject> _manifests = [];
    private bool? _isReady;

    /// <summary>Batch id the clones would get: what an earlier run of that batch made is not taken for a collision.</summary>
    [Parameter]
    public string? Batch { get; set; }

    /// <summary>Manifests to check as they stand, by KubeVirt's own rules: YAML or JSON texts, tables, or objects of kind VirtualMachineClone or VirtualMachineRestore.</summary>
    [Parameter]
    public PSObject[]? Manifest { get; set; }

    /// <summary>Files of such manifests.</summary>
    [Parameter]
    [Alias("FilePath", "LiteralPath", "PSPath")]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <summary>Which way the clones would be made.</summary>
    [Parameter]
    public VMCloneMethod Method { get; set; } = VMCloneMethod.Auto;

    /// <summary>Targets that exist would be passed over: they are no error then.</summary>
    [Parameter]
    public SwitchParameter SkipExisting { get; set; }

    /// <summary>Check for clones that each take a snapshot of their own instead of sharing one.</summary>
    [Parameter]
    public SwitchParameter NoSharedSnapshot { get; set; }

    /// <summary>With -TargetNamespace: the Secrets and ConfigMaps the source names would be copied, where there is none of that name.</summary>
    [Parameter]
    public SwitchParameter CopySecrets { get; set; }

    /// <summary>With -TargetNamespace: the storage driver's snapshots would be handed over by their handles.</summary>
    [Parameter]
    public SwitchParameter HandOver { get; set; }

    /// <summary>Write only whether the clones can be made: true when nothing of severity Error was found.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        foreach (var manifest in Manifest ?? []) AddManifest(manifest);
        foreach (var path in Path ?? []) AddFiles(path);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject?.BaseObject is FileInfo file)
            AddFile(file.FullName);
        else if (InputObject is not null && CloneManifests.IsManifest(InputObject))
            AddManifest(InputObject);
        else if (InputObject is not null || (Manifest is null && Path is null) || SourceName is not null || Snapshot is not null || GoldenImage is not null)
            base.ProcessRecord();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Requests.Count + _manifests.Count == 0)
        {
            // Nothing was asked for, so there is no answer; but what could not be read as a request cannot be made either.
            if (Quiet && HasUnusableInput) WriteObject(false);
            return;
        }

        AtEachCluster(own: _manifests.Count > 0, Check);
        if (Quiet && (_isReady is not null || HasRefused)) WriteObject(_isReady == true && !HasUnusableInput && !HasRefused);
    }

    private void Check() => RunWithCluster(async (cluster, ct) =>
        {
            var options = new PreflightOptions
            {
                Batch = !string.IsNullOrEmpty(Batch) ? Batch
                    : Requests.Select(r => (r.Input as VMCloneRequest)?.Batch).Distinct(StringComparer.Ordinal).Take(2).ToArray() is [var only] ? only : null,
                NoSharedSnapshot = NoSharedSnapshot,
                Method = Enum.Parse<CloneMethodChoice>(Method.ToString()),
                SkipExisting = SkipExisting,
                CopySecrets = CopySecrets,
                HandOver = HandOver,
            };
            var @namespace = NamespaceOrDefault(cluster);
            IReadOnlyList<PreflightItem> items =
            [
                .. InNamespace(cluster, Requests).Select(r => new PreflightItem(r)),
                .. (IsAtOwnPlace ? _manifests : []).Select(m => PreflightItem.FromManifest(m, @namespace)),
            ];
            var report = await new BatchPreflight(cluster, options).RunAsync(items, ct);
            Post(() => Write(report));
        });

    private void AddManifest(PSObject manifest) => Add(() => CloneManifests.Read(manifest), manifest);

    private void AddFiles(string path)
    {
        try
        {
            foreach (var file in GetResolvedProviderPathFromPSPath(path, out _)) AddFile(file);
        }
        catch (Exception e) when (e is ItemNotFoundException or System.Management.Automation.DriveNotFoundException)
        {
            ReportUnusable(ErrorRecords.Create("ManifestFileNotFound", ErrorCategory.ObjectNotFound, $"There is no file '{path}'.", "Check the path.", path, e));
        }
    }

    private void AddFile(string file) => Add(() => CloneManifests.ReadFile(file), file);

    private void Add(Func<IEnumerable<JsonObject>> read, object target)
    {
        try
        {
            _manifests.AddRange(read());
        }
        catch (InputException e)
        {
            ReportUnusable(e.ToErrorRecord(target));
        }
    }

    private void Write(PreflightReport report)
    {
        WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"{report.Items} clones were checked with {report.ApiRequests} API requests."));
        if (Quiet)
        {
            _isReady = _isReady != false && report.Ready;
            return;
        }

        foreach (var finding in report.Findings) WriteObject(new VMCloneFinding(finding));
    }
}
