namespace KubeVirtClone.Engine.Knowledge.Identity;

/// <summary>Annotations by which a network gives one machine its addresses, and the option that leaves them out.</summary>
internal static class AddressAnnotations
{
    private static readonly string[] KubeOvn = ["ip_address", "ip_pool", "mac_address"];
    private static readonly string[] Calico = ["cni.projectcalico.org/ipAddrs", "cni.projectcalico.org/ipAddrsNoIpam", "cni.projectcalico.org/hwAddr", "cni.projectcalico.org/floatingIPs"];
    private static readonly string[] Multus = ["k8s.v1.cni.cncf.io/networks", "v1.multus-cni.io/default-network"];

    /// <summary>Wildcards that leave out all of them: what any network writes, and of what is also used otherwise, what this machine has.</summary>
    /// <param name="machine">The machine; null when it cannot be read.</param>
    public static IReadOnlyList<string> Globs(JsonObject? machine) =>
    [
        .. NetworkPresets.AnnotationsOf(NetworkPreset.KubeOvn), .. NetworkPresets.AnnotationsOf(NetworkPreset.OvnKubernetes), .. Calico,
        .. machine is null ? [] : Of(machine).Select(a => a.Key),
    ];

    /// <summary>Those of a machine and of its template, each with the option that leaves it out.</summary>
    /// <param name="machine">The machine.</param>
    public static IEnumerable<(string Key, Advice Option)> Of(JsonObject machine)
    {
        foreach (var (map, exclude) in new[] { (machine["metadata"], RequestFields.ExcludeAnnotation), (machine["spec"]?["template"]?["metadata"], RequestFields.ExcludeTemplateAnnotation) })
        {
            foreach (var (key, value) in map?["annotations"] as JsonObject ?? [])
            {
                if (Option(key, value is JsonValue text && text.TryGetValue<string>(out var given) ? given : "", exclude) is { } option)
                    yield return (key, option);
            }
        }
    }

    private static Advice? Option(string key, string value, RequestField exclude)
    {
        var slash = key.LastIndexOf('/');
        var (domain, name) = slash < 0 ? ("", key) : (key[..slash], key[(slash + 1)..]);
        if ((domain == "ovn.kubernetes.io" || domain.EndsWith(".ovn.kubernetes.io", StringComparison.Ordinal)) && KubeOvn.Contains(name, StringComparer.Ordinal))
            return name == "ip_pool" ? Exclude(key) : (Advice)$"{OptionName.Of(RequestFields.NetworkPreset)} KubeOvn";
        if (key == "network.kubevirt.io/addresses" || key.StartsWith("k8s.ovn.org/pod-networks", StringComparison.Ordinal))
            return $"{OptionName.Of(RequestFields.NetworkPreset)} OvnKubernetes";
        if (Calico.Contains(key, StringComparer.Ordinal))
            return Exclude("cni.projectcalico.org/*");
        return Multus.Contains(key, StringComparer.Ordinal) && (value.Contains("\"ips\"", StringComparison.Ordinal) || value.Contains("\"mac\"", StringComparison.Ordinal)) ? Exclude(key) : null;

        Advice Exclude(string keys) => $"{OptionName.Of(exclude)} '{keys}'";
    }
}
