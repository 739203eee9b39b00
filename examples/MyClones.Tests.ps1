<#
.SYNOPSIS
    How to test one's own cloning scripts with Pester: a sandbox with the VMs the test is about, and the trouble it must stand.
.DESCRIPTION
    Run it with: Invoke-Pester ./examples/MyClones.Tests.ps1
    KUBEVIRTCLONE_TEST_MODULE names another build of the module than the installed one.
#>
BeforeAll {
    Import-Module ($env:KUBEVIRTCLONE_TEST_MODULE ? $env:KUBEVIRTCLONE_TEST_MODULE : 'KubeVirtClone')

    # Stands for the script under test.
    function New-Desk([int] $Count) {
        Get-VM golden | New-VMClone -Count $Count -NamePattern 'desk-{0}' -Wait -For Bound -Timeout 2m -ErrorAction SilentlyContinue -ErrorVariable +script:problems
    }
}

Describe 'New-Desk' -Tag Sandbox {
    BeforeEach {
        $script:problems = @()
        # Time runs twenty times as fast; what the test waits for is a state, never a time.
        $common = @{ ClockFactor = 20; NoPacing = $true }
    }

    AfterEach { Stop-KubeVirtSandbox -ErrorAction Ignore }

    It 'makes the desks it was asked for, with their disks' {
        $null = Start-KubeVirtSandbox @common -VM @(
            @{ Name = 'golden'; StorageClass = 'fast'; Size = '20Gi'; Labels = @{ team = 'desktop' } }
            'bystander'
        )
        (New-Desk 3).Bound | Should -Be $true, $true, $true
        $problems | Should -BeNullOrEmpty
        (Get-VM).Name | Should -Be 'bystander', 'desk-1', 'desk-2', 'desk-3', 'golden'
    }

    It 'stands a server that is busy and an answer that is lost' {
        $null = Start-KubeVirtSandbox @common -VM golden -Fault @(
            'too-many-requests,verb=create,resource=virtualmachineclones,count=2,retry-after=1'
            'answer-lost,verb=create,resource=virtualmachineclones,count=1'
        )
        @(New-Desk 3).Count | Should -Be 3
        @(Get-VM desk-*).Count | Should -Be 3
        $problems | Should -BeNullOrEmpty
    }

    It 'says so when the storage takes no more snapshots' {
        $null = Start-KubeVirtSandbox @common -VM @{ Name = 'golden'; StorageClass = 'fast' } -Fault 'storage-out-of-snapshots'
        New-Desk 1 | Should -BeNullOrEmpty
        $problems.Count | Should -BeGreaterThan 0
        Get-VM desk-* -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'starts with whole objects too, such as a quota' {
        $quota = @{
            apiVersion = 'v1'; kind = 'ResourceQuota'; metadata = @{ name = 'small' }
            spec = @{ hard = @{ 'count/virtualmachineclones.clone.kubevirt.io' = '0' } }
        }
        $null = Start-KubeVirtSandbox @common -VM golden, $quota
        New-Desk 1 | Should -BeNullOrEmpty
        "$($problems[0])" | Should -BeLike "The quota 'small' *"
    }
}
