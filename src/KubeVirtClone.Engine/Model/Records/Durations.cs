using System.Globalization;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>Durations as people write them, and ages as kubectl prints them.</summary>
public static class Durations
{
    /// <summary>The longest that is taken: a year is longer than any wait, and keeps every sum of timeouts inside TimeSpan.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>Reads plain seconds, <c>[d.]hh:mm[:ss]</c>, and kubectl's <c>1h30m</c>, <c>90s</c>, <c>500ms</c>, <c>2d</c>; at most a year.</summary>
    /// <param name="text">What is written.</param>
    /// <param name="duration">The time it means.</param>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = (text ?? "").AsSpan().Trim();
        if (rest.IsEmpty)
            return false;
        if (double.TryParse(rest, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            return TryFromSeconds(seconds, out duration);
        if (rest.Contains(':'))
            return TimeSpan.TryParse(rest, CultureInfo.InvariantCulture, out duration) && duration >= TimeSpan.Zero && duration <= Longest;
        var total = 0d;
        while (!rest.IsEmpty)
        {
            var digits = Length(rest, static c => char.IsAsciiDigit(c) || c == '.');
            var letters = Length(rest[digits..], char.IsAsciiLetter);
            var unit = rest.Slice(digits, letters) switch { "ms" => 0.001, "s" => 1d, "m" => 60d, "h" => 3600d, "d" => 86400d, _ => 0d };
            if (unit == 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                return false;
            total += value * unit;
            rest = rest[(digits + letters)..];
        }

        return TryFromSeconds(total, out duration);
    }

    /// <summary>Age as kubectl prints it: two units at most, the smaller one dropped once it no longer matters: 42s, 5m30s, 3h5m, 12d, 3y40d.</summary>
    /// <param name="age">The age; null gives an empty text.</param>
    public static string Age(TimeSpan? age)
    {
        if (age is not { } value)
            return "";
        const long minute = 60, hour = 60 * minute, day = 24 * hour, year = 365 * day;
        var seconds = (long)value.TotalSeconds;
        return seconds switch
        {
            < 0 => "0s",
            < 2 * minute => $"{seconds}s",
            < 10 * minute => Two(seconds, minute, 'm', 1, 's'),
            < 3 * hour => $"{seconds / minute}m",
            < 8 * hour => Two(seconds, hour, 'h', minute, 'm'),
            < 2 * day => $"{seconds / hour}h",
            < 8 * day => Two(seconds, day, 'd', hour, 'h'),
            < 2 * year => $"{seconds / day}d",
            < 8 * year => Two(seconds, year, 'y', day, 'd'),
            _ => $"{seconds / year}y",
        };
    }

    /// <summary>How long something took or may take: tenths below ten seconds (0.4s), and as an age above (12s, 5m30s).</summary>
    /// <param name="time">The time; null gives an empty text.</param>
    public static string Duration(TimeSpan? time) => time switch
    {
        { TotalSeconds: > 0 and < 0.05 } => "<0.1s",
        { TotalSeconds: >= 0 and < 9.95 } value => value.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + "s",
        _ => Age(time),
    };

    private static string Two(long seconds, long large, char largeUnit, long small, char smallUnit)
    {
        var rest = seconds % large / small;
        return rest == 0 ? $"{seconds / large}{largeUnit}" : $"{seconds / large}{largeUnit}{rest}{smallUnit}";
    }

    private static int Length(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        var length = 0;
        while (length < text.Length && belongs(text[length]))
            length++;
        return length;
    }

    private static bool TryFromSeconds(double seconds, out TimeSpan duration)
    {
        var fits = seconds >= 0 && seconds <= Longest.TotalSeconds;
        duration = fits ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        return fits;
    }
}
