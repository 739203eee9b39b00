namespace KubeVirtClone.Pipeline;

/// <summary>
/// Puts the results of a call back into the order they were asked for, such as a CSV file's. A command further down the pipeline gets each as soon as it is
/// there instead.
/// </summary>
internal sealed class OrderedRecords
{
    private readonly Dictionary<object, int> _places = new(ReferenceEqualityComparer.Instance);
    private readonly List<(int Place, CloneRecord Record)> _held = [];
    private readonly bool _isLast;

    /// <param name="inputs">What was asked for, in order.</param>
    /// <param name="isLast">Whether nothing further down the pipeline waits for the results.</param>
    public OrderedRecords(IEnumerable<object?> inputs, bool isLast)
    {
        _isLast = isLast;
        foreach (var input in inputs.OfType<object>()) _places.TryAdd(input, _places.Count);
    }

    /// <summary>Keeps a result until <see cref="Take"/>; false for what is to be written at once.</summary>
    public bool Hold(ItemUpdate<CloneRecord> update)
    {
        if (!_isLast || update is not { Kind: ItemUpdateKind.Record, Record: { } record, Request.Input: { } input } || !_places.TryGetValue(input, out var place)) return false;
        lock (_held) _held.Add((place, record));
        return true;
    }

    /// <summary>What was kept, in order.</summary>
    public IReadOnlyList<CloneRecord> Take()
    {
        lock (_held)
        {
            List<CloneRecord> records = [.. _held.OrderBy(h => h.Place).Select(h => h.Record)];
            _held.Clear();
            return records;
        }
    }
}
