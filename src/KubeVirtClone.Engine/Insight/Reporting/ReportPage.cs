using System.Globalization;
using System.Net;
using System.Text;
using KubeVirtClone.Engine.Insight.Measurement;

namespace KubeVirtClone.Engine.Insight.Reporting;

/// <summary>Writes a report as one HTML page. Every text that comes from a cluster is escaped.</summary>
internal static class ReportPage
{
    private const int SlowestShown = 10;

    public static string Render(BatchReport report)
    {
        var page = new StringBuilder(16 * 1024);
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
            .Append("<title>").Append(Text(report.Title)).Append(" – clone report</title>\n<style>").Append(ReportStyle.Css).Append("</style>\n</head>\n<body>\n")
            .Append("<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n<h1>").Append(Text(report.Title)).Append("</h1>\n<p>").Append(Text(report.Place))
            .Append(", read <time datetime=\"").Append(Iso(report.ReadAt)).Append("\">").Append(Clock(report.ReadAt)).Append("</time></p>\n</header>\n<main id=\"main\">\n");
        Summary(page, report);
        Troubles(page, report);
        Timeline(page, report);
        Spreads(page, report.Measurement.Batch);
        Slowest(page, report.Measurement.Clones);
        Identities(page, report.Machines);
        All(page, report.Measurement.Clones);
        page.Append("</main>\n<footer><p>Made by KubeVirtClone. Times come from the objects and events of the cluster, which count in whole seconds, or from a watch.</p></footer>\n</body>\n</html>\n");
        return page.ToString();
    }

    internal static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");

    internal static string Duration(TimeSpan? time) => time is null ? "–" : Durations.Duration(time);

    private static void Summary(StringBuilder page, BatchReport report)
    {
        var batch = report.Measurement.Batch;
        page.Append("<section aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>\n<dl class=\"tiles\">\n");
        Tile(page, "Clones", Number(batch.Count), null);
        Tile(page, "Succeeded", Number(batch.Succeeded), batch.Count > 0 && batch.Succeeded == batch.Count ? "good" : null);
        var stuck = report.Troubles.Count(t => t.Health is CloneHealth.Stuck or CloneHealth.Failed);
        Tile(page, "Failed or stuck", Number(stuck), stuck > 0 ? "bad" : null);
        Tile(page, "Under way or waiting", Number(report.Troubles.Count - stuck), null);
        Tile(page, "Whole batch took", Duration(batch.Total), null);
        if (batch.Rate is { } rate)
            Tile(page, "Clones a second", rate.ToString("0.##", CultureInfo.InvariantCulture), null);
        if (batch.SharedSnapshot is { } snapshot)
            Tile(page, "Shared snapshot", Duration(snapshot), null);
        page.Append("</dl>\n</section>\n");
    }

    private static void Tile(StringBuilder page, string name, string value, string? mood) =>
        page.Append("<div").Append(mood is null ? "" : $" class=\"{mood}\"").Append("><dt>").Append(Text(name)).Append("</dt><dd>").Append(Text(value)).Append("</dd></div>\n");

    private static void Troubles(StringBuilder page, BatchReport report)
    {
        page.Append("<section aria-labelledby=\"troubles\">\n<h2 id=\"troubles\">What is not done, and why</h2>\n");
        if (report.Troubles.Count == 0)
        {
            page.Append("<p>Every clone is done.</p>\n</section>\n");
            return;
        }

        page.Append("<ul class=\"counts\">");
        foreach (var group in report.Troubles.GroupBy(t => t.Code).OrderByDescending(g => g.Count()))
            page.Append("<li><strong>").Append(Number(group.Count())).Append("</strong> × ").Append(Text(group.Key)).Append("</li>");
        page.Append("</ul>\n");
        TableStart(page, "Clones that are not done", "Target", "State", "Cause", "Since", "Next step");
        foreach (var trouble in report.Troubles)
        {
            page.Append("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">").Append(Text(trouble.TargetName)).Append("</th><td role=\"cell\" data-label=\"State\"><span class=\"badge ").Append(Text(trouble.Health.ToString())).Append("\">")
                .Append(Text(trouble.Health.ToString())).Append("</span></td><td role=\"cell\" data-label=\"Cause\"><strong>").Append(Text(trouble.Code)).Append("</strong><br>").Append(Text(trouble.Cause));
            if (trouble.Evidence.Count > 0)
            {
                page.Append("<details><summary>Evidence</summary><ul>");
                foreach (var evidence in trouble.Evidence)
                    page.Append("<li>").Append(Text(evidence.ToString())).Append("</li>");
                page.Append("</ul></details>");
            }

            page.Append("</td><td role=\"cell\" data-label=\"Since\">").Append(trouble.Since is { } since ? When(since) : "–").Append("</td><td class=\"step\" role=\"cell\" data-label=\"Next step\">").Append(Text(trouble.NextStep.ToString())).Append("</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n</section>\n");
    }

    private static void Timeline(StringBuilder page, BatchReport report)
    {
        page.Append("<section aria-labelledby=\"timeline\">\n<h2 id=\"timeline\">Timeline</h2>\n");
        TimelineChart.Append(page, report);
        page.Append("</section>\n");
    }

    private static void Spreads(StringBuilder page, BatchTiming batch)
    {
        if (batch.Spreads.Count == 0)
            return;
        page.Append("<section aria-labelledby=\"spread\">\n<h2 id=\"spread\">Where the time went</h2>\n");
        TableStart(page, "Durations over the clones each is known of", "Part", "Clones", "Shortest", "Mean", "Half within", "90 % within", "99 % within", "Longest");
        foreach (var spread in batch.Spreads)
        {
            page.Append("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">").Append(Text(spread.Name)).Append("</th>");
            Cell(page, "Clones", Number(spread.Count));
            Cell(page, "Shortest", Duration(spread.Minimum));
            Cell(page, "Mean", Duration(spread.Mean));
            Cell(page, "Half within", Duration(spread.P50));
            Cell(page, "90 % within", Duration(spread.P90));
            Cell(page, "99 % within", Duration(spread.P99));
            Cell(page, "Longest", Duration(spread.Maximum));
            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n</section>\n");
    }

    private static void Slowest(StringBuilder page, IReadOnlyList<CloneTiming> clones)
    {
        var slowest = clones.Where(c => c.Total is not null).OrderByDescending(c => c.Total).Take(SlowestShown).ToList();
        if (slowest.Count == 0)
            return;
        page.Append("<section aria-labelledby=\"slowest\">\n<h2 id=\"slowest\">The slowest</h2>\n");
        Clones(page, $"The {slowest.Count} slowest of {clones.Count}", slowest);
        page.Append("</section>\n");
    }

    private static void Identities(StringBuilder page, IReadOnlyList<ReportedMachine> machines)
    {
        if (machines.Count == 0)
            return;
        page.Append("<section aria-labelledby=\"identity\">\n<h2 id=\"identity\">What each machine is known by</h2>\n<details><summary>").Append(Number(machines.Count)).Append(" machines</summary>\n");
        TableStart(page, "Identity of every machine, by target", "Target", "MAC", "Serial", "UUID", "IP");
        foreach (var (name, identity) in machines)
        {
            page.Append("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">").Append(Text(name)).Append("</th>");
            Cell(page, "MAC", OrNone(string.Join(", ", identity.MacAddresses)));
            Cell(page, "Serial", OrNone(identity.Serial));
            Cell(page, "UUID", OrNone(identity.Uuid));
            Cell(page, "IP", OrNone(string.Join(", ", identity.IpAddresses)));
            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n</details>\n</section>\n");
    }

    private static void All(StringBuilder page, IReadOnlyList<CloneTiming> clones)
    {
        page.Append("<section aria-labelledby=\"all\">\n<h2 id=\"all\">Every clone</h2>\n<details><summary>").Append(Number(clones.Count)).Append(" clones</summary>\n");
        Clones(page, "Every clone, by target", clones);
        page.Append("</details>\n</section>\n");
    }

    private static void Clones(StringBuilder page, string caption, IReadOnlyList<CloneTiming> clones)
    {
        TableStart(page, caption, "Target", "Source", "Phase", "Snapshot", "Restore", "Bind", "Boot", "Total");
        foreach (var clone in clones)
        {
            page.Append("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">").Append(Text(clone.TargetName)).Append("</th>");
            Cell(page, "Source", clone.SourceName);
            Cell(page, "Phase", clone.Phase.ToString(), whole: true);
            Cell(page, "Snapshot", Duration(clone.Snapshot));
            Cell(page, "Restore", Duration(clone.Restore));
            Cell(page, "Bind", Duration(clone.Bind));
            Cell(page, "Boot", Duration(clone.Boot));
            Cell(page, "Total", Duration(clone.Total));
            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    // A table wider than the screen scrolls by itself, and can be reached by keyboard to do so. On a phone its rows are blocks: the roles keep
    // them a table for screen readers.
    private static void TableStart(StringBuilder page, string caption, params string[] columns)
    {
        page.Append("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"").Append(Text(caption)).Append("\"><table role=\"table\">\n<caption>").Append(Text(caption)).Append("</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">");
        foreach (var column in columns)
            page.Append("<th scope=\"col\" role=\"columnheader\">").Append(Text(column)).Append("</th>");
        page.Append("</tr></thead>\n<tbody role=\"rowgroup\">\n");
    }

    private static void Cell(StringBuilder page, string label, string text, bool whole = false) =>
        page.Append("<td").Append(whole ? " class=\"whole\"" : "").Append(" role=\"cell\" data-label=\"").Append(Text(label)).Append("\">").Append(Text(text)).Append("</td>");

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? "–" : text;

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    // In a narrow column date and time each stay in one piece.
    private static string When(DateTimeOffset time) => string.Join(' ', Clock(time).Split(' ', 2).Select(p => $"<span class=\"whole\">{p}</span>"));

    private static string Clock(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
