using System.Collections;
using System.Management.Automation;
using KubeVirtClone.Engine.Knowledge.Rows;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Input;

/// <summary>
/// Tells what the command line says, by values and by script blocks that are evaluated for each object, from what the binder took out of the members
/// of the object that was piped: those are read by <see cref="PipedObject"/>, which knows what they are members of.
/// </summary>
/// <param name="commandLine">Names of the parameters that were bound before the first object came.</param>
/// <param name="input">The object piped in this turn.</param>
/// <param name="value">The value a parameter has now.</param>
internal sealed class BoundValues(HashSet<string> commandLine, PSObject? input, Func<string, object?> value)
{
    /// <summary>Names given.</summary>
    public string[] Names(string parameter, params string[] aliases) =>
        value(parameter) is string[] names && IsGiven(parameter, aliases, property => names is [var single] ? Text(property) == single : Same(property, names)) ? names : [];

    /// <summary>A text given; null when none is.</summary>
    public string? Text(string parameter, params string[] aliases) =>
        value(parameter) is string text && IsGiven(parameter, aliases, property => Text(property) == text) && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>What the parameters say of the clone.</summary>
    /// <exception cref="RequestFaultException">A value is none of its field.</exception>
    public RequestValues Wishes()
    {
        var wishes = RequestValues.None;
        foreach (var field in RequestFields.All)
        {
            if (RequestRecord.Plain(field, value(field.Name)) is not { } plain || (plain is false && !commandLine.Contains(field.Name))) continue;
            if (FieldText.Parse(field, plain) is { } parsed && IsGiven(field.Name, field.Aliases, property => !Parses(field, property, out var read) || Canonical(read) == Canonical(parsed)))
                wishes = wishes.With(field, parsed);
        }

        return wishes;
    }

    // A value that is also a member's came from there: the binder takes members by the names and aliases of parameters.
    private bool IsGiven(string parameter, IEnumerable<string> aliases, Func<object?, bool> isOf) =>
        commandLine.Contains(parameter) || input is null
        || !aliases.Prepend(parameter).Any(name => PropertyReader.Has(input, name) && isOf(PropertyReader.GetAsIs(input, name)));

    private static bool Parses(RequestField field, object? property, out object? read)
    {
        try
        {
            read = FieldText.Parse(field, RequestRecord.Plain(field, property));
            return true;
        }
        catch (RequestFaultException)
        {
            read = null;
            return false;
        }
    }

    private static string Text(object? property) => property?.ToString() ?? "";

    private static bool Same(object? property, string[] names) =>
        (property is PSObject wrapped ? wrapped.BaseObject : property) is IEnumerable list and not string && list.Cast<object?>().Select(Text).SequenceEqual(names, StringComparer.Ordinal);

    private static string Canonical(object? value) => value switch
    {
        IReadOnlyDictionary<string, string> table => string.Join(';', table.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}")),
        IEnumerable<string> list => string.Join(';', list),
        _ => FieldText.Write(value),
    };
}
