using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Live;

/// <summary>
/// What must not meet what a live cluster has already (the case's namespace, storage classes, storage drivers, volumes) goes there
/// with a prefix of the run's own, and comes back without it.
/// </summary>
internal sealed partial class LiveNames(string prefix, string caseNamespace)
{
    private static readonly string[] PrefixedKinds = ["StorageClass", "VolumeSnapshotClass", "PersistentVolume"];

    [GeneratedRegex(@"\b(?<driver>\w+\.fake\.example\.com)", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Driver();

    // Where the installation serves its webhooks is not KubeVirt's behaviour.
    [GeneratedRegex(@"https://virt-api\.[\w-]+\.svc(:\d+)?/", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex WebhookAddress();

    /// <summary>The case's namespace on the cluster.</summary>
    public string Namespace => prefix + caseNamespace;

    /// <summary>The name of a class or volume on the cluster.</summary>
    public string Named(string kind, string name) => PrefixedKinds.Contains(kind) && !name.Contains(prefix, StringComparison.Ordinal) ? prefix + name : name;

    public string Given(string text) => Driver().Replace(text.Replace(caseNamespace, Namespace, StringComparison.Ordinal), prefix + "${driver}");

    public JsonObject Given(JsonObject o)
    {
        var copy = (JsonObject)Walk(o, "")!;
        if (copy.ObjectAt("metadata") is { } metadata && metadata.TextAt("name") is { } name)
            metadata["name"] = Named(copy.Kind(), name);
        if (copy.Kind() != "PersistentVolumeClaim")
            return copy;
        if (copy.TextAt("spec", "volumeName") is { Length: > 0 } volume)
            copy["spec"]!["volumeName"] = Named("PersistentVolume", volume);
        // The recording's default class; the cluster's own is another.
        if (copy.At("spec", "storageClassName") is null)
            copy.Ensure("spec")["storageClassName"] = prefix + "fast";
        return copy;
    }

    public string Seen(string text) => WebhookAddress().Replace(text.Replace(prefix, "", StringComparison.Ordinal), "https://virt-api.kubevirt.svc:28443/");

    public JsonNode? Seen(JsonNode? node) => node is null ? null : JsonNode.Parse(Seen(node.ToJsonString()));

    private JsonNode? Walk(JsonNode? node, string key) => node switch
    {
        JsonObject map => new JsonObject(map.Select(p => new KeyValuePair<string, JsonNode?>(Given(p.Key), Walk(p.Value, p.Key)))),
        JsonArray list => new JsonArray([.. list.Select(i => Walk(i, ""))]),
        JsonValue value when value.TryGetValue(out string? text) => key == "storageClassName" && text.Length > 0 ? prefix + text : Given(text),
        _ => node.Copy(),
    };
}
