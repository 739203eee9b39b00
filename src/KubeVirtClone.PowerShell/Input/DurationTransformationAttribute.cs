using System.Globalization;

namespace KubeVirtClone.Input;

/// <summary>
/// Lets a duration be given as a <see cref="TimeSpan"/>, as a number of seconds, as PowerShell's <c>hh:mm:ss</c>, or as
/// kubectl writes it: <c>90s</c>, <c>5m</c>, <c>1h30m</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is null) return null;
        if (value is TimeSpan span) return Checked(span, span.ToString());
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        if (Durations.TryParse(text, out var duration)) return Checked(duration, text);
        throw text.TrimStart().StartsWith('-') && Durations.TryParse(text.TrimStart()[1..], out _)
            ? Negative(text)
            : new ArgumentTransformationMetadataException(
                $"'{text}' is not a duration. Give seconds (90), a text such as '90s', '5m' or '1h30m', or a TimeSpan.");
    }

    private static TimeSpan Checked(TimeSpan value, string text) => value >= TimeSpan.Zero ? value : throw Negative(text);

    private static ArgumentTransformationMetadataException Negative(string text) => new($"'{text}' is negative. A duration is 0 or longer.");
}
