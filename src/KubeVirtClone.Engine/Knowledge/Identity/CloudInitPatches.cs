using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Knowledge.Identity;

/// <summary>Gives a clone cloud-init data of its own, by the name of a Secret: the data itself cannot be patched in where it has commas or colons in lists.</summary>
internal static class CloudInitPatches
{
    private static readonly string[] Kinds = ["cloudInitNoCloud", "cloudInitConfigDrive"];

    /// <summary>User data out of the Secret that a request names.</summary>
    public static void UseUserData(PatchList patches, JsonObject source, CloneRequest request) =>
        UseSecret(patches, source, request, RequestFields.CloudInitSecret, "secretRef", "userData", "user data");

    /// <summary>The network configuration out of the Secret that a request names.</summary>
    public static void UseNetworkData(PatchList patches, JsonObject source, CloneRequest request) =>
        UseSecret(patches, source, request, RequestFields.NetworkDataSecret, "networkDataSecretRef", "networkData", "a network configuration");

    private static void UseSecret(PatchList patches, JsonObject source, CloneRequest request, RequestField field, string reference, string inlineKey, string what)
    {
        var volumes = source["spec"]?["template"]?["spec"]?["volumes"] as JsonArray ?? [];
        for (var i = 0; i < volumes.Count; i++)
        {
            if (volumes[i] is not JsonObject volume || Array.Find(Kinds, k => volume[k] is JsonObject) is not { } kind)
                continue;
            var path = $"/spec/template/spec/volumes/{i}/{kind}";
            var data = (JsonObject)volume[kind]!;
            foreach (var inline in new[] { inlineKey, inlineKey + "Base64" }.Where(data.ContainsKey))
                patches.Add("remove", $"{path}/{inline}");
            if (data[reference] is not JsonObject)
                patches.Add("add", $"{path}/{reference}", new JsonObject());
            patches.AddOwn("add", $"{path}/{reference}/name", field, request);
            return;
        }

        throw IdentityRules.Unsupported(
            $"The source has no cloud-init volume (cloudInitNoCloud, cloudInitConfigDrive), so a Secret with {what} would not be read",
            "Give the source a cloud-init volume first.");
    }
}
