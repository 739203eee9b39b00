using System.Runtime.InteropServices;

namespace KubeVirtClone.Build.Packaging;

/// <summary>Makes everything that is published, under output/package. Two runs of one commit give equal files.</summary>
internal sealed class PackageRun(Repository repository)
{
    /// <summary>The platforms <c>kubectl-vmclone</c> is published for, each with the runtime inside.</summary>
    public static readonly IReadOnlyList<string> Platforms = ["linux-x64", "linux-arm64", "osx-arm64", "osx-x64", "win-x64"];

    /// <summary>The one of them that runs here; null when none does.</summary>
    public static string? ThisPlatform => Platforms.FirstOrDefault(p => p == RuntimeInformation.RuntimeIdentifier);

    public string Folder => Path.Combine(repository.Output, "package");

    /// <summary>Packs what has been built.</summary>
    /// <param name="platforms">What to make archives for; a platform whose runtime cannot be had is left out, and named.</param>
    /// <returns>What was made.</returns>
    public PackageSet Run(IReadOnlyList<string> platforms)
    {
        if (platforms.Except(Platforms).FirstOrDefault() is { } unknown)
        {
            throw new BuildFailedException($"There is no archive for '{unknown}', only for {string.Join(", ", Platforms)}.");
        }

        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Folder);
        var moment = SourceDate.Of(repository);
        var module = new ModulePackage(repository, moment).Write(Folder);
        var tool = new ToolPackage(repository, moment).Write(Folder);
        var archives = new CliArchives(repository, moment).Write(Folder, platforms);
        var krew = archives.Count > 0 ? KrewManifest.Write(repository, Folder, archives) : null;
        Checksums.Write(Folder);
        foreach (var file in Directory.GetFiles(Folder).Order(StringComparer.Ordinal)) Console.WriteLine($"Packed {Path.GetRelativePath(repository.Root, file)}");
        return new PackageSet(Folder, module, tool, archives, krew);
    }
}

/// <summary>The files of one run.</summary>
internal sealed record PackageSet(string Folder, string Module, string Tool, IReadOnlyList<CliArchive> Archives, string? KrewManifest);

/// <summary><c>kubectl-vmclone</c> for one platform.</summary>
internal sealed record CliArchive(string Platform, string Path, string Program);
