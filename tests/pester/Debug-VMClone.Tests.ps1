BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden

    # A clone as kubectl would make it, with what our own commands would have put right.
    function New-RawClone([string] $Name, [string] $Source, [string] $Batch, [hashtable] $Spec = @{}) {
        New-TestObject -Path "/apis/clone.kubevirt.io/v1beta1/namespaces/$script:Namespace/virtualmachineclones" -Object @{
            apiVersion = 'clone.kubevirt.io/v1beta1'; kind = 'VirtualMachineClone'
            metadata   = @{ name = $Name; namespace = $script:Namespace; labels = @{ 'kubevirtclone.io/batch' = $Batch } }
            spec       = @{
                source = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = $Source }
                target = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = "$Name-vm" }
            } + $Spec
        }
    }

    # The diagnosis once it names this cause: the controllers need a moment.
    function Wait-Cause([string] $Name, [string] $Code) {
        Wait-TestState { Debug-VMClone $Name | Where-Object Code -eq $Code }
    }
}
AfterAll { Stop-TestCluster }

Describe 'Debug-VMClone' {
    It 'says that a clone is done' {
        $diagnosis = New-VMClone golden done-1 -Wait -For Bound -Timeout 5m | Debug-VMClone
        $diagnosis | Should -BeOfType KubeVirtClone.VMCloneDiagnosis
        $diagnosis.Health | Should -Be 'Completed'
        $diagnosis.CanStillFinish | Should -BeTrue
        $diagnosis.TargetName | Should -Be 'done-1'
        $diagnosis.Repair | Should -BeNullOrEmpty
    }

    It 'names a source that is missing, with evidence and next step' {
        New-RawClone lost nobody causes
        $diagnosis = Wait-Cause lost SourceMissing
        $diagnosis.Health | Should -Be 'Waiting'
        $diagnosis.CanStillFinish | Should -BeFalse
        $diagnosis.Cause | Should -Match "'?nobody'?"
        $diagnosis.NextStep | Should -Not -BeNullOrEmpty
        $diagnosis.Evidence.Count | Should -BeGreaterThan 0
        $diagnosis.Evidence[0].Object | Should -Match '^VirtualMachineClone lost|^VirtualMachine'
        $diagnosis.Since | Should -BeOfType ([DateTimeOffset])
    }

    It 'names a patch that cannot be applied, which KubeVirt tries for ever' {
        New-RawClone patched golden causes @{ patches = @('{"op":"test","path":"/spec/runStrategy","value":"never"}') }
        $diagnosis = Wait-Cause patched PatchNotApplicable
        $diagnosis.Health | Should -Be 'Stuck'
        $diagnosis.CanStillFinish | Should -BeFalse
        $diagnosis.Repair[0] | Should -BeLike 'Delete: VirtualMachineClone */patched.*'
    }

    It 'says what the clones of a batch wait for that are not made yet' {
        New-TestObject -Path "/apis/snapshot.kubevirt.io/v1beta1/namespaces/$script:Namespace/virtualmachinesnapshots" -Object @{
            apiVersion = 'snapshot.kubevirt.io/v1beta1'; kind = 'VirtualMachineSnapshot'
            metadata   = @{ name = 'shared-9'; namespace = $script:Namespace; labels = @{ 'kubevirtclone.io/batch' = 'lab9'; 'kubevirtclone.io/shared-snapshot' = 'true' } }
            spec       = @{ source = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'nobody' }; failureDeadline = '0s' }
        }
        $diagnosis = Wait-TestState { Debug-VMClone -Batch lab9 | Where-Object Code -eq SourceMissing }
        $diagnosis.Cause | Should -Match "clones of 'nobody' are not made yet"
        $diagnosis.Repair | Should -BeNullOrEmpty
    }

    It 'says so when a batch has no clones' {
        Debug-VMClone -Batch none -WarningVariable said -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        $said | Should -Match 'no clones of batch'
    }

    It 'takes clones by pipeline, as design says: Get-VMClone -Batch … | Where-Object Phase … | Debug-VMClone' {
        (Get-VMClone -Batch causes | Where-Object Phase -eq Pending | Debug-VMClone).Code | Should -Be 'SourceMissing'
        Get-VMClone -Batch lab7 | Where-Object Phase -eq Failed | Debug-VMClone | Should -BeNullOrEmpty
    }

    It 'takes the failed clones of an error' {
        $null = Get-VMClone patched | Wait-VMClone -Timeout 1m -ErrorVariable failed -ErrorAction SilentlyContinue
        ($failed[0].TargetObject | Debug-VMClone).Code | Should -Be 'PatchNotApplicable'
    }

    It 'takes names, a batch, or all of the namespace' {
        (Debug-VMClone lost).Name | Should -Be 'lost'
        (Debug-VMClone -Batch causes).Name | Sort-Object | Should -Be 'lost', 'patched'
        (Debug-VMClone).Count | Should -Be (Get-VMClone).Count
        Get-VMClone none-* | Debug-VMClone | Should -BeNullOrEmpty
    }

    It 'gives an error for a name that does not exist' {
        Debug-VMClone nobody -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        ($failed[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'VMCloneNotFound'
    }

    It 'says that a clone is gone' {
        $clone = New-VMClone golden gone-1 -Wait -For Bound -Timeout 5m
        $clone | Remove-VMClone -Confirm:$false
        ($clone | Debug-VMClone).Code | Should -Be 'CloneGone'
    }

    It 'is whole without the right to read events and storage, and says what it could not read' -Tag Sandbox {
        $diagnosis = Debug-VMClone lost -KubeConfig (Get-TestKubeConfig) -Context viewer@sandbox -Namespace $script:Namespace
        $diagnosis.Code | Should -Be 'SourceMissing'
    }

    It 'shows a list with everything, and a table' {
        $old = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'PlainText'
            $list = Debug-VMClone lost | Out-String -Width 160
            foreach ($part in 'Cause', 'Evidence', 'Since', 'CanStillFinish', 'NextStep') { $list | Should -Match "$part\s*:" }
            Debug-VMClone -Batch causes | Format-Table | Out-String -Width 160 | Should -Match '(?s)Target\s+Health\s+Since\s+Cause.*patched-vm\s+Stuck'
        }
        finally { $PSStyle.OutputRendering = $old }
    }

    It 'stands for its clone in a pipeline' {
        (Debug-VMClone lost | Get-VMClone).Name | Should -Be 'lost'
    }
}

Describe 'Debug-VMClone -Repair' {
    It 'does nothing with -WhatIf' {
        $diagnosis = Debug-VMClone patched -Repair -WhatIf
        $diagnosis.Repaired | Should -BeNullOrEmpty
        (Get-VMClone patched).Name | Should -Be 'patched'
    }

    It 'asks before each step: its impact is high' {
        (Get-Command Debug-VMClone).ImplementingType.GetCustomAttributes([Management.Automation.CmdletAttribute], $false).ConfirmImpact | Should -Be 'High'
    }

    It 'needs to be told what to repair' { { Debug-VMClone -Repair -Confirm:$false } | Should -Throw -ErrorId 'VMCloneSelectionMissing,*' }

    It 'removes a clone that can never finish, with what it left behind' {
        $restore = (Get-TestClone patched).status.restoreName
        $diagnosis = Debug-VMClone patched -Repair -Confirm:$false
        $diagnosis.Repaired | Should -Be $diagnosis.Repair
        Get-VMClone patched -ErrorAction Ignore | Should -BeNullOrEmpty
        $left = (Get-TestObject "/apis/snapshot.kubevirt.io/v1beta1/namespaces/$script:Namespace/virtualmachinerestores").items.metadata.name
        $left | Should -Not -Contain $restore
        Get-VM patched-vm -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'clones again with the cause removed: a MAC address with colons' {
        New-RawClone colons golden again @{ newMacAddresses = @{ default = '02:00:00:00:00:07' } }
        $null = Wait-Cause colons MacNotation
        $diagnosis = Debug-VMClone colons -Repair -Confirm:$false
        $diagnosis.Repaired[-1] | Should -BeLike 'Make the clone again: *'
        $clone = Get-VMClone | Where-Object TargetName -eq 'colons-vm' | Wait-VMClone -Timeout 5m
        $clone.Phase | Should -Be 'Succeeded'
        (Get-VM colons-vm).MacAddress | Should -Match '02.00.00.00.00.07'
    }

    It 'leaves alone what is done' {
        $clone = New-VMClone golden fine-1 -Wait -For Bound -Timeout 5m
        ($clone | Debug-VMClone -Repair -Confirm:$false).Repaired | Should -BeNullOrEmpty
        (Get-VMClone $clone.Name).Uid | Should -Be $clone.Uid
    }
}
