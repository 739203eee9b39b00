using System.Text;
using System.Xml.Linq;

namespace KubeVirtClone.Build.Packaging;

/// <summary>The licence of everything that ships and is not ours, from what was restored: nothing to keep up to date by hand.</summary>
internal sealed class ThirdPartyNotices(Repository repository)
{
    public const string FileName = "THIRD-PARTY-NOTICES.txt";

    private const string Line = "--------------------------------------------------------------------------------";

    /// <summary>The notices of every assembly below a folder; of every one that was restored where a program in it is made of them.</summary>
    /// <exception cref="BuildFailedException">An assembly is of no known package, or a package's licence text is not to be had.</exception>
    public string Of(string folder, params ReadOnlySpan<string> assetFiles)
    {
        var shipped = Directory.GetFiles(folder, "*.dll", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)).Where(f => !IsOurs(f)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var packages = new SortedDictionary<(string Id, string Version), (string Folder, SortedSet<string> Files)>();
        foreach (var assetFile in assetFiles)
        {
            using var assets = new RestoredAssets(assetFile);
            foreach (var (file, id, version) in assets.RuntimeAssemblies().Where(a => shipped.Count == 0 || shipped.Contains(a.File)))
            {
                if (!packages.TryGetValue((id, version), out var package))
                {
                    packages[(id, version)] = package = (assets.FolderOf(id, version), new SortedSet<string>(StringComparer.Ordinal));
                }

                package.Files.Add(file);
            }
        }

        if (shipped.Except(packages.Values.SelectMany(p => p.Files), StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).FirstOrDefault() is { } stranger)
        {
            throw new BuildFailedException($"{stranger} ships, and no restored package brings it: its licence is not known.");
        }

        var text = new StringBuilder("KubeVirtClone contains the following works of others, each under its own licence.\n");
        foreach (var ((id, version), (home, files)) in packages) Append(text, id, version, home, files);
        return text.ToString();
    }

    /// <summary>What a self-contained program adds: the .NET runtime, with what it contains itself.</summary>
    public static string OfRuntime(string assetFile, string platform)
    {
        using var assets = new RestoredAssets(assetFile);
        var text = new StringBuilder();
        foreach (var pack in assets.RuntimePacks(platform))
        {
            foreach (var file in Directory.GetFiles(pack, "*.TXT").Where(f => Path.GetFileName(f) is "LICENSE.TXT" or "THIRD-PARTY-NOTICES.TXT").Order(StringComparer.Ordinal))
            {
                text.Append($"\n{Line}\n{Path.GetFileName(Path.GetDirectoryName(pack))} {Path.GetFileName(pack)}: {Path.GetFileName(file)}\n\n");
                text.Append(File.ReadAllText(file).ReplaceLineEndings("\n").Trim()).Append('\n');
            }
        }

        return text.Length > 0 ? text.ToString() : throw new BuildFailedException($"The licence of the .NET runtime for {platform} was not found.");
    }

    private static bool IsOurs(string file) =>
        file.StartsWith("KubeVirtClone.", StringComparison.Ordinal) || file.StartsWith("kubectl-vmclone", StringComparison.Ordinal);

    private void Append(StringBuilder text, string id, string version, string folder, IEnumerable<string> files)
    {
        var metadata = XDocument.Load(Path.Combine(folder, id.ToLowerInvariant() + ".nuspec")).Root!.Elements().First(e => e.Name.LocalName == "metadata");
        string? Value(string name) => metadata.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim();
        var license = metadata.Elements().FirstOrDefault(e => e.Name.LocalName == "license");
        var copyright = Value("copyright") is { Length: > 0 } said ? said : Value("authors");
        if (copyright?.Contains("copyright", StringComparison.OrdinalIgnoreCase) == false && !copyright.Contains('©')) copyright = "Copyright (c) " + copyright;
        text.Append($"\n{Line}\n{id} {version} ({string.Join(", ", files)})\n");
        if (Value("projectUrl") is { } home) text.Append(home).Append('\n');
        if (license?.Attribute("type")?.Value == "expression") text.Append($"Licence: {license.Value.Trim()}\n");
        text.Append('\n').Append(copyright).Append("\n\n").Append(LicenseText(id, folder, license).ReplaceLineEndings("\n").Trim()).Append('\n');
    }

    /// <summary>The text in the package itself where it has one, else the standard one of the licence it names.</summary>
    private string LicenseText(string id, string folder, XElement? license)
    {
        var own = license?.Attribute("type")?.Value == "file"
            ? Path.Combine(folder, license.Value.Trim().Replace('\\', Path.DirectorySeparatorChar))
            : Directory.GetFiles(folder).FirstOrDefault(f => Path.GetFileNameWithoutExtension(f).Equals("license", StringComparison.OrdinalIgnoreCase));
        if (own is not null && File.Exists(own)) return File.ReadAllText(own);
        var name = license?.Value.Trim();
        var standard = name == "Apache-2.0" ? repository.In("LICENSE") : repository.In("packaging", "licenses", name + ".txt");
        return name is not null && File.Exists(standard)
            ? File.ReadAllText(standard)
            : throw new BuildFailedException($"{id} is under '{name ?? "no stated licence"}': put its text into packaging/licenses/{name}.txt.");
    }
}
