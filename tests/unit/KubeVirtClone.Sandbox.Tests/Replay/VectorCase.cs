using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Tests.Replay.Data;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>One recorded case.</summary>
public sealed class VectorCase
{
    private const string FoldersVariable = "KUBEVIRTCLONE_VECTORS";
    private static readonly Lazy<VectorFiles> Found = new(() => VectorFiles.In(Environment.GetEnvironmentVariable(FoldersVariable) is { Length: > 0 } named ? named : OwnFolders));
    private static readonly Lazy<VectorFiles> Own = new(() => VectorFiles.In(OwnFolders));

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

    /// <summary>Whether its steps are data, in namespaces of its own.</summary>
    internal bool IsData => DataCase.Is(Data);

    /// <summary>How long the recording took, in milliseconds.</summary>
    public double LengthMs => Data["timeline"] is JsonArray timeline ? timeline.Select(t => t!["ms"]!.GetValue<double>()).DefaultIfEmpty(0).Max() : 0;

    /// <summary>Whether the file gives only what is to be done, for a live cluster to be recorded.</summary>
    public bool IsDraft => Data["left"] is null;

    /// <summary>What the case posts, earliest first.</summary>
    public IEnumerable<JsonObject> Posts() => Data["posted"] is JsonArray posted ? posted.OfType<JsonObject>().OrderBy(p => p["ms"]!.GetValue<double>()) : [];

    public override string ToString() => Name;

    /// <summary>Files of all cases, from the folders the environment names or the project's own fixtures.</summary>
    public static IReadOnlyList<string> Files() => Found.Value.Cases;

    /// <summary>Files in those folders that hold no case, such as recorded single requests.</summary>
    public static IReadOnlyList<string> Others() => Found.Value.Others;

    /// <summary>The project's own cases, whatever the environment names.</summary>
    public static IReadOnlyList<string> OwnFiles() => Own.Value.Cases;

    /// <summary>The project's own case whose name begins so.</summary>
    public static VectorCase OfOwn(string beginning) => new(OwnFiles().First(f => System.IO.Path.GetFileName(f).StartsWith(beginning, StringComparison.Ordinal)));

    public static VectorCase Load(string path) => new(path);

    private static string OwnFolders => string.Join(System.IO.Path.PathSeparator, ((string[])["vectors", "vectors-restore", "vectors-more", "vectors-reports", "vectors-transfer"])
        .Select(f => System.IO.Path.Combine(Repository(), "tests", "fixtures", f)));

    internal static string Repository([CallerFilePath] string here = "") =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "..", "..", ".."));
}
