<#
.SYNOPSIS
    The main job on the local sandbox: one VM cloned 25 times, one clone that cannot work, everything removed.
#>
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Module)
$ErrorActionPreference = 'Stop'
Import-Module $Module

function Show-Step([string] $Command) { "`nPS> $Command" }

Show-Step 'Start-KubeVirtSandbox'
Start-KubeVirtSandbox | Format-Table | Out-String | ForEach-Object TrimEnd
try {
    Show-Step 'Get-VM'
    Get-VM | Format-Table | Out-String | ForEach-Object TrimEnd

    Show-Step "Get-VM golden | New-VMClone -Count 25 -NamePattern 'demo-{0:d2}' -Wait -For Bound -Batch demo"
    $clones = Get-VM golden | New-VMClone -Count 25 -NamePattern 'demo-{0:d2}' -Wait -For Bound -Batch demo -Timeout 150s
    $clones | Format-Table | Out-String | ForEach-Object TrimEnd
    if (@($clones | Where-Object Bound).Count -ne 25) { throw 'Not every clone is Bound.' }

    Show-Step 'Get-VM golden | New-VMClone -TargetName golden-copy -LabelFilter ''''      # a clone that cannot work'
    Get-VM golden | New-VMClone -TargetName golden-copy -LabelFilter '' -ErrorVariable failed -ErrorAction SilentlyContinue
    if (-not $failed) { throw 'The clone that cannot work was not refused.' }
    "$($failed[0].FullyQualifiedErrorId)"
    "  $($failed[0].ErrorDetails.Message)"
    "  Next step: $($failed[0].ErrorDetails.RecommendedAction)"

    Show-Step 'Remove-VMClone -Batch demo -IncludeTarget -Confirm:$false'
    Remove-VMClone -Batch demo -IncludeTarget -Confirm:$false
    $left = @(Get-VMClone -Batch demo) + @(Get-VM demo-*)
    if ($left) { throw "Left behind: $($left.Name -join ', ')." }
    'Nothing of the demo is left.'
}
finally {
    Show-Step 'Stop-KubeVirtSandbox'
    Stop-KubeVirtSandbox
}
