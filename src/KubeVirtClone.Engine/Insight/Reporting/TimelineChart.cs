using System.Globalization;
using System.Text;
using KubeVirtClone.Engine.Insight.Measurement;

namespace KubeVirtClone.Engine.Insight.Reporting;

/// <summary>Draws what each clone did when, as one inline SVG: a bar a clone, a colour and a pattern a part.</summary>
internal static class TimelineChart
{
    private const int MostRows = 200;
    private const int RowHeight = 18;
    private const int BarHeight = 12;
    private const int Left = 170;
    private const int Right = 970;
    private const int Top = 28;

    public static void Append(StringBuilder page, BatchReport report)
    {
        var clones = report.Measurement.Clones.Where(c => c.Started is not null).ToList();
        if (clones.Count == 0)
        {
            page.Append("<p>Nothing to draw.</p>\n");
            return;
        }

        var shown = Choose(clones);
        var start = shown.Min(c => c.Started)!.Value;
        var end = shown.Max(c => c.Spans.Select(s => s.End ?? report.ReadAt).Append(c.Started!.Value).Max());
        // Unfinished clones of yesterday must not squeeze the others into a line.
        var finished = shown.Where(c => c.Total is not null).Select(c => c.Started!.Value + c.Total!.Value).DefaultIfEmpty(end).Max();
        var limit = start + TimeSpan.FromTicks(Math.Max((finished - start).Ticks * 3 / 2, TimeSpan.TicksPerSecond));
        var scale = new Scale(start, end < limit ? end : limit);

        Legend(page);
        var height = Top + (shown.Count * RowHeight) + 8;
        page.Append("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Timeline chart\">\n<svg class=\"chart\" role=\"img\" aria-labelledby=\"chart-title chart-desc\" viewBox=\"0 0 1000 ")
            .Append(height).Append("\" width=\"1000\" height=\"").Append(height).Append("\">\n<title id=\"chart-title\">When each clone was in which part</title>\n<desc id=\"chart-desc\">")
            .Append(ReportPage.Text(Describe(report, clones.Count, shown.Count))).Append("</desc>\n");
        Grid(page, scale, height);
        var troubles = report.Troubles.Where(t => t.Health is CloneHealth.Stuck or CloneHealth.Failed).Select(t => t.TargetName).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < shown.Count; i++)
            Row(page, shown[i], Top + (i * RowHeight), scale, report.ReadAt, troubles.Contains(shown[i].TargetName));
        page.Append("</svg>\n</div>\n");
        if (shown.Count < clones.Count)
            page.Append("<p>Drawn are the ").Append(shown.Count).Append(" that took longest or are not done, of ").Append(clones.Count).Append(".</p>\n");
    }

    private static List<CloneTiming> Choose(List<CloneTiming> clones) =>
    [
        .. clones.OrderBy(c => c.Total is null ? 0 : 1).ThenByDescending(c => c.Total).Take(MostRows)
            .OrderBy(c => c.Started).ThenBy(c => c.TargetName, StringComparer.Ordinal),
    ];

    private static string Describe(BatchReport report, int all, int shown)
    {
        var total = report.Measurement.Batch.Spreads.FirstOrDefault(s => s.Name == nameof(CloneTiming.Total));
        return $"One bar a clone, {shown} of {all}. "
            + (total is null ? "None is done." : $"Half of them took at most {ReportPage.Duration(total.P50)}, the longest {ReportPage.Duration(total.Maximum)}. ")
            + "The numbers stand in the tables below.";
    }

    private static void Legend(StringBuilder page)
    {
        page.Append("<ul class=\"legend\">");
        foreach (var part in Enum.GetNames<ClonePart>())
            page.Append("<li><span class=\"key ").Append(part).Append("\" aria-hidden=\"true\"></span>").Append(part).Append("</li>");
        page.Append("<li><span class=\"key open\" aria-hidden=\"true\"></span>not ended</li></ul>\n");
    }

    private static void Grid(StringBuilder page, Scale scale, int height)
    {
        foreach (var tick in scale.Ticks())
        {
            var x = Number(scale.X(tick));
            page.Append("<line class=\"grid\" x1=\"").Append(x).Append("\" x2=\"").Append(x).Append("\" y1=\"").Append(Top - 6).Append("\" y2=\"").Append(height - 4).Append("\"/>")
                .Append("<text class=\"tick\" x=\"").Append(x).Append("\" y=\"14\">").Append(ReportPage.Text(ReportPage.Duration(tick - scale.Start))).Append("</text>\n");
        }
    }

    private static void Row(StringBuilder page, CloneTiming clone, int y, Scale scale, DateTimeOffset now, bool trouble)
    {
        var name = (trouble ? "✕ " : "") + Clip(clone.TargetName);
        page.Append("<g><text class=\"name").Append(trouble ? " bad" : "").Append("\" x=\"").Append(Left - 6).Append("\" y=\"").Append(y + 10).Append('"')
            .Append(Width(name) > Left - 10 ? $" textLength=\"{Left - 10}\" lengthAdjust=\"spacingAndGlyphs\"" : "").Append('>')
            .Append(ReportPage.Text(name)).Append("</text>");
        foreach (var span in clone.Spans)
        {
            var x1 = scale.X(span.Start);
            var x2 = scale.X(span.End ?? now);
            page.Append("<rect class=\"").Append(span.Part).Append(span.End is null ? " open" : "").Append("\" x=\"").Append(Number(x1)).Append("\" y=\"").Append(y)
                .Append("\" width=\"").Append(Number(Math.Max(1.5, x2 - x1))).Append("\" height=\"").Append(BarHeight).Append("\"><title>")
                .Append(ReportPage.Text($"{clone.TargetName}: {span.Part} {(span.End is null ? "not ended, " + ReportPage.Duration(now - span.Start) + " so far" : ReportPage.Duration(span.Duration))} ({span.Origin})"))
                .Append("</title></rect>");
        }

        page.Append("</g>\n");
    }

    private static string Clip(string name) => name.Length <= 20 ? name : name[..9] + "…" + name[^10..];

    // How wide a text of 11 pixels is at most: the page has no way to measure it.
    private static double Width(string text) => text.Sum(c => c is 'm' or 'w' or 'M' or 'W' or '…' or '✕' ? 11 : 7.4);

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private sealed record Scale(DateTimeOffset Start, DateTimeOffset End)
    {
        private static readonly int[] Steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

        private double Seconds => Math.Max(1, (End - Start).TotalSeconds);

        public double X(DateTimeOffset time) => Left + ((Right - Left) * Math.Clamp((time - Start).TotalSeconds / Seconds, 0, 1));

        public IEnumerable<DateTimeOffset> Ticks()
        {
            var seconds = Seconds;
            var step = Array.Find(Steps, s => seconds / s <= 8);
            if (step == 0)
                step = (int)(seconds / 8);
            for (var at = 0; at <= seconds; at += step)
                yield return Start + TimeSpan.FromSeconds(at);
        }
    }
}
