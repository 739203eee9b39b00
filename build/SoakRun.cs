using System.Globalization;
using System.Security.Cryptography;

namespace KubeVirtClone.Build;

/// <summary>Batches of clones under faults and kills for as long as one likes: the soak that every test run has a short piece of.</summary>
internal sealed class SoakRun(Repository repository)
{
    private const double DefaultMinutes = 5;

    /// <summary>Runs it: minutes, then the seed; another seed each time when none is given.</summary>
    public int Run(ReadOnlySpan<string> args)
    {
        var minutes = args.Length > 0 ? Number(args[0]) : DefaultMinutes;
        var seed = args.Length > 1 ? Number(args[1]) : RandomNumberGenerator.GetInt32(100_000);
        var project = repository.In("tests", "unit", "KubeVirtClone.Methods.Tests");
        Step.DotNet(repository.Root, "build", project, "-c", Repository.Configuration, "-p:RunAnalyzers=false", "-v", "quiet", "-nologo");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Soaking for {minutes} minutes; again with the same batches, faults and kills: ./build.sh soak {minutes} {seed}"));
        return Step.Run(
            repository.Root,
            "dotnet",
            ["run", "--no-build", "-c", Repository.Configuration, "--project", project, "--", "-class", "*.SoakTests", "-noLogo", "-noColor"],
            new Dictionary<string, string>
            {
                ["KUBEVIRTCLONE_SOAK_MINUTES"] = minutes.ToString(CultureInfo.InvariantCulture),
                ["KUBEVIRTCLONE_SOAK_SEED"] = seed.ToString(CultureInfo.InvariantCulture),
            });
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new BuildFailedException($"'{text}' is no number: ./build.sh soak [minutes [seed]].");
}
