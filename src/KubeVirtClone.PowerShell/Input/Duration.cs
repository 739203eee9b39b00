using System.Globalization;

namespace KubeVirtClone.Input;

/// <summary>Durations as people write them at a prompt.</summary>
internal static class Duration
{
    /// <summary>The longest that is taken, so that sums of durations always fit.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>Reads plain seconds, <c>[d.]hh:mm[:ss]</c>, and kubectl's <c>1h30m</c>, <c>90s</c>, <c>500ms</c>, <c>2d</c>.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = (text ?? "").AsSpan().Trim();
        if (rest.IsEmpty) return false;
        if (double.TryParse(rest, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            return TryFromSeconds(seconds, out duration);
        }

        if (rest.Contains(':'))
        {
            return TimeSpan.TryParse(rest, CultureInfo.InvariantCulture, out duration) && duration >= TimeSpan.Zero && duration <= Longest;
        }

        var total = 0d;
        while (!rest.IsEmpty)
        {
            var digits = Length(rest, static c => char.IsAsciiDigit(c) || c == '.');
            var letters = Length(rest[digits..], char.IsAsciiLetter);
            var unit = SecondsIn(rest.Slice(digits, letters));
            if (unit == 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            total += value * unit;
            rest = rest[(digits + letters)..];
        }

        return TryFromSeconds(total, out duration);
    }

    private static double SecondsIn(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => 0.001,
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => 0,
    };

    private static int Length(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        var length = 0;
        while (length < text.Length && belongs(text[length])) length++;
        return length;
    }

    private static bool TryFromSeconds(double seconds, out TimeSpan duration)
    {
        var fits = seconds >= 0 && seconds <= Longest.TotalSeconds;
        duration = fits ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        return fits;
    }
}
