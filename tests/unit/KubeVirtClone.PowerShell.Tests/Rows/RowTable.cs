using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KubeVirtClone.Engine.Knowledge.Rows;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.PowerShell.Tests.Rows;

/// <summary>What is written in a cell, and the value a person means by it; null where nothing is.</summary>
internal sealed record Cell(string Text, object? Value)
{
    public static Cell Blank { get; } = new("", null);
}

/// <summary>A column as its header spells it, the name it stands for (null when it is none), and its cells.</summary>
internal sealed record Column(string Spelling, string? Means, IReadOnlyList<Cell> Cells);

/// <summary>A table of rows.</summary>
internal sealed record RowTable(IReadOnlyList<Column> Columns, int Rows)
{
    public static readonly string[] Places = ["SourceName", "Snapshot", "GoldenImage", "ImageVersion", "TargetName", "Name", "Namespace", "CloneName", "Batch"];

    /// <summary>The same as a CSV file, cells in quotes where they need them.</summary>
    public string Csv
    {
        get
        {
            var text = new StringBuilder().AppendJoin(',', Columns.Select(c => Quoted(c.Spelling))).Append('\n');
            for (var row = 0; row < Rows; row++)
                text.AppendJoin(',', Columns.Select(c => Quoted(c.Cells[row].Text))).Append('\n');
            return text.ToString();
        }
    }

    public override string ToString() => Csv;

    /// <summary>Smaller tables: without a column, without a row, with a cell less.</summary>
    public IEnumerable<RowTable> Smaller()
    {
        if (Columns.Count > 2)
        {
            for (var i = 0; i < Columns.Count; i++)
                yield return this with { Columns = [.. Columns.Where((_, at) => at != i)] };
        }

        if (Rows > 1)
        {
            for (var i = 0; i < Rows; i++)
                yield return new([.. Columns.Select(c => c with { Cells = [.. c.Cells.Where((_, at) => at != i)] })], Rows - 1);
        }

        foreach (var (column, at) in Columns.Select((c, i) => (c, i)))
        {
            for (var row = 0; row < Rows; row++)
            {
                if (column.Cells[row].Text.Length > 0)
                    yield return this with { Columns = [.. Columns.Select((c, i) => i == at ? c with { Cells = [.. c.Cells.Select((cell, r) => r == row ? Cell.Blank : cell)] } : c)] };
            }
        }
    }

    /// <summary>Tables as people write them: known columns in any case, by any of their names, in any order, and others; cells with values or without.</summary>
    public static Arbitrary<RowTable> Meant() => Arb.From(Tables(MeantColumn(), Gen.Frequency((12, Gen.Constant<Func<string, string>>(s => s)), (1, Gen.Constant<Func<string, string>>(s => s + " ")))), t => t.Smaller());

    /// <summary>Tables in which any cell may hold anything, and any column may come again.</summary>
    public static Arbitrary<RowTable> Any() => Arb.From(Tables(Gen.Frequency((3, MeantColumn()), (2, JunkColumn())), Gen.Constant<Func<string, string>>(s => s)), t => t.Smaller());

    private static Gen<RowTable> Tables(Gen<Func<int, Gen<Column>>> column, Gen<Func<string, string>> slip) =>
        from rows in Gen.Choose(1, 3)
        from source in Gen.Frequency((6, Gen.Elements("SourceName", "Name")), (1, Gen.Elements("Snapshot", "GoldenImage")), (1, Gen.Constant("TargetName")))
        from sourced in Spelled(source, rows)
        from target in Spelled("TargetName", rows)
        from count in Gen.Choose(0, 6)
        from others in column.SelectMany(c => c(rows)).ArrayOf(count)
        from slipped in slip
        from order in Gen.Shuffle(Enumerable.Range(0, count + 2).ToArray())
        let all = (Column[])[sourced with { Spelling = slipped(sourced.Spelling), Means = slipped("") == "" ? sourced.Means : null }, target, .. others]
        // Import-Csv refuses a file whose header says a name twice; what we say of that is held by tests of its own.
        let once = order.Select(i => all[i]).DistinctBy(c => c.Spelling, StringComparer.OrdinalIgnoreCase).ToArray()
        // A line with nothing in it is no row, so a table of one column is another with a blank cell.
        select new RowTable(once.Length > 1 ? once : [.. once, new Column("Remarks", null, [.. Enumerable.Repeat(new Cell("x", null), rows)])], rows);

    private static Gen<Func<int, Gen<Column>>> MeantColumn() => Gen.Frequency(
        (8, Gen.Elements(RequestFields.All.Select(f => f.Name).ToArray()).Select<string, Func<int, Gen<Column>>>(name => rows => Spelled(name, rows))),
        (3, Gen.Elements(Places).Select<string, Func<int, Gen<Column>>>(name => rows => Spelled(name, rows))),
        (2, Gen.Elements("Notes", "Owner", "Count", "MacAdress", "Hostnmae", "No.", "Größe", "Status", "Uid", "Raw", "InputObject", "Wait").Select<string, Func<int, Gen<Column>>>(
            name => rows => from cells in Gen.Elements("", "x", "a;b", "7", "true").ArrayOf(rows) select new Column(name, null, [.. cells.Select(c => new Cell(c, null))]))));

    private static Gen<Func<int, Gen<Column>>> JunkColumn() => Gen.Elements([.. RequestFields.All.Select(f => f.Name), .. Places, "SourceKind"]).Select<string, Func<int, Gen<Column>>>(name => rows =>
        from spelling in Spelling(name)
        from cells in Junk().ArrayOf(rows)
        select new Column(spelling, name, [.. cells.Select(c => new Cell(c, null))]));

    private static Gen<string> Junk() => Gen.OneOf(
        Gen.Elements(
            "", " ", "=", ";", ":", "{", "{0}", "{5}", "a=b;a=c", "a=b;A=c", "a:1;a:2", "=x", "x=", "x", "1", "0", "-1", "1.5", "8GB", "8gi", "1e3", "true", "TRUE", "al", "Always,Halted", "vm", "None", "none",
            "System.String[]", "System.Collections.Hashtable", "vm/a", "vmsnapshot/a", "a/b/c", "pod/x", "Labels;Pods", "default=02:00:00:00:00:01;default=02:00:00:00:00:02", "{\"op\":\"remove\"}", "@{a=b}", "$null", "a\nb", "ä", "*"),
        from length in Gen.Choose(1, 5)
        from letters in Gen.Elements('a', 'B', '=', ';', ':', ',', '"', ' ', '/', '{', '}', '0', '\'').ArrayOf(length)
        select new string(letters));

    private static Gen<Column> Spelled(string name, int rows) =>
        from spelling in Spelling(name)
        from cells in Gen.Frequency((6, Values(name)), (1, Gen.Elements(Cell.Blank, new Cell("  ", null)))).ArrayOf(rows)
        select new Column(spelling, name, cells);

    private static Gen<string> Spelling(string name) =>
        from known in Gen.Elements([name, .. Aliases(name)])
        from upper in Gen.Choose(0, 3)
        select upper switch { 0 => known.ToUpperInvariant(), 1 => known.ToLowerInvariant(), _ => known };

    private static string[] Aliases(string name) => name switch
    {
        "SourceName" => ["Source", "VM", "VMName"],
        "TargetName" => ["Target"],
        "Namespace" => ["ns", "n"],
        _ => [.. RequestFields.Find(name)?.Aliases ?? []],
    };

    private static Gen<Cell> Values(string name) => RequestFields.Find(name) is { } field ? OfField(field) : name switch
    {
        "SourceName" or "Name" => Gen.Elements<Cell>(new("golden", new[] { "golden" }), new(" golden", new[] { "golden" }), new("a; b", new[] { "a", "b" }), new("00123", new[] { "00123" })),
        "TargetName" => Gen.Elements<Cell>(new("web-1", new[] { "web-1" }), new("web-2 ", new[] { "web-2" }), new("x;y", new[] { "x", "y" })),
        "Snapshot" => Gen.Elements<Cell>(new("snap", new[] { "snap" }), new("s1;s2", new[] { "s1", "s2" })),
        _ => Gen.Elements<Cell>(new("lab-1", "lab-1"), new(" 2", "2"), new("b", "b")),
    };

    private static Gen<Cell> OfField(RequestField field) => field.Kind switch
    {
        RequestFieldKind.Text => Gen.Elements<Cell>([new("a1", "a1"), new(" Ab-9 ", "Ab-9"), new("007", "007"), new("4", "4"), .. field.IsPattern ? [new Cell("h{0}-{2}", "h{0}-{2}"), new Cell("{1}", "{1}")] : Array.Empty<Cell>()]),
        RequestFieldKind.Size => Gen.Elements<Cell>(new("8Gi", "8Gi"), new("8192Mi", "8Gi"), new(" 8589934592", "8Gi"), new("1500M", "1500000000")),
        RequestFieldKind.Flag => Gen.Elements<Cell>(new("true", true), new("TRUE", true), new("Yes", true), new("1", true), new("false", false), new("no", false), new(" 0 ", false)),
        RequestFieldKind.Choice =>
            from word in Gen.Elements([.. field.Words])
            from form in Gen.Choose(0, 2)
            select new Cell(form switch { 0 => word, 1 => word.ToUpperInvariant(), _ => $" {word.ToLowerInvariant()} " }, word),
        RequestFieldKind.Choices =>
            from words in Gen.SubListOf(field.Words.Where(w => w != "None").ToArray())
            from sign in Gen.Elements(';', ',')
            select words.Count == 0 ? Cell.Blank : new Cell(string.Join(sign, Enumerable.Reverse(words)).ToLowerInvariant(), string.Join(", ", field.Words.Where(words.Contains))),
        RequestFieldKind.List => Gen.Elements<Cell>(new("*", new[] { "*" }), new("*; !role", new[] { "*", "!role" }), new("a/b ;;c,d", new[] { "a/b", "c,d" })),
        RequestFieldKind.Table => Gen.Elements<Cell>(new("tier=web", Map(("tier", "web"))), new("a = b ; c=d=e;", Map(("a", "b"), ("c", "d=e"))), new("k=", Map(("k", ""))), new("A=1;a=2", Map(("A", "1"), ("a", "2")))),
        RequestFieldKind.Macs => Gen.Elements<Cell>(
            new("default=02:00:00:00:00:01", Map(("default", "02:00:00:00:00:01"))), new("default:02-00-00-00-00-02;b=020000000003", Map(("default", "02-00-00-00-00-02"), ("b", "020000000003")))),
        RequestFieldKind.Disks => Gen.Elements<Cell>(new("fast", Map(("*", "fast"))), new("root=fast; data = slow", Map(("root", "fast"), ("data", "slow"))), new("Block", Map(("*", "Block")))),
        RequestFieldKind.DiskSizes => Gen.Elements<Cell>(new("40Gi", Map(("*", "40Gi"))), new("root=40960Mi;data=1Ti", Map(("root", "40Gi"), ("data", "1Ti"))), new("1Ti;root=2Ti", Map(("*", "1Ti"), ("root", "2Ti")))),
        _ => Gen.Elements<Cell>(
            new("""{"op":"remove","path":"/a;b"}""", new[] { """{"op":"remove","path":"/a;b"}""" }),
            new("""[{"op":"add","path":"/spec/x","value":"1,2"}]""", new[] { """[{"op":"add","path":"/spec/x","value":"1,2"}]""" })),
    };

    private static Dictionary<string, string> Map(params (string Key, string Value)[] entries) => entries.ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\n\r") >= 0 || text != text.Trim() || text.StartsWith('#') ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
