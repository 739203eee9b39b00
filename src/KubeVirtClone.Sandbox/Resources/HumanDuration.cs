using System.Globalization;

namespace KubeVirtClone.Sandbox.Resources;

/// <summary>Ages as kubectl shows them: <c>3s</c>, <c>7m14s</c>, <c>5h2m</c>, <c>3d4h</c>, <c>2y45d</c>.</summary>
internal static class HumanDuration
{
    public static string Of(TimeSpan span)
    {
        var seconds = (long)span.TotalSeconds;
        if (seconds < -1)
            return "<invalid>";
        if (seconds < 0)
            return "0s";
        long minutes = seconds / 60, hours = seconds / 3600, days = seconds / 86400;
        return seconds switch
        {
            < 60 * 2 => $"{seconds}s",
            < 60 * 10 => Two(minutes, "m", seconds % 60, "s"),
            < 3600 * 3 => $"{minutes}m",
            < 3600 * 8 => Two(hours, "h", minutes % 60, "m"),
            < 3600 * 48 => $"{hours}h",
            < 86400L * 8 => Two(days, "d", hours % 24, "h"),
            < 86400L * 365 * 2 => $"{days}d",
            < 86400L * 365 * 8 => Two(days / 365, "y", days % 365, "d"),
            _ => $"{days / 365}y",
        };
    }

    /// <summary>The age of an RFC 3339 time; <c>&lt;unknown&gt;</c> when there is none.</summary>
    public static string Since(string? time, DateTimeOffset now) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var then) ? Of(now - then) : "<unknown>";

    private static string Two(long first, string firstUnit, long second, string secondUnit) =>
        second == 0 ? $"{first}{firstUnit}" : $"{first}{firstUnit}{second}{secondUnit}";
}
