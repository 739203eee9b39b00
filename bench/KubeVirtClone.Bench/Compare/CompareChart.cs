using System.Globalization;
using System.Net;
using System.Text;

namespace KubeVirtClone.Bench.Compare;

/// <summary>The times of one count of clones as bars, shortest first, readable on light and dark pages.</summary>
internal static class CompareChart
{
    private const int Width = 910;
    private const int Left = 480;
    private const int Row = 26;
    private const int Longest = Width - Left - 90;

    public static void Write(string file, int count, IReadOnlyList<WayResult> results)
    {
        var sorted = results.OrderBy(result => result.Seconds).ToList();
        // By logarithm: the ways differ by hundreds.
        var least = sorted[0].Seconds / 2;
        var span = Math.Log(sorted[^1].Seconds / least);
        var height = 46 + (sorted.Count * Row);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n");
        svg.Append("<style>text{fill:#24292f}.bar{fill:#8c959f}.own{fill:#0969da}@media (prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.own{fill:#58a6ff}}</style>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"8\" y=\"22\" font-weight=\"600\">{count} clones of one VM: seconds until all are there (logarithmic)</text>\n");
        for (var at = 0; at < sorted.Count; at++)
        {
            var result = sorted[at];
            var y = 40 + (at * Row);
            var length = Math.Max(2, (int)(Longest * Math.Log(result.Seconds / least) / span));
            var own = result.Way.Name.Contains("vmclone", StringComparison.OrdinalIgnoreCase) && !result.Way.Name.Contains("kubectl create", StringComparison.Ordinal)
                || result.Way.Name.StartsWith("the engine", StringComparison.Ordinal);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y + 14}\" text-anchor=\"end\">{WebUtility.HtmlEncode(result.Way.Name.Replace("`", "", StringComparison.Ordinal))}</text>");
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(own ? "own" : "bar")}\" x=\"{Left}\" y=\"{y}\" width=\"{length}\" height=\"18\" rx=\"2\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + length + 6}\" y=\"{y + 14}\">{(result.IsProjected ? "≈ " : "")}{result.Seconds:F1} s</text>\n");
        }

        svg.Append("</svg>\n");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, svg.ToString());
        Console.WriteLine();
        Console.WriteLine($"The chart: {file}");
    }
}
