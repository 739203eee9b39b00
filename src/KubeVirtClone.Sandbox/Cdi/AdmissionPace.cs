namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>
/// How fast CDI's webhook lets DataVolumes pass that cross namespaces: it reviews each user's rights with a client of its own limits, so
/// that after the first few, posted one after the other, each takes 1.6 s.
/// </summary>
/// <param name="clock">The clock the pace is kept by.</param>
/// <param name="scale">What the real times are multiplied by.</param>
internal sealed class AdmissionPace(TimeProvider clock, double scale)
{
    private const double Burst = 3.5;
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(1.6);
    private readonly Lock _lock = new();
    private double _spare = Burst;
    private DateTimeOffset _last = clock.GetUtcNow();

    /// <summary>Whether a DataVolume to be made in a namespace clones from another.</summary>
    public static bool Crosses(JsonNode? body, string? @namespace)
    {
        var source = body.ObjectAt("spec", "sourceRef") ?? body.ObjectAt("spec", "source", "pvc") ?? body.ObjectAt("spec", "source", "snapshot");
        return source.TextAt("namespace") is { Length: > 0 } from && from != @namespace;
    }

    /// <summary>How long the next has to wait for its turn.</summary>
    public TimeSpan Next()
    {
        lock (_lock)
        {
            var each = Each * scale;
            var now = clock.GetUtcNow();
            _spare = Math.Min(Burst, _spare + ((now - _last) / each)) - 1;
            _last = now;
            return _spare >= 0 ? TimeSpan.Zero : each * -_spare;
        }
    }
}
