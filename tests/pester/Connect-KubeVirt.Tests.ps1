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

    It 'chooses for its own runspace only' {
        $other = [powershell]::Create()
        try {
            $result = $other.AddScript("`$env:KUBECONFIG = '$TestDrive/none'; Import-Module '$(Get-TestModulePath)'; try { Get-VM } catch { `$_.FullyQualifiedErrorId }").Invoke()
            $result | Should -BeLike 'KubeConfigNotFound,*'
        }
        finally { $other.Dispose(); $env:KUBECONFIG = $null }
        (Get-VM).Name | Should -Be 'here'
    }

    It 'takes another context of the same kubeconfig: <_>' -Tag Sandbox -ForEach 'admin-cert@sandbox', 'viewer@sandbox' {
        (Get-VM -Context $_ -Namespace $script:Namespace).Name | Should -Be 'here'
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
