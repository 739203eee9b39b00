BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name plain, plain-2
}
AfterAll { Stop-TestCluster }

Describe 'New-VMSnapshot' {
    It 'takes a snapshot and waits until it is ready to use' {
        $snapshot = New-VMSnapshot plain before -Label @{ purpose = 'test' } -Annotation @{ by = 'me' } -FailureDeadline 10m -DeletionPolicy Delete -Wait -Timeout 5m
        $snapshot | Should -BeOfType KubeVirtClone.VMSnapshot
        $snapshot.Name | Should -Be 'before'
        $snapshot.Phase | Should -Be 'Succeeded'
        $snapshot.ReadyToUse | Should -BeTrue
        $snapshot.SourceName | Should -Be 'plain'
        $snapshot.FailureDeadline | Should -Be ([timespan]'00:10:00')
        $snapshot.DeletionPolicy | Should -Be 'Delete'
        $snapshot.Labels['purpose'] | Should -Be 'test'
        $snapshot.Annotations['by'] | Should -Be 'me'
        $snapshot.Raw.kind | Should -Be 'VirtualMachineSnapshot'
    }

    It 'takes one of each machine piped in, with names made up or by pattern' {
        $made = Get-VM plain* | New-VMSnapshot -Name '{0}-piped' | Wait-VMSnapshot -Timeout 5m
        $made.Name | Sort-Object | Should -Be 'plain-2-piped', 'plain-piped'
        (Get-VM plain | New-VMSnapshot).Name | Should -Match '^plain-'
    }

    It 'gives an error for a name that is taken, and goes on' {
        $null = New-VMSnapshot plain taken -Wait -Timeout 5m
        New-VMSnapshot plain taken -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMSnapshotExists,KubeVirtClone.Commands.NewVMSnapshotCommand'
        $failed[0].CategoryInfo.Category | Should -Be 'ResourceExists'
    }

    It 'refuses a deadline that is none, with the reason' {
        New-VMSnapshot plain never -FailureDeadline 0 -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMSnapshotRejected,KubeVirtClone.Commands.NewVMSnapshotCommand'
        "$($failed[0])" | Should -Match 'locks its machine'
        New-VMSnapshot plain never -FailureDeadline 500ms -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMSnapshotRejected'
        { New-VMSnapshot plain never -FailureDeadline -5 } | Should -Throw '*negative*'
        { New-VMSnapshot plain never -FailureDeadline ([timespan]'-00:00:05') } | Should -Throw '*negative*'
        { New-VMSnapshot plain never -DeletionPolicy Keep } | Should -Throw '*Delete, Retain*'
        Get-VMSnapshot never -ErrorAction Ignore | Should -BeNullOrEmpty
        (New-VMSnapshot plain retained -DeletionPolicy Retain -Wait -Timeout 5m).DeletionPolicy | Should -Be 'Retain'
    }

    It 'makes nothing with -WhatIf' {
        New-VMSnapshot plain rehearsed -WhatIf
        Get-VMSnapshot rehearsed -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'takes wildcards, and gives an error for a machine that does not exist' {
        $made = New-VMSnapshot plain*, nobody-at-all -Name '{0}-wild' -ErrorVariable failed -ErrorAction SilentlyContinue
        $made.Name | Sort-Object | Should -Be 'plain-2-wild', 'plain-wild'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMNotFound,KubeVirtClone.Commands.NewVMSnapshotCommand'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failed[0].TargetObject | Should -Be 'nobody-at-all'
        New-VMSnapshot nobody-at-all -WhatIf -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMNotFound'
        $made | Wait-VMSnapshot -Timeout 5m | Remove-VMSnapshot -Confirm:$false
    }

    It 'needs to be told of which machine' { { New-VMSnapshot } | Should -Throw -ErrorId 'VMSelectionMissing,*' }
}

Describe 'Get-VMSnapshot' {
    BeforeAll { $null = New-VMSnapshot plain, plain-2 '{0}-listed' -Wait -Timeout 5m }

    It 'lists by name, wildcard, machine and pipeline' {
        (Get-VMSnapshot plain-listed).SourceName | Should -Be 'plain'
        (Get-VMSnapshot '*-listed').Count | Should -Be 2
        (Get-VMSnapshot '*-listed' -SourceName plain-2).Name | Should -Be 'plain-2-listed'
        (Get-VM plain-2 | Get-VMSnapshot).SourceName | Sort-Object -Unique | Should -Be 'plain-2'
        (Get-VMSnapshot plain-listed | Get-VMSnapshot).Name | Should -Be 'plain-listed'
    }

    It 'gives an error for a name that does not exist' {
        Get-VMSnapshot nobody -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMSnapshotNotFound'
    }

    It 'has a table, a list and a wide view' {
        $old = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try {
            Get-VMSnapshot plain-listed | Format-Table | Out-String -Width 200 | Should -Match '(?s)Name\s+Source\s+Phase\s+ReadyToUse\s+Age.*plain-listed\s+plain\s+Succeeded\s+True'
            Get-VMSnapshot plain-listed | Format-List | Out-String -Width 200 | Should -Match '(?s)Consistency.*ExcludedVolume\s*: \{root\}'
            (Get-VMSnapshot plain-listed | Format-Wide | Out-String).Trim() | Should -Match 'plain-listed$'
        }
        finally { $PSStyle.OutputRendering = $old }
    }
}

Describe 'Wait-VMSnapshot' {
    BeforeAll {
        # KubeVirt takes a snapshot of a machine that does not exist.
        function New-MissingSnapshot([string] $Name, [string] $Deadline) {
            New-TestObject "/apis/snapshot.kubevirt.io/v1beta1/namespaces/$script:Namespace/virtualmachinesnapshots" @{
                apiVersion = 'snapshot.kubevirt.io/v1beta1'
                kind = 'VirtualMachineSnapshot'
                metadata = @{ name = $Name; namespace = $script:Namespace }
                spec = @{ source = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'nobody-at-all' }; failureDeadline = $Deadline }
            }
            Get-VMSnapshot $Name
        }
    }

    It 'ends with an error as soon as a snapshot has failed' -Tag Sandbox {
        $bad = New-MissingSnapshot doomed 2s
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $bad | Wait-VMSnapshot -Timeout 5m -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMSnapshotFailed,KubeVirtClone.Commands.WaitVMSnapshotCommand'
        $failed[0].CategoryInfo.Category | Should -Be 'OperationStopped'
        $failed[0].TargetObject | Should -BeOfType KubeVirtClone.VMSnapshot
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 60
    }

    It 'gives up after its time' {
        $bad = New-MissingSnapshot hanging 10h
        $bad | Wait-VMSnapshot -Timeout 1s -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMSnapshotTimeout'
        $bad | Remove-VMSnapshot -Confirm:$false
    }

    It 'needs to be told what to wait for' { { Wait-VMSnapshot } | Should -Throw -ErrorId 'VMSnapshotSelectionMissing,*' }

    It 'refuses what is no snapshot' {
        42 | Wait-VMSnapshot -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMSnapshotInputInvalid'
    }
}

Describe 'Remove-VMSnapshot' {
    It 'returns when it is gone' {
        $null = New-VMSnapshot plain going -Wait -Timeout 5m
        Remove-VMSnapshot going -Confirm:$false
        Get-VMSnapshot going -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'removes only the very snapshot that was piped in' {
        $first = New-VMSnapshot plain again -Wait -Timeout 5m
        $first | Remove-VMSnapshot -Confirm:$false
        $second = New-VMSnapshot plain again -Wait -Timeout 5m
        $first | Remove-VMSnapshot -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMSnapshotReplaced'
        (Get-VMSnapshot again).Uid | Should -Be $second.Uid
    }

    It 'removes nothing with -WhatIf' {
        $null = New-VMSnapshot plain kept -Wait -Timeout 5m
        Remove-VMSnapshot kept -WhatIf
        (Get-VMSnapshot kept).Name | Should -Be 'kept'
    }
}

Describe 'Snapshots as sources of clones' {
    It 'clones what is piped in: New-VMSnapshot … -Wait | New-VMClone' {
        $clone = New-VMSnapshot plain src -Wait -Timeout 5m | New-VMClone -TargetName from-snapshot -Wait -Timeout 5m
        $clone.SourceKind | Should -Be 'VirtualMachineSnapshot'
        $clone.SourceName | Should -Be 'src'
        (Get-VM from-snapshot).Name | Should -Be 'from-snapshot'
    }

    It 'completes their names' {
        $limit = [Diagnostics.Stopwatch]::StartNew()
        do {
            $line = 'Get-VMSnapshot plain-lis'
            $offers = [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches
        } until ($offers -or $limit.Elapsed.TotalSeconds -gt 10)
        $offers.CompletionText | Should -Contain 'plain-listed'
    }
}
