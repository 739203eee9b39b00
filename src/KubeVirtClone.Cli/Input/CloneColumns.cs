using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

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
    private static readonly string[] TargetNamespace = ["TargetNamespace"];
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
    private static readonly string[] GoldenImage = ["GoldenImage"];
    private static readonly string[] ImageVersion = ["ImageVersion"];
    private static readonly string[] Label = ["Label"];
    private static readonly string[] Annotation = ["Annotation"];
    private static readonly string[] ExcludeLabel = ["ExcludeLabel"];
    private static readonly string[] ExcludeAnnotation = ["ExcludeAnnotation"];
    private static readonly string[] ExcludeTemplateLabel = ["ExcludeTemplateLabel"];
    private static readonly string[] ExcludeTemplateAnnotation = ["ExcludeTemplateAnnotation"];
    private static readonly string[] CloudInitSecret = ["CloudInitSecret"];

    private static readonly HashSet<string> Known = new(
        [
            .. SourceName, .. SourceKind, .. Snapshot, .. TargetName, .. Namespace, .. TargetNamespace, .. CloneName, .. LabelFilter, .. AnnotationFilter,
            .. TemplateLabelFilter, .. TemplateAnnotationFilter, .. MacAddress, .. SmbiosSerial, .. Patch, .. VolumeNamePolicy, .. Batch,
            .. Hostname, .. RunStrategy, .. GoldenImage, .. ImageVersion, .. Label, .. Annotation, .. ExcludeLabel, .. ExcludeAnnotation,
            .. ExcludeTemplateLabel, .. ExcludeTemplateAnnotation, .. CloudInitSecret,
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
            ?? throw new UsageException("no source: SourceName, Snapshot and GoldenImage are empty, and the command line names none");
        var request = template(rowSource);

        // A row's own source goes before the image of the command line.
        if (rowSource != source)
            request = request with { GoldenImage = null, GoldenImageVersion = null };
        if (Cell(row, GoldenImage) is { } image)
            request = request with { GoldenImage = image };
        if (Cell(row, ImageVersion) is { } version)
            request = request with { GoldenImageVersion = request.GoldenImage is null ? throw new UsageException("ImageVersion needs GoldenImage") : version };
        return request with
        {
            TargetName = Cell(row, TargetName),
            CloneName = Cell(row, CloneName),
            Namespace = Cell(row, Namespace) ?? request.Namespace,
            TargetNamespace = Cell(row, TargetNamespace) ?? request.TargetNamespace,
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
            TargetLabels = Table(row, Label) ?? request.TargetLabels,
            TargetAnnotations = Table(row, Annotation) ?? request.TargetAnnotations,
            ExcludeLabels = List(row, ExcludeLabel) ?? request.ExcludeLabels,
            ExcludeAnnotations = List(row, ExcludeAnnotation) ?? request.ExcludeAnnotations,
            ExcludeTemplateLabels = List(row, ExcludeTemplateLabel) ?? request.ExcludeTemplateLabels,
            ExcludeTemplateAnnotations = List(row, ExcludeTemplateAnnotation) ?? request.ExcludeTemplateAnnotations,
            CloudInitSecret = Cell(row, CloudInitSecret) ?? request.CloudInitSecret,
            Input = row,
        };
    }

    private static SourceReference? RowSource(CsvRow row)
    {
        if (Cell(row, GoldenImage) is { } image)
        {
            return Cell(row, Snapshot) is null && Cell(row, SourceName) is null
                ? new SourceReference(IsSnapshot: false, image)
                : throw new UsageException("two sources: GoldenImage is one, SourceName or Snapshot another");
        }

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

    private static Dictionary<string, string>? Table(CsvRow row, string[] names)
    {
        if (List(row, names) is not { Length: > 0 } entries)
            return null;
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var end = entry.IndexOf('=', StringComparison.Ordinal);
            table[end > 0 ? entry[..end].TrimEnd() : throw new UsageException($"{names[0]} '{entry}' is not of the form key=value")] = entry[(end + 1)..].TrimStart();
        }

        return table;
    }
}
