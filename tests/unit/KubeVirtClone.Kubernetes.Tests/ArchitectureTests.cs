using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>The parts know each other in one direction only.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Source = FindSource();

    [Theory]
    [InlineData("Kubernetes", "")]
    [InlineData("Engine", "Kubernetes")]
    [InlineData("PowerShell", "Engine")]
    [InlineData("Cli", "Engine,Sandbox")]
    [InlineData("Sandbox", "")]
    public void A_project_refers_only_to_those_below_it(string project, string allowed)
    {
        var references = XDocument.Load(Path.Combine(Source, $"KubeVirtClone.{project}", $"KubeVirtClone.{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))["KubeVirtClone.".Length..])
            .Order(StringComparer.Ordinal);

        string.Join(',', references).ShouldBe(allowed);
    }

    [Fact]
    public void The_client_refers_to_no_other_part_and_no_PowerShell()
    {
        var references = typeof(IKubernetesClient).Assembly.GetReferencedAssemblies().Select(name => name.Name!).ToList();

        references.Where(name => !name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("System.Management", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ShouldBe(["KubernetesClient", "Microsoft.Win32.Primitives", "YamlDotNet"]);
    }

    [Fact]
    public void The_client_knows_nothing_of_what_it_is_used_for()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Source, "KubeVirtClone.Kubernetes"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .ToList();

        files.Count.ShouldBeGreaterThan(20);
        files.Where(file => ProductWord().IsMatch(File.ReadAllText(file))).ShouldBeEmpty();
    }

    /// <summary>What of the official client must not be used: each is a defect or a way past the one connection.</summary>
    [Theory]
    [InlineData(@"BuildConfigFromConfigFile")]
    [InlineData(@"LoadKubeConfig")]
    [InlineData(@"BuildDefaultConfig|InClusterConfig\(")]
    [InlineData(@"KubernetesYaml")]
    [InlineData(@"SslCaCerts\s*=")]
    [InlineData(@"\.HttpClient\b")]
    [InlineData(@"\.Watch\s*<|\bWatcher\s*<|\bWatch\w+Async\s*\(\s*watch|watch\s*:\s*true")]
    [InlineData(@"GenericClient\b|\bExternalExecution\b|ExecTokenProvider|OidcTokenProvider")]
    [InlineData(@"new\s+k8s\.Kubernetes\s*\(|new\s+k8s\.KubernetesClientConfiguration|CertificateValidationCallBack")]
    public void Of_the_official_client_nothing_is_used_that_falls_short(string banned)
    {
        var files = Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .ToList();

        files.Count.ShouldBeGreaterThan(100);
        files.SelectMany(file => File.ReadLines(file).Where(line => Regex.IsMatch(line, banned, RegexOptions.None, TimeSpan.FromSeconds(10))).Select(line => $"{Path.GetFileName(file)}: {line.Trim()}"))
            .ShouldBeEmpty();
    }

    /// <summary>The word outside of the product's own name.</summary>
    [GeneratedRegex("kubevirt(?!clone)", RegexOptions.IgnoreCase, Timeout.Infinite)]
    private static partial Regex ProductWord();

    private static string FindSource()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KubeVirtClone.sln")))
                return Path.Combine(folder.FullName, "src");
        }

        throw new InvalidOperationException("These tests run from inside the source tree.");
    }
}
