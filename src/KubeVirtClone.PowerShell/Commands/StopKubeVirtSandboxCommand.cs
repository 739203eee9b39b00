using KubeVirtClone.Session;

namespace KubeVirtClone.Commands;

/// <summary>Ends the sandbox that this session has started; everything in it is gone.</summary>
[Cmdlet(VerbsLifecycle.Stop, "KubeVirtSandbox", SupportsShouldProcess = true, HelpUri = HelpPages.Root + "Stop-KubeVirtSandbox.md")]
public sealed class StopKubeVirtSandboxCommand : AsyncCmdlet
{
    /// <summary>What Start-KubeVirtSandbox has written; this session's sandbox when not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    public KubeVirtSandbox? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var session = KubeVirtSession.Current;
        var sandbox = session.Sandbox;
        if (sandbox is null || (InputObject is not null && InputObject.ProcessId != sandbox.ProcessId))
        {
            WriteError(ErrorRecords.Create(
                "SandboxNotRunning",
                ErrorCategory.ObjectNotFound,
                InputObject is null ? "This session runs no sandbox." : $"This session runs no sandbox with process id {InputObject.ProcessId}.",
                "A sandbox is stopped by the session that started it; it ends with that session at the latest.",
                InputObject));
            return;
        }

        if (!ShouldProcess($"sandbox (process {sandbox.ProcessId})", "Stop")) return;
        var connected = session.Chosen?.KubeConfig == sandbox.KubeConfig;
        if (connected && session.SandboxReplaced is ({ } chosen, var @namespace)) session.Choose(chosen, @namespace);
        else if (connected) session.Unchoose();
        Run(async _ =>
        {
            if (connected) await session.CloseAsync();
            session.Sandbox = null;
            sandbox.Dispose();
        });
    }
}
