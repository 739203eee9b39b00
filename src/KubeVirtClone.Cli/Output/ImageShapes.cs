using System.Globalization;

namespace KubeVirtClone.Cli.Output;

/// <summary>How golden images are printed; in json and yaml they are the snapshots they are.</summary>
internal static class ImageShapes
{
    public static RecordShape<GoldenImageRecord> Image { get; } = new(
        [
            new("NAME", i => i.Name),
            new("VERSION", i => i.Version),
            new("READY", i => CellText.Word(i.Ready), Colour: i => i.Ready ? AnsiColour.Green : AnsiColour.Yellow),
            new("DEFAULT", i => CellText.Word(i.IsDefault), WideOnly: true),
            new("SIZE", i => CellText.Size(i.Size)),
            new("DISKS", i => i.Disks is null ? null : i.Disks.Count.ToString(CultureInfo.InvariantCulture)),
            new("SOURCE", i => "vm/" + i.SourceName, Width: 16),
            new("VMS", i => i.Machines?.Count.ToString(CultureInfo.InvariantCulture), Width: 6),
            new("NEEDEDBY", i => i.Dependents?.Count.ToString(CultureInfo.InvariantCulture)),
            new("COPYOF", i => i.CopyOf, WideOnly: true),
            new("COPIES", i => i.Copies is null ? null : string.Join(',', i.Copies), WideOnly: true),
            new("SNAPSHOT", i => i.SnapshotName, WideOnly: true),
            new("INDICATIONS", i => string.Join(',', i.Indications.Select(n => n.Name)), WideOnly: true),
            new("AGE", i => CellText.Age(i.CreationTimestamp)),
            new("DESCRIPTION", i => CellText.Line(string.IsNullOrEmpty(i.Message) ? i.Description : i.Message)),
        ],
        i => "image/" + i,
        i => RecordShapes.Document(i.Raw),
        i => i.Namespace);
}
