using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Knowledge.Rows;

/// <summary>
/// Reads rows, whatever they come from, in one way: what a column says is done, or the row is refused. An empty cell says nothing. What is cloned
/// is never guessed.
/// </summary>
/// <param name="warn">Is told of columns that say nothing of a clone, once of each.</param>
public sealed class RowReader(Action<string> warn)
{
    private readonly HashSet<string> _warned = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What a row says.</summary>
    /// <param name="columns">Names and values of its columns, in order. A value is null, a text, a number, a flag, a list, or a table by key.</param>
    /// <param name="hasSource">Whether the source is given by other means, for rows that name none.</param>
    /// <exception cref="RequestFaultException">It cannot be read, or names no source.</exception>
    public RequestRow Read(IReadOnlyList<KeyValuePair<string, object?>> columns, bool hasSource)
    {
        ArgumentNullException.ThrowIfNull(columns);
        // Cells that are null come of a script whose own look-up failed, not of a file: such a row is refused.
        if (columns.Count > 1 && columns.All(c => Cells.IsBlank(c.Value)) && columns.Any(c => c.Value is not null))
        {
            if (_warned.Add(""))
                warn("Rows with nothing in any of their columns are passed over.");
            return new RequestRow { IsBlank = true };
        }

        var cells = new Cells(columns);
        var wishes = RequestValues.None;
        foreach (var field in RequestFields.All)
        {
            string[] names = [field.Name, .. field.Aliases];
            wishes = wishes.With(field, cells.Of(names, () =>
            {
                var value = FieldText.Parse(field, cells.Value(names));
                // A word out of a file is not tried on a server first.
                return field.TakesOtherWords && value is string word && !field.Words.Contains(word, StringComparer.Ordinal) ? throw FieldText.NoWord(field, word) : value;
            }));
        }

        var image = cells.Text(ColumnNames.GoldenImage);
        var version = cells.Text(ColumnNames.ImageVersion);
        var targets = cells.List(ColumnNames.Target);
        // Beside a target's name it is the source's, whatever the command line says.
        var sources = Sources(cells, image, hasSource, namesTarget: targets.Count > 0, out var nameIsSource);
        if (version is not null && image is null && !hasSource)
            throw Invalid("ImageVersion is given, and no GoldenImage.", "Fill its column GoldenImage, or leave ImageVersion empty.");
        foreach (var column in columns.Select(c => c.Key).Where(c => c.Length > 0 && !ColumnNames.IsKnown(c) && _warned.Add(c)))
            warn($"The column '{column}' says nothing of a clone and is not used{(ColumnNames.Nearest(column) is { } near ? $"; is {near} meant?" : ".")}");
        return new RequestRow
        {
            Sources = sources,
            GoldenImage = image,
            ImageVersion = version,
            Targets = targets.Count > 0 || nameIsSource ? targets : cells.List(ColumnNames.Name),
            Namespace = cells.Text(ColumnNames.Namespace),
            CloneName = cells.Text(ColumnNames.CloneName),
            Batch = cells.Text(ColumnNames.Batch),
            Wishes = wishes,
        };
    }

    private static List<SourceReference> Sources(Cells cells, string? image, bool hasSource, bool namesTarget, out bool nameIsSource)
    {
        nameIsSource = false;
        var names = cells.List(ColumnNames.Source);
        // A record of a clone has the name of its snapshot beside its source's.
        var snapshots = cells.List(names.Count > 0 ? ColumnNames.Snapshot[..1] : ColumnNames.Snapshot);
        if (new[] { names.Count > 0, snapshots.Count > 0, image is not null }.Count(given => given) > 1)
            throw Invalid("The row names two sources.", "Fill one of the columns SourceName, Snapshot and GoldenImage.");
        var kind = cells.Text(ColumnNames.SourceKind);
        if (kind is not null && (snapshots.Count > 0 || image is not null) && SourceKinds.Normalize(kind) != SourceKinds.VirtualMachineSnapshot)
            throw Invalid($"SourceKind says '{kind}', and {(image is null ? "Snapshot" : "GoldenImage")} names the source.", "Leave SourceKind empty.");
        if (snapshots.Count > 0)
            return cells.Of<List<SourceReference>>(ColumnNames.Snapshot, () => [.. snapshots.Select(s => SourceReference.Parse(s, "snapshot"))]);
        if (image is not null)
            return [];
        if (names.Count == 0 && (!hasSource || namesTarget) && !cells.Has(ColumnNames.Source) && !cells.Has(ColumnNames.Snapshot) && !cells.Has(ColumnNames.GoldenImage))
        {
            names = cells.List(ColumnNames.Name);
            nameIsSource = names.Count > 0;
        }

        return names.Count > 0 || hasSource
            ? cells.Of<List<SourceReference>>([.. ColumnNames.Source, .. ColumnNames.Name, .. ColumnNames.SourceKind], () => [.. names.Select(n => SourceReference.Parse(n, kind))])
            : throw NoSource(cells);
    }

    private static RequestFaultException NoSource(Cells cells)
    {
        if (new[] { ColumnNames.Source, ColumnNames.Snapshot, ColumnNames.GoldenImage, ColumnNames.Name }.SelectMany(cells.Among).ToList() is { Count: > 0 } empty)
            return new(FaultIds.VMCloneSourceMissing, $"The row names no source: {string.Join(" and ", empty)} {(empty.Count == 1 ? "is" : "are")} empty.", $"Fill its column {empty[0]}, or name the source for all rows on the command line.");
        var columns = string.Join(", ", cells.Names.Select(n => $"'{n}'"));
        var hint = cells.Names is [var only] && only.AsSpan().IndexOfAny(";|\t") >= 0
            ? " Its values are parted by another sign than the comma: read it with that as its delimiter."
            : cells.Names.Select(n => ColumnNames.IsKnown(n) ? null : ColumnNames.Nearest(n) is "SourceName" or "Snapshot" or "GoldenImage" ? $" '{n}' may be meant for {ColumnNames.Nearest(n)}." : null).FirstOrDefault(h => h is not null) ?? "";
        return new(
            FaultIds.VMCloneSourceMissing,
            $"The row names no source: its columns are {(columns.Length == 0 ? "none" : columns)}.{hint}",
            "Name the source in a column SourceName, Snapshot, GoldenImage or Name, or for all rows on the command line.");
    }

    private static RequestFaultException Invalid(string message, Advice action) => new(FaultIds.VMCloneRowInvalid, message, action);

    // The cells of one row by their names in any case.
    private sealed class Cells
    {
        private readonly Dictionary<string, object?> _values = new(StringComparer.OrdinalIgnoreCase);

        public Cells(IReadOnlyList<KeyValuePair<string, object?>> columns)
        {
            Names = [.. columns.Select(c => c.Key)];
            foreach (var (name, value) in columns)
            {
                if (!_values.TryAdd(name, value))
                    throw Invalid($"The row has the column '{name}' twice.", "Name each column once; case does not tell them apart.");
            }
        }

        public IReadOnlyList<string> Names { get; }

        public bool Has(string[] names) => Array.Exists(names, _values.ContainsKey);

        /// <summary>Those of some names that the row has, as it writes them.</summary>
        public IEnumerable<string> Among(string[] names) => Names.Where(n => names.Contains(n, StringComparer.OrdinalIgnoreCase));

        /// <summary>What is read of some columns. Whatever is wrong with it, the text says where it stands.</summary>
        public T Of<T>(string[] names, Func<T> read)
        {
            try
            {
                return read();
            }
            catch (RequestFaultException e) when (Among(names).ToList() is { Count: > 0 } written && !written.Exists(n => e.Message.Contains(n, StringComparison.OrdinalIgnoreCase)))
            {
                throw new RequestFaultException(e.Id, $"{string.Join(" and ", Among(names).Where(n => !IsBlank(_values[n])))}: {e.Message}", e.Action);
            }
        }

        public object? Value(string[] names)
        {
            object? found = null;
            string? by = null;
            foreach (var name in names)
            {
                if (!_values.TryGetValue(name, out var value) || IsBlank(value))
                    continue;
                if (value is string lost && (lost.StartsWith("System.Collections.", StringComparison.Ordinal) || (lost.StartsWith("System.", StringComparison.Ordinal) && lost.EndsWith("[]", StringComparison.Ordinal))))
                    throw Invalid($"{name} is '{lost}', which is written into files in place of a list or a table: what was in it is lost.", "Write the values themselves, with ';' between several.");
                if (by is not null && FieldText.Write(value).Trim() != FieldText.Write(found).Trim())
                    throw Invalid($"The columns {by} and {name} say the same thing, with different values.", $"Leave {name} out.");
                (found, by) = (found ?? value, by ?? name);
            }

            return found;
        }

        public static bool IsBlank(object? value) => value is null || value is string text && string.IsNullOrWhiteSpace(text);

        public string? Text(string[] names) => Value(names) is { } value ? FieldText.Write(FieldText.Single(names[0], value)).Trim() : null;

        public IReadOnlyList<string> List(string[] names) => Value(names) switch
        {
            null => [],
            string cell => FieldText.Split(cell),
            var value => [.. FieldText.Items(value).Select(i => i.Trim()).Where(i => i.Length > 0)],
        };
    }
}
