namespace KubeVirtClone.PowerShell.Tests.Cmdlets;

/// <summary>How what is piped into New-VMClone and what stands on its command line become requests.</summary>
public sealed class BindingTests
{
    [Fact]
    public async Task Every_row_is_a_request_of_its_own_columns()
    {
        await using var shell = await HostedShell.StartAsync();
        var made = shell.Run("""
            'SourceName,TargetName,Hostname,SmbiosSerial', 'golden-pvc,web-1,one,serial-1', 'golden-pvc,web-2,two,' |
                ConvertFrom-Csv | New-VMClone -Batch rows
            """);

        made.Errors.ShouldBeEmpty();
        made.As<VMClone>().Select(c => c.TargetName).ShouldBe(["web-1", "web-2"], ignoreOrder: true);
        made.As<VMClone>().ShouldAllBe(c => c.SourceName == "golden-pvc" && c.Batch == "rows");
    }

    [Fact]
    public async Task A_column_counts_where_the_command_line_is_silent_which_wins_where_it_is_not()
    {
        await using var shell = await HostedShell.StartAsync();
        var made = shell.Run("""
            $rows = [pscustomobject]@{ SourceName = 'golden-pvc'; TargetName = 'own'; Label = @{ tier = 'row' } },
                [pscustomobject]@{ SourceName = 'golden-pvc'; TargetName = 'none'; Label = $null }
            function Tier { param($suffix) 'own', 'none' | ForEach-Object { "$((Get-VM "$_$suffix").Labels['tier'])" } }
            $null = $rows | New-VMClone -Wait -Timeout 60
            Tier ''
            $rows | ForEach-Object { $_.TargetName += '-2' }
            $null = $rows | New-VMClone -Label @{ tier = 'line' } -Wait -Timeout 60
            Tier '-2'
            """);

        made.Errors.ShouldBeEmpty();
        made.As<string>().ShouldBe(["row", "", "line", "line"]);
    }

    [Fact]
    public async Task A_machine_piped_in_is_the_source()
    {
        await using var shell = await HostedShell.StartAsync();
        var made = shell.Run("Get-VM golden-pvc | New-VMClone -Count 2 -NamePattern 'lab-{0}'");
        made.Errors.ShouldBeEmpty();
        made.As<VMClone>().Select(c => c.TargetName).ShouldBe(["lab-1", "lab-2"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_script_block_makes_a_name_for_each_number_piped_in()
    {
        await using var shell = await HostedShell.StartAsync();
        var made = shell.Run("1..3 | New-VMClone -SourceName golden-pvc -TargetName { 'n-' + $_ }");
        made.Errors.ShouldBeEmpty();
        made.As<VMClone>().Select(c => c.TargetName).ShouldBe(["n-1", "n-2", "n-3"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-5")]
    public async Task A_duration_that_is_none_is_refused_by_the_binder(string duration)
    {
        await using var shell = await HostedShell.StartAsync();
        var refused = shell.Run("param($d) New-VMClone golden-pvc x -Wait -Timeout $d", duration);
        refused.ErrorIds.ShouldBe(["ParameterArgumentTransformationError"]);
        shell.Run("Get-VMClone").Output.ShouldBeEmpty();
    }
}
