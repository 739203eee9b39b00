namespace KubeVirtClone.Engine.Knowledge.Rows;

/// <summary>The names columns have: those that say what is cloned into what, and those of <see cref="RequestFields"/>.</summary>
public static class ColumnNames
{
    internal static readonly string[] Source = ["SourceName", "Source", "VM", "VMName"];
    internal static readonly string[] SourceKind = ["SourceKind", "SourceType"];
    internal static readonly string[] Snapshot = ["Snapshot", "SnapshotName"];
    internal static readonly string[] GoldenImage = ["GoldenImage"];
    internal static readonly string[] ImageVersion = ["ImageVersion"];
    internal static readonly string[] Target = ["TargetName", "Target"];

    /// <summary>Of what is cloned, unless another column says that: then of what is made, unless another column says that too.</summary>
    internal static readonly string[] Name = ["Name"];

    internal static readonly string[] Namespace = ["Namespace", "ns", "n"];
    internal static readonly string[] CloneName = ["CloneName"];
    internal static readonly string[] Batch = ["Batch"];

    private static readonly string[] SourceWords = ["SOURCE", "TEMPLATE", "FROM", "MASTER", "ORIGINAL"];
    private static readonly string[] TargetWords = ["TARGET", "NEWNAME", "NEW NAME", "NEW_NAME", "NEW-NAME", "NEWVM", "DESTINATION", "CLONE"];

    private static readonly string[][] Places = [Source, SourceKind, Snapshot, GoldenImage, ImageVersion, Target, Name, Namespace, CloneName, Batch];

    /// <summary>Names of the column that names the source.</summary>
    public static string[] OfSource => [.. Source];

    /// <summary>Names of the column that names the target.</summary>
    public static string[] OfTarget => [.. Target, .. Name];

    /// <summary>Whether a column says something of a clone.</summary>
    /// <param name="column">Its name, in any case.</param>
    public static bool IsKnown(string column) => RequestFields.Find(column) is not null || Array.Exists(Places, p => p.Contains(column, StringComparer.OrdinalIgnoreCase));

    /// <summary>The name that may be meant by one that is not known; null when none is near.</summary>
    /// <param name="column">What is written.</param>
    public static string? Nearest(string column)
    {
        ArgumentNullException.ThrowIfNull(column);
        var written = column.Trim().ToUpperInvariant();
        // Up to a third of the letters may be wrong; less than that would miss what people mistype, more would guess.
        return RequestFields.All.Select(f => (Name: f.Name, Spelling: f.Name)).Concat(RequestFields.All.SelectMany(f => f.Aliases.Select(a => (f.Name, Spelling: a))))
            .Concat(Places.SelectMany(p => p.Select(s => (Name: p[0], Spelling: s))))
            .Select(n => (n.Name, Distance: Distance(written, n.Spelling.ToUpperInvariant()), Most: Math.Max(1, n.Spelling.Length / 3)))
            .Where(n => n.Distance <= n.Most && n.Distance < written.Length)
            .OrderBy(n => n.Distance)
            .Select(n => n.Name)
            .FirstOrDefault()
            // What others call what is cloned, and into what.
            ?? (Array.Exists(SourceWords, w => written.Contains(w, StringComparison.Ordinal)) ? Source[0] : Array.Exists(TargetWords, w => written.Contains(w, StringComparison.Ordinal)) ? Target[0] : null);
    }

    // Letters to add, drop, change or exchange with their neighbour.
    private static int Distance(string one, string other)
    {
        var rows = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= other.Length; j++)
            rows[0, j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
            {
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[one.Length, other.Length];
    }
}
