using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Engine.Cluster;

/// <summary>Where the engine tells what it does. May be called from any thread; never given a secret.</summary>
public sealed record EngineCallbacks
{
    /// <summary>Takes nothing in.</summary>
    public static EngineCallbacks None { get; } = new();

    /// <summary>One line per decision.</summary>
    public Action<string>? Verbose { get; init; }

    /// <summary>Something the user should act on, the server's <c>Warning:</c> headers among them.</summary>
    public Action<Advice>? Warning { get; init; }

    /// <summary>Texts meant for a human, such as that a connection is tried again.</summary>
    public Action<string>? Information { get; init; }

    /// <summary>What credential plugins write to standard error, line by line; null lets them write to this process's own.</summary>
    public Action<string>? PluginOutput { get; init; }

    /// <summary>What a credential plugin may do, asked when one is about to run; null goes by whether standard input is a terminal.</summary>
    public Func<PluginInteraction>? PluginInteraction { get; init; }

    /// <summary>The cluster that was found in the kubeconfig, before anything is connected.</summary>
    public Action<ClusterConfiguration>? Configured { get; init; }

    /// <summary>Every request sent: method, URL, status, time; for the debug stream.</summary>
    public Action<RequestTrace>? Trace { get; init; }
}
