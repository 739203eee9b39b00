BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden
    New-TestDiskVM -Name build01
}
AfterAll {
    Get-Job | Where-Object PSJobTypeName -eq KubeVirtCloneJob | Remove-Job -Force
    Stop-TestCluster
}

# A job is of this session: no parameter says here which cluster is meant.
Describe '-AsJob' {
    It 'clones in the background' {
        $job = New-VMClone golden -Count 3 -NamePattern 'job-{0}' -Batch jobs -Wait -Timeout 5m -AsJob
        $job | Should -BeOfType System.Management.Automation.Job
        Get-Job -Id $job.Id | Should -Be $job
        $made = $job | Receive-Job -Wait
        $made.TargetName | Sort-Object | Should -Be 'job-1', 'job-2', 'job-3'
        $made | ForEach-Object { $_ | Should -BeOfType KubeVirtClone.VMClone }
        $job.State | Should -Be 'Completed'
        (Get-VMClone -Batch jobs).Count | Should -Be 3
    }

    It 'takes what is piped in, with all that is said of each' {
        $rows = @{ SourceName = 'golden'; TargetName = 'row-1'; SmbiosSerial = 'one' }, @{ SourceName = 'golden'; TargetName = 'row-2'; SmbiosSerial = 'two' }
        $null = $rows | ForEach-Object { [pscustomobject]$_ } | New-VMClone -Batch rows -AsJob | Receive-Job -Wait -AutoRemoveJob
        (Get-VMClone -Batch rows | Sort-Object TargetName).Raw.spec.newSMBiosSerial | Should -Be 'one', 'two'
    }

    It 'gives the errors of single clones, and those of the input at once' {
        $job = 'golden', 'not-there' | New-VMClone -Batch bad -AsJob
        $null = $job | Receive-Job -Wait -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Should -BeLike 'VMNotFound*'
        { Get-Date | New-VMClone -AsJob -ErrorAction Stop } | Should -Throw -ErrorId 'VMCloneInputInvalid*'
    }

    It 'begins none with -WhatIf' {
        $before = @(Get-Job).Count
        New-VMClone golden never -AsJob -WhatIf 6>$null
        @(Get-Job).Count | Should -Be $before
    }

    It 'waits in the background for what is named and piped in' {
        $clone = New-VMClone golden waited-1 -Batch waits
        ($clone | Wait-VMClone -Timeout 5m -AsJob | Receive-Job -Wait -AutoRemoveJob).TargetName | Should -Be 'waited-1'
        (Wait-VMClone waited-1 -For Bound -Timeout 5m -AsJob | Receive-Job -Wait -AutoRemoveJob).Bound | Should -BeTrue
    }

    It 'makes an image in the background' {
        $image = New-VMGoldenImage jobs -SourceName build01 -AsJob | Receive-Job -Wait -AutoRemoveJob -WarningAction SilentlyContinue
        "$($image.Name):$($image.Version)" | Should -Be 'jobs:1'
    }

    It 'is stopped, and says which clones were made' {
        # Nothing starts them, so that it does not end by itself.
        $job = New-VMClone golden -Count 200 -NamePattern 'stopped-{0}' -Batch stopped -Wait -For Running -Timeout 5m -AsJob
        $null = Wait-TestState { @(Get-VMClone -Batch stopped).Count -ge 3 }
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        $null = Receive-Job $job -InformationVariable said 6>$null
        "$said" | Should -Match '^\d+ of 200 clones were created; see Get-VMClone -Batch stopped$'
        @(Get-VMClone -Batch stopped).Count | Should -BeGreaterThan 2
    }

    It 'does not stop to ask with -Debug where nobody is there' {
        $said = & { New-VMClone golden debugged -Debug } 5>&1 4>$null
        @($said | Where-Object { $_ -is [System.Management.Automation.DebugRecord] }).Count | Should -BeGreaterThan 0
        (Get-VMClone debugged).TargetName | Should -Be 'debugged'
    }
}
