BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden -Label @{ app = 'web'; tier = 'front'; 'secret/key' = 'x' }
}
AfterAll { Stop-TestCluster }

Describe 'What is sent' {
    It 'names the group of the target and writes a MAC with hyphens' {
        $clone = New-VMClone golden sent-1 -MacAddress @{ default = '02:00:00:00:00:01' }
        $spec = (Get-TestClone $clone.Name).spec
        $spec.target.apiGroup | Should -Be 'kubevirt.io'
        $spec.source.apiGroup | Should -Be 'kubevirt.io'
        $spec.newMacAddresses.default | Should -Be '02-00-00-00-00-01'
    }

    It 'leaves out what was not asked for' {
        $clone = New-VMClone golden sent-2
        $names = (Get-TestClone $clone.Name).spec.PSObject.Properties.Name | Where-Object { $_ -notin 'source', 'target', 'template', 'volumeNamePolicy' }
        $names | Should -BeNullOrEmpty
    }

    It 'sends every field' {
        $clone = New-VMClone golden sent-3 -LabelFilter '*', '!secret/*' -AnnotationFilter 'a*' -TemplateLabelFilter '*' -TemplateAnnotationFilter '!*' `
            -VolumeNamePolicy PrefixTargetName -Patch @{ op = 'add'; path = '/metadata/labels/note'; value = 'a:b,c' }
        $spec = (Get-TestClone $clone.Name).spec
        $spec.labelFilters | Should -Be '*', '!secret/*'
        $spec.annotationFilters | Should -Be 'a*'
        $spec.template.labelFilters | Should -Be '*'
        $spec.template.annotationFilters | Should -Be '!*'
        $spec.volumeNamePolicy | Should -Be 'PrefixTargetName'
        $spec.patches | Should -HaveCount 1
        $spec.patches[0] | Should -Not -Match 'a:b,c'
        ($spec.patches[0] | ConvertFrom-Json).value | Should -Be 'a:b,c'
    }

    It 'labels the clone with its batch' {
        $clone = New-VMClone golden sent-4 -Batch lab7
        $clone.Batch | Should -Be 'lab7'
        (Get-TestClone $clone.Name).metadata.labels.'kubevirtclone.io/batch' | Should -Be 'lab7'
    }

    It 'copies only the labels that are let through' {
        $null = New-VMClone golden sent-5 -LabelFilter '*', '!secret/*' -Wait -Timeout 5m
        $labels = (Get-VM sent-5).Labels
        $labels.Keys | Should -Contain 'app'
        $labels.Keys | Should -Not -Contain 'secret/key'
    }
}

Describe 'What is refused, each by itself while the others go on' {
    It '<Case>' -ForEach @(
        @{ Case = 'an empty filter'; Id = 'VMCloneFilterInvalid'; Arguments = @{ LabelFilter = '' } }
        @{ Case = 'an empty list of filters'; Id = 'VMCloneFilterInvalid'; Arguments = @{ AnnotationFilter = @() } }
        @{ Case = 'a negation inside a filter'; Id = 'VMCloneFilterInvalid'; Arguments = @{ LabelFilter = 'a!b' } }
        @{ Case = 'a wildcard inside a filter'; Id = 'VMCloneFilterInvalid'; Arguments = @{ TemplateLabelFilter = 'a*b' } }
        @{ Case = 'a MAC address that is none'; Id = 'VMCloneMacInvalid'; Arguments = @{ MacAddress = @{ default = '02:00' } } }
        @{ Case = 'a patch that is no JSON'; Id = 'VMClonePatchInvalid'; Arguments = @{ Patch = 'replace /spec' } }
        @{ Case = 'the source as its own target'; Id = 'VMCloneTargetIsSource'; Arguments = @{ TargetName = 'golden' } }
        @{ Case = 'an upper-case name'; Id = 'VMCloneNameInvalid'; Arguments = @{ TargetName = 'Web-1' } }
        @{ Case = 'a source that does not exist'; Id = 'VMNotFound'; Arguments = @{ SourceName = 'nobody' } }
    ) {
        $given = @{ SourceName = 'golden'; TargetName = 'refused-1' } + @{}
        foreach ($key in $Arguments.Keys) { $given[$key] = $Arguments[$key] }
        $clone = New-VMClone @given -ErrorVariable failed -ErrorAction SilentlyContinue
        $clone | Should -BeNullOrEmpty
        Get-TestErrorId $failed | Should -Be $Id
        $failed[0].TargetObject | Should -BeOfType KubeVirtClone.VMCloneRequest
        "$($failed[0].TargetObject)" | Should -BeLike "$script:Namespace/*"
        $failed[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'two clones of one name' {
        $clones = New-VMClone golden twin, twin -ErrorVariable failed -ErrorAction SilentlyContinue
        @($clones).Count | Should -Be 1
        Get-TestErrorId $failed | Should -Be 'VMCloneDuplicateTarget'
    }

    It 'ends at the first error with -ErrorAction Stop' {
        { 'nobody', 'golden' | New-VMClone -NamePattern '{0}-stop' -ErrorAction Stop } | Should -Throw -ErrorId 'VMNotFound,*'
    }
}

Describe 'Parameters that contradict each other' {
    It '<Id>' -ForEach @(
        @{ Id = 'VMCloneNamingConflict'; Command = { New-VMClone golden x -Count 2 } }
        @{ Id = 'PurgeNeedsWait'; Command = { New-VMClone golden x -PurgeOnSuccess } }
        @{ Id = 'NamePatternInvalid'; Command = { New-VMClone golden -NamePattern 'web-{0' } }
    ) { $Command | Should -Throw -ErrorId "$Id,*" }

    It 'warns that -Timeout alone does nothing' {
        $null = New-VMClone golden alone -Timeout 5m -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -Match '-Wait'
    }

    It 'says when nothing says what to clone' {
        New-VMClone -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed | Should -Be 'VMCloneSourceMissing'
    }

    It 'refuses a source that comes twice' {
        Get-VM golden | New-VMClone web-1 -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed | Should -Be 'VMCloneSourceGivenTwice'
    }

    It 'takes durations as people write them' {
        { New-VMClone golden x -Timeout soon -AsManifest } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
        { New-VMClone golden x -Timeout -5 -AsManifest } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }
}

Describe 'Rehearsal' {
    It 'asks the server with -WhatIf and makes nothing' {
        $before = @(Get-VMClone).Count
        $clones = New-VMClone golden what-1 -WhatIf
        $clones | Should -BeNullOrEmpty
        @(Get-VMClone).Count | Should -Be $before
    }

    It 'reports refusals with -WhatIf' {
        New-VMClone golden golden -WhatIf -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed | Should -Be 'VMCloneTargetIsSource'
    }

    It 'says what it would do' {
        $script = "Import-Module '$(Get-TestModulePath)'; New-VMClone golden what-2 -WhatIf -KubeConfig '$(Get-TestKubeConfig)' -Namespace $script:Namespace"
        Invoke-TestShell -Command $script |
            Should -BeLike "What if: Clone VM 'golden' to 'what-2' in namespace '$script:Namespace' in the cluster *"
    }
}

Describe 'Running the same call again' {
    It 'makes nothing twice in one batch' {
        $first = New-VMClone golden again-1 -Batch again -Wait -Timeout 5m
        $second = New-VMClone golden again-1 -Batch again -Wait -Timeout 5m
        $second.Uid | Should -Be $first.Uid
    }

    It 'is an error in another batch, unless told to skip' {
        New-VMClone golden again-1 -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed | Should -Be 'VMCloneTargetExists'
        New-VMClone golden again-1, again-2 -SkipExisting -ErrorVariable skipped -ErrorAction SilentlyContinue | Should -HaveCount 1
        $skipped | Should -BeNullOrEmpty
    }
}

Describe 'Waiting' {
    It 'removes clone objects that are done with -PurgeOnSuccess; the machines stay' {
        $clones = New-VMClone golden purge-1, purge-2 -Wait -PurgeOnSuccess -Batch purge -Timeout 5m
        $clones.Count | Should -Be 2
        Get-VMClone -Batch purge | Should -BeNullOrEmpty
        (Get-VM purge-*).Count | Should -Be 2
    }

    It 'leaves the created ones alone when it is stopped, and names them' -Tag Sandbox {
        $config = Get-TestKubeConfig
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript(@"
                Import-Module '$(Get-TestModulePath)'
                1..3000 | New-VMClone -SourceName golden -TargetName { "stopped-`$_" } -Batch stopped -Wait -ThrottleLimit 1 -KubeConfig '$config' -Namespace $script:Namespace
"@)
            $running = $shell.BeginInvoke()
            $null = Wait-TestState { @(Get-VMClone -Batch stopped).Count -ge 3 }
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            # A second is what people are promised; the rest is for a machine that runs every suite at once.
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
            $running.IsCompleted | Should -BeTrue
            $left = @(Get-VMClone -Batch stopped).Count
            $left | Should -BeGreaterThan 0
            $left | Should -BeLessThan 3000
            "$($shell.Streams.Information)" | Should -Match '^\d+ of 3000 clones were created; see Get-VMClone -Batch stopped$'
        }
        finally { $shell.Dispose() }
    }

    It 'shows one bar with at most three below it, and takes all of them away' {
        $config = Get-TestKubeConfig
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript(@"
                Import-Module '$(Get-TestModulePath)'
                New-VMClone golden -Count 8 -NamePattern 'bar-{0}' -Wait -Timeout 5m -KubeConfig '$config' -Namespace $script:Namespace
"@)
            $null = $shell.Invoke()
            $records = @($shell.Streams.Progress)
            $parents = @($records | Where-Object ParentActivityId -eq -1)
            ($parents.ActivityId | Select-Object -Unique) | Should -HaveCount 1
            $parents[0].Activity | Should -Be 'Cloning golden → 8 VMs'
            $parents[0].StatusDescription | Should -Match '^\d+/8 ready'
            $parents[-1].RecordType | Should -Be 'Completed'
            $children = @($records | Where-Object ParentActivityId -ne -1)
            @($children.ActivityId | Select-Object -Unique).Count | Should -BeLessOrEqual 3
            foreach ($child in $children | Group-Object ActivityId) { $child.Group[-1].RecordType | Should -Be 'Completed' }
        }
        finally { $shell.Dispose() }
    }
}
