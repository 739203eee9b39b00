using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Cluster;

/// <summary>Where the engine tells what it does. May be called from any thread; never given a secret.</summary>
public sealed record EngineCallbacks
{
    /// <summary>Takes nothing in.</summary>
    public static EngineCallbacks None { get; } = new();

    /// <summary>One line per decision.</summary>
    public Action<string>? Verbose { get; init; }

    /// <summary>Something the user should act on, the server's <c>Warning:</c> headers among them.</summary>
    public Action<string>? Warning { get; init; }

    /// <summary>Texts meant for a human, such as an exec plugin's prompts.</summary>
    public Action<string>? Information { get; init; }

    /// <summary>Every request sent: method, URL, status, time; for the debug stream.</summary>
    public Action<RequestTrace>? Trace { get; init; }
}
