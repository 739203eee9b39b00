BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster -SandboxParameters @{ NoPacing = $true }
    New-TestVM -Name golden -Label @{ app = 'shop'; role = 'live' }
    New-TestDiskVM -Name build01
    $script:Examples = Convert-Path (Join-Path $PSScriptRoot '../../examples')
    $script:Config = Join-Path $TestDrive config
    Copy-Item -LiteralPath (Get-TestKubeConfig) -Destination $script:Config
    $script:Before = $env:KUBECONFIG
    $env:KUBECONFIG = $script:Config
    if (Get-Command kubectl -ErrorAction Ignore) { kubectl config set-context --current --namespace $script:Namespace | Out-Null }
}
AfterAll {
    $env:KUBECONFIG = $script:Before
    Stop-TestCluster
}

Describe 'examples/clones.csv' {
    It 'is checked without an error, and makes what it says' {
        Import-Csv (Join-Path $script:Examples clones.csv) | Test-VMClone | Where-Object Severity -eq Error | Should -BeNullOrEmpty
        $made = Import-Csv (Join-Path $script:Examples clones.csv) | New-VMClone -Batch sample -Wait -Timeout 5m -WarningAction Ignore
        $made.TargetName | Sort-Object | Should -Be 'db-01', 'web-01', 'web-02'
        (Get-VM web-01).Labels['tier'] | Should -Be 'web'
        Remove-VMClone -Batch sample -IncludeTarget -Force -Confirm:$false
    }
}

Describe 'examples/ci-step.sh' -Skip:($IsWindows -or -not (Get-Command kubectl -ErrorAction Ignore) -or -not $env:KUBEVIRTCLONE_TEST_CLI) {
    It 'gives the run a machine, and takes it away however the run ends' {
        $null = New-VMGoldenImage ci -SourceName build01 -WarningAction Ignore
        $env:VMCLONE = $env:KUBEVIRTCLONE_TEST_CLI
        try {
            $said = & (Join-Path $script:Examples ci-step.sh) ci ci-1 sh -c 'echo "$VM_NAME at $VM_ADDRESS"; exit 3' 2>$null
            $LASTEXITCODE | Should -Be 3
            $said | Should -Match '^ci-1 at \d+\.'
            Get-VM ci-1 -ErrorAction Ignore | Should -BeNullOrEmpty
        }
        finally { $env:VMCLONE = $null }
    }
}

Describe 'examples/two-clusters.ps1' -Tag Sandbox {
    It 'makes the same everywhere, tells of each, and throws for the one it cannot reach' {
        try {
            $null = New-VMGoldenImage both -SourceName build01 -WarningAction Ignore
            # Both in one kubeconfig, as contexts of their own.
            $merged = Join-Path $TestDrive merged
            $env:KUBECONFIG = "$(Get-TestKubeConfig)"
            kubectl config view --raw --flatten | Set-Content $merged
            kubectl config --kubeconfig $merged rename-context (kubectl config --kubeconfig $merged current-context) east | Out-Null
            kubectl config --kubeconfig $merged set-context east --namespace $script:Namespace | Out-Null
            $rows = & (Join-Path $script:Examples two-clusters.ps1) -KubeConfig $merged -Context east -Image both -Count 2 -Batch both
            $rows.State | Should -Be 'Bound', 'Bound'
            { & (Join-Path $script:Examples two-clusters.ps1) -KubeConfig $merged -Context east, nowhere -Image both -Count 2 -Batch both } | Should -Throw '*nowhere*'
        }
        finally {
            $env:KUBECONFIG = $script:Config
        }
    }
}
