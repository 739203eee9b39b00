using System.Globalization;

namespace KubeVirtClone.Bench.Compare;

/// <summary>What one way took in all rounds.</summary>
internal sealed class WayResult(Way way)
{
    private readonly List<double> _seconds = [];
    private Asked? _asked;
    private long? _megabytes;

    public Way Way { get; } = way;

    /// <summary>Whether fewer were made than asked for, and the time taken for all.</summary>
    public bool IsProjected { get; private set; }

    public double Seconds => ClientBench.Median(_seconds);

    public string Requests => Text(_asked?.Requests);

    public string Watches => Text(_asked?.Watches);

    public string Megabytes => Text(_megabytes);

    /// <param name="run">One round's.</param>
    /// <param name="asked">What the server was asked in it.</param>
    /// <param name="few">How many were made.</param>
    /// <param name="count">How many were asked for.</param>
    public void Add(Run run, Asked? asked, int few, int count)
    {
        IsProjected = few < count;
        var all = (double)count / few;
        _seconds.Add(run.Time.TotalSeconds * all);
        if (asked is { } counted) _asked = new((long)(counted.Requests * all), (long)(counted.Watches * all));
        if (run.Megabytes is { } most) _megabytes = Math.Max(_megabytes ?? 0, most);
    }

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "–";
}

/// <summary>The table of one count of clones.</summary>
internal static class CompareTable
{
    public static void Write(string title, IReadOnlyList<WayResult> results)
    {
        var raw = results[0].Seconds;
        Console.WriteLine();
        Console.WriteLine("### " + title);
        Console.WriteLine();
        Console.WriteLine("| way | seconds | of raw | requests | watches | MB at most |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var result in results)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {result.Way.Name} | {(result.IsProjected ? "≈ " : "")}{result.Seconds:F2} | {result.Seconds / raw:F2} | {result.Requests} | {result.Watches} | {result.Megabytes} |"));
        }
    }
}
