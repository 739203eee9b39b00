<#
.SYNOPSIS
    The nightly golden image, unattended: a log, an exit code, and no more versions than are wanted.
.DESCRIPTION
    Makes the next version of an image of a VM, proves it by a clone that starts, and only then prunes old versions. A version whose clone does not start is
    removed again, and the one before stays the newest. Exit code 0: made; 1: not made, the log says why; 2: made, but old versions were not pruned.
    For cron, a scheduled task or a CronJob.
.EXAMPLE
    pwsh -NonInteractive -File nightly-image.ps1 -Image ubuntu-24.04 -Source build01 -Namespace images -Log image.log
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Image,
    # The VM the image is made of; it is stopped for that, and started again if it ran.
    [Parameter(Mandatory)] [string] $Source,
    # File to which it is written what happened.
    [Parameter(Mandatory)] [string] $Log,
    # Versions to keep.
    [int] $Keep = 7,
    # Where image and VM are; without it the kubeconfig says.
    [string] $Namespace,
    # Longest wait for each step.
    [timespan] $Timeout = '00:30:00'
)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$ConfirmPreference = 'None'
$place = if ($Namespace) { @{ Namespace = $Namespace } } else { @{} }

function Write-Log([string] $Text) { Add-Content -LiteralPath $Log -Value "$([DateTimeOffset]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ')) $Text" }

# An error in one line: its id, what it says, what to do.
function Get-Reason($ErrorRecord) { "$($ErrorRecord.FullyQualifiedErrorId.Split(',')[0]): $ErrorRecord $($ErrorRecord.ErrorDetails.RecommendedAction)" -replace '\s+', ' ' }

$made = $null
try {
    Write-Log "begin: $Image of $Source"
    $made = New-VMGoldenImage $Image -SourceName $Source -StopSource -Timeout $Timeout @place -WarningVariable warned -WarningAction SilentlyContinue
    foreach ($warning in $warned) { Write-Log "warning: $warning" }
    Write-Log "made: version $($made.Version), snapshot $($made.SnapshotName)"

    $proof = "$Image-proof-$($made.Version)"
    try {
        $null = New-VMClone -GoldenImage $Image -ImageVersion $made.Version -TargetName $proof -Batch $proof -Start -Wait -For Running -Timeout $Timeout @place
        Write-Log 'proved: a clone of it runs'
    }
    finally { Remove-VMClone -Batch $proof -IncludeTarget -Force @place -ErrorAction Continue }
}
catch {
    Write-Log "failed: $(Get-Reason $_)"
    if ($made) {
        try {
            Remove-VMGoldenImage $Image -Version $made.Version -Force @place
            Write-Log "withdrawn: version $($made.Version)"
        }
        catch { Write-Log "not withdrawn: version $($made.Version): $(Get-Reason $_)" }
    }

    exit 1
}

try {
    Remove-VMGoldenImage $Image -KeepVersion $Keep @place
    Write-Log "kept: versions $(@(Get-VMGoldenImage $Image @place).Version -join ', ')"
}
catch {
    Write-Log "not pruned: $(Get-Reason $_)"
    exit 2
}

exit 0
