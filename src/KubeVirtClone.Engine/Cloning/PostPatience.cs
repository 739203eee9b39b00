using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Cloning;

/// <summary>Tries to make a clone until the server has said yes or no. The client repeats what is safe to repeat; this is patience on top of it, for a server that restarts or drowns.</summary>
internal sealed class PostPatience(KubeVirtCluster cluster, CloneOptions options, InFlightWindow window)
{
    private static readonly TimeSpan LongestTrouble = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private TimeSpan Limit => options.Timeout is { } timeout && timeout < LongestTrouble ? timeout : LongestTrouble;

    /// <summary>Repeats an attempt, which finds what an earlier one made.</summary>
    /// <param name="clone">The clone.</param>
    /// <param name="attempt">Makes it, or throws.</param>
    /// <param name="refused">What comes of an answer that will not change.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<CreateOutcome> RunAsync(
        PlannedClone clone, Func<CancellationToken, Task<CreateOutcome>> attempt, Func<KubernetesException, Task<CreateOutcome>> refused, CancellationToken ct)
    {
        var started = cluster.Clock.GetTimestamp();
        for (var count = 1; ; count++)
        {
            try
            {
                return await attempt(ct);
            }
            catch (KubernetesException e) when (IsPassing(e) && cluster.Clock.GetElapsedTime(started) < Limit)
            {
                if (window.Trouble())
                    cluster.Callbacks.Verbose?.Invoke($"The server is in trouble ({e.Message}); at most {window.Size} clones in flight now");
                var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, count - 1)));
                cluster.Callbacks.Verbose?.Invoke($"Creating {clone.DisplayName} again in {pause.TotalSeconds} s");
                await Task.Delay(pause, cluster.Clock, ct);
            }
            catch (KubernetesException e)
            {
                return await refused(e);
            }
        }
    }

    private static bool IsPassing(KubernetesException e) => e switch
    {
        AnswerLostException => true,
        ApiServerUnreachableException => true,
        // Gone again when it was read back: the name is free, or its object is still being deleted.
        ApiStatusException { IsAlreadyExists: true } => true,
        // The webhook's own view of the snapshot comes a moment after ours.
        ApiStatusException { StatusCode: 400 } status when IsUnseenSnapshot(status.ApiMessage) => true,
        ApiStatusException status => status.StatusCode is 429 or >= 500,
        _ => false,
    };

    private static bool IsUnseenSnapshot(string message) =>
        message.Contains("snapshot content name is nil", StringComparison.Ordinal)
        || (message.Contains("virtualmachinesnapshotcontents", StringComparison.Ordinal) && message.Contains("not found", StringComparison.Ordinal));
}
