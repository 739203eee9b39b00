using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using KubeVirtClone.Build.Packaging;

namespace KubeVirtClone.Build;

/// <summary>
/// Runs every suite: xunit always, Pester in a real PowerShell where one with Pester is found. What was left out is counted and named.
/// Two run at a time, each with servers of its own; on a live cluster all run in turn.
/// </summary>
internal sealed class TestRun(Repository repository)
{
    /// <summary>With this option a tool that is missing fails the run, because tests are skipped for it: for machines that should have them all.</summary>
    public const string StrictOption = "--strict";

    private const string PesterMinimum = "5.5.0";

    private const string LiveCluster = "KUBEVIRTCLONE_TEST_KUBECONFIG";

    private readonly Lock _gate = new();
    private readonly List<string> _skipped = [];
    private readonly List<string> _notOk = [];
    private readonly List<string> _missing = [.. TestTools.Missing()];
    private readonly List<Coverage> _coverage = [];
    private int _passed;
    private int _failed;

    public int Run(ReadOnlySpan<string> args, bool withCoverage = false)
    {
        var strict = args.Contains(StrictOption);
        var filter = args.ToArray().Where(a => a != StrictOption).ToArray();
        repository.BuildAll();
        if (Directory.Exists(repository.TestResults)) Directory.Delete(repository.TestResults, recursive: true);
        Directory.CreateDirectory(repository.TestResults);

        var suites = new ConcurrentQueue<Action>();
        // The lines that Pester's PowerShell runs through are not counted.
        if (!withCoverage && Matches(filter, "pester")) suites.Enqueue(RunPester);
        foreach (var project in Directory.GetFiles(repository.In("tests", "unit"), "*.csproj", SearchOption.AllDirectories).Order())
        {
            if (Matches(filter, Path.GetFileNameWithoutExtension(project))) suites.Enqueue(() => RunUnit(project, withCoverage));
        }

        var atOnce = withCoverage || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(LiveCluster)) ? 1 : 2;
        Task.WaitAll([.. Enumerable.Range(0, atOnce).Select(_ => Task.Factory.StartNew(RunAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))]);

        void RunAll()
        {
            while (suites.TryDequeue(out var suite)) suite();
        }

        if (withCoverage) Coverage.Print(_coverage);
        // Once more at the end, which is what is kept of a long output.
        foreach (var notOk in _notOk)
            Console.WriteLine($"not ok: {notOk}");
        foreach (var skipped in _skipped)
            Console.WriteLine($"skipped: {skipped}");
        if (_missing.Count > 0)
            Console.WriteLine($"missing, and tests skipped for it: {string.Join(", ", _missing)}");
        Console.WriteLine($"{_passed} passed, {_failed} failed, {_skipped.Count} skipped");
        return _failed == 0 && _passed > 0 && !(strict && _missing.Count > 0) ? 0 : 1;
    }

    private static bool Matches(string[] filter, string name) =>
        filter.Length == 0 || filter.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private void RunUnit(string project, bool withCoverage)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        var results = Path.Combine(repository.TestResults, name + ".trx");
        var coverage = Path.Combine(repository.TestResults, "coverage", name);
        var began = Stopwatch.GetTimestamp();
        // Where lines are counted, the collector needs the test platform around the suite; by itself a suite is sooner there.
        var (code, output) = withCoverage
            ? Step.Capture(
                repository.Root,
                "dotnet",
                ["test", project, "-c", Repository.Configuration, "--no-build", "-nologo", "-v", "quiet",
                    "--logger", $"trx;LogFileName={results}", "--collect", "Code Coverage;Format=Cobertura", "--results-directory", coverage],
                environment: null)!.Value
            : RunAlone(Program(project, name), results);
        Say($"== {name}{Environment.NewLine}{output.TrimEnd()}");
        var trx = Results(results);
        var counters = trx.Descendants().FirstOrDefault(e => e.Name.LocalName == "Counters");
        var skipped = trx.Descendants().Where(e => e.Name.LocalName == "UnitTestResult" && e.Attribute("outcome")?.Value == "NotExecuted")
            .Select(e => $"{e.Attribute("testName")?.Value}: {e.Descendants().FirstOrDefault(d => d.Name.LocalName is "Message" or "StdOut")?.Value.Trim()}");
        var (passed, failed) = counters is null ? Summary(output) : (Number(counters, "passed"), Number(counters, "failed") + Number(counters, "error"));
        string[] notOk = counters is null
            ? [.. output.Split('\n').Where(line => line.Contains("[FAIL]", StringComparison.Ordinal)).Select(line => line.Trim())]
            : [.. trx.Descendants().Where(e => e.Name.LocalName == "UnitTestResult" && e.Attribute("outcome")?.Value is "Failed" or "Error")
                .Select(e => NotOk(e.Attribute("testName")?.Value, e, "Message", "StackTrace"))];
        Count(name, code, passed, failed, notOk, [.. skipped], Stopwatch.GetElapsedTime(began));
        if (withCoverage) _coverage.AddRange(Coverage.ReadAll(coverage));
    }

    // What it drives is what users get.
    private (int ExitCode, string Output) RunAlone(string program, string results) => Step.Capture(
        Path.GetDirectoryName(program)!,
        "dotnet",
        [program, "-result-trx", results, "-noLogo"],
        new Dictionary<string, string> { ["KUBEVIRTCLONE_TEST_CLI"] = repository.CliFolder })!.Value;

    private static (int Passed, int Failed) Summary(string output)
    {
        var numbers = Regex.Match(output, @"Total: (?<total>\d+), Errors: (?<errors>\d+), Failed: (?<failed>\d+), Skipped: (?<skipped>\d+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10)).Groups;
        var failed = Number(numbers["errors"].Value) + Number(numbers["failed"].Value);
        return (Math.Max(0, Number(numbers["total"].Value) - failed - Number(numbers["skipped"].Value)), failed);
    }

    // What a failed test printed may be more than XML can hold; the file then ends there.
    private static XDocument Results(string file)
    {
        try
        {
            return File.Exists(file) ? XDocument.Load(file) : new XDocument();
        }
        catch (XmlException e)
        {
            Console.WriteLine($"{Path.GetFileName(file)} cannot be read: {e.Message}");
            return new XDocument();
        }
    }

    private static string Program(string project, string name) =>
        Directory.GetFiles(Path.Combine(Path.GetDirectoryName(project)!, "bin", Repository.Configuration), name + ".dll", SearchOption.AllDirectories).Single();

    // A suite's lines stay together beside those of the other one.
    private void Say(string text)
    {
        lock (_gate)
            Console.WriteLine(text);
    }

    private void RunPester()
    {
        if (PowerShellHost.Find(repository, out var reason) is not { } shell)
        {
            LeaveOutPester(reason);
            return;
        }

        // Beside Pester it brings what another module might bring, for the tests of living beside one.
        var restored = RestorePackages();
        if ((shell.HasModule("Pester", PesterMinimum) ? "Pester" : PesterIn(restored)) is not { } pester)
        {
            LeaveOutPester($"The PowerShell found has no Pester {PesterMinimum} or later, and 'dotnet restore' could not bring it.");
            return;
        }

        Console.WriteLine("== Packages");
        string[] platforms = PackageRun.ThisPlatform is { } platform ? [platform] : [];
        var packages = new PackageRun(repository).Run(platforms);
        var module = ModulePackage.Extract(packages.Module, Path.Combine(repository.Output, "packed"), repository.Version);
        Console.WriteLine("== Pester, against the packed module");
        var counts = Path.Combine(repository.TestResults, "pester.count");
        var results = Path.Combine(repository.TestResults, "pester.xml");
        var began = Stopwatch.GetTimestamp();
        var code = shell.RunFile(
            repository.In("tests", "pester", "Invoke-Suite.ps1"),
            ["-Module", module, "-Cli", repository.Cli, "-Package", packages.Folder, "-Restored", restored ?? "", "-Pester", pester, "-CountFile", counts,
                "-ResultFile", results]);
        // "passed failed", then the name of each test that was skipped.
        var lines = File.Exists(counts) ? File.ReadAllLines(counts) : ["0 0"];
        var numbers = lines[0].Split(' ');
        var notOk = Results(results).Descendants("test-case").Where(e => e.Attribute("result")?.Value is "Failure" or "Error")
            .Select(e => NotOk(e.Attribute("name")?.Value, e, "message", "stack-trace"));
        Count("Pester", code, Number(numbers[0].Trim()), Number(numbers[1].Trim()), [.. notOk], lines[1..], Stopwatch.GetElapsedTime(began));
    }

    // Its name, what it said and where, at most some lines of each.
    private static string NotOk(string? test, XElement result, string message, string stack)
    {
        var lines = new[] { message, stack }.SelectMany(name =>
            result.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim().Split('\n').Take(12) ?? []);
        return string.Join(Environment.NewLine + "    ", lines.Prepend(test ?? "a test without a name").Select(line => line.TrimEnd()));
    }

    private void LeaveOutPester(string why)
    {
        Console.WriteLine($"== Pester was left out. {why}");
        _skipped.Add($"the whole Pester suite: {why}");
        _missing.Add("PowerShell with Pester");
    }

    /// <summary>Brings the packages the suite needs, for this checkout alone; null when they cannot be had.</summary>
    private string? RestorePackages()
    {
        var packages = Path.Combine(repository.Output, "packages");
        var restored = Step.Capture(repository.Root, "dotnet", "restore", repository.In("tests", "pester", "Pester.csproj"), "--packages", packages);
        return restored is { ExitCode: 0 } ? packages : null;
    }

    private static string? PesterIn(string? packages) =>
        packages is null ? null : Directory.GetFiles(Path.Combine(packages, "pester"), "Pester.psd1", SearchOption.AllDirectories).FirstOrDefault();

    private void Count(string suite, int exitCode, int passed, int failed, string[] notOk, string[] skipped, TimeSpan took)
    {
        // A suite that died without counting a failure still fails the run.
        if (exitCode != 0 && failed == 0)
        {
            failed = 1;
            notOk = [$"it ended with exit code {exitCode}"];
        }

        lock (_gate)
        {
            _passed += passed;
            _failed += failed;
            _skipped.AddRange(skipped);
            _notOk.AddRange(notOk.Select(test => $"{suite}: {test}"));
        }

        Say(string.Create(CultureInfo.InvariantCulture, $"== {suite}: {passed} ok, {failed} not ok, {skipped.Length} skipped in {took.TotalSeconds:f0} s"));
    }

    private static int Number(XElement? element, string attribute) => Number(element?.Attribute(attribute)?.Value);

    private static int Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
