using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Tests.Replay.Data;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>The cases in some folders. Nothing is passed over in silence: what is no case is listed, and what cannot be read is an error.</summary>
/// <param name="Cases">Files of cases.</param>
/// <param name="Others">JSON files that hold no case.</param>
internal sealed record VectorFiles(IReadOnlyList<string> Cases, IReadOnlyList<string> Others)
{
    /// <summary>
    /// Looks into folders, separated as in PATH, and all below them. A relative one is looked for in the current folder, then in the
    /// repository: where tests run is not where whoever named it was.
    /// </summary>
    public static VectorFiles In(string folders)
    {
        var cases = new List<string>();
        var others = new List<string>();
        foreach (var named in folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var folder = ((string[])[Path.GetFullPath(named), Path.GetFullPath(named, VectorCase.Repository())]).FirstOrDefault(Directory.Exists)
                ?? throw new DirectoryNotFoundException($"there is no folder of cases '{named}'");
            var before = cases.Count;
            foreach (var file in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                (IsCase(file) ? cases : others).Add(file);
            if (cases.Count == before)
                throw new InvalidOperationException($"the folder '{folder}' holds no case");
        }

        if (cases.Count == 0)
            throw new InvalidOperationException("no folder of cases is named");
        return new VectorFiles([.. cases.Distinct(StringComparer.Ordinal)], others);
    }

    /// <summary>A name for each file: its own, with as much of its folders as tells it from others of that name.</summary>
    public static IReadOnlyDictionary<string, string> Named(IEnumerable<string> files)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var same in files.GroupBy(f => Path.GetFileNameWithoutExtension(f), StringComparer.Ordinal))
        {
            foreach (var file in same)
                result[same.Count() == 1 ? same.Key : Path.ChangeExtension(file, null)] = file;
        }

        return result;
    }

    private static bool IsCase(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) is JsonObject o && o["name"] is JsonValue
                && ((o["namespace"] is JsonValue && (o["clone"] is not null || o["posted"] is not null)) || DataCase.Is(o));
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new InvalidOperationException($"'{file}' cannot be read: {e.Message}", e);
        }
    }
}
