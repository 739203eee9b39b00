namespace KubeVirtClone.Progress;

/// <summary>Whether anybody is there to watch bars.</summary>
internal static class ProgressHost
{
    /// <summary>False when progress is silenced, and in a console whose output is a file or a CI log.</summary>
    public static bool Shows(PSCmdlet cmdlet)
    {
        var preference = cmdlet.MyInvocation.BoundParameters.TryGetValue("ProgressAction", out var given)
            ? given
            : cmdlet.SessionState.PSVariable.GetValue("ProgressPreference");
        var silenced = preference?.ToString() is nameof(ActionPreference.SilentlyContinue) or nameof(ActionPreference.Ignore);
        if (silenced) return false;
        // Other hosts (editors, remoting, programs that host PowerShell) take the records and decide for themselves.
        return cmdlet.Host.Name != "ConsoleHost" || !(Console.IsOutputRedirected || Console.IsErrorRedirected || IsNonInteractive());
    }

    private static bool IsNonInteractive() =>
        Environment.GetCommandLineArgs().Any(a => a.StartsWith("-noni", StringComparison.OrdinalIgnoreCase));
}
