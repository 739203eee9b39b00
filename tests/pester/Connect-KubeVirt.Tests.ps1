BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name here
}
AfterAll { Stop-TestCluster }

Describe 'Connect-KubeVirt' {
    AfterEach { $null = Connect-KubeVirt -KubeConfig (Get-TestKubeConfig) -Namespace $script:Namespace }

    It 'tells what the cluster is' {
        $connection = Connect-KubeVirt -KubeConfig (Get-TestKubeConfig) -Namespace $script:Namespace
        $connection | Should -BeOfType KubeVirtClone.KubeVirtConnection
        $connection.Server | Should -Match '^https://'
        $connection.Namespace | Should -Be $script:Namespace
        $connection.KubernetesVersion | Should -Match '^v1\.'
        $connection.KubeVirtVersion | Should -Match '^v1\.'
        $connection.CloneApiVersion | Should -Match '^v1'
        $connection.SnapshotApiVersion | Should -Match '^v1'
        $connection.SnapshotGate | Should -BeTrue
    }

    It 'chooses the cluster and the namespace for the commands that follow' { (Get-VM).Name | Should -Be 'here' }

    It 'is forgotten by Disconnect-KubeVirt' {
        Disconnect-KubeVirt
        $old = $env:KUBECONFIG
        $env:KUBECONFIG = Join-Path $TestDrive 'none'
        try { { Get-VM } | Should -Throw -ErrorId 'KubeConfigNotFound,*' } finally { $env:KUBECONFIG = $old }
    }

    It 'lets KUBECONFIG decide when nothing was chosen' {
        Disconnect-KubeVirt
        $old = $env:KUBECONFIG
        $env:KUBECONFIG = Get-TestKubeConfig
        try { (Get-VM -Namespace $script:Namespace).Name | Should -Be 'here' } finally { $env:KUBECONFIG = $old }
    }

    It 'chooses for the runspaces it starts, and a runspace for itself only' {
        $other = [powershell]::Create()
        try {
            $config = Get-TestKubeConfig
            $null = $other.AddScript("Import-Module '$(Get-TestModulePath)'; (Get-VM).Name; `$null = Connect-KubeVirt -KubeConfig '$config' -Namespace nothing-here; @(Get-VM).Count")
            $result = $other.Invoke()
            $result[0] | Should -Be 'here'
            $result[1] | Should -Be 0
        }
        finally { $other.Dispose() }
        (Get-VM).Name | Should -Be 'here'
    }

    It 'takes another context of the same kubeconfig: <_>' -Tag Sandbox -ForEach 'admin-cert@sandbox', 'viewer@sandbox' {
        (Get-VM -Context $_ -Namespace $script:Namespace).Name | Should -Be 'here'
    }

    It 'leaves the connection in use alone while New-VMClone -Wait | Start-VM works: <What>' -Tag Sandbox -ForEach @(
        @{ What = 'the kubeconfig is rewritten'; Prefix = 'rewritten' }
        @{ What = 'another Connect-KubeVirt'; Prefix = 'connected' }
    ) {
        $config = Join-Path $TestDrive "$Prefix.yaml"
        Copy-Item -LiteralPath (Get-TestKubeConfig) $config
        $null = Connect-KubeVirt -KubeConfig $config -Namespace $script:Namespace
        $moved = 0
        $started = New-VMClone here -Count 6 -NamePattern "$Prefix-{0}" -Wait -Timeout 5m -ThrottleLimit 2 -ErrorVariable failed | ForEach-Object {
            # With the first clone that is there, while the others are still being made.
            if ($moved++ -eq 0) {
                if ($Prefix -eq 'rewritten') { (Get-Content -LiteralPath $config -Raw) -replace '(?m)user: admin$', 'user: admin-cert' | Set-Content -LiteralPath $config }
                else { $null = Connect-KubeVirt -KubeConfig $config -Context viewer@sandbox -Namespace $script:Namespace }
            }
            $_
        } | Start-VM -Wait -Timeout 5m -PassThru -ErrorVariable +failed
        $failed | Should -BeNullOrEmpty
        $started.Name | Sort-Object | Should -Be (1..6 | ForEach-Object { "$Prefix-$_" })

        # What comes next goes over another connection, and that user may only look.
        if ($Prefix -eq 'rewritten') { (Get-Content -LiteralPath $config -Raw) -replace '(?m)user: admin-cert$', 'user: viewer' | Set-Content -LiteralPath $config }
        (Get-VM "$Prefix-1").Status | Should -Be 'Running'
        { Stop-VM "$Prefix-1" -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'ApiForbidden,*'
    }

    It 'ends when the credentials have expired' -Tag Sandbox {
        { Connect-KubeVirt -KubeConfig (Get-TestKubeConfig) -Context expired@sandbox } | Should -Throw -ErrorId 'ApiUnauthorized,*'
        { Get-VM -Context expired@sandbox } | Should -Throw -ErrorId 'ApiUnauthorized,*'
    }

    It 'ends when the user may not' -Tag Sandbox {
        { Get-VM -Context nobody@sandbox -Namespace $script:Namespace } | Should -Throw -ErrorId 'ApiForbidden,*'
        { New-VMClone here there -Context viewer@sandbox -Namespace $script:Namespace } | Should -Throw -ErrorId 'ApiForbidden,*'
    }
}
