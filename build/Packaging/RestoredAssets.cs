using System.Text.Json;

namespace KubeVirtClone.Build.Packaging;

/// <summary>What a restore chose for a project: obj/project.assets.json.</summary>
internal sealed class RestoredAssets : IDisposable
{
    private readonly JsonDocument _document;

    public RestoredAssets(string file)
    {
        if (!File.Exists(file)) throw new BuildFailedException($"{file} does not exist: the project has not been restored.");
        using var stream = File.OpenRead(file);
        _document = JsonDocument.Parse(stream);
    }

    /// <summary>Each package that brings an assembly to run, by the assembly's file name.</summary>
    public IEnumerable<(string File, string Id, string Version)> RuntimeAssemblies()
    {
        foreach (var target in _document.RootElement.GetProperty("targets").EnumerateObject())
        {
            foreach (var library in target.Value.EnumerateObject())
            {
                if (library.Value.GetProperty("type").GetString() != "package" || !library.Value.TryGetProperty("runtime", out var runtime)) continue;
                var name = library.Name.Split('/');
                foreach (var asset in runtime.EnumerateObject()) yield return (Path.GetFileName(asset.Name), name[0], name[1]);
            }
        }
    }

    /// <summary>The folders of the runtimes restored for a platform.</summary>
    public IEnumerable<string> RuntimePacks(string platform) =>
        from framework in _document.RootElement.GetProperty("project").GetProperty("frameworks").EnumerateObject()
        where framework.Value.TryGetProperty("downloadDependencies", out _)
        from pack in framework.Value.GetProperty("downloadDependencies").EnumerateArray()
        let id = pack.GetProperty("name").GetString()!
        where id.Contains(".Runtime.", StringComparison.OrdinalIgnoreCase) && id.EndsWith('.' + platform, StringComparison.OrdinalIgnoreCase)
        orderby id
        select FolderOf(id, pack.GetProperty("version").GetString()!.Trim('[', ']').Split(',')[0].Trim());

    public string FolderOf(string id, string version) =>
        _document.RootElement.GetProperty("packageFolders").EnumerateObject()
            .Select(f => Path.Combine(f.Name, id.ToLowerInvariant(), version.ToLowerInvariant()))
            .FirstOrDefault(Directory.Exists)
        ?? throw new BuildFailedException($"The package {id} {version} is in none of the package folders.");

    public void Dispose() => _document.Dispose();
}
