using KubeVirtClone.Completion;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.PowerShell.Tests;

/// <summary>The module does not load the sandbox, so what Tab offers for it is written down twice: here both are held together.</summary>
public sealed class SandboxCompletionTests
{
    [Fact]
    public void Tab_offers_every_fault() =>
        FaultCompleter.Faults.Select(f => f.Replace("-", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .ShouldBe(Enum.GetNames<FaultKind>().Select(n => n.ToLowerInvariant()).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_profile_that_Tab_offers_is_one()
    {
        foreach (var profile in ProfileCompleter.Profiles)
            Profile.Load(profile).Name.ShouldBe(profile);
    }
}
