namespace KubeVirtClone.Engine.Model.Requests;

/// <summary>A network whose marks on a machine must not be copied to another.</summary>
public enum NetworkPreset
{
    /// <summary>None: everything is copied.</summary>
    None,

    /// <summary>Kube-OVN.</summary>
    KubeOvn,

    /// <summary>OVN-Kubernetes.</summary>
    OvnKubernetes,
}
