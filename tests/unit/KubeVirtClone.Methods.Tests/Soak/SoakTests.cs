using System.Globalization;

namespace KubeVirtClone.Methods.Tests.Soak;

/// <summary>A short soak on every run; <c>./build.sh soak [minutes [seed]]</c> runs it for as long as one likes, and prints every batch.</summary>
public sealed class SoakTests
{
    private const int ShortSeed = 20;

    private const int ShortBatches = 5;

    [Fact]
    public async Task Whatever_fails_and_is_killed_nothing_is_lost_twice_left_or_hung()
    {
        var minutes = Environment.GetEnvironmentVariable("KUBEVIRTCLONE_SOAK_MINUTES");
        var seed = int.Parse(Environment.GetEnvironmentVariable("KUBEVIRTCLONE_SOAK_SEED") ?? $"{ShortSeed}", CultureInfo.InvariantCulture);
        Action<string> say = minutes is null ? TestContext.Current.TestOutputHelper!.WriteLine : Console.WriteLine;

        var report = await SoakRun.RunAsync(seed, TimeSpan.FromMinutes(double.Parse(minutes ?? "0", CultureInfo.InvariantCulture)), ShortBatches, say);

        say(report.ToString());
        report.Findings.ShouldBeEmpty(report.ToString());
        report.Kills.ShouldBePositive("a soak without a kill proves little");
        report.Strikes.ShouldBePositive("a soak without a fault proves little");
    }
}
