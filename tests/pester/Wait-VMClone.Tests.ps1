BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden

    <# A clone of a machine that does not exist, as kubectl would make it: KubeVirt leaves it pending. #>
    function New-OrphanClone([string] $Name) {
        New-TestObject -Path "/apis/clone.kubevirt.io/v1beta1/namespaces/$script:Namespace/virtualmachineclones" -Object @{
            apiVersion = 'clone.kubevirt.io/v1beta1'; kind = 'VirtualMachineClone'
            metadata   = @{ name = $Name; namespace = $script:Namespace }
            spec       = @{
                source = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'missing' }
                target = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = "$Name-target" }
            }
        }
    }
}
AfterAll { Stop-TestCluster }

Describe 'Wait-VMClone' {
    It 'waits for piped clones and writes each' {
        $clones = New-VMClone golden w-1, w-2, w-3 | Wait-VMClone -Timeout 5m
        $clones.Phase | Should -Be 'Succeeded', 'Succeeded', 'Succeeded'
        $clones.Duration | ForEach-Object { $_ | Should -BeGreaterOrEqual ([timespan]::Zero) }
    }

    It 'waits by name, wildcard and batch' {
        $made = New-VMClone golden n-1, n-2 -Batch named
        (Wait-VMClone $made[0].Name -Timeout 5m).Uid | Should -Be $made[0].Uid
        (Wait-VMClone 'n-*' -Timeout 5m).Count | Should -Be 2
        (Wait-VMClone -Batch named -For Bound -Timeout 5m).Bound | Should -Be $true, $true
    }

    It 'ends with an error per item on timeout and keeps the results of the others' {
        New-OrphanClone stuck
        $good = New-VMClone golden kept -Wait -Timeout 5m
        $done = $good, (Get-VMClone stuck) | Wait-VMClone -Timeout 3s -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        $done.TargetName | Should -Be 'kept'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMCloneTimeout,KubeVirtClone.Commands.WaitVMCloneCommand'
        $failed[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failed[0].TargetObject | Should -BeOfType KubeVirtClone.VMClone
        $failed[0].TargetObject.TargetName | Should -Be 'stuck-target'
    }

    It 'says why a clone is pending instead of waiting in silence' {
        New-OrphanClone lonely
        Wait-VMClone lonely -Timeout 3s -ErrorAction SilentlyContinue -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -Match 'missing'
    }

    It 'gives an error for a clone that does not exist' {
        Wait-VMClone nobody -Timeout 10s -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'VMCloneNotFound,*'
    }

    It 'gives an error for a batch that has no clones' {
        Wait-VMClone -Batch never-made -Timeout 1m -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMCloneBatchNotFound,KubeVirtClone.Commands.WaitVMCloneCommand'
        "$($failed[0])" | Should -Match 'never-made'
    }

    It 'needs to be told what to wait for' { { Wait-VMClone -Timeout 1 } | Should -Throw -ErrorId 'VMCloneSelectionMissing,*' }
    It 'waits for nothing when nothing is piped in' { @() | Wait-VMClone -Timeout 1 | Should -BeNullOrEmpty }

    It 'refuses what is no clone' {
        42 | Wait-VMClone -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'VMCloneInputInvalid,*'
    }

    It 'uses one watch however many the clones' -Tag Sandbox {
        $made = New-VMClone golden -Count 12 -NamePattern 'watch-{0}' -Method Clone
        $DebugPreference = 'Continue'
        $lines = $made | Wait-VMClone -Timeout 5m 5>&1 | Where-Object { $_ -is [Management.Automation.DebugRecord] } | ForEach-Object Message
        @($lines | Where-Object { $_ -match 'virtualmachineclones\?.*watch=' }).Count | Should -Be 1
        @($lines | Where-Object { $_ -match 'virtualmachineclones' -and $_ -notmatch 'PATCH' }).Count | Should -BeLessOrEqual 3
        # When they were seen in each phase is written down on one of them.
        @($lines | Where-Object { $_ -match 'PATCH' }).Count | Should -BeLessOrEqual 1
    }
}
