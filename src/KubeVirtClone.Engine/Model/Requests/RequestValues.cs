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

    /// <summary>Compares what is asked for, but for the values that are each clone's own: of these it counts only whether there is one.</summary>
    internal static IEqualityComparer<RequestValues> Alike { get; } = new AlikeComparer();

    internal string? Text(RequestField field) => this[field] as string;

    internal bool Flag(RequestField field) => this[field] is true;

    internal IReadOnlyList<string>? List(RequestField field) => this[field] as IReadOnlyList<string>;

    internal IReadOnlyDictionary<string, string>? Table(RequestField field) => this[field] as IReadOnlyDictionary<string, string>;

    private sealed class AlikeComparer : IEqualityComparer<RequestValues>
    {
        public bool Equals(RequestValues? one, RequestValues? other)
        {
            if (ReferenceEquals(one, other))
                return true;
            if (one is null || other is null || one._values.Count != other._values.Count)
                return false;
            foreach (var (name, value) in one._values)
            {
                if (!other._values.TryGetValue(name, out var same) || !(RequestFields.OfEachClone.Contains(name) || Equal(value, same)))
                    return false;
            }

            return true;
        }

        public int GetHashCode(RequestValues values)
        {
            // In no order: a dictionary keeps none.
            var sum = 0;
            foreach (var (name, value) in values._values)
                sum += HashCode.Combine(name, RequestFields.OfEachClone.Contains(name) ? 0 : Hash(value));
            return sum;
        }

        private static bool Equal(object one, object other) => (one, other) switch
        {
            _ when ReferenceEquals(one, other) => true,
            (IReadOnlyList<string> list, IReadOnlyList<string> same) => list.SequenceEqual(same, StringComparer.Ordinal),
            (IReadOnlyDictionary<string, string> map, IReadOnlyDictionary<string, string> same) =>
                map.Count == same.Count && map.All(e => same.TryGetValue(e.Key, out var value) && value == e.Value),
            _ => one.Equals(other),
        };

        private static int Hash(object value) => value switch
        {
            IReadOnlyList<string> list => list.Aggregate(list.Count, (hash, text) => HashCode.Combine(hash, text)),
            IReadOnlyDictionary<string, string> map => map.Count,
            _ => value.GetHashCode(),
        };
    }
}
