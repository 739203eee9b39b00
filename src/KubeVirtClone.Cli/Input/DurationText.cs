using System.Globalization;

namespace KubeVirtClone.Cli.Input;

/// <summary>Durations as kubectl takes them ("90s", "5m", "1h30m", "500ms"), and plain seconds ("300").</summary>
internal static class DurationText
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        var rest = text.AsSpan().Trim();
        if (double.TryParse(rest, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            return TryFromSeconds(seconds, out duration);

        var total = 0d;
        while (!rest.IsEmpty)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
                digits++;
            var letters = digits;
            while (letters < rest.Length && char.IsAsciiLetter(rest[letters]))
                letters++;
            var unit = rest[digits..letters] switch
            {
                "ms" => 0.001,
                "s" => 1d,
                "m" => 60d,
                "h" => 3600d,
                "d" => 86400d,
                _ => 0d,
            };
            if (unit == 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                return false;
            total += value * unit;
            rest = rest[letters..];
        }

        return TryFromSeconds(total, out duration);
    }

    private static bool TryFromSeconds(double seconds, out TimeSpan duration)
    {
        // A year is longer than any wait, and keeps every sum of timeouts inside TimeSpan.
        var fits = seconds is >= 0 and <= 31_536_000;
        duration = fits ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        return fits;
    }

    /// <summary>Age as kubectl prints it: two units at most, the smaller one dropped once it no longer matters.</summary>
    public static string ToAge(TimeSpan age)
    {
        var seconds = (long)age.TotalSeconds;
        if (seconds < 0)
            return "0s";
        if (seconds < 120)
            return $"{seconds}s";
        var minutes = seconds / 60;
        if (minutes < 10)
            return seconds % 60 == 0 ? $"{minutes}m" : $"{minutes}m{seconds % 60}s";
        if (minutes < 180)
            return $"{minutes}m";
        var hours = minutes / 60;
        if (hours < 8)
            return minutes % 60 == 0 ? $"{hours}h" : $"{hours}h{minutes % 60}m";
        if (hours < 48)
            return $"{hours}h";
        var days = hours / 24;
        if (days < 8)
            return hours % 24 == 0 ? $"{days}d" : $"{days}d{hours % 24}h";
        if (days < 730)
            return $"{days}d";
        var years = days / 365;
        return years < 8 && days % 365 != 0 ? $"{years}y{days % 365}d" : $"{years}y";
    }
}
