<#
.SYNOPSIS
    The build's entry for PowerShell: ./build.ps1 [build|test|coverage|demo|bench|soak|docs|package|clean]
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'test', 'coverage', 'demo', 'bench', 'soak', 'docs', 'package', 'clean')]
    [string] $Task = 'build',

    [Parameter(ValueFromRemainingArguments)]
    [string[]] $ArgumentList = @()
)
$ErrorActionPreference = 'Stop'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'
Push-Location -LiteralPath $PSScriptRoot
try {
    # What follows is silent for a while the first time.
    if ($Task -eq 'demo') { 'Building; the first time that takes a minute or two. The demo follows.' }
    & dotnet run --project build -c Release -v quiet -- $Task @ArgumentList
    exit $LASTEXITCODE
}
finally {
    Pop-Location
}
