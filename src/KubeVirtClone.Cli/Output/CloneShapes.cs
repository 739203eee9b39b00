namespace KubeVirtClone.Cli.Output;

/// <summary>How clones are printed: the VM that people gave a name first. The name of the clone object, which has a hash in it, is for -o wide and -o name.</summary>
internal static class CloneShapes
{
    private const int UsualName = 16;

    public static RecordShape<CloneRecord> Clone { get; } = new(
        [
            new("TARGET", c => c.TargetName, Width: UsualName),
            new("STATE", c => c.State, Colour: ColourOf, Width: nameof(ClonePhase.RestoreInProgress).Length),
            new("SOURCE", c => c.Source, Width: UsualName),
            new("NAME", c => c.Name, WideOnly: true),
            new("READY", c => CellText.Word(c.Ready), WideOnly: true),
            new("METHOD", c => c.Method.ToString(), WideOnly: true),
            new("BATCH", c => c.Batch, WideOnly: true, Width: 21),
            new("SNAPSHOT", c => c.SnapshotName, WideOnly: true),
            new("RESTORE", c => c.RestoreName, WideOnly: true),
            new("ASKED", AskedSizes.Describe, WideOnly: true),
            new("AGE", c => CellText.Age(c.CreationTimestamp), Width: 5),
            new("MESSAGE", c => CellText.Line(c.Message)),
        ],
        ReferenceName,
        c => RecordShapes.Document(c.Raw),
        c => c.Namespace);

    /// <summary>KIND/NAME, as kubectl takes it.</summary>
    public static string ReferenceName(CloneRecord clone) => RecordShapes.KindPrefix(clone.Method) + clone.Name;

    private static string? ColourOf(CloneRecord clone) => clone.Phase switch
    {
        ClonePhase.Succeeded => AnsiColour.Green,
        ClonePhase.Failed => AnsiColour.Red,
        ClonePhase.Pending or ClonePhase.Unknown => AnsiColour.Yellow,
        _ => null,
    };
}
