BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    # The times are what is looked at: they run as they do, in whole seconds.
    $script:Namespace = Start-TestCluster -SandboxParameters @{ ClockFactor = 1 }
    New-TestVM -Name golden
    $script:Clones = New-VMClone golden -Count 3 -NamePattern 'm-{0}' -Batch measured -Wait -For Bound -Timeout 5m
    $null = New-VMClone golden second -Batch other -Wait -For Bound -Timeout 5m
}
AfterAll { Stop-TestCluster }

Describe 'Measure-VMClone' {
    It 'gives each clone its times' {
        $timings = $script:Clones | Measure-VMClone
        $timings.Count | Should -Be 3
        $timings.TargetName | Should -Be 'm-1', 'm-2', 'm-3'
        foreach ($timing in $timings) {
            $timing | Should -BeOfType KubeVirtClone.VMCloneTiming
            $timing.Phase | Should -Be 'Succeeded'
            $timing.Batch | Should -Be 'measured'
            $timing.Started | Should -BeOfType ([DateTimeOffset])
            $timing.Restore | Should -BeOfType ([TimeSpan])
            $timing.Total | Should -BeGreaterOrEqual ([TimeSpan]$timing.Restore)
            $timing.Boot | Should -BeNullOrEmpty
        }
    }

    It 'sums a batch up with -Summary' {
        $summary = Measure-VMClone -Batch measured -Summary
        $summary | Should -BeOfType KubeVirtClone.VMCloneTimingSummary
        $summary.Batch | Should -Be 'measured'
        $summary.Count | Should -Be 3
        $summary.Succeeded | Should -Be 3
        $summary.Failed | Should -Be 0
        $summary.Elapsed | Should -Be ($summary.Ended - $summary.Started)
        $total = $summary.Spread | Where-Object Name -eq Total
        $total.Count | Should -Be 3
        $measured = (Measure-VMClone -Batch measured).Total | Sort-Object
        $total.Minimum | Should -Be $measured[0]
        $total.P50 | Should -Be $measured[1]
        $total.P99 | Should -Be $measured[2]
        $total.Maximum | Should -Be $measured[2]
    }

    It 'sums each batch up by itself' {
        $summaries = Measure-VMClone -Summary
        $summaries.Batch | Sort-Object | Should -Be 'measured', 'other'
        ($summaries | Where-Object Batch -eq other).Count | Should -Be 1
        ($summaries | Where-Object Batch -eq measured).Count | Should -Be 3
    }

    It 'takes names, a batch, or all of the namespace; nothing of an empty pipeline' {
        (Measure-VMClone $script:Clones[0].Name).TargetName | Should -Be $script:Clones[0].TargetName
        (Measure-VMClone).Count | Should -Be 4
        Get-VMClone none-* | Measure-VMClone | Should -BeNullOrEmpty
        Measure-VMClone -Batch never-made -Summary -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMCloneBatchNotFound,KubeVirtClone.Commands.MeasureVMCloneCommand'
    }

    It 'leaves the total of what is not done empty' {
        $null = New-VMClone nobody never -SkipPreflight -Batch waits
        $timing = Measure-VMClone -Batch waits
        $timing.Phase | Should -Be 'Pending'
        $timing.Total | Should -BeNullOrEmpty
        (Measure-VMClone -Batch waits -Summary).Succeeded | Should -Be 0
    }

    It 'shows tables' {
        $old = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'PlainText'
            Measure-VMClone -Batch measured | Out-String -Width 160 | Should -Match '(?s)Target\s+Source\s+Method\s+Phase\s+Snapshot\s+Restore\s+Bind\s+Boot\s+Total.*m-1\s+golden'
            Measure-VMClone -Batch measured -Summary | Out-String -Width 160 | Should -Match '(?s)Count\s*: 3.*Total\s*: 50% [\d.]+s, 90% [\d.]+s, 99% [\d.]+s, longest [\d.]+s \(3\)'
            (Measure-VMClone -Batch measured -Summary).Spread | Out-String -Width 160 | Should -Match 'Name\s+Count\s+Minimum\s+Mean\s+P50\s+P90\s+P99\s+Maximum'
        }
        finally { $PSStyle.OutputRendering = $old }
    }
}

Describe 'Measure-VMClone of what this session waited for' {
    It 'knows the times of <_> to the millisecond' -ForEach 'Clone', 'Restore' {
        $batch = "fine-$($_.ToLowerInvariant())"
        $null = New-VMClone golden -Count 2 -NamePattern "$batch-{0}" -Batch $batch -Method $_ -Wait -Timeout 5m
        $timings = Measure-VMClone -Batch $batch
        $timings.Count | Should -Be 2
        $seen = ($timings | ForEach-Object { "$($_.TargetName) from $($_.Started.ToString('o')): snapshot $($_.Snapshot), restore $($_.Restore), total $($_.Total)" }) -join '; '
        $timings.Restore | ForEach-Object { $_ | Should -BeGreaterThan ([timespan]::Zero) -Because $seen }
        @($timings.Total | Where-Object { $_.Milliseconds -ne 0 }).Count | Should -BeGreaterThan 0
    }
}
