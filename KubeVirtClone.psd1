@{
    RootModule           = 'KubeVirtClone.PowerShell.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '6d1f0b5e-6c0c-4d0a-9a35-3f9f0c9a7b21'
    Author               = 'The KubeVirtClone authors'
    CompanyName          = 'KubeVirtClone'
    Copyright            = '(c) The KubeVirtClone authors. Apache-2.0.'
    Description          = 'Clones KubeVirt virtual machines, one or thousands: Get-VM golden | New-VMClone -Count 50 -Wait. Waits over one watch, explains what went wrong, and returns objects that pipelines can use. Needs PowerShell 7.4 or newer (Windows PowerShell 5.1 is not supported).'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')

    TypesToProcess       = @('KubeVirtClone.types.ps1xml')
    FormatsToProcess     = @('KubeVirtClone.format.ps1xml')

    CmdletsToExport      = @(
        'Compare-VMClone'
        'Connect-KubeVirt'
        'Copy-VMGoldenImage'
        'Debug-VMClone'
        'Disconnect-KubeVirt'
        'Export-VMCloneReport'
        'Get-VM'
        'Get-VMClone'
        'Get-VMGoldenImage'
        'Get-VMSnapshot'
        'Measure-VMClone'
        'New-VMClone'
        'New-VMGoldenImage'
        'New-VMSnapshot'
        'Remove-VM'
        'Remove-VMClone'
        'Remove-VMGoldenImage'
        'Remove-VMSnapshot'
        'Start-KubeVirtSandbox'
        'Start-VM'
        'Stop-KubeVirtSandbox'
        'Stop-VM'
        'Test-VMClone'
        'Wait-VMClone'
        'Wait-VMSnapshot'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @('PSEdition_Core', 'Windows', 'Linux', 'MacOS', 'KubeVirt', 'Kubernetes', 'OpenShift', 'Harvester', 'VM', 'VirtualMachine', 'Clone', 'Snapshot')
            LicenseUri   = 'https://www.apache.org/licenses/LICENSE-2.0'
            ProjectUri   = 'https://github.com/KubeVirtClone/KubeVirtClone'
            IconUri      = 'https://raw.githubusercontent.com/KubeVirtClone/KubeVirtClone/main/packaging/icon.png'
            ReleaseNotes = 'https://github.com/KubeVirtClone/KubeVirtClone/blob/main/CHANGELOG.md'
        }
    }
}
