using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Cli.Output;

/// <summary>How machines and snapshots are printed.</summary>
internal static class RecordShapes
{
    public static RecordShape<VirtualMachineRecord> Machine { get; } = new(
        [
            new("NAME", m => m.Name),
            new("STATUS", m => m.Status, Colour: m => m.Status == "Running" ? AnsiColour.Green : null, Width: 8),
            new("READY", m => CellText.Word(m.Ready)),
            new("RUNSTRATEGY", m => m.RunStrategy),
            new("VOLUMES", m => string.Join(',', m.Volumes.Select(v => v.Name)), WideOnly: true),
            new("INTERFACES", m => string.Join(',', m.Interfaces.Select(i => i.Name)), WideOnly: true),
            new("AGE", m => CellText.Age(m.CreationTimestamp)),
        ],
        m => "vm/" + m.Name,
        m => Document(m.Raw),
        m => m.Namespace);

    public static RecordShape<SnapshotRecord> Snapshot { get; } = new(
        [
            new("NAME", s => s.Name),
            new("SOURCE", s => "vm/" + s.SourceName),
            new("PHASE", s => s.Phase.ToString(), Colour: s => s.Failed ? AnsiColour.Red : s.ReadyToUse ? AnsiColour.Green : AnsiColour.Yellow, Width: 10),
            new("READY", s => CellText.Word(s.ReadyToUse)),
            new("INDICATIONS", s => string.Join(',', s.Indications.Select(i => i.Name))),
            new("INCLUDED", s => string.Join(',', s.IncludedVolumes), WideOnly: true),
            new("EXCLUDED", s => string.Join(',', s.ExcludedVolumes), WideOnly: true),
            new("POLICY", s => s.DeletionPolicy ?? "Delete", WideOnly: true),
            new("DEADLINE", s => s.FailureDeadline is { } d ? CellText.Duration(d) : "5m", WideOnly: true),
            new("BATCH", s => s.Batch, WideOnly: true),
            new("AGE", s => CellText.Age(s.CreationTimestamp)),
            new("MESSAGE", s => CellText.Line(s.Message)),
        ],
        s => "vmsnapshot/" + s.Name,
        s => Document(s.Raw),
        s => s.Namespace);

    /// <summary>The kind before the slash in KIND/NAME, of the object that stands for a clone.</summary>
    public static string KindPrefix(CloneMethod method) => method switch
    {
        CloneMethod.Clone => "vmclone/",
        CloneMethod.Restore => "vmrestore/",
        _ => "vm/",
    };

    public static JsonNode Document(KubernetesObject item) => JsonNode.Parse(item.Json.GetRawText())!;
}
