using System.Globalization;

namespace KubeVirtClone.Build.Packaging;

/// <summary>The one moment that every packed file bears, so that packing later gives the same bytes.</summary>
internal static class SourceDate
{
    /// <summary>SOURCE_DATE_EPOCH where it is set, else the commit's own date, else the first that a zip can hold.</summary>
    public static DateTimeOffset Of(Repository repository)
    {
        var seconds = Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH")
            ?? (Step.Capture(repository.Root, "git", "log", "-1", "--format=%ct") is { ExitCode: 0 } answer ? answer.Output.Trim() : null);
        var first = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)) return first;
        var moment = DateTimeOffset.FromUnixTimeSeconds(epoch);
        return moment < first ? first : moment;
    }
}
