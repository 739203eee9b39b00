using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Engine;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Cli.Input;

/// <summary>
/// The columns of a CSV file of clones: the parameters of New-VMClone that bind by property name, so that one file serves both. An
/// empty cell leaves what the command line says. Lists in one cell are separated by ';'.
/// </summary>
internal sealed class CloneColumns(string fileName, Action<string> warn)
{
    private static readonly string[] SourceName = ["SourceName", "Source", "VM", "VMName"];
    private static readonly string[] SourceKind = ["SourceKind", "SourceType"];
    private static readonly string[] Snapshot = ["Snapshot", "SnapshotName"];
    private static readonly string[] TargetName = ["TargetName", "Target", "Name"];
    private static readonly string[] Namespace = ["Namespace", "ns", "n"];
    private static readonly string[] CloneName = ["CloneName"];
    private static readonly string[] LabelFilter = ["LabelFilter"];
    private static readonly string[] AnnotationFilter = ["AnnotationFilter"];
    private static readonly string[] TemplateLabelFilter = ["TemplateLabelFilter"];
    private static readonly string[] TemplateAnnotationFilter = ["TemplateAnnotationFilter"];
    private static readonly string[] MacAddress = ["MacAddress", "NewMacAddresses"];
    private static readonly string[] SmbiosSerial = ["SmbiosSerial", "Serial", "NewSmbiosSerial"];
    private static readonly string[] Patch = ["Patch", "Patches"];
    private static readonly string[] VolumeNamePolicy = ["VolumeNamePolicy"];
    private static readonly string[] Batch = ["Batch"];
    private static readonly string[] Hostname = ["Hostname"];
    private static readonly string[] RunStrategy = ["RunStrategy"];

    private static readonly HashSet<string> Known = new(
        [
            .. SourceName, .. SourceKind, .. Snapshot, .. TargetName, .. Namespace, .. CloneName, .. LabelFilter, .. AnnotationFilter,
            .. TemplateLabelFilter, .. TemplateAnnotationFilter, .. MacAddress, .. SmbiosSerial, .. Patch, .. VolumeNamePolicy, .. Batch,
            .. Hostname, .. RunStrategy,
        ],
        StringComparer.OrdinalIgnoreCase);

    private bool _columnsSeen;

    /// <param name="row">The row.</param>
    /// <param name="source">The source the command line names, for rows that name none.</param>
    /// <param name="template">What the command line says of every clone of a source.</param>
    /// <param name="fault">What is wrong with the row, when the result is null.</param>
    public CloneRequest? ToRequest(CsvRow row, SourceReference? source, Func<SourceReference, CloneRequest> template, out Fault? fault)
    {
        WarnOfUnknownColumns(row);
        fault = null;
        try
        {
            return Read(row, source, template);
        }
        catch (UsageException e)
        {
            fault = new Fault
            {
                Id = FaultIds.VMCloneSourceInvalid,
                Category = FaultCategory.InvalidArgument,
                Message = e.Message,
                RecommendedAction = "Correct the row and run the same command again.",
                TargetName = $"{fileName}:{row.Line}",
                Exception = e,
            };
            return null;
        }
    }

    private static CloneRequest Read(CsvRow row, SourceReference? source, Func<SourceReference, CloneRequest> template)
    {
        var rowSource = RowSource(row) ?? source
            ?? throw new UsageException("no source: SourceName and Snapshot are empty, and the command line names none");
        var request = template(rowSource);

        // A row's own source goes before the image of the command line.
        if (rowSource != source)
            request = request with { GoldenImage = null, GoldenImageVersion = null };
        return request with
        {
            TargetName = Cell(row, TargetName),
            CloneName = Cell(row, CloneName),
            Namespace = Cell(row, Namespace) ?? request.Namespace,
            LabelFilter = List(row, LabelFilter) ?? request.LabelFilter,
            AnnotationFilter = List(row, AnnotationFilter) ?? request.AnnotationFilter,
            TemplateLabelFilter = List(row, TemplateLabelFilter) ?? request.TemplateLabelFilter,
            TemplateAnnotationFilter = List(row, TemplateAnnotationFilter) ?? request.TemplateAnnotationFilter,
            MacAddresses = List(row, MacAddress) is { } macs ? MacArgument.Parse(macs) : request.MacAddresses,
            SmbiosSerial = Cell(row, SmbiosSerial) ?? request.SmbiosSerial,
            Patches = Cell(row, Patch) is { } patch ? [patch] : request.Patches,
            VolumeNamePolicy = Cell(row, VolumeNamePolicy) ?? request.VolumeNamePolicy,
            Batch = Cell(row, Batch),
            Hostname = Cell(row, Hostname) ?? request.Hostname,
            RunStrategy = Cell(row, RunStrategy) ?? request.RunStrategy,
            Input = row,
        };
    }

    private static SourceReference? RowSource(CsvRow row)
    {
        if (Cell(row, Snapshot) is { } snapshot)
            return new SourceReference(IsSnapshot: true, snapshot);
        return Cell(row, SourceName) is { } name ? SourceReference.Parse(name, Cell(row, SourceKind)) : null;
    }

    private void WarnOfUnknownColumns(CsvRow row)
    {
        if (_columnsSeen)
            return;
        _columnsSeen = true;
        foreach (var column in row.Columns.Where(c => c.Length > 0 && !Known.Contains(c)))
            warn($"{fileName}: column '{column}' is not one that says how to clone; it is not used");
    }

    private static string? Cell(CsvRow row, string[] names)
    {
        foreach (var name in names)
        {
            if (row.Values.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value))
                return value.Trim();
        }

        return null;
    }

    private static string[]? List(CsvRow row, string[] names) =>
        Cell(row, names)?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
