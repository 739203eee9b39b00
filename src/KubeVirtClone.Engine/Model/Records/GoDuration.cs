using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace KubeVirtClone.Engine.Model.Records;

/// <summary>Durations as the API writes them: <c>5m0s</c>, <c>1h30m</c>, <c>1.5s</c>.</summary>
internal static partial class GoDuration
{
    /// <summary>The time a text means; null when it is absent or no duration.</summary>
    public static TimeSpan? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (text == "0")
            return TimeSpan.Zero;
        var negative = text[0] == '-';
        var match = WholeRegex().Match(text.TrimStart('-', '+'));
        if (!match.Success)
            return null;
        var seconds = 0.0;
        for (var i = 0; i < match.Groups["number"].Captures.Count; i++)
        {
            var number = double.Parse(match.Groups["number"].Captures[i].ValueSpan, CultureInfo.InvariantCulture);
            seconds += number * match.Groups["unit"].Captures[i].Value switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 1e-3, "us" or "µs" => 1e-6, _ => 1e-9 };
        }

        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2) * (negative ? -1 : 1));
    }

    /// <summary>A time in whole seconds as the API reads it.</summary>
    public static string Format(TimeSpan time)
    {
        var text = new StringBuilder();
        var seconds = (long)Math.Ceiling(time.TotalSeconds);
        if (seconds >= 3600)
            text.Append(seconds / 3600).Append('h');
        if (seconds >= 60)
            text.Append(seconds % 3600 / 60).Append('m');
        return text.Append(seconds % 60).Append('s').ToString();
    }

    [GeneratedRegex(@"\A((?<number>[0-9]+(\.[0-9]*)?|\.[0-9]+)(?<unit>ns|us|µs|ms|s|m|h))+\z", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex WholeRegex();
}
