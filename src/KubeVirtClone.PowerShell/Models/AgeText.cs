namespace KubeVirtClone;

/// <summary>Ages and durations as kubectl prints them; used by the module's views.</summary>
public static class AgeText
{
    /// <summary>Two units at most, the smaller one dropped once it no longer matters: 42s, 5m30s, 3h5m, 12d.</summary>
    /// <param name="age">The age; null gives an empty text.</param>
    public static string Format(TimeSpan? age)
    {
        if (age is not { } value) return "";
        var seconds = (long)value.TotalSeconds;
        return seconds switch
        {
            < 0 => "0s",
            < 120 => $"{seconds}s",
            < 600 => Two(seconds, 60, 'm', 1, 's'),
            < 3 * 3600 => $"{seconds / 60}m",
            < 8 * 3600 => Two(seconds, 3600, 'h', 60, 'm'),
            < 48 * 3600 => $"{seconds / 3600}h",
            < 8 * 86400 => Two(seconds, 86400, 'd', 3600, 'h'),
            < 730 * 86400 => $"{seconds / 86400}d",
            _ => $"{seconds / (365 * 86400)}y",
        };
    }

    private static string Two(long seconds, long large, char largeUnit, long small, char smallUnit)
    {
        var rest = seconds % large / small;
        return rest == 0 ? $"{seconds / large}{largeUnit}" : $"{seconds / large}{largeUnit}{rest}{smallUnit}";
    }
}
