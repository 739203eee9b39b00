using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Knowledge.Manifests;

namespace KubeVirtClone.Input;

/// <summary>Manifests as a pipeline or a file carries them: texts, tables, custom objects.</summary>
internal static class CloneManifests
{
    private static readonly string[] Kinds = ["VirtualMachineClone", "VirtualMachineRestore"];

    /// <summary>
    /// Whether an object is a manifest that is still to be posted. What the server has sent has a uid, and stands for the clone it is.
    /// </summary>
    public static bool IsManifest(PSObject input) => input.BaseObject is string text
        ? text.Contains('\n', StringComparison.Ordinal) && ManifestReader.IsManifest(text)
        : Kinds.Contains(PropertyReader.GetText(input, "kind"), StringComparer.Ordinal)
            && PropertyReader.GetText(input, "apiVersion") is not null
            && PropertyReader.Get(input, "metadata", "uid") is null;

    /// <summary>The manifests an object holds.</summary>
    /// <exception cref="InputException">It holds none, or cannot be read.</exception>
    public static IEnumerable<JsonObject> Read(PSObject input) =>
        input.BaseObject is string text ? Read(text, "The text") : Clones([PowerShellJson.ToNode(input) as JsonObject ?? []], "The object");

    /// <summary>The manifests in a file.</summary>
    /// <exception cref="InputException">It holds none, or cannot be read.</exception>
    public static IEnumerable<JsonObject> ReadFile(string file)
    {
        try
        {
            return Read(File.ReadAllText(file), $"The file '{file}'");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException("ManifestFileUnreadable", ErrorCategory.ReadError, $"The file '{file}' cannot be read: {e.Message}", "Check the path and your rights to it.");
        }
    }

    private static List<JsonObject> Read(string text, string what)
    {
        try
        {
            return Clones(ManifestReader.Read(text), what);
        }
        catch (FormatException e)
        {
            throw new InputException("ManifestInvalid", ErrorCategory.InvalidData, $"{what} is no YAML and no JSON: {e.Message}", "Check it with: kubectl create --dry-run=client -f FILE");
        }
    }

    private static List<JsonObject> Clones(IEnumerable<JsonObject> objects, string what)
    {
        var clones = objects.Where(ManifestReader.IsClone).ToList();
        return clones.Count > 0 ? clones : throw new InputException(
            "ManifestInvalid",
            ErrorCategory.InvalidData,
            $"{what} holds no VirtualMachineClone and no VirtualMachineRestore.",
            "Give manifests such as New-VMClone … -AsManifest or virtctl create clone write.");
    }
}
