namespace KubeVirtClone;

/// <summary>A local KubeVirt API started by this session.</summary>
public sealed class KubeVirtSandbox
{
    /// <summary>URL it listens on, on the loopback interface.</summary>
    public string Server { get; init; } = "";

    /// <summary>Kubeconfig to use it with, also from kubectl: $env:KUBECONFIG = (Start-KubeVirtSandbox).KubeConfig.</summary>
    public string KubeConfig { get; init; } = "";

    /// <summary>KubeVirt version it behaves as.</summary>
    public string Profile { get; init; } = "";

    /// <summary>Process id.</summary>
    public int ProcessId { get; init; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartTime { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Server;
}
