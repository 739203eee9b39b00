<#
.SYNOPSIS
    One image, many VMs, from the first build to the last cleaning up.
.DESCRIPTION
    Makes a golden image of a VM and VMs of the image, changes the VM, makes the next version and VMs of that, prunes the
    first version, and removes everything it made but a VM it was given. Run it against any cluster you are connected to
    (Connect-KubeVirt), or against a sandbox: Start-KubeVirtSandbox.
.EXAMPLE
    Start-KubeVirtSandbox; ./golden-image.ps1 -Build build01 -From golden-pvc
.EXAMPLE
    ./golden-image.ps1 -Build build01 -Image ubuntu-24.04 -Count 100 -SecondCount 20
#>
[CmdletBinding()]
param(
    # The VM that is prepared: the image is made of it.
    [Parameter(Mandatory)] [string] $Build,
    # Build that VM first, as a clone of this one; it is removed at the end too. Without it the VM exists, and stays.
    [string] $From,
    [string] $Image = 'runbook',
    # VMs of version 1, and of version 2.
    [int] $Count = 100,
    [int] $SecondCount = 20,
    # What is changed in the VM between the versions: start it, log in, install.
    [scriptblock] $Change = { param($Name) Start-VM $Name -Wait -Timeout 5m; Stop-VM $Name -Wait -Timeout 5m }
)
$ErrorActionPreference = 'Stop'

function Write-Step([string] $Text) { Write-Information "==> $Text" -InformationAction Continue }

if ($From) {
    Write-Step "$Build, of $From"
    New-VMClone -SourceName $From -TargetName $Build -Hostname $Build -Batch "$Image-build" -Wait -For Bound -Timeout 10m
}

Write-Step "$Image version 1, of $Build"
$first = New-VMGoldenImage -Name $Image -SourceName $Build -Version 1 -Description 'The first build.' -StopSource:((Get-VM $Build).Status -ne 'Stopped')
$first

Write-Step "$Count VMs of version 1"
$clones = New-VMClone -GoldenImage $Image -ImageVersion 1 -Count $Count -NamePattern "$Image-a-{0:d3}" -Batch "$Image-a" -Wait -For Bound -Timeout 10m
if (@($clones).Count -ne $Count) { throw "Only $(@($clones).Count) of $Count VMs were made." }
# However many VMs: nothing was snapshotted for them, the image is the one snapshot they came from.
$snapshots = @(Get-VMSnapshot -SourceName $Build)
if ($snapshots.Name -ne $first.SnapshotName -or @($clones.SourceName | Sort-Object -Unique) -ne $first.SnapshotName) { throw "The VMs came from $($snapshots.Count) snapshots." }

Write-Step "A change in $Build, and version 2"
& $Change $Build
$second = New-VMGoldenImage -Name $Image -SourceName $Build -Version 2 -Description 'After the change.'
$second

Write-Step "$SecondCount VMs of version 2: the image's name alone means the newest that is ready"
$more = New-VMClone -GoldenImage $Image -Count $SecondCount -NamePattern "$Image-b-{0:d3}" -Batch "$Image-b" -Wait -For Bound -Timeout 10m
if (@($more | Where-Object SourceName -eq $second.SnapshotName).Count -ne $SecondCount) { throw 'Not every VM came from version 2.' }
Get-VMGoldenImage $Image

Write-Step 'Version 1 is pruned; its VMs live on, their disks are their own'
Remove-VMGoldenImage $Image -KeepVersion 1 -Confirm:$false
if (@(Get-VM "$Image-a-*").Count -ne $Count) { throw 'A VM went with its image.' }

Write-Step 'All of it is removed'
# The objects that stood for the clones are gone by themselves where they were restores; the VMs may be removed either way.
Remove-VMClone -Batch "$Image-a" -IncludeTarget -Confirm:$false
Remove-VMClone -Batch "$Image-b" -IncludeTarget -Confirm:$false
Get-VM "$Image-a-*", "$Image-b-*" | Remove-VM -IncludeVolumes -Force -Confirm:$false
Get-VMGoldenImage $Image | Remove-VMGoldenImage -Confirm:$false
if ($From) { Remove-VMClone -Batch "$Image-build" -IncludeTarget -Confirm:$false }

$left = @(Get-VM "$Image-*") + @('a', 'b', 'build' | ForEach-Object { Get-VMClone -Batch "$Image-$_" }) + @(Get-VMSnapshot -SourceName $Build)
if ($From) { $left += @(Get-VM | Where-Object Name -eq $Build) }
if ($left) { throw "Left behind: $($left -join ', ')." }
Write-Step "Nothing is left but $(if ($From) { $From } else { $Build })."
