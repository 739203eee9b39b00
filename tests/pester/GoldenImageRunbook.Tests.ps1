BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestDiskVM -Name build01, unrelated
    $script:Runbook = Join-Path $PSScriptRoot '../../examples/golden-image.ps1'
}
AfterAll { Stop-TestCluster }

Describe 'examples/golden-image.ps1' {
    It 'builds the VM first when it is told what from, and removes it too' {
        $change = { param($Name) Update-TestObject virtualmachines.kubevirt.io $Name @{ metadata = @{ labels = @{ changed = 'yes' } } } }
        $output = & $script:Runbook -Build fresh -From build01 -Image small -Count 3 -SecondCount 2 -Change $change -WarningAction SilentlyContinue -InformationAction SilentlyContinue 6> $null
        ($output | Where-Object { $_ -is [KubeVirtClone.VMClone] }).TargetName | Should -Contain 'fresh'
        (Get-VM).Name | Should -Be 'build01', 'unrelated'
        Get-VMSnapshot | Should -BeNullOrEmpty
        Get-VMClone | Should -BeNullOrEmpty
        (Get-TestObject "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims").items.metadata.name | Sort-Object | Should -Be 'build01-root', 'unrelated-root'
    }

    It 'goes from the first build to the last cleaning up, and leaves nothing' {
        $change = { param($Name) Update-TestObject virtualmachines.kubevirt.io $Name @{ spec = @{ template = @{ spec = @{ domain = @{ memory = @{ guest = '96Mi' } } } } } } }
        $seen = @{}
        function Remove-VMClone([string] $Batch, [switch] $IncludeTarget, [switch] $Confirm) {
            # Just before all is removed: what each of the two versions gave.
            foreach ($part in 'a', 'b') { $seen[$part] ??= (Get-VM "lab-$part-*").Raw.spec.template.spec.domain.memory.guest | Group-Object -NoElement }
            KubeVirtClone\Remove-VMClone @PSBoundParameters
        }
        $warned = $null
        $output = & $script:Runbook -Build build01 -Image lab -Count 100 -SecondCount 20 -Change $change -WarningVariable warned -WarningAction SilentlyContinue -InformationAction SilentlyContinue 6> $null
        ($output | Where-Object { $_ -is [KubeVirtClone.VMGoldenImage] }).Version | Should -Contain '2'
        "$($seen.a.Name) $($seen.a.Count)" | Should -Be '64Mi 100'
        "$($seen.b.Name) $($seen.b.Count)" | Should -Be '96Mi 20'
        (Get-VM).Name | Should -Be 'build01', 'unrelated'
        (Get-VM build01).Status | Should -Be 'Stopped'
        Get-VMSnapshot | Should -BeNullOrEmpty
        Get-VMClone | Should -BeNullOrEmpty
        $claims = (Get-TestObject "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims").items.metadata.name
        $claims | Sort-Object | Should -Be 'build01-root', 'unrelated-root'
    }
}
