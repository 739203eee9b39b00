<# What users of a troubled cluster see: every clone made once, or one error that says why. #>
BeforeAll { Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force }

Describe 'With <_> now and then' -Tag Sandbox -ForEach @(
    'too-many-requests,verb=create,resource=virtualmachineclones,count=3,retry-after=0'
    'service-unavailable,verb=create,resource=virtualmachineclones,count=3,retry-after=0'
    'answer-lost,verb=create,resource=virtualmachineclones,count=3'
    'internal-error,verb=list,resource=virtualmachines,count=2'
    'cut-line,verb=watch,resource=virtualmachineclones,count=2,after-events=3'
    'gone,verb=watch,resource=virtualmachineclones,count=2'
) {
    BeforeAll {
        $script:Namespace = Start-TestCluster -SandboxParameters @{ Fault = @($_) }
        New-TestVM -Name golden
    }
    AfterAll { Stop-TestCluster }

    It 'makes every clone once and loses none' {
        $clones = New-VMClone golden -Count 10 -NamePattern 'f-{0:d2}' -Batch faults -Wait -For Bound -Timeout 3m -ErrorAction Stop
        $clones.TargetName | Sort-Object | Should -Be (1..10 | ForEach-Object { 'f-{0:d2}' -f $_ })
        @(Get-VMClone -Batch faults).Count | Should -Be 10
        @(Get-VM f-*).Count | Should -Be 10
    }
}

Describe 'With credentials that expire' -Tag Sandbox {
    BeforeAll {
        $script:Namespace = Start-TestCluster -SandboxParameters @{ Fault = 'unauthorized,verb=create,resource=virtualmachineclones' }
        New-TestVM -Name golden
    }
    AfterAll { Stop-TestCluster }

    It 'ends with one terminating error' {
        { 1..5 | New-VMClone -SourceName golden -TargetName { "u-$_" } -ErrorAction SilentlyContinue } | Should -Throw -ErrorId 'ApiUnauthorized,*'
        Get-VMClone | Should -BeNullOrEmpty
    }
}
