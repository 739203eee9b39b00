using System.Collections;
using System.Globalization;

namespace KubeVirtClone.Engine.Knowledge.Rows;

/// <summary>Reads the value of a field from what people write: a cell of a table, a word of a command line, a member of an object.</summary>
public static class FieldText
{
    private static readonly string[] Yes = ["true", "yes", "1"];
    private static readonly string[] No = ["false", "no", "0"];

    /// <summary>The value as requests carry it; null where nothing is written.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">A text, a number, a flag, a list, or a table by key.</param>
    /// <exception cref="RequestFaultException">It is no value of this field.</exception>
    public static object? Parse(RequestField field, object? value)
    {
        ArgumentNullException.ThrowIfNull(field);
        if (value is null || value is string blank && string.IsNullOrWhiteSpace(blank))
            return null;
        if (field.Kind is RequestFieldKind.Text or RequestFieldKind.Size or RequestFieldKind.Choice or RequestFieldKind.Flag)
            value = Single(field.Name, value);
        return field.Kind switch
        {
            RequestFieldKind.Text => Write(value).Trim(),
            // A number is one of bytes, as PowerShell reads 8GB.
            RequestFieldKind.Size => Quantity.Canonical(Write(value).Trim()),
            RequestFieldKind.Choice => Word(field, Write(value)),
            RequestFieldKind.Choices => Words(field, value),
            RequestFieldKind.Flag => Flag(field, Write(value).Trim()),
            RequestFieldKind.List => value is string cell ? Split(cell) : Items(value),
            RequestFieldKind.Disks or RequestFieldKind.DiskSizes => Disks(field, value),
            RequestFieldKind.Patches => Items(value) is { Count: > 0 } patches && patches.Any(p => p.Length > 0) ? patches : null,
            _ => value is IDictionary table ? Table(table) : Entries(field, value is string text ? Split(text) : Items(value)),
        };
    }

    /// <summary>The one value of what takes one, also out of a list of one.</summary>
    /// <param name="name">What takes it.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="RequestFaultException">There are several, or none.</exception>
    internal static object Single(string name, object value) => value is not IEnumerable list || value is string ? value
        : value is not IDictionary && list.Cast<object?>().ToList() is [{ } only] ? only
        : throw new RequestFaultException(FaultIds.VMCloneRowInvalid, $"{name} takes one value, and has {(value is IDictionary ? "a table" : $"{list.Cast<object?>().Count()}")}.", "Give one value.");

    /// <summary>A single value as a text, as Kubernetes writes it.</summary>
    /// <param name="value">The value; null gives an empty text.</param>
    public static string Write(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    internal static IReadOnlyList<string> Items(object value) =>
        value is IEnumerable list and not string ? [.. list.Cast<object?>().Select(Write)] : [Write(value)];

    internal static IReadOnlyList<string> Split(string cell) => cell.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Word(RequestField field, string text)
    {
        var word = text.Trim();
        return field.Words.FirstOrDefault(w => w.Equals(word, StringComparison.OrdinalIgnoreCase))
            ?? (field.OptionWord is { } only && Yes.Contains(word, StringComparer.OrdinalIgnoreCase) ? only : null)
            ?? (field.TakesOtherWords ? word : throw NoWord(field, word));
    }

    private static string? Words(RequestField field, object value)
    {
        var words = Items(value).SelectMany(i => i.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(w => Word(field, w)).ToHashSet(StringComparer.Ordinal);
        // In the order of the list, so that the same is written the same.
        return words.Count == 0 ? null : string.Join(", ", field.Words.Where(words.Contains));
    }

    private static bool Flag(RequestField field, string text) =>
        Yes.Contains(text, StringComparer.OrdinalIgnoreCase) ? true
        : No.Contains(text, StringComparer.OrdinalIgnoreCase) ? false
        : throw new RequestFaultException(FaultIds.VMCloneRowInvalid, $"{field.Name} cannot be '{text}'.", "Write true or false.");

    private static Dictionary<string, string> Table(IDictionary table)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in table)
            texts[Write(entry.Key)] = Write(entry.Value);
        return texts;
    }

    // An entry without a key is for every disk.
    private static Dictionary<string, string>? Disks(RequestField field, object value)
    {
        var texts = value is IDictionary table ? Table(table) : new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in value is IDictionary ? [] : value is string cell ? Split(cell) : Items(value))
        {
            var end = entry.IndexOf('=', StringComparison.Ordinal);
            var disk = end < 0 ? RequestFields.EveryDisk : entry[..end].Trim();
            if (disk.Length == 0)
                throw new RequestFaultException(FaultIds.VMCloneSizeInvalid, $"{field.Name} '{entry}' names no disk.", "Write DISK=VALUE, or the value alone for every disk.");
            if (!texts.TryAdd(disk, entry[(end + 1)..].Trim()))
                throw new RequestFaultException(FaultIds.VMCloneSizeInvalid, $"{field.Name} gives {(end < 0 ? "every disk" : $"disk '{disk}'")} twice.", "Give each disk once.");
        }

        if (field.Kind == RequestFieldKind.DiskSizes)
            texts = texts.ToDictionary(t => t.Key, t => Quantity.Canonical(t.Value)!, StringComparer.Ordinal);
        return texts.Count == 0 ? null : texts;
    }

    private static Dictionary<string, string>? Entries(RequestField field, IReadOnlyList<string> entries)
    {
        if (entries.Count == 0)
            return null;
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var end = field.Kind == RequestFieldKind.Macs ? InterfaceEnd(entry) : entry.IndexOf('=', StringComparison.Ordinal);
            if (end < 1)
                throw NoKey(field, entry);
            if (!texts.TryAdd(entry[..end].Trim(), entry[(end + 1)..].Trim()) && field.Kind == RequestFieldKind.Macs)
                throw new RequestFaultException(FaultIds.VMCloneMacInvalid, $"{field.Name} gives interface '{entry[..end].Trim()}' twice.", "Give each interface one address.");
            texts[entry[..end].Trim()] = entry[(end + 1)..].Trim();
        }

        return texts;
    }

    /// <summary>Where the name of an interface ends before its MAC address; -1 where an address is all there is.</summary>
    /// <param name="entry">What is written.</param>
    public static int InterfaceEnd(string entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        // An interface's name has neither sign; virtctl writes name:mac, a table entry reads name=mac.
        return MacAddress.TryParse(entry.Trim(), out _) ? -1 : entry.AsSpan().IndexOfAny(':', '=');
    }

    private static RequestFaultException NoKey(RequestField field, string entry) => field.Kind == RequestFieldKind.Macs
        ? new(FaultIds.VMCloneMacInvalid, $"{field.Name} '{entry}' names no interface.", "Write INTERFACE:MAC, for example default:02-00-00-00-00-01.")
        : new(FaultIds.VMCloneLabelInvalid, $"{field.Name} '{entry}' is not of the form key=value.", "Write key=value, and ';' between several.");

    internal static RequestFaultException NoWord(RequestField field, string word) =>
        new(FaultIds.VMCloneRowInvalid, $"{field.Name} cannot be '{word}'.", $"Choose from {string.Join(", ", field.Words)}.");
}
