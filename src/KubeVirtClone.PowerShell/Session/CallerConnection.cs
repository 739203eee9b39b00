using System.Text.Json;

namespace KubeVirtClone.Session;

/// <summary>A cluster chosen for the commands to come.</summary>
/// <param name="Settings">Which cluster, as whom.</param>
/// <param name="Namespace">Namespace given to Connect-KubeVirt; null for the context's.</param>
internal sealed record ChosenConnection(ConnectionSettings Settings, string? Namespace);

/// <summary>
/// What a new runspace or a job takes over from whoever started it. A thread that PowerShell starts for ForEach-Object -Parallel, Start-ThreadJob or a
/// runspace takes the caller's flow with it; the process of Start-Job takes its environment. What is carried says where a kubeconfig is and no more.
/// </summary>
internal static class CallerConnection
{
    /// <summary>Environment variable that tells the process of a job what its parent had chosen.</summary>
    public const string Variable = "KUBEVIRTCLONE_CALLER";

    private const string Several = "several";
    private static readonly AsyncLocal<ChosenConnection?> Flowing = new();
    private static readonly Dictionary<KubeVirtSession, ChosenConnection> Connected = [];
    private static readonly Lazy<(ChosenConnection? Connection, bool IsUnclear)> OfParent = new(ReadParent);

    /// <summary>What the caller had chosen; null when it had chosen nothing, or that is not known.</summary>
    public static ChosenConnection? Value => Flowing.Value ?? OfParent.Value.Connection;

    /// <summary>Whether somebody else in this process, or in the one that started this job, had chosen a cluster, and nothing tells that it was not the caller.</summary>
    /// <param name="session">The session that has chosen nothing.</param>
    public static bool IsUnclear(KubeVirtSession session)
    {
        if (Value is not null) return false;
        lock (Connected) return OfParent.Value.IsUnclear || Connected.Keys.Any(other => other != session);
    }

    /// <summary>A session has chosen, or null: has gone back to kubectl's rules. Called on its pipeline's thread, from which the choice flows.</summary>
    public static void Flow(KubeVirtSession session, ChosenConnection? connection)
    {
        Flowing.Value = connection;
        Register(session, connection);
    }

    /// <summary>A session has ended.</summary>
    public static void Forget(KubeVirtSession session) => Register(session, connection: null);

    private static void Register(KubeVirtSession session, ChosenConnection? connection)
    {
        lock (Connected)
        {
            if (connection is null) Connected.Remove(session);
            else Connected[session] = connection;
            var distinct = Connected.Values.Distinct().Take(2).ToList();
            Environment.SetEnvironmentVariable(Variable, distinct switch
            {
                [] => null,
                [var only] => JsonSerializer.Serialize(only),
                _ => Several,
            });
        }
    }

    // Only the process of a job belongs to whoever started it; other programs find their cluster as kubectl does.
    private static (ChosenConnection? Connection, bool IsUnclear) ReadParent()
    {
        var isJob = Array.Exists(Environment.GetCommandLineArgs(), a => a.TrimStart('-', '/') is "s" or "servermode" && a.Length > 1 && a[0] is '-' or '/');
        if (!isJob || Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text) return (null, false);
        try
        {
            return text == Several ? (null, true) : (JsonSerializer.Deserialize<ChosenConnection>(text), false);
        }
        catch (JsonException)
        {
            return (null, true);
        }
    }
}
