using System.Text.Json;

namespace KubeVirtClone.Cli.Tests.Processes;

public sealed class CompareAndMeasureTests(SandboxFixture sandbox) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmclone-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Compare_tells_what_was_asked_for_from_what_was_not()
    {
        (await sandbox.RunAsync("new", "golden", "same-1", "--batch", "same", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);

        var same = (await sandbox.RunAsync("compare", "--batch", "same")).ShouldEndWith(0);
        same.Lines[0].ShouldStartWith("CLONE");
        same.Error.ShouldContain("1 of 1 clone is what was asked for");
        (await sandbox.RunAsync("compare", "vm/same-1", "-o", "name")).ShouldEndWith(0).Lines.ShouldBe(["vm/same-1"]);

        (await sandbox.KubectlAsync("", "patch", "vm", "same-1", "--type=merge", "-p", """{"spec":{"template":{"spec":{"domain":{"memory":{"guest":"7Gi"}}}}}}""")).ShouldEndWith(0);

        var changed = (await sandbox.RunAsync("compare", "--batch", "same")).ShouldEndWith(1);
        changed.Lines.ShouldContain(l => l.Contains("7Gi", StringComparison.Ordinal) && l.Contains("false", StringComparison.Ordinal));
        var quiet = (await sandbox.RunAsync("compare", "--batch", "same", "--quiet")).ShouldEndWith(1);
        (quiet.Output + quiet.Error).ShouldBeEmpty();
        using var json = JsonDocument.Parse((await sandbox.RunAsync("compare", "--batch", "same", "-o", "json")).ShouldEndWith(1).Output);
        json.RootElement.GetProperty("items")[0].GetProperty("asAsked").GetBoolean().ShouldBeFalse();
        json.RootElement.GetProperty("items")[0].GetProperty("identity").GetProperty("uuid").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Compare_takes_a_source_where_the_clone_object_is_gone()
    {
        (await sandbox.RunAsync("new", "golden", "orphan-1", "--batch", "orphan", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);
        (await sandbox.RunAsync("remove", "--batch", "orphan")).ShouldEndWith(0);

        (await sandbox.RunAsync("compare", "vm/orphan-1")).ShouldEndWith(1).ErrorLines.ShouldContain(l => l.Contains("VMCloneNotFound", StringComparison.Ordinal));
        (await sandbox.RunAsync("compare", "vm/orphan-1", "--source", "vm/golden", "-q")).ShouldEndWith(0);
        (await sandbox.RunAsync("compare", "vm/never-made", "--source", "golden")).ShouldEndWith(1).Error.ShouldContain("VMNotFound");
    }

    [Fact]
    public async Task Measure_gives_each_clones_times_and_their_spread()
    {
        (await sandbox.RunAsync("new", "golden-pvc", "timed-1", "timed-2", "--batch", "timed", "--for", "bound", "--timeout", "90s")).ShouldEndWith(0);

        var measured = (await sandbox.RunAsync("measure", "--batch", "timed")).ShouldEndWith(0);
        measured.Lines[0].ShouldContain("TOTAL");
        measured.Lines.ShouldContain(l => l.Contains("timed-2", StringComparison.Ordinal) && l.Contains("Succeeded", StringComparison.Ordinal));
        measured.Lines.ShouldContain(l => l.StartsWith("PART", StringComparison.Ordinal));
        measured.Error.ShouldContain("2 of 2 clones done");
        using var json = JsonDocument.Parse((await sandbox.RunAsync("measure", "--batch", "timed", "-o", "json")).ShouldEndWith(0).Output);
        json.RootElement.GetProperty("batch").GetProperty("succeeded").GetInt32().ShouldBe(2);
        json.RootElement.GetProperty("clones").GetArrayLength().ShouldBe(2);
        (await sandbox.RunAsync("measure", "--batch", "timed", "-o", "yaml")).ShouldEndWith(0).Output.ShouldContain("targetName: timed-1");
        (await sandbox.RunAsync("measure", "never-made")).ShouldEndWith(1).Error.ShouldContain("VMCloneNotFound");
    }

    [Fact]
    public async Task Report_is_one_page_that_needs_nothing_else()
    {
        (await sandbox.RunAsync("new", "golden", "paged-1", "--batch", "paged", "--for", "bound", "--timeout", "60s")).ShouldEndWith(0);
        var file = Path.Combine(_folder, "report.html");

        var written = (await sandbox.RunAsync("report", file, "--batch", "paged")).ShouldEndWith(0);

        written.Output.ShouldBeEmpty();
        written.Error.ShouldContain("a report on 1 clone");
        var page = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        page.ShouldStartWith("<!DOCTYPE html>");
        page.ShouldContain("paged-1");
        page.ShouldNotContain("<script");
        (await sandbox.RunAsync("report", "-", "--batch", "paged")).ShouldEndWith(0).Output.ShouldStartWith("<!DOCTYPE html>");
        (await sandbox.RunAsync("report", Path.Combine(_folder, "none", "x.html"), "--batch", "paged")).ShouldEndWith(2).Error.ShouldContain("there is no folder");
        (await sandbox.RunAsync("report", file, "--batch", "no-such-batch")).ShouldEndWith(1).Error.ShouldContain("nothing was written");
    }
}
