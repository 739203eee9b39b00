using System.Collections.Concurrent;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Hands each warning text on once.</summary>
internal sealed class WarningSink(Action<string>? warning)
{
    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

    public void Take(string header)
    {
        if (warning is null)
            return;
        foreach (var text in WarningHeader.Texts(header))
        {
            if (_seen.TryAdd(text, value: true))
                warning(text);
        }
    }
}
