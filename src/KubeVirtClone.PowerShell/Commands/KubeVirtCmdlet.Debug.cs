using System.Reflection;

namespace KubeVirtClone.Commands;

/// <summary>What -Debug means here: show the requests, and ask nothing that would not be asked without it.</summary>
public abstract partial class KubeVirtCmdlet
{
    // PowerShell takes -Debug for a wish to be asked about every step, line and error, which ends the command where nobody can be asked. Only the command's
    // own runtime knows of the switch, and has no public member for it; where it has none at all, PowerShell's way stands.
    private void ShowDebugWithoutAsking()
    {
        if (!MyInvocation.BoundParameters.TryGetValue("Debug", out var debug) || !LanguagePrimitives.IsTrue(debug)) return;
        const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var runtime = CommandRuntime.GetType();
        if (runtime.GetProperty("Debug", Any) is { CanWrite: true } asks && runtime.GetProperty("DebugPreference", Any) is { CanWrite: true } shows && shows.PropertyType == typeof(ActionPreference))
        {
            shows.SetValue(CommandRuntime, ActionPreference.Continue);
            asks.SetValue(CommandRuntime, false);
        }
    }
}
