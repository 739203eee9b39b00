namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>Who waits for what, in the order in which they came; each at most once.</summary>
internal sealed class WaitingLine
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<string>> _lines = [];
    private readonly HashSet<(string What, string Who)> _waiting = [];

    public void Join(string what, string who)
    {
        lock (_lock)
        {
            if (!_waiting.Add((what, who)))
                return;
            if (!_lines.TryGetValue(what, out var line))
                _lines[what] = line = new Queue<string>();
            line.Enqueue(who);
        }
    }

    /// <summary>Takes the first from the line that still waits; null when nobody does.</summary>
    public string? Next(string what, Func<string, bool> waits)
    {
        lock (_lock)
        {
            if (!_lines.TryGetValue(what, out var line))
                return null;
            while (line.TryDequeue(out var who))
            {
                _waiting.Remove((what, who));
                if (waits(who))
                    return who;
            }

            _lines.Remove(what);
            return null;
        }
    }
}
