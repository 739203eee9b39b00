<#
.SYNOPSIS
    A lab of desktops from a CSV file: checked as a whole, made, and reported on.
.DESCRIPTION
    Each row is a desktop; the columns are parameters of New-VMClone (see clones.csv). The rows are checked together before anything is made, so that a row
    that cannot work stops the lab, and not half of it. The same call again makes only what is missing. Run it against any cluster you are connected to
    (Connect-KubeVirt), or against a sandbox: Start-KubeVirtSandbox.
.EXAMPLE
    1..200 | ForEach-Object { [pscustomobject]@{ SourceName = 'golden'; TargetName = 'desk-{0:d3}' -f $_; Hostname = 'desk-{0:d3}' -f $_ } } | Export-Csv lab.csv
    ./lab.ps1 -Path lab.csv -Batch lab -Report lab.html
.EXAMPLE
    ./lab.ps1 -Batch lab -Remove
#>
[CmdletBinding()]
param(
    # The file with a row for each desktop.
    [Parameter(Mandatory, ParameterSetName = 'Make')] [string] $Path,
    # What the lab is called: it is found, completed and removed by that.
    [Parameter(Mandatory)] [string] $Batch,
    # Write a page about how it went.
    [Parameter(ParameterSetName = 'Make')] [string] $Report,
    # Start the desktops when all are made.
    [Parameter(ParameterSetName = 'Make')] [switch] $Start,
    # Remove the lab instead.
    [Parameter(Mandatory, ParameterSetName = 'Remove')] [switch] $Remove
)
$ErrorActionPreference = 'Stop'

if ($Remove) {
    Remove-VMClone -Batch $Batch -IncludeTarget -Force -Confirm:$false
    return
}

$wrong = Import-Csv -LiteralPath $Path | Test-VMClone -Batch $Batch -SkipExisting | Where-Object Severity -eq Error
if ($wrong) {
    $wrong | Format-List Item, Message, RecommendedAction | Out-String | Write-Information -InformationAction Continue
    throw "Errors in ${Path}: $(@($wrong).Count). Nothing was made."
}

# Without -SkipExisting: what the lab has already is taken up, and a VM of somebody else that has a desktop's name is an error.
$clones = Import-Csv -LiteralPath $Path | New-VMClone -Batch $Batch -Wait -Timeout 30m -ErrorAction SilentlyContinue -ErrorVariable failed
# What failed for a reason that has passed is asked for once more.
if ($failed) { $clones = @($clones) + @($failed.TargetObject | New-VMClone -Batch $Batch -Wait -Timeout 30m) }
if ($Start) { $clones | Start-VM -Wait -Timeout 15m }
if ($Report) { Export-VMCloneReport $Report -Batch $Batch }
$clones
