<#
.SYNOPSIS
    The same VMs in two clusters at once, each from its own golden image of the same name.
.DESCRIPTION
    One job for each context of the kubeconfig; a cluster that fails does not hold up the other. Writes a row for each clone, with its cluster, and throws at
    the end when anything failed.
.EXAMPLE
    ./two-clusters.ps1 -Context east, west -Image ubuntu-24.04 -Count 10 -Batch release-7
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string[]] $Context,
    [Parameter(Mandatory)] [string] $Image,
    [int] $Count = 10,
    [Parameter(Mandatory)] [string] $Batch,
    [string] $KubeConfig
)
$config = if ($KubeConfig) { @{ KubeConfig = $KubeConfig } } else { @{} }
$jobs = foreach ($cluster in $Context) {
    New-VMClone -GoldenImage $Image -Count $Count -NamePattern 'app-{0:d2}' -Batch $Batch -Context $cluster @config -Wait -For Bound -Timeout 30m -AsJob |
        Add-Member -NotePropertyName Cluster -NotePropertyValue $cluster -PassThru
}

$problems = [System.Collections.Generic.List[string]]::new()
foreach ($job in $jobs) {
    $failed = $null
    foreach ($clone in $job | Receive-Job -Wait -ErrorVariable failed -ErrorAction SilentlyContinue) {
        [pscustomobject]@{ Cluster = $job.Cluster; VM = $clone.TargetName; State = $clone.State }
    }

    foreach ($problem in $failed) { $problems.Add("$($job.Cluster): $problem") }
    Remove-Job $job
}

if ($problems.Count -gt 0) { throw ($problems -join [Environment]::NewLine) }
