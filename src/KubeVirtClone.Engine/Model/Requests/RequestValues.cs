using System.Collections.Immutable;

namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>Values of the fields that are set. An unset field has none: the default is its rule's affair.</summary>
/// <remarks>A value is a text, a flag, a list of texts, or texts by key, as its field's kind says.</remarks>
public sealed class RequestValues
{
    private readonly ImmutableDictionary<string, object> _values;

    private RequestValues(ImmutableDictionary<string, object> values) => _values = values;

    /// <summary>Nothing is set.</summary>
    public static RequestValues None { get; } = new(ImmutableDictionary.Create<string, object>(StringComparer.Ordinal));

    /// <summary>Whether nothing is set.</summary>
    public bool IsEmpty => _values.IsEmpty;

    /// <summary>The value of a field; null when it is unset.</summary>
    /// <param name="field">The field.</param>
    public object? this[RequestField field] => _values.GetValueOrDefault((field ?? throw new ArgumentNullException(nameof(field))).Name);

    /// <summary>The same with a value set, or unset by null.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The value.</param>
    public RequestValues With(RequestField field, object? value)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new(value is null ? _values.Remove(field.Name) : _values.SetItem(field.Name, value));
    }

    /// <summary>These values, and those of others where nothing is set here.</summary>
    /// <param name="others">The values that give way.</param>
    public RequestValues Over(RequestValues others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return IsEmpty ? others : others.IsEmpty ? this : new(others._values.SetItems(_values));
    }

    internal string? Text(RequestField field) => this[field] as string;

    internal bool Flag(RequestField field) => this[field] is true;

    internal IReadOnlyList<string>? List(RequestField field) => this[field] as IReadOnlyList<string>;

    internal IReadOnlyDictionary<string, string>? Table(RequestField field) => this[field] as IReadOnlyDictionary<string, string>;
}
