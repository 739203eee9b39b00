using System.Management.Automation;

namespace KubeVirtClone.PowerShell.Tests.Cmdlets;

/// <summary>What goes wrong with one item is that item's affair: an error record of its own, and the others go on.</summary>
public sealed class ItemErrorTests
{
    [Fact]
    public async Task One_error_for_each_that_cannot_work_and_a_clone_for_each_that_can()
    {
        await using var shell = await HostedShell.StartAsync();
        var made = shell.Run("'nobody', 'golden-pvc', 'no-one' | New-VMClone -NamePattern '{0}-copy'");

        made.Terminated.ShouldBeFalse();
        made.As<VMClone>().ShouldHaveSingleItem().TargetName.ShouldBe("golden-pvc-copy");
        made.ErrorIds.ShouldBe(["VMNotFound", "VMNotFound"]);
        made.Errors.Select(e => e.TargetObject.ShouldBeOfType<VMCloneRequest>().SourceName).ShouldBe(["nobody", "no-one"], ignoreOrder: true);
        made.Errors.ShouldAllBe(e => e.CategoryInfo.Category == ErrorCategory.ObjectNotFound && !string.IsNullOrEmpty(e.ErrorDetails.RecommendedAction));
    }

    [Fact]
    public async Task The_target_of_an_error_is_what_tries_again()
    {
        await using var shell = await HostedShell.StartAsync();
        var made = shell.Run("""
            New-VMClone late again -ErrorVariable failed -ErrorAction SilentlyContinue
            $request = $failed[0].TargetObject
            $request.SourceName = 'golden-pvc'
            $request | New-VMClone
            """);
        made.As<VMClone>().ShouldHaveSingleItem().TargetName.ShouldBe("again");
    }

    [Fact]
    public async Task With_stop_the_first_error_ends_it()
    {
        await using var shell = await HostedShell.StartAsync();
        var ended = shell.Run("'nobody' | New-VMClone -NamePattern '{0}-copy' -ErrorAction Stop; 'not reached'");
        ended.Terminated.ShouldBeTrue();
        ended.ErrorIds.ShouldContain("VMNotFound");
        ended.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_contradicts_itself_ends_before_anything_is_sent()
    {
        await using var shell = await HostedShell.StartAsync();
        var ended = shell.Run("'golden-pvc' | New-VMClone -NamePattern '{0}-copy' -PurgeOnSuccess");
        ended.ErrorIds.ShouldBe(["PurgeNeedsWait"]);
        shell.Run("Get-VMClone").Output.ShouldBeEmpty();
    }
}
