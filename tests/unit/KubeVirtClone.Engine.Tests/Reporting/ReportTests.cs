using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using KubeVirtClone.Engine.Insight.Measurement;
using KubeVirtClone.Engine.Insight.Reporting;
using KubeVirtClone.Engine.Knowledge.Causes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Tests.Reporting;

public sealed class ReportTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_page_is_well_formed_and_needs_nothing_from_elsewhere()
    {
        var html = Sample(40).ToHtml();
        var root = Parse(html);
        html.ShouldNotContain("<script", Case.Insensitive);
        html.ShouldNotContain("http://");
        html.ShouldNotContain("https://");
        html.ShouldNotContain("@import");
        html.ShouldNotContain("url(");
        root.Attribute("lang")!.Value.ShouldBe("en");
        foreach (var landmark in new[] { "header", "main", "footer" })
            root.Descendants(landmark).ShouldHaveSingleItem();
        root.Descendants("th").ShouldAllBe(h => h.Attribute("scope") != null);
        root.Descendants("table").ShouldAllBe(t => t.Element("caption") != null);
        var svg = root.Descendants("svg").ShouldHaveSingleItem();
        svg.Attribute("role")!.Value.ShouldBe("img");
        var named = svg.Attribute("aria-labelledby")!.Value.Split(' ');
        named.ShouldAllBe(id => svg.Elements().Any(e => e.Attribute("id") != null && e.Attribute("id")!.Value == id && e.Value.Length > 0));
        root.Descendants("section").ShouldAllBe(s => s.Attribute("aria-labelledby") != null);
    }

    [Fact]
    public void What_comes_from_the_cluster_is_escaped()
    {
        var html = Sample(2, name: "<img src=x onerror=alert(1)>\"'&").ToHtml();
        html.ShouldNotContain("<img");
        html.ShouldContain("&lt;img src=x onerror=alert(1)&gt;&quot;");
        Parse(html);
    }

    [Fact]
    public void Every_clone_is_in_the_table_and_the_chart_has_a_bar_for_each_of_its_parts()
    {
        var report = Sample(40);
        var root = Parse(report.ToHtml());
        var rows = root.Descendants("details").Last().Descendants("tbody").Single().Elements("tr");
        rows.Count().ShouldBe(40);
        root.Descendants("rect").Count().ShouldBe(report.Measurement.Clones.Sum(c => c.Spans.Count));
        root.Descendants("rect").Count(r => r.Attribute("class")!.Value.Contains("open")).ShouldBe(1);
    }

    [Fact]
    public void What_each_machine_is_known_by_is_told_and_a_dash_where_nothing_is_known()
    {
        var known = new MachineIdentity { MacAddresses = ["02:00:00:00:00:01", "02:00:00:00:00:02"], Serial = "<SN-1>", Uuid = "0b5c", IpAddresses = ["10.0.0.1"] };
        var report = Sample(2) with { Machines = [new("web-000", known), new("web-001", new MachineIdentity { MacAddresses = [], IpAddresses = [] })] };
        var section = Parse(report.ToHtml()).Descendants("section").Single(s => s.Attribute("aria-labelledby")!.Value == "identity");
        var rows = section.Descendants("tbody").Single().Elements("tr").Select(r => r.Elements().Select(c => c.Value).ToList()).ToList();
        rows[0].ShouldBe(["web-000", "02:00:00:00:00:01, 02:00:00:00:00:02", "<SN-1>", "0b5c", "10.0.0.1"]);
        rows[1].ShouldBe(["web-001", "–", "–", "–", "–"]);
        Sample(2).ToHtml().ShouldNotContain("id=\"identity\"");
    }

    [Fact]
    public void A_batch_of_thousands_draws_the_slowest_and_lists_all()
    {
        var html = Sample(3000).ToHtml();
        var root = Parse(html);
        root.Descendants("g").Count().ShouldBe(200);
        html.ShouldContain("Drawn are the 200 that took longest or are not done, of 3000.");
        html.Length.ShouldBeLessThan(3_000_000);
    }

    [Fact]
    public void An_empty_batch_has_a_page_too() => Parse(Sample(0).ToHtml()).Descendants("svg").ShouldBeEmpty();

    [Theory]
    [InlineData("light", 4.5)]
    [InlineData("dark", 4.5)]
    public void Texts_contrast_with_the_paper(string scheme, double least)
    {
        var css = Regex.Match(Sample(1).ToHtml(), "<style>(.*?)</style>", RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
        var light = Colours(css[..css.IndexOf("@media (prefers-color-scheme: dark)", StringComparison.Ordinal)]);
        var dark = Colours(css[css.IndexOf("@media (prefers-color-scheme: dark)", StringComparison.Ordinal)..css.IndexOf("* {", StringComparison.Ordinal)]);
        var colours = scheme == "light" ? light : dark;
        foreach (var text in new[] { "ink", "dim", "good", "bad", "wait" })
        {
            Contrast(colours[text], colours["paper"]).ShouldBeGreaterThanOrEqualTo(least, text);
            if (text != "wait")
                Contrast(colours[text], colours["panel"]).ShouldBeGreaterThanOrEqualTo(least, text);
        }

        foreach (var bar in Enum.GetNames<ClonePart>())
            Contrast(colours[bar], colours["paper"]).ShouldBeGreaterThanOrEqualTo(3, bar);
    }

    [Theory]
    [InlineData(375, 40, null)]
    [InlineData(1280, 40, null)]
    [InlineData(375, 3, "mmmmmmmmmm-wwwwwwwwww-mmmmmmmmmm-wwwwwwwwww-mmmmmmmmmm-wwwwwwww")]
    [InlineData(1280, 3, "mmmmmmmmmm-wwwwwwwwww-mmmmmmmmmm-wwwwwwwwww-mmmmmmmmmm-wwwwwwww")]
    [InlineData(375, 0, null)]
    public async Task A_browser_shows_it_without_a_sideways_scroll_and_every_name_whole(int width, int clones, string? name)
    {
        var browser = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "There is no Chromium here.");
        var folder = Directory.CreateTempSubdirectory("report-");
        try
        {
            // The page itself has no script. The test shows it in a frame as wide as a phone, which a window cannot be, and measures there.
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "report.html"), Sample(clones, name).ToHtml());
            var frame = Path.Combine(folder.FullName, "frame.html");
            await File.WriteAllTextAsync(frame, $$"""
                <!DOCTYPE html><iframe id="f" src="report.html" style="width:{{width}}px;height:800px;border:0"></iframe>
                <script>f.onload = () => {
                  const d = f.contentDocument, labels = [...d.querySelectorAll('.chart .name')], left = d.querySelector('.chart')?.getBoundingClientRect().left ?? 0;
                  document.body.dataset.width = d.documentElement.scrollWidth;
                  document.body.dataset.labels = labels.length;
                  document.body.dataset.clipped = labels.filter(l => l.getBoundingClientRect().left < left - 1).length;
                  document.body.dataset.broken = [...d.querySelectorAll('.whole')].filter(e => e.getClientRects().length > 1).length;
                }</script>
                """);
            var dom = await RunAsync(browser!, folder.FullName, "--allow-file-access-from-files", "--hide-scrollbars", "--window-size=1400,900", "--dump-dom", new Uri(frame).AbsoluteUri);
            Measured(dom, "width").ShouldBe(width);
            Measured(dom, "labels").ShouldBe(clones);
            Measured(dom, "clipped").ShouldBe(0);
            Measured(dom, "broken").ShouldBe(0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static int Measured(string dom, string what)
    {
        var match = Regex.Match(dom, $"data-{what}=\"(?<number>\\d+)\"", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        match.Success.ShouldBeTrue(dom.Length > 500 ? dom[..500] : dom);
        return int.Parse(match.Groups["number"].Value);
    }

    private async Task<string> RunAsync(string browser, string profile, params string[] arguments)
    {
        var start = new ProcessStartInfo(browser) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[]
        {
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", $"--user-data-dir={Path.Combine(profile, "profile")}",
        }.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var dom = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        output.WriteLine(await errors);
        return dom;
    }

    internal static BatchReport Sample(int count, string? name = null)
    {
        var clones = Enumerable.Range(0, count).Select(i => Timing(i, name ?? $"web-{i:d3}", last: i == count - 1 && count > 2)).ToList();
        var troubled = clones.Where(c => c.Phase != ClonePhase.Succeeded).Select(c => new CloneDiagnosis
        {
            Reference = new CloneReference("lab", c.Name),
            TargetName = c.TargetName,
            Health = CloneHealth.Stuck,
            Code = CauseCodes.QuotaExceeded,
            Cause = "The namespace's quota does not hold another volume or machine: exceeded quota: storage, requested: requests.storage=10Gi, used: requests.storage=100Gi, limited: requests.storage=100Gi.",
            Evidence = [new DiagnosisEvidence("VirtualMachineRestore r", "condition Progressing", "exceeded quota", Start)],
            Since = Start,
            NextStep = CauseText.NextStep(CauseCodes.QuotaExceeded),
        }).ToList();
        return new BatchReport
        {
            Title = "Batch lab7" + (name is null ? "" : name),
            Place = "cluster.test, namespace lab",
            ReadAt = Start.AddMinutes(4),
            Measurement = new CloneMeasurement(clones, BatchTiming.Of(clones, TimeSpan.FromSeconds(4))),
            Troubles = troubled,
        };
    }

    private static CloneTiming Timing(int i, string name, bool last)
    {
        var made = Start.AddSeconds(i % 40 * 0.7);
        var restored = made.AddSeconds(3 + (i % 7));
        var spans = new List<CloneSpan> { new(ClonePart.Snapshot, made, made.AddSeconds(2), "event SnapshotReady"), new(ClonePart.Restore, made.AddSeconds(2), last ? null : restored, "event TargetVMCreated") };
        if (!last)
        {
            spans.Add(new(ClonePart.Bind, restored, restored.AddSeconds(1 + (i % 3)), "event PVCBound"));
            spans.Add(new(ClonePart.Boot, restored.AddSeconds(4), restored.AddSeconds(12), "instance"));
        }

        return new CloneTiming
        {
            Namespace = "lab",
            Name = name + "-clone",
            TargetName = name,
            SourceName = "golden",
            Batch = "lab7",
            Phase = last ? ClonePhase.RestoreInProgress : ClonePhase.Succeeded,
            Started = made,
            Spans = spans,
        };
    }

    // HTML with every element closed, but for the few that never are, is XML.
    private static XElement Parse(string html)
    {
        var xml = Regex.Replace(html, "<(?<tag>meta|br)(?<rest>[^>]*)>", "<${tag}${rest}/>", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        return XElement.Parse(xml[xml.IndexOf("<html", StringComparison.Ordinal)..]);
    }

    private static Dictionary<string, (double R, double G, double B)> Colours(string css) =>
        Regex.Matches(css, "--(?<name>\\w+): #(?<rgb>[0-9a-f]{6})", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).ToDictionary(
            m => m.Groups["name"].Value,
            m => (Channel(m.Groups["rgb"].Value[..2]), Channel(m.Groups["rgb"].Value[2..4]), Channel(m.Groups["rgb"].Value[4..])),
            StringComparer.Ordinal);

    private static double Channel(string hex)
    {
        var value = Convert.ToInt32(hex, 16) / 255.0;
        return value <= 0.03928 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
    }

    private static double Contrast((double R, double G, double B) a, (double R, double G, double B) b)
    {
        var (x, y) = (Luminance(a), Luminance(b));
        return (Math.Max(x, y) + 0.05) / (Math.Min(x, y) + 0.05);
    }

    private static double Luminance((double R, double G, double B) c) => (0.2126 * c.R) + (0.7152 * c.G) + (0.0722 * c.B);
}
