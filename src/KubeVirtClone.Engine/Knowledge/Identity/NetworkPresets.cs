namespace KubeVirtClone.Engine.Knowledge.Identity;

/// <summary>Annotations by which a network gives one machine its addresses: copied, two machines would claim the same.</summary>
internal static class NetworkPresets
{
    // What the network notes about pods; some tools write it back into templates.
    private static readonly string[] Common = ["k8s.v1.cni.cncf.io/network-status", "k8s.v1.cni.cncf.io/networks-status"];

    // The second of each pair is the form for attached networks, PROVIDER.ovn.kubernetes.io/... The subnet and VPC chosen stay.
    private static readonly string[] KubeOvn =
    [
        .. new[] { "allocated", "routed", "ip_address", "mac_address", "cidr", "gateway", "pod_nic_type", "virtualmachine", "port_name" }
            .SelectMany(k => new[] { $"ovn.kubernetes.io/{k}", $"*.ovn.kubernetes.io/{k}" }),
    ];

    private static readonly string[] OvnKubernetes = ["k8s.ovn.org/*", "network.kubevirt.io/addresses"];

    /// <summary>Wildcards of the annotations to leave out.</summary>
    public static IReadOnlyList<string> AnnotationsOf(NetworkPreset preset) => preset switch
    {
        NetworkPreset.KubeOvn => [.. KubeOvn, .. Common],
        NetworkPreset.OvnKubernetes => [.. OvnKubernetes, .. Common],
        _ => [],
    };
}
