using System.Buffers;
using System.Globalization;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Go's duration texts (<c>300ms</c>, <c>1h15m</c>, <c>-2s</c>) with the parser's own error messages.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <exception cref="FormatException">The text is no duration; the message is Go's.</exception>
    public static TimeSpan Parse(string text)
    {
        var rest = text.AsSpan();
        var negative = false;
        if (rest is ['-' or '+', ..])
        {
            negative = rest[0] == '-';
            rest = rest[1..];
        }

        if (rest is "0")
            return TimeSpan.Zero;
        if (rest.IsEmpty)
            throw new FormatException($"time: invalid duration {GoText.Quote(text)}");
        var seconds = 0m;
        while (!rest.IsEmpty)
        {
            var length = rest.IndexOfAnyExcept(Digits);
            var number = length < 0 ? rest : rest[..length];
            if (number.IsEmpty || number is "." || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                throw new FormatException($"time: invalid duration {GoText.Quote(text)}");
            rest = rest[number.Length..];
            var unitLength = rest.IndexOfAny(Digits);
            var unit = unitLength < 0 ? rest : rest[..unitLength];
            if (unit.IsEmpty)
                throw new FormatException($"time: missing unit in duration {GoText.Quote(text)}");
            seconds += value * (unit switch
            {
                "ns" => 1e-9m,
                "us" or "µs" or "μs" => 1e-6m,
                "ms" => 1e-3m,
                "s" => 1m,
                "m" => 60m,
                "h" => 3600m,
                _ => throw new FormatException($"time: unknown unit {GoText.Quote(unit.ToString())} in duration {GoText.Quote(text)}"),
            });
            if (seconds > 9223372036m)
                throw new FormatException($"time: invalid duration {GoText.Quote(text)}");
            rest = rest[unit.Length..];
        }

        return TimeSpan.FromTicks((long)((negative ? -seconds : seconds) * TimeSpan.TicksPerSecond));
    }
}
