namespace KubeVirtClone.Engine.Model.Records;

/// <summary>Writes durations as people say them.</summary>
internal static class Durations
{
    public static string InWords(TimeSpan time) => time switch
    {
        { TotalSeconds: < 120 } => $"{time.TotalSeconds:0.#} s",
        { TotalMinutes: < 120 } => $"{time.TotalMinutes:0.#} min",
        _ => $"{time.TotalHours:0.#} h",
    };
}
