namespace KubeVirtClone.PowerShell.Tests.Cmdlets;

/// <summary>-WhatIf, -Confirm and the streams besides output and errors.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task What_if_makes_nothing_and_still_reports_what_would_fail()
    {
        await using var shell = await HostedShell.StartAsync();
        var rehearsed = shell.Run("'golden-pvc', 'nobody' | New-VMClone -NamePattern '{0}-copy' -WhatIf");
        rehearsed.Output.ShouldBeEmpty();
        rehearsed.ErrorIds.ShouldBe(["VMNotFound"]);
        shell.Run("Get-VMClone").Output.ShouldBeEmpty();
        shell.Run("Get-VM golden-pvc-copy -ErrorAction SilentlyContinue").Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_if_is_taken_from_the_preference_too()
    {
        await using var shell = await HostedShell.StartAsync();
        shell.Run("$WhatIfPreference = $true; New-VMClone golden-pvc quiet; Remove-VM golden-pvc").Errors.ShouldBeEmpty();
        shell.Run("Get-VMClone").Output.ShouldBeEmpty();
        shell.Run("Get-VM golden-pvc").Output.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Removing_is_confirmed_unless_told_not_to()
    {
        await using var shell = await HostedShell.StartAsync();
        // This host cannot ask: what must be confirmed is not done.
        shell.Run("Remove-VM golden-pvc").Errors.ShouldNotBeEmpty();
        shell.Run("Get-VM golden-pvc").Output.ShouldHaveSingleItem();
        shell.Run("Remove-VM golden-pvc -Confirm:$false").Errors.ShouldBeEmpty();
        shell.Run("Get-VM golden-pvc -ErrorAction SilentlyContinue").Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_parameter_without_effect_is_warned_of_once()
    {
        await using var shell = await HostedShell.StartAsync();
        var made = shell.Run("'golden-pvc', 'golden-dv' | New-VMClone -NamePattern '{0}-copy' -Timeout 5m");
        made.Warnings.Where(w => w.Contains("-Wait", StringComparison.Ordinal)).ShouldHaveSingleItem();
        made.Errors.ShouldBeEmpty();
        made.Output.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_is_said_that_was_not_asked_for()
    {
        await using var shell = await HostedShell.StartAsync();
        var quiet = shell.Run("New-VMClone golden-pvc quiet");
        quiet.Warnings.ShouldBeEmpty();
        quiet.Verbose.ShouldBeEmpty();
        quiet.Output.ShouldHaveSingleItem();
    }
}
