using System.Globalization;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Session;

/// <summary>What a running command offers to the engine's callbacks. May be called from any thread.</summary>
internal interface ICommandStreams
{
    void Verbose(string text);

    void Debug(string text);

    void Warning(string text);

    void Information(string text);

    /// <summary>Shows a line to whoever sits in front of the session, whatever the preferences say.</summary>
    void Tell(string line);

    /// <summary>Whether the session's user can be asked through standard input.</summary>
    bool CanAsk { get; }
}

/// <summary>
/// Connections outlive commands, so what a connection has to say goes to the command on whose behalf it is working:
/// the one that flows with the call.
/// </summary>
internal static class CurrentCommand
{
    private static readonly AsyncLocal<ICommandStreams?> Running = new();

    /// <summary>The command whose work this is; null outside of any.</summary>
    public static ICommandStreams? Value
    {
        get => Running.Value;
        set => Running.Value = value;
    }

    /// <summary>Callbacks that speak through whichever command is running.</summary>
    public static EngineCallbacks Callbacks { get; } = new()
    {
        Verbose = static text => Value?.Verbose(text),
        Warning = static text => Value?.Warning(text.ToString()),
        Information = static text => Value?.Information(text),
        PluginOutput = static line => Value?.Tell(line),
        PluginInteraction = static () => Value switch
        {
            // A completer: nobody has asked for anything yet.
            null => PluginInteraction.Forbidden,
            { CanAsk: true } when !Console.IsInputRedirected => PluginInteraction.Terminal,
            _ => PluginInteraction.NoTerminal,
        },
        Trace = static trace => Value?.Debug(Describe(trace)),
    };

    private static string Describe(RequestTrace trace) => string.Create(
        CultureInfo.InvariantCulture,
        $"{trace.Method} {trace.PathAndQuery} {trace.StatusCode?.ToString(CultureInfo.InvariantCulture) ?? trace.Failure ?? "no answer"} {trace.Elapsed.TotalMilliseconds:F0} ms{(trace.AuditId is null ? "" : $" audit-id {trace.AuditId}")}{(trace.Attempt > 1 ? $" attempt {trace.Attempt}" : "")}");
}
