using System.Text.Json;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>An object of its own namespace that a machine names.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name; of a network <c>namespace/name</c> where the machine writes it so.</param>
/// <param name="Where">Where the machine names it, in words.</param>
/// <param name="Optional">True when the machine does without it.</param>
internal sealed record NamedObject(string Kind, string Name, string Where, bool Optional = false)
{
    /// <summary>Whether it holds what a machine is configured by, and can be copied.</summary>
    public bool IsConfiguration => Kind is "Secret" or "ConfigMap";

    /// <summary>Whether it is a key to where images are, of which each namespace has its own.</summary>
    public bool IsPullSecret { get; init; }

    public override string ToString() => $"{Kind} '{Name}' ({Where})";
}

/// <summary>Finds what a machine names in its own namespace: in another namespace the same names mean other objects, or none.</summary>
internal static class NamedObjects
{
    private const string HookSidecars = "hooks.kubevirt.io/hookSidecars";

    public static IReadOnlyList<NamedObject> Of(JsonObject machine)
    {
        var template = SourceMachine.Template(machine);
        var spec = template?["spec"] as JsonObject;
        var found = SourceMachine.Volumes(machine).SelectMany(OfVolume)
            .Concat(Items(spec, "accessCredentials").SelectMany(OfCredential))
            .Concat(Items(spec, "networks").SelectMany(n => One("NetworkAttachmentDefinition", n["multus"]?["networkName"], $"network '{Name(n)}'")))
            .Concat(Items(spec, "resourceClaims").SelectMany(OfResourceClaim))
            .Concat(One("ServiceAccount", spec?["serviceAccountName"], "serviceAccountName"))
            .Concat(One("Secret", spec?["domain"]?["firmware"]?["kernelBoot"]?["container"]?["imagePullSecret"], "kernel boot").Select(AsPullSecret))
            .Concat(OfSidecars(SourceMachine.Text(template?["metadata"]?["annotations"]?[HookSidecars])));
        return [.. found.DistinctBy(o => (o.Kind, o.Name))];
    }

    private static IEnumerable<NamedObject> OfVolume(JsonObject volume)
    {
        var where = $"volume '{Name(volume)}'";
        foreach (var cloudInit in new[] { "cloudInitNoCloud", "cloudInitConfigDrive" })
        {
            foreach (var key in new[] { "secretRef", "networkDataSecretRef" })
            {
                foreach (var secret in One("Secret", volume[cloudInit]?[key]?["name"], where))
                    yield return secret;
            }
        }

        var others = One("Secret", volume["sysprep"]?["secret"]?["name"], where)
            .Concat(One("ConfigMap", volume["sysprep"]?["configMap"]?["name"], where))
            .Concat(One("Secret", volume["secret"]?["secretName"], where, SourceMachine.IsTrue(volume["secret"]?["optional"])))
            .Concat(One("ConfigMap", volume["configMap"]?["name"], where, SourceMachine.IsTrue(volume["configMap"]?["optional"])))
            .Concat(One("Secret", volume["containerDisk"]?["imagePullSecret"], where).Select(AsPullSecret))
            .Concat(One("ServiceAccount", volume["serviceAccount"]?["serviceAccountName"], where))
            .Concat(One("PersistentVolumeClaim", volume["ephemeral"]?["persistentVolumeClaim"]?["claimName"], where));
        foreach (var other in others)
            yield return other;
    }

    private static NamedObject AsPullSecret(NamedObject secret) => secret with { IsPullSecret = true };

    private static IEnumerable<NamedObject> OfCredential(JsonObject credential) =>
        new[] { "sshPublicKey", "userPassword" }.SelectMany(k => One("Secret", credential[k]?["source"]?["secret"]?["secretName"], "access credentials"));

    private static IEnumerable<NamedObject> OfResourceClaim(JsonObject claim) =>
        One("ResourceClaim", claim["resourceClaimName"], $"resource claim '{Name(claim)}'")
            .Concat(One("ResourceClaimTemplate", claim["resourceClaimTemplateName"], $"resource claim '{Name(claim)}'"));

    private static IEnumerable<NamedObject> OfSidecars(string? annotation)
    {
        JsonArray? sidecars = null;
        try
        {
            sidecars = annotation is null ? null : JsonNode.Parse(annotation) as JsonArray;
        }
        catch (JsonException)
        {
            // KubeVirt cannot read it either, and says so when the machine starts.
        }

        return sidecars?.OfType<JsonObject>().SelectMany(s => One("ConfigMap", s["configMap"]?["name"], "hook sidecar").Concat(One("PersistentVolumeClaim", s["pvc"]?["name"], "hook sidecar"))) ?? [];
    }

    private static IEnumerable<NamedObject> One(string kind, JsonNode? name, string where, bool optional = false) =>
        SourceMachine.Text(name) is { Length: > 0 } text ? [new NamedObject(kind, text, where, optional)] : [];

    private static IEnumerable<JsonObject> Items(JsonObject? spec, string list) => (spec?[list] as JsonArray)?.OfType<JsonObject>() ?? [];

    private static string Name(JsonObject item) => SourceMachine.Text(item["name"]) ?? "";
}
