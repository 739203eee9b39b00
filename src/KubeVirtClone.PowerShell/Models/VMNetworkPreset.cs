namespace KubeVirtClone;

/// <summary>A network whose marks on a machine must not be copied to another.</summary>
public enum VMNetworkPreset
{
    /// <summary>None: everything is copied.</summary>
    None,

    /// <summary>Kube-OVN.</summary>
    KubeOvn,

    /// <summary>OVN-Kubernetes.</summary>
    OvnKubernetes,
}
