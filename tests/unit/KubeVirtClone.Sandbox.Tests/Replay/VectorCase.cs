using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>One recorded case.</summary>
public sealed class VectorCase
{
    private const string FoldersVariable = "KUBEVIRTCLONE_VECTORS";

    private VectorCase(string path)
    {
        Path = path;
        Data = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        Name = Data["name"]!.GetValue<string>();
    }

    public string Path { get; }

    public string Name { get; }

    public JsonObject Data { get; }

    public string Namespace => Data["namespace"]!.GetValue<string>();

    /// <summary>The letter the case is filed under.</summary>
    public string Group => Name[..1];

    /// <summary>Whether a clone was posted; else snapshots and restores used directly.</summary>
    public bool IsClone => Data["clone"] is not null;

    /// <summary>How long the recording took, in milliseconds.</summary>
    public double LengthMs => Data["timeline"] is JsonArray timeline ? timeline.Select(t => t!["ms"]!.GetValue<double>()).DefaultIfEmpty(0).Max() : 0;

    /// <summary>Whether the file gives only what is to be done, for a live cluster to be recorded.</summary>
    public bool IsDraft => Data["left"] is null;

    /// <summary>What the case posts, earliest first.</summary>
    public IEnumerable<JsonObject> Posts() => Data["posted"] is JsonArray posted ? posted.OfType<JsonObject>().OrderBy(p => p["ms"]!.GetValue<double>()) : [];

    public override string ToString() => Name;

    /// <summary>Files of all cases, from the folders the environment names or the project's own fixtures.</summary>
    public static IReadOnlyList<string> Files()
    {
        var named = Environment.GetEnvironmentVariable(FoldersVariable);
        var folders = string.IsNullOrEmpty(named)
            ? ((string[])["vectors", "vectors-restore", "vectors-more"]).Select(f => System.IO.Path.Combine(Fixtures(), f)).ToArray()
            : named.Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return [.. folders.SelectMany(f => Directory.EnumerateFiles(f, "*.json")).Order(StringComparer.Ordinal)];
    }

    public static VectorCase Load(string path) => new(path);

    private static string Fixtures([CallerFilePath] string here = "") =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures"));
}
