namespace KubeVirtClone.Cli.Commands;

/// <summary>From what users type after --for to what the engine waits for.</summary>
internal static class WaitTargets
{
    public static WaitState ToEngine(this WaitTarget target) => target switch
    {
        WaitTarget.Bound => WaitState.Bound,
        WaitTarget.Running => WaitState.Running,
        _ => WaitState.Succeeded,
    };
}
