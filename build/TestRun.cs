using System.Globalization;
using System.Xml.Linq;
using KubeVirtClone.Build.Packaging;

namespace KubeVirtClone.Build;

/// <summary>Runs every suite: xunit always, Pester in a real PowerShell where one with Pester is found.</summary>
internal sealed class TestRun(Repository repository)
{
    private const string PesterMinimum = "5.5.0";

    private int _passed;
    private int _failed;

    public int Run(ReadOnlySpan<string> filter)
    {
        repository.BuildAll();
        if (Directory.Exists(repository.TestResults)) Directory.Delete(repository.TestResults, recursive: true);
        Directory.CreateDirectory(repository.TestResults);

        foreach (var project in Directory.GetFiles(repository.In("tests", "unit"), "*.csproj", SearchOption.AllDirectories).Order())
        {
            if (Matches(filter, Path.GetFileNameWithoutExtension(project))) RunUnit(project);
        }

        if (Matches(filter, "pester")) RunPester();
        Console.WriteLine($"{_passed} passed, {_failed} failed");
        return _failed == 0 && _passed > 0 ? 0 : 1;
    }

    private static bool Matches(ReadOnlySpan<string> filter, string name)
    {
        if (filter.IsEmpty) return true;
        foreach (var part in filter)
        {
            if (name.Contains(part, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private void RunUnit(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        var results = Path.Combine(repository.TestResults, name + ".trx");
        Console.WriteLine($"== {name}");
        var code = Step.Run(
            repository.Root,
            "dotnet",
            ["test", project, "-c", Repository.Configuration, "--no-build", "-nologo", "-v", "quiet",
                "--logger", $"trx;LogFileName={results}", "--logger", "console;verbosity=minimal"]);
        var counters = File.Exists(results) ? XDocument.Load(results).Descendants().FirstOrDefault(e => e.Name.LocalName == "Counters") : null;
        Count(name, code, Number(counters, "passed"), Number(counters, "failed") + Number(counters, "error"));
    }

    private void RunPester()
    {
        if (PowerShellHost.Find(repository, out var reason) is not { } shell)
        {
            Console.WriteLine($"== Pester was left out. {reason}");
            return;
        }

        if ((shell.HasModule("Pester", PesterMinimum) ? "Pester" : RestorePester()) is not { } pester)
        {
            Console.WriteLine($"== Pester was left out. The PowerShell found has no Pester {PesterMinimum} or later, and 'dotnet restore' could not bring it.");
            return;
        }

        Console.WriteLine("== Packages");
        string[] platforms = PackageRun.ThisPlatform is { } platform ? [platform] : [];
        var packages = new PackageRun(repository).Run(platforms);
        var module = ModulePackage.Extract(packages.Module, Path.Combine(repository.Output, "packed"), repository.Version);
        Console.WriteLine("== Pester, against the packed module");
        var counts = Path.Combine(repository.TestResults, "pester.count");
        var code = shell.RunFile(
            repository.In("tests", "pester", "Invoke-Suite.ps1"),
            ["-Module", module, "-Cli", repository.Cli, "-Package", packages.Folder, "-Pester", pester, "-CountFile", counts,
                "-ResultFile", Path.Combine(repository.TestResults, "pester.xml")]);
        var numbers = File.Exists(counts) ? File.ReadAllText(counts).Split(' ') : ["0", "0"];
        Count("Pester", code, Number(numbers[0].Trim()), Number(numbers[1].Trim()));
    }

    /// <summary>Brings Pester as a package, for this checkout alone; null when it cannot be had.</summary>
    private string? RestorePester()
    {
        var packages = Path.Combine(repository.Output, "packages");
        var restored = Step.Capture(repository.Root, "dotnet", "restore", repository.In("tests", "pester", "Pester.csproj"), "--packages", packages);
        return restored is { ExitCode: 0 }
            ? Directory.GetFiles(Path.Combine(packages, "pester"), "Pester.psd1", SearchOption.AllDirectories).FirstOrDefault()
            : null;
    }

    private void Count(string suite, int exitCode, int passed, int failed)
    {
        // A suite that died without counting a failure still fails the run.
        if (exitCode != 0 && failed == 0) failed = 1;
        _passed += passed;
        _failed += failed;
        Console.WriteLine($"== {suite}: {passed} ok, {failed} not ok");
    }

    private static int Number(XElement? element, string attribute) => Number(element?.Attribute(attribute)?.Value);

    private static int Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
