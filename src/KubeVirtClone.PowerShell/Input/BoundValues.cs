using System.Collections;
using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.Input;

/// <summary>
/// Tells what the command line says, by values and by script blocks that are evaluated for each object, from what the binder took out of the members
/// of the object that was piped: those are read by <see cref="PipedObject"/>, which knows what they are members of.
/// </summary>
/// <param name="commandLine">Names of the parameters that were bound before the first object came.</param>
/// <param name="input">The object piped in this turn.</param>
/// <param name="value">The value a parameter has now.</param>
/// <param name="bind">What the binder makes of a member for a parameter; null when nothing.</param>
internal sealed class BoundValues(HashSet<string> commandLine, PSObject? input, Func<string, object?> value, Func<string, object?, object?> bind)
{
    /// <summary>Names given.</summary>
    public string[] Names(string parameter, params string[] aliases) => value(parameter) is string[] names && IsGiven(parameter, aliases) ? names : [];

    /// <summary>A text given; null when none is.</summary>
    public string? Text(string parameter, params string[] aliases) =>
        value(parameter) is string text && IsGiven(parameter, aliases) && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>What the parameters say of the clone.</summary>
    /// <exception cref="RequestFaultException">A value is none of its field.</exception>
    public RequestValues Wishes()
    {
        var wishes = RequestValues.None;
        foreach (var field in RequestFields.All)
        {
            if (RequestRecord.Plain(field, value(field.Name)) is not { } plain || (plain is false && !commandLine.Contains(field.Name))) continue;
            if (IsGiven(field.Name, field.Aliases) && FieldText.Parse(field, plain) is { } parsed) wishes = wishes.With(field, parsed);
        }

        return wishes;
    }

    // A value that the binder makes of a member too came from there: it takes members by the names and aliases of parameters.
    private bool IsGiven(string parameter, IEnumerable<string> aliases) =>
        commandLine.Contains(parameter) || input is null
        || !aliases.Prepend(parameter).Any(name => PropertyReader.Has(input, name) && Same(bind(parameter, PropertyReader.GetAsIs(input, name)), value(parameter)));

    private static bool Same(object? one, object? other) => (Bare(one), Bare(other)) switch
    {
        (IDictionary table, IDictionary with) => table.Count == with.Count && table.Keys.Cast<object>().All(key => with.Contains(key) && Same(table[key], with[key])),
        (string or IDictionary, _) => Equals(Bare(one), Bare(other)),
        (IEnumerable list, IEnumerable with) => list.Cast<object?>().Select(Bare).SequenceEqual(with.Cast<object?>().Select(Bare)),
        var (bare, with) => Equals(bare, with),
    };

    private static object? Bare(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
}
