<#
.SYNOPSIS
    Runs the Pester suite against a built module.
.DESCRIPTION
    Against the sandbox by default; against a live cluster when KUBEVIRTCLONE_TEST_KUBECONFIG names a kubeconfig
    (tests tagged Sandbox, which need its faults or its users, are then left out; so are those tagged Node, which need
    machines that run, when no node of the cluster is ready).
    Exit code 0 only when every test passed. -CountFile receives "passed failed" for the build,
    and below that the name of each test that was skipped.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Cli,
    # The module, or the path of its manifest.
    [string] $Pester = 'Pester',
    # The folder that the build's package task has filled; without it the tests of what it holds are left out.
    [string] $Package,
    # Folder of restored packages, for the tests that need other versions than ours; the user's own when it is not given.
    [string] $Restored,
    [string] $ResultFile,
    [string] $CountFile,
    [string[]] $Path = @($PSScriptRoot, (Join-Path $PSScriptRoot '../../examples')),
    [string[]] $Tag = @(),
    [string] $FullName
)
$ErrorActionPreference = 'Stop'
Import-Module $Pester -MinimumVersion 5.5.0
$env:KUBEVIRTCLONE_TEST_MODULE = Convert-Path -LiteralPath $Module
$env:KUBEVIRTCLONE_TEST_CLI = Convert-Path -LiteralPath $Cli
$env:KUBEVIRTCLONE_TEST_PACKAGE = if ($Package) { Convert-Path -LiteralPath $Package }
if ($Restored) { $env:KUBEVIRTCLONE_TEST_RESTORED = Convert-Path -LiteralPath $Restored }

$configuration = [PesterConfiguration]::Default
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$configuration.Output.CIFormat = 'None'
$configuration.Filter.Tag = $Tag
if ($FullName) { $configuration.Filter.FullName = $FullName }
if ($env:KUBEVIRTCLONE_TEST_KUBECONFIG) {
    $without = @('Sandbox')
    $ready = kubectl get nodes --kubeconfig $env:KUBEVIRTCLONE_TEST_KUBECONFIG -o 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
    if ("$ready" -notmatch 'True') {
        Write-Host 'No node of this cluster is ready: what needs machines that run is left out.'
        $without += 'Node'
    }

    $configuration.Filter.ExcludeTag = $without
}
if ($ResultFile) {
    $configuration.TestResult.Enabled = $true
    $configuration.TestResult.OutputFormat = 'NUnitXml'
    $configuration.TestResult.OutputPath = $ResultFile
}

$result = Invoke-Pester -Configuration $configuration
# A container or block that broke is a failure, even if no single test in it ran.
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
if ($CountFile) {
    Set-Content -LiteralPath $CountFile -Value @("$($result.PassedCount) $failed"; $result.Skipped | ForEach-Object ExpandedPath)
}

exit [int]($failed -gt 0 -or $result.PassedCount -eq 0)
