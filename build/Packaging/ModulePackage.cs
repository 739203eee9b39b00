using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;

namespace KubeVirtClone.Build.Packaging;

/// <summary>The module as the PowerShell Gallery takes it: <c>Publish-PSResource -NupkgPath</c>.</summary>
internal sealed class ModulePackage(Repository repository, DateTimeOffset moment)
{
    private static readonly XNamespace Nuspec = "http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd";

    public string Write(string folder)
    {
        var nuspec = Path.Combine(repository.Output, "KubeVirtClone.nuspec");
        Describe(ReadManifest()).Save(nuspec);
        Step.DotNet(
            repository.Root,
            ["pack", repository.In("packaging", "Module", "Module.csproj"), "-c", Repository.Configuration, "-v", "quiet", "-nologo", "-o", folder,
                $"-p:NuspecFile={nuspec}", $"-p:NuspecBasePath={repository.Module}", .. Deterministic(moment)]);
        return Path.Combine(folder, $"KubeVirtClone.{repository.Version}.nupkg");
    }

    /// <summary>Lays the package out as an installed module, without what is NuGet's own.</summary>
    /// <returns>The manifest's path.</returns>
    public static string Extract(string package, string folder, string version)
    {
        var module = Path.Combine(folder, "KubeVirtClone", version);
        if (Directory.Exists(module)) Directory.Delete(module, recursive: true);
        ZipFile.ExtractToDirectory(package, module);
        foreach (var part in (string[])["_rels", "package"]) Directory.Delete(Path.Combine(module, part), recursive: true);
        foreach (var part in (string[])["[Content_Types].xml", "KubeVirtClone.nuspec"]) File.Delete(Path.Combine(module, part));
        return Path.Combine(module, "KubeVirtClone.psd1");
    }

    /// <summary>What makes NuGet write the same bytes again.</summary>
    public static string[] Deterministic(DateTimeOffset moment) =>
        ["-p:Deterministic=true", string.Create(CultureInfo.InvariantCulture, $"-p:DeterministicTimestamp={moment.ToUnixTimeSeconds()}")];

    /// <summary>The elements that PowerShell's own packing writes, and what the gallery knows beyond them: commands to find the module by.</summary>
    private XDocument Describe(ModuleManifest manifest)
    {
        string[] tags =
        [
            "PSModule", .. manifest.Tags, "PSIncludes_Cmdlet",
            .. manifest.Cmdlets.SelectMany(c => (string[])["PSCmdlet_" + c, "PSCommand_" + c]),
        ];
        return new XDocument(new XElement(
            Nuspec + "package",
            new XElement(
                Nuspec + "metadata",
                new XElement(Nuspec + "id", "KubeVirtClone"),
                new XElement(Nuspec + "version", repository.Version),
                new XElement(Nuspec + "authors", manifest.Author),
                new XElement(Nuspec + "owners", manifest.CompanyName),
                new XElement(Nuspec + "requireLicenseAcceptance", "false"),
                new XElement(Nuspec + "licenseUrl", manifest.LicenseUri),
                new XElement(Nuspec + "projectUrl", manifest.ProjectUri),
                new XElement(Nuspec + "iconUrl", manifest.IconUri),
                new XElement(Nuspec + "description", manifest.Description),
                new XElement(Nuspec + "releaseNotes", Changelog.Section(repository)),
                new XElement(Nuspec + "copyright", manifest.Copyright),
                new XElement(Nuspec + "tags", string.Join(' ', tags)))));
    }

    private ModuleManifest ReadManifest()
    {
        var shell = PowerShellHost.Find(repository, out var reason) ?? throw new BuildFailedException(reason);
        var path = repository.ModuleManifest.Replace("'", "''", StringComparison.Ordinal);
        var json = shell.Capture($$"""
            $m = Import-PowerShellDataFile -LiteralPath '{{path}}'; $p = $m.PrivateData.PSData
            [ordered]@{ Author = $m.Author; CompanyName = $m.CompanyName; Copyright = $m.Copyright; Description = $m.Description; Cmdlets = $m.CmdletsToExport
              Tags = $p.Tags; LicenseUri = $p.LicenseUri; ProjectUri = $p.ProjectUri; IconUri = $p.IconUri } | ConvertTo-Json
            """);
        return JsonSerializer.Deserialize<ModuleManifest>(json) ?? throw new BuildFailedException($"{repository.ModuleManifest} is empty.");
    }

    private sealed record ModuleManifest(
        string Author, string CompanyName, string Copyright, string Description, string[] Cmdlets, string[] Tags, string LicenseUri, string ProjectUri, string IconUri);
}
