<#
.SYNOPSIS
    Blue/green by clone: the new version is a clone of the old one, is changed and checked, and takes over by a label.
.DESCRIPTION
    The VM that serves has the label role=live in its template, which a Service selects. This clones it without that label, lets you change the clone, checks
    it, moves the label over, and stops the old VM, which stays as the way back: -Back. A label reaches what a Service selects when the VM starts, so the clone
    is started once more with it; until then the old one serves. Needs kubectl beside the module.
.EXAMPLE
    ./blue-green.ps1 -Blue shop-1 -Green shop-2 -Change { param($VM) ssh "admin@$($VM.IpAddress[0])" update } -Check { param($VM) Test-Connection $VM.IpAddress[0] -Quiet }
.EXAMPLE
    ./blue-green.ps1 -Blue shop-1 -Green shop-2 -Back
#>
[CmdletBinding()]
param(
    # The VM that serves, and the one that is to.
    [Parameter(Mandatory)] [string] $Blue,
    [Parameter(Mandatory)] [string] $Green,
    # What is changed in the clone, which runs.
    [scriptblock] $Change = { },
    # Whether the clone may serve.
    [scriptblock] $Check = { param($VM) $VM.Ready },
    # Let the old one serve again.
    [switch] $Back
)
$ErrorActionPreference = 'Stop'

# The module changes no VM, kubectl does. With its uid in the patch it can be no other VM, whatever cluster kubectl speaks to.
function Set-Role([string] $Name, $Role) {
    $vm = Get-VM $Name
    $labels = @{ labels = @{ role = $Role } }
    $patch = @{ metadata = @{ uid = $vm.Uid } + $labels; spec = @{ template = @{ metadata = $labels } } } | ConvertTo-Json -Compress -Depth 9
    kubectl patch virtualmachines.kubevirt.io $Name --namespace $vm.Namespace --type merge --patch $patch | Out-Null
    if ($LASTEXITCODE) { throw "The label of $Name could not be changed." }
}

# The one that comes serves before the one that goes stops.
function Switch-Live([string] $To, [string] $From) {
    Set-Role $To live
    Start-VM $To -Wait -Timeout 10m
    Set-Role $From $null
    Stop-VM $From -Wait -Timeout 10m -Confirm:$false
    Get-VM $Blue, $Green
}

if ($Back) { return Switch-Live -To $Blue -From $Green }

$null = New-VMClone $Blue $Green -ExcludeLabel role -ExcludeTemplateLabel role -Hostname $Green -NewMacAddress Generate -Batch "green-$Green" -Wait -For Bound -Timeout 30m
if (-not (Compare-VMClone $Green -Quiet)) { throw "$Green is not what was asked for: Compare-VMClone $Green" }
Start-VM $Green -Wait -Timeout 10m
& $Change (Get-VM $Green)
if (-not (& $Check (Get-VM $Green))) { throw "$Green did not pass its check; $Blue serves on." }
Stop-VM $Green -Wait -Timeout 10m -Confirm:$false
Switch-Live -To $Green -From $Blue
