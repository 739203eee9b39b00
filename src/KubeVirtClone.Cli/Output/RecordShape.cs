using System.Text.Json.Nodes;

namespace KubeVirtClone.Cli.Output;

/// <summary>One column of a table of records.</summary>
/// <param name="Header">Its title.</param>
/// <param name="Text">What a record has there.</param>
/// <param name="WideOnly">Shown with -o wide only.</param>
/// <param name="Colour">The colour of a record's cell, if any.</param>
/// <param name="Width">Longest text that is usual there, in characters.</param>
internal sealed record RecordColumn<T>(
    string Header, Func<T, string?> Text, bool WideOnly = false, Func<T, string?>? Colour = null, int Width = 0);

/// <summary>How records of one kind are printed in each format.</summary>
/// <param name="Columns">Columns of the table, left to right.</param>
/// <param name="Reference">The record in -o name: KIND/NAME.</param>
/// <param name="Document">The record in json and yaml.</param>
/// <param name="Namespace">Its namespace, for -A.</param>
internal sealed record RecordShape<T>(
    IReadOnlyList<RecordColumn<T>> Columns, Func<T, string> Reference, Func<T, JsonNode> Document, Func<T, string> Namespace);

/// <summary>The words that cells of all kinds share.</summary>
internal static class CellText
{
    private static readonly string[] Units = ["Ki", "Mi", "Gi", "Ti", "Pi"];

    public static string Age(DateTimeOffset? made) =>
        made is { } time ? Durations.Age(TimeProvider.System.GetUtcNow() - time) : "<unknown>";

    public static string OrNone(string? text) => string.IsNullOrEmpty(text) ? "<none>" : text;

    public static string Word(bool value) => value ? "true" : "false";

    /// <summary>A text on one line.</summary>
    public static string Line(string? text) =>
        string.Join(' ', (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Bytes in the largest unit that keeps them a short number: "10Gi", "1.5Gi".</summary>
    public static string Size(long? bytes)
    {
        if (bytes is null)
            return "<unknown>";
        var value = (double)bytes.Value;
        var unit = "";
        foreach (var next in Units)
        {
            if (value < 1024)
                break;
            value /= 1024;
            unit = next;
        }

        return value.ToString("0.#", System.Globalization.CultureInfo.InvariantCulture) + unit;
    }

    public static string Duration(TimeSpan? time) => time is null ? "<unknown>" : Durations.Duration(time);
}
