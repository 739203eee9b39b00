namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>The Secrets and config maps that a machine's pod mounts: without one of them the pod never gets further than creating.</summary>
internal static class GuestReferences
{
    /// <summary>Kind and name of each, from an instance's spec; those marked optional are left out.</summary>
    public static IEnumerable<(string Kind, string Name)> Of(JsonObject? spec) => All(spec).Where(r => !string.IsNullOrEmpty(r.Name)).Select(r => (r.Kind, r.Name!)).Distinct();

    private static IEnumerable<(string Kind, string? Name)> All(JsonObject? spec)
    {
        foreach (var volume in spec.ArrayAt("volumes").Objects())
        {
            if (volume.FlagAt("secret", "optional") is not true)
                yield return ("Secret", volume.TextAt("secret", "secretName"));
            if (volume.FlagAt("configMap", "optional") is not true)
                yield return ("ConfigMap", volume.TextAt("configMap", "name"));
            yield return ("Secret", volume.TextAt("sysprep", "secret", "name"));
            yield return ("ConfigMap", volume.TextAt("sysprep", "configMap", "name"));
            foreach (var kind in (string[])["cloudInitNoCloud", "cloudInitConfigDrive"])
            {
                yield return ("Secret", volume.TextAt(kind, "secretRef", "name"));
                yield return ("Secret", volume.TextAt(kind, "networkDataSecretRef", "name"));
            }
        }

        foreach (var credential in spec.ArrayAt("accessCredentials").Objects())
        {
            foreach (var kind in (string[])["sshPublicKey", "userPassword"])
                yield return ("Secret", credential.TextAt(kind, "source", "secret", "secretName"));
        }
    }
}
