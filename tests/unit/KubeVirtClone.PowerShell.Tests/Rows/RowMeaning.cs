using System.Globalization;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.PowerShell.Tests.Rows;

/// <summary>What became of a row: the requests it makes, or the columns whose names a refusal must have.</summary>
internal sealed record RowMeaning(IReadOnlyList<string> Requests, IReadOnlyList<string>? Blamed)
{
    /// <summary>
    /// What the rows of a table mean, worked out from the values people put into it and from nothing that reads text: a second opinion on both readers.
    /// </summary>
    public static IReadOnlyList<RowMeaning> Of(RowTable table)
    {
        var number = 1;
        var rows = new List<RowMeaning>();
        for (var row = 0; row < table.Rows; row++)
        {
            var meaning = Of(table, row, number);
            number += meaning.Requests.Count;
            rows.Add(meaning);
        }

        return rows;
    }

    /// <summary>A request with all that is in it, in one order.</summary>
    public static string Show(CloneRequest request) => Show(
        request.GoldenImage is not null ? "image" : request.SourceKind, request.SourceName, request.TargetName, request.Namespace, request.CloneName, request.Batch, request.GoldenImage, request.GoldenImageVersion,
        RequestFields.All.Select(f => (f.Name, request.Wishes[f])));

    private static RowMeaning Of(RowTable table, int row, int number)
    {
        var cells = table.Columns.Where(c => c.Means is not null).Select(c => (c.Spelling, Name: c.Means!, c.Cells[row].Value)).ToList();
        if (table.Columns.All(c => string.IsNullOrWhiteSpace(c.Cells[row].Text)))
            return new([], null);
        var blamed = new List<string>();
        foreach (var same in cells.Where(c => c.Value is not null).GroupBy(c => c.Name, StringComparer.Ordinal))
        {
            if (same.Select(c => Text(c.Value)).Distinct(StringComparer.Ordinal).Count() > 1 || same.Select(c => table.Columns.First(t => t.Spelling == c.Spelling).Cells[row].Text.Trim()).Distinct(StringComparer.Ordinal).Count() > 1)
                blamed.AddRange(same.Select(c => c.Spelling));
        }

        object? Value(string name) => cells.FirstOrDefault(c => c.Name == name && c.Value is not null).Value;
        bool Has(string name) => cells.Exists(c => c.Name == name);

        var images = Value("GoldenImage") is string image ? new[] { image } : null;
        var sources = new (string Kind, string[]? Names)[] { ("VirtualMachine", Value("SourceName") as string[]), ("VirtualMachineSnapshot", Value("Snapshot") as string[]), ("image", images) }.Where(s => s.Names is not null).ToList();
        if (sources.Count > 1)
            blamed.AddRange(["SourceName", "Snapshot", "GoldenImage"]);
        var nameIsSource = !Has("SourceName") && !Has("Snapshot") && !Has("GoldenImage");
        if (sources.Count == 0 && nameIsSource && Value("Name") is string[] named)
            sources.Add(("VirtualMachine", named));
        if (sources.Count == 0)
            blamed.AddRange(table.Columns.Select(c => c.Spelling));
        if (Value("ImageVersion") is not null && images is null)
            blamed.Add("ImageVersion");
        var targets = Value("TargetName") as string[] ?? (nameIsSource ? null : Value("Name") as string[]) ?? [null!];
        var requests = new List<string>();
        foreach (var source in blamed.Count > 0 ? [] : sources[0].Names!)
        {
            foreach (var target in targets)
            {
                var wishes = new List<(string, object?)>();
                foreach (var field in RequestFields.All)
                {
                    var value = Value(field.Name);
                    if (field.IsPattern && value is string pattern)
                    {
                        if (pattern.Contains("{2}", StringComparison.Ordinal) && target is null)
                            return new([], [field.Name]);
                        value = pattern.Replace("{0}", (number + requests.Count).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                            .Replace("{1}", source, StringComparison.Ordinal).Replace("{2}", target, StringComparison.Ordinal);
                    }

                    wishes.Add((field.Name, value));
                }

                requests.Add(Show(
                    sources[0].Kind, source, target, Value("Namespace") as string ?? "", Value("CloneName") as string, Value("Batch") as string, images?[0], Value("ImageVersion") as string, wishes));
            }
        }

        return new(requests, blamed.Count > 0 ? blamed : null);
    }

    private static string Show(
        string kind, string source, string? target, string @namespace, string? cloneName, string? batch, string? image, string? version, IEnumerable<(string Name, object? Value)> wishes) =>
        $"{kind}/{source}>{target} in '{@namespace}' as '{cloneName}' of '{batch}' image '{image}' '{version}': "
        + string.Join(", ", wishes.Where(w => w.Value is not null).Select(w => $"{w.Name}={Text(w.Value)}"));

    private static string Text(object? value) => value switch
    {
        IReadOnlyDictionary<string, string> map => "{" + string.Join(" | ", map.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}: {e.Value}")) + "}",
        IEnumerable<string> list => "[" + string.Join(" | ", list) + "]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
