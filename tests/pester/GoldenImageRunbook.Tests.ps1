BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestDiskVM -Name build01, unrelated
    $script:Runbook = Join-Path $PSScriptRoot '../../examples/golden-image.ps1'
}
AfterAll { Stop-TestCluster }

Describe 'examples/golden-image.ps1' {
    It 'goes from the first build to the last cleaning up, and leaves nothing' {
        $warned = $null
        $output = & $script:Runbook -Build build01 -Image lab -Count 100 -SecondCount 20 -WarningVariable warned -WarningAction SilentlyContinue -InformationAction SilentlyContinue 6> $null
        ($output | Where-Object { $_ -is [KubeVirtClone.VMGoldenImage] }).Version | Should -Contain '2'
        (Get-VM).Name | Should -Be 'build01', 'unrelated'
        (Get-VM build01).Status | Should -Be 'Stopped'
        Get-VMSnapshot | Should -BeNullOrEmpty
        Get-VMClone | Should -BeNullOrEmpty
        $claims = (Get-TestObject "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims").items.metadata.name
        $claims | Sort-Object | Should -Be 'build01-root', 'unrelated-root'
    }
}
