using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace KubeVirtClone.PowerShell.Tests;

/// <summary>The text files that ship beside the assembly say the same as the code.</summary>
public sealed class ManifestFileTests
{
    private static readonly string Root = FindRoot();
    private static readonly string Manifest = File.ReadAllText(Path.Combine(Root, "KubeVirtClone.psd1"));

    [Fact]
    public void The_manifest_has_the_version_of_the_build()
    {
        var version = XDocument.Load(Path.Combine(Root, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        Regex.Match(Manifest, @"ModuleVersion\s*=\s*'(?<v>[^']+)'", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["v"].Value.ShouldBe(version);
    }

    [Fact]
    public void The_manifest_exports_exactly_the_cmdlets_there_are()
    {
        var list = Regex.Match(Manifest, @"CmdletsToExport\s*=\s*@\((?<v>[^)]*)\)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["v"].Value;
        var exported = Regex.Matches(list, @"'(?<v>[^']+)'", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Select(m => m.Groups["v"].Value).Order(StringComparer.Ordinal);
        var sources = Directory.GetFiles(Path.Combine(Root, "src", "KubeVirtClone.PowerShell", "Commands"), "*Command.cs");
        var declared = sources
            .Select(file => Regex.Match(File.ReadAllText(file), @"\[Cmdlet\(Verbs\w+\.(?<verb>\w+), ""(?<noun>\w+)""", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)))
            .Where(match => match.Success)
            .Select(match => $"{match.Groups["verb"].Value}-{match.Groups["noun"].Value}")
            .Order(StringComparer.Ordinal);
        exported.ShouldBe(declared);
    }

    [Theory]
    [InlineData("FunctionsToExport")]
    [InlineData("AliasesToExport")]
    [InlineData("VariablesToExport")]
    public void Everything_else_is_an_empty_list_so_that_discovery_need_not_load_the_module(string key) =>
        Regex.IsMatch(Manifest, key + @"\s*=\s*@\(\)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).ShouldBeTrue();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KubeVirtClone.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("KubeVirtClone.sln");
    }
}
