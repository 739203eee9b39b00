using KubeVirtClone.Cli.Progress;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Cli.Tests.Progress;

public sealed class PlainProgressTests
{
    [Fact]
    public void A_log_gets_a_line_for_every_tenth_only()
    {
        using var writer = new StringWriter();
        var progress = new PlainProgress(writer, "Cloning golden → 200 VMs", "Bound");

        for (var done = 0; done <= 200; done++)
            progress.Report(At(200, done));

        var lines = writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(10);
        lines[0].ShouldBe("Cloning golden → 200 VMs: 20/200 Bound, 180 running, 00:01:30 left");
        lines[^1].ShouldBe("Cloning golden → 200 VMs: 200/200 Bound");
    }

    [Fact]
    public void One_clone_needs_no_progress()
    {
        using var writer = new StringWriter();
        var progress = new PlainProgress(writer, "Cloning", "Bound");
        progress.Report(At(1, 1));
        writer.ToString().ShouldBeEmpty();
    }

    [Fact]
    public void What_failed_and_what_was_skipped_is_counted()
    {
        ProgressText.Describe(At(10, 3) with { Failed = 2, Skipped = 1 }, "Succeeded", " · ").ShouldBe(
            "3/10 Succeeded · 2 failed · 1 skipped · 7 running · 00:01:30 left");
    }

    private static CloneProgress At(int total, int done) => new()
    {
        Total = total,
        Completed = done,
        Failed = 0,
        Skipped = 0,
        Running = total - done,
        PercentComplete = 100d * done / total,
        Elapsed = TimeSpan.FromSeconds(done),
        Remaining = TimeSpan.FromSeconds(90),
        Slowest = [],
    };
}
