using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Kubernetes.Tests.Support;

/// <summary>Objects and answers for tests.</summary>
internal static class Sample
{
    public static readonly ResourceKind Thing = new("example.io", "v1", "things", "Thing");
    public static readonly ResourceKind Pod = new("", "v1", "pods", "Pod");

    public static JsonObject Object(string name, string version = "1", string? uid = null) => new()
    {
        ["apiVersion"] = "example.io/v1",
        ["kind"] = "Thing",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "ns", ["uid"] = uid ?? Uid(name), ["resourceVersion"] = version },
    };

    /// <summary>The UID an object of that name gets unless told otherwise.</summary>
    public static string Uid(string name) => new Guid(name.PadRight(16, '.').Select(c => (byte)c).Take(16).ToArray()).ToString();

    public static JsonObject List(string version, string? next, params JsonObject[] items) => new()
    {
        ["apiVersion"] = "example.io/v1",
        ["items"] = new JsonArray([.. items]),
        ["kind"] = "ThingList",
        ["metadata"] = new JsonObject { ["continue"] = next ?? "", ["resourceVersion"] = version },
    };

    public static JsonObject Event(string type, JsonObject item) => new() { ["type"] = type, ["object"] = item };

    public static JsonObject Bookmark(string version) => Event(
        "BOOKMARK", new JsonObject { ["kind"] = "Thing", ["apiVersion"] = "example.io/v1", ["metadata"] = new JsonObject { ["resourceVersion"] = version } });

    public static JsonObject Status(int code, string reason, string message, JsonObject? details = null) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["details"] = details,
        ["code"] = code,
    };

    /// <summary>A recorded exchange of a real API server.</summary>
    public static JsonElement Recorded(string file, int number)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "api", file + ".json")));
        return document.RootElement[number].GetProperty("response").Clone();
    }
}
