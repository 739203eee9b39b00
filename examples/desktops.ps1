<#
.SYNOPSIS
    Desktops for several teams, from one golden image.
.DESCRIPTION
    Publishes an image in the namespace of each team, on a storage class if one is given, makes the same number of VMs in each, shows
    what was made, and with -Remove takes the VMs away again. The image's copies stay: the next desktops come from them at once. The
    same call again makes nothing twice. Run it against any cluster you are connected to (Connect-KubeVirt) that has CDI, or against a
    sandbox: Start-KubeVirtSandbox.
.EXAMPLE
    ./desktops.ps1 -Image ubuntu-24.04 -Team team-a, team-b, team-c -StorageClass fast -DiskSize 40Gi

    Thirty desktops in three namespaces, with disks of 40Gi on the class fast.
.EXAMPLE
    ./desktops.ps1 -Image ubuntu-24.04 -Team team-a, team-b, team-c -Remove
#>
[CmdletBinding()]
param(
    # The image, in the namespace you are connected to.
    [Parameter(Mandatory)] [string] $Image,
    # Namespaces to make desktops in; they exist.
    [Parameter(Mandatory)] [string[]] $Team,
    # Desktops in each.
    [int] $Count = 10,
    # Storage class of their disks; without it that of the image's.
    [string] $StorageClass,
    # Size of their disks, such as 40Gi, and memory, such as 8Gi; without them those of the image.
    [string] $DiskSize,
    [string] $Memory,
    # Remove the desktops instead.
    [switch] $Remove
)
$ErrorActionPreference = 'Stop'
$batch = "desktops-$Image"

if ($Remove) {
    foreach ($namespace in $Team) { Remove-VMClone -Batch $batch -Namespace $namespace -IncludeTarget -Confirm:$false }
    return
}

$storage = if ($StorageClass) { @{ StorageClass = $StorageClass } } else { @{} }
Copy-VMGoldenImage $Image -Destination $Team @storage

$sizes = @{}
if ($DiskSize) { $sizes.DiskSize = $DiskSize }
if ($Memory) { $sizes.Memory = $Memory }
foreach ($namespace in $Team) {
    New-VMClone -GoldenImage $Image -TargetNamespace $namespace -Count $Count -NamePattern 'desk-{0:d2}' -Batch $batch -Wait -For Bound -Timeout 15m @sizes
}
