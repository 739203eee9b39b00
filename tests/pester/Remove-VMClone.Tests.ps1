BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden
}
AfterAll { Stop-TestCluster }

Describe 'Remove-VMClone' {
    It 'removes a batch with its machines: Remove-VMClone -Batch lab7 -IncludeTarget -Confirm:$false' {
        $null = New-VMClone golden r-1, r-2 -Batch lab7 -Wait -For Bound -Timeout 5m
        Remove-VMClone -Batch lab7 -IncludeTarget -Confirm:$false
        Get-VMClone -Batch lab7 | Should -BeNullOrEmpty
        Get-VM r-* | Should -BeNullOrEmpty
    }

    It 'leaves the machine without -IncludeTarget' {
        $clone = New-VMClone golden stays -Wait -For Bound -Timeout 5m
        $clone | Remove-VMClone -Confirm:$false
        Get-VMClone $clone.Name -ErrorAction Ignore | Should -BeNullOrEmpty
        (Get-VM stays).Name | Should -Be 'stays'
    }

    It 'removes only what is done with -Completed' {
        $null = New-VMClone golden done-1 -Batch mixed -Wait -For Bound -Timeout 5m
        New-TestObject -Path "/apis/clone.kubevirt.io/v1beta1/namespaces/$script:Namespace/virtualmachineclones" -Object @{
            apiVersion = 'clone.kubevirt.io/v1beta1'; kind = 'VirtualMachineClone'
            metadata   = @{ name = 'pending'; namespace = $script:Namespace; labels = @{ 'kubevirtclone.io/batch' = 'mixed' } }
            spec       = @{
                source = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'missing' }
                target = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'never' }
            }
        }
        Remove-VMClone -Batch mixed -Completed -Confirm:$false
        (Get-VMClone -Batch mixed).Name | Should -Be 'pending'
    }

    It 'removes nothing with -WhatIf' {
        $clone = New-VMClone golden what -Wait -For Bound -Timeout 5m
        $clone | Remove-VMClone -IncludeTarget -WhatIf
        (Get-VMClone $clone.Name).Uid | Should -Be $clone.Uid
    }

    It 'gives an error for a clone that is gone' {
        $clone = New-VMClone golden gone -Wait -For Bound -Timeout 5m
        $clone | Remove-VMClone -Confirm:$false
        $clone | Remove-VMClone -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMCloneNotFound,KubeVirtClone.Commands.RemoveVMCloneCommand'
    }

    It 'asks before it removes: its impact is high' {
        (Get-Command Remove-VMClone).ImplementingType.GetCustomAttributes([Management.Automation.CmdletAttribute], $false).ConfirmImpact | Should -Be 'High'
    }

    It 'needs to be told what to remove' { { Remove-VMClone -Confirm:$false } | Should -Throw -ErrorId 'VMCloneSelectionMissing,*' }
    It 'removes nothing when nothing is piped in' {
        $before = @(Get-VMClone).Count
        Get-VMClone none-* | Remove-VMClone -Confirm:$false
        @(Get-VMClone).Count | Should -Be $before
    }
}
