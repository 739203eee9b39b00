BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name web-1, web-2, web-3, golden
    function Get-Status([string] $Name) { (Get-VM $Name).Status }
}
AfterAll { Stop-TestCluster }

Describe 'Start-VM and Stop-VM' {
    It 'starts, and with -Wait returns when it runs' -Tag Node {
        Start-VM web-1 -Wait -Timeout 5m | Should -BeNullOrEmpty
        Get-Status web-1 | Should -Be 'Running'
    }

    It 'leaves a machine alone that runs already, and goes on with the others' -Tag Node {
        $started = Start-VM web-1, web-2 -Wait -Timeout 5m -PassThru -ErrorAction Stop
        $started.Name | Sort-Object | Should -Be 'web-1', 'web-2'
        $started.Status | Sort-Object -Unique | Should -Be 'Running'
        Start-VM web-1 -Paused -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMAlreadyRunning,KubeVirtClone.Commands.StartVMCommand'
        "$($failed[0])" | Should -Match 'web-1.*paused'
        $failed[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'writes the machine with -PassThru' -Tag Node {
        $vm = Stop-VM web-2 -Wait -Timeout 5m -PassThru -GracePeriod 0
        $vm | Should -BeOfType KubeVirtClone.VirtualMachine
        $vm.Status | Should -Be 'Stopped'
    }

    It 'stops what is piped in, and by wildcard' -Tag Node {
        Get-VM web-1 | Stop-VM -Wait -Timeout 5m -GracePeriod 0
        Get-Status web-1 | Should -Be 'Stopped'
        (Stop-VM 'web-*' -PassThru -ErrorAction Stop).Status | Should -Be 'Stopped', 'Stopped', 'Stopped'
    }

    It 'keeps the run strategy over stop and start' -Tag Node {
        New-TestVM -Name strategic
        Start-VM strategic -Wait -Timeout 5m
        $before = (Get-VM strategic).RunStrategy
        Stop-VM strategic -Wait -Timeout 5m -GracePeriod 0
        Start-VM strategic -Wait -Timeout 5m
        (Get-VM strategic).RunStrategy | Should -Be $before
        Stop-VM strategic -GracePeriod 0
    }

    It 'starts paused: -Wait returns when the machine is there and stands still' -Tag Sandbox {
        New-TestVM -Name sleeper
        $vm = Start-VM sleeper -Paused -Wait -Timeout 5m -PassThru
        $vm.Status | Should -Be 'Paused'
        (Get-TestObject "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachineinstances/sleeper").spec.startStrategy | Should -Be 'Paused'
        (New-VMSnapshot sleeper asleep -Wait -Timeout 5m).Consistency | Should -Match 'paused'
        Stop-VM sleeper -Wait -Timeout 5m -GracePeriod 0
        Start-VM sleeper -Wait -Timeout 5m
        Get-Status sleeper | Should -Be 'Running'
        Stop-VM sleeper -GracePeriod 0
    }

    It 'says in words that a snapshot of the machine is in progress' -Tag Sandbox {
        New-TestVM -Name locked
        $path = "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines/locked"
        $null = Invoke-TestApi -Method Patch -Path "$path/status" -Body @{ status = @{ snapshotInProgress = 'nightly' } } -ContentType 'application/merge-patch+json'
        foreach ($command in { Start-VM locked -ErrorVariable +failed -ErrorAction SilentlyContinue }, { Remove-VM locked -Confirm:$false -ErrorVariable +failed -ErrorAction SilentlyContinue }) {
            $failed = @()
            . $command
            Get-TestErrorId $failed[0] | Should -Be 'VMBusy'
            "$($failed[0])" | Should -Match 'nightly.*in progress'
        }
        $null = Invoke-TestApi -Method Patch -Path "$path/status" -Body @{ status = @{ snapshotInProgress = $null } } -ContentType 'application/merge-patch+json'
    }

    It 'takes no negative time' {
        { Stop-VM web-1 -GracePeriod -4 } | Should -Throw '*negative*'
        { Start-VM web-1 -Wait -Timeout -1s } | Should -Throw '*negative*'
    }

    It 'starts nothing with -WhatIf, but says what the server would refuse' {
        Start-VM web-1 -WhatIf
        Get-Status web-1 | Should -Be 'Stopped'
        Start-VM nobody -WhatIf -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMNotFound'
    }

    It 'deals with what is piped in side by side, -ThrottleLimit at a time, and gives each once' -Tag Sandbox {
        $names = 1..12 | ForEach-Object { "many-$_" }
        New-TestVM -Name $names
        $started = $names | Start-VM -PassThru -ThrottleLimit 12 -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed | Should -BeNullOrEmpty
        $started.Name | Sort-Object | Should -Be ($names | Sort-Object)
        (Get-VM many-*).RunStrategy | Sort-Object -Unique | Should -Be 'Always'
        # The first one is written before the last one is asked for.
        $names | Stop-VM -GracePeriod 0 -PassThru | Select-Object -First 1 | Should -Not -BeNullOrEmpty
        @('nobody', 'many-1' | Stop-VM -GracePeriod 0 -PassThru -ErrorVariable failed -ErrorAction SilentlyContinue).Name | Should -Be 'many-1'
        Get-TestErrorId $failed[0] | Should -Be 'VMNotFound'
    }

    It 'needs to be told which' {
        { Start-VM } | Should -Throw -ErrorId 'VMSelectionMissing,*'
        { Stop-VM } | Should -Throw -ErrorId 'VMSelectionMissing,*'
        Get-VM none-* | Start-VM | Should -BeNullOrEmpty
    }

    It 'refuses another module''s machine' {
        $foreign = [pscustomobject]@{ PSTypeName = 'Microsoft.HyperV.PowerShell.VirtualMachine'; Name = 'web-1' }
        $foreign | Start-VM -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'ForeignVMObject'
        Get-Status web-1 | Should -Be 'Stopped'
    }
}

Describe 'Clones that go on down the pipeline' {
    It "works as written: Get-VM golden | New-VMClone -Count 50 -NamePattern 'web-{0:d3}' -Wait | Start-VM" -Tag Sandbox {
        Get-VM golden | New-VMClone -Count 50 -NamePattern 'web-{0:d3}' -Wait -Timeout 5m | Start-VM
        $clones = Get-VM 'web-0*'
        $clones.Count | Should -Be 50
        $clones.RunStrategy | Sort-Object -Unique | Should -Be 'Always'
    }

    It 'gets the machine of a clone' {
        (New-VMClone golden piped -Wait -Timeout 5m | Get-VM).Name | Should -Be 'piped'
    }

    It 'does not touch the machine whose name a failed clone was to have' {
        New-VMClone golden web-1 -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].TargetObject | Remove-VM -Confirm:$false -ErrorVariable refused -ErrorAction SilentlyContinue
        Get-TestErrorId $refused[0] | Should -Be 'VMInputInvalid'
        (Get-VM web-1).Name | Should -Be 'web-1'
    }
}

Describe 'Remove-VM' {
    It 'returns when the machine is gone' -Tag Node {
        New-TestVM -Name short
        Start-VM short -Wait -Timeout 5m
        Remove-VM short -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMRunning,KubeVirtClone.Commands.RemoveVMCommand'
        "$($failed[0])" | Should -Match 'short is Running'
        Get-Status short | Should -Be 'Running'
        Remove-VM short -Confirm:$false -GracePeriod 0 -Force
        Get-VM short -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'says which restored claims stay, and takes them with -IncludeVolumes' -Tag Sandbox {
        New-TestDiskVM -Name app
        function Get-Claim { (Get-TestObject "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims").items.metadata.name }
        $before = Get-Claim
        $null = New-VMClone app -Count 3 -NamePattern 'p-{0}' -Batch left -Wait -Timeout 5m -PurgeOnSuccess
        Get-VM p-* | Remove-VM -Confirm:$false -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -HaveCount 1
        foreach ($claim in Get-Claim | Where-Object { $_ -notin $before }) { "$warned" | Should -Match ([regex]::Escape($claim)) }
        "$warned" | Should -Match '3 claims.*-IncludeVolumes'
        Get-VMClone -Batch left -WarningVariable warned -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$warned" | Should -Match 'restore-.*Remove-VMClone -Batch left -IncludeTarget'
        Remove-VMClone -Batch left -IncludeTarget -Confirm:$false
        Get-Claim | Should -Be $before

        $null = New-VMClone app -Count 3 -NamePattern 'p-{0}' -Wait -Timeout 5m -PurgeOnSuccess
        Get-VM p-* | Remove-VM -Confirm:$false -IncludeVolumes -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        Get-Claim | Should -Be $before
    }

    It 'leaves what the machines own with -KeepVolumes' -Tag Sandbox {
        New-TestDiskVM -Name keeper
        $claims = "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims"
        $before = (Get-TestObject $claims).items.metadata.name
        $null = New-VMClone keeper -Count 2 -NamePattern 'k-{0}' -Method Direct -Batch kept -Wait -Timeout 5m
        $made = (Get-TestObject $claims).items | Where-Object { $_.metadata.name -notin $before }
        $made | Should -HaveCount 2
        $made.metadata.ownerReferences.name | Sort-Object | Should -Be k-1, k-2

        $said = Get-VM k-1 | Remove-VM -KeepVolumes -WhatIf -Verbose 4>&1
        "$said" | Should -Match "PersistentVolumeClaim .*, which k-1 owns, would stay"
        { Get-VM k-1 | Remove-VM -KeepVolumes -IncludeVolumes -Confirm:$false } | Should -Throw -ErrorId 'RemoveVolumesConflict,*'
        { Get-VMClone -Batch kept | Remove-VMClone -KeepVolumes -Confirm:$false } | Should -Throw -ErrorId 'RemoveVolumesConflict,*'

        Get-VM k-1 | Remove-VM -KeepVolumes -Confirm:$false -Wait -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        Remove-VMClone -Batch kept -IncludeTarget -KeepVolumes -Confirm:$false
        Get-VM k-* | Should -BeNullOrEmpty
        $left = (Get-TestObject $claims).items | Where-Object { $_.metadata.name -notin $before }
        $left.metadata.name | Should -Be $made.metadata.name
        @($left.metadata.ownerReferences.uid | Where-Object { $_ }) | Should -HaveCount 0
    }

    It 'removes what is piped in' {
        New-TestVM -Name r-1, r-2
        Get-VM r-* | Remove-VM -Confirm:$false
        Get-VM r-* | Should -BeNullOrEmpty
    }

    It 'waits with -Wait until they are gone, and says when they are not in time' -Tag Sandbox {
        New-TestVM -Name gone-1, gone-2
        Remove-VM gone-* -Wait -Timeout 5m -Confirm:$false
        Get-VM gone-* | Should -BeNullOrEmpty
        { Remove-VM web-1 -Wait -NoWait } | Should -Throw -ErrorId 'RemoveWaitConflict,*'

        New-TestVM -Name held
        $path = "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines/held"
        $null = Invoke-TestApi -Method Patch -Path $path -Body @{ metadata = @{ finalizers = @('example.com/held') } } -ContentType 'application/merge-patch+json'
        Remove-VM held -Wait -Timeout 1s -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMPowerTimeout'
        "$($failed[0])" | Should -Match 'was not gone'
        $null = Invoke-TestApi -Method Patch -Path $path -Body @{ metadata = @{ finalizers = $null } } -ContentType 'application/merge-patch+json'
    }

    It 'removes nothing with -WhatIf' {
        Remove-VM web-1 -WhatIf
        (Get-VM web-1).Name | Should -Be 'web-1'
    }

    It 'gives an error for a machine that does not exist' {
        Remove-VM nobody -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMNotFound,KubeVirtClone.Commands.RemoveVMCommand'
    }

    It 'asks before it removes: its impact is high' {
        (Get-Command Remove-VM).ImplementingType.GetCustomAttributes([Management.Automation.CmdletAttribute], $false).ConfirmImpact | Should -Be 'High'
    }
}
