<# Clones of another size, type or place than their source: parameters, columns and options alike. #>
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    $script:Class = Get-TestStorageClass
    New-TestVM -Name golden
    New-TestDiskVM -Name disked

    function Get-Domain([string] $Name) { (Get-VM $Name).Raw.spec.template.spec.domain }
    function Get-Claim([string] $Name) {
        $claims = (Get-VM $Name).Raw.spec.template.spec.volumes.persistentVolumeClaim.claimName
        $claims | Where-Object { $_ } | ForEach-Object { Get-TestObject "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims/$_" }
    }
}
AfterAll { Stop-TestCluster }

Describe 'CPU and memory' {
    It 'are what <Form> asks for' -ForEach @(
        @{ Form = 'parameters'; Name = 'by-parameter'; Make = { New-VMClone golden $args[0] -Cpu 4 -Memory 3Gi -Wait -Timeout 5m } }
        @{ Form = 'numbers as PowerShell reads them'; Name = 'by-number'; Make = { New-VMClone golden $args[0] -Cpu 4 -Memory 3GB -Wait -Timeout 5m } }
        @{ Form = 'a row'; Name = 'by-row'; Make = { "SourceName,TargetName,NumCpu,Memory`ngolden,$($args[0]),4,3072Mi" | ConvertFrom-Csv | New-VMClone -Wait -Timeout 5m } }
        @{ Form = 'the command line'; Name = 'by-option'; Make = { Invoke-TestCli new golden $args[0] --cpu 4 --memory 3Gi --wait --timeout 5m 2>&1 } }
    ) {
        $null = & $Make $Name
        $domain = Get-Domain $Name
        $domain.cpu.cores | Should -Be 4
        $domain.memory.guest | Should -Be 3Gi
    }

    It 'are not taken from a machine that is piped in' {
        $clone = Get-VM golden | New-VMClone -TargetName plain -Wait -Timeout 5m
        $clone.Asked | Should -BeNullOrEmpty
    }

    It 'are told by the clone' {
        (New-VMClone golden told -Cpu 1 -Memory 2Gi -Wait -Timeout 5m).Asked | Should -Be '1 CPU, 2Gi'
        (Get-VMClone | Where-Object TargetName -eq told).Asked | Should -Be '1 CPU, 2Gi'
    }

    It 'are refused when they are none, and by Test-VMClone as well' {
        $null = New-VMClone golden bad -Memory 8 -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'VMCloneSizeInvalid,*'
        $failed[0].ErrorDetails.RecommendedAction | Should -BeLike '*8Gi*'
        (Test-VMClone golden bad -Instancetype none-such | Where-Object Severity -eq Error).Code | Should -Be 'VMInstancetypeNotFound'
    }
}

Describe 'Disks' {
    It 'are what <Form> asks for' -ForEach @(
        @{ Form = 'one value'; Name = 'disk-value'; Make = { New-VMClone disked $args[0] -DiskSize 5Gi -StorageClass $script:Class -Wait -For Bound -Timeout 5m } }
        @{ Form = 'a number'; Name = 'disk-number'; Make = { New-VMClone disked $args[0] -DiskSize 5GB -Wait -For Bound -Timeout 5m } }
        @{ Form = 'a text in PowerShell units'; Name = 'disk-unit'; Make = { New-VMClone disked $args[0] -DiskSize @{ root = '5GB' } -Wait -For Bound -Timeout 5m } }
        @{ Form = 'a table'; Name = 'disk-table'; Make = { New-VMClone disked $args[0] -DiskSize @{ root = '5Gi' } -Wait -For Bound -Timeout 5m } }
        @{ Form = 'a row'; Name = 'disk-row'; Make = { "SourceName,TargetName,DiskSize,StorageClass`ndisked,$($args[0]),root=5Gi,$script:Class" | ConvertFrom-Csv | New-VMClone -Wait -For Bound -Timeout 5m } }
        @{ Form = 'the command line'; Name = 'disk-option'; Make = { Invoke-TestCli new disked $args[0] --disk-size root=5Gi --storage-class $script:Class --wait --for bound --timeout 5m 2>&1 } }
    ) {
        $null = & $Make $Name
        $claim = Get-Claim $Name
        $claim.spec.resources.requests.storage | Should -Be 5Gi
        $claim.status.capacity.storage | Should -Be 5Gi
    }

    It 'that KubeVirt makes like the source''s grow by <Form>' -ForEach @(
        @{ Form = 'method Restore'; Name = 'grown-restore'; Make = { New-VMClone disked $args[0] -DiskSize 5Gi -Method Restore -Wait -For Bound -Timeout 5m } }
        @{ Form = 'method Clone'; Name = 'grown-clone'; Make = { New-VMClone disked $args[0] -DiskSize 5Gi -Method Clone -Wait -For Bound -Timeout 5m } }
        @{ Form = 'the command line, that does not wait'; Name = 'grown-option'; Make = { Invoke-TestCli new disked $args[0] --disk-size root=5Gi --method restore 2>&1 } }
    ) {
        $null = & $Make $Name
        (Get-Claim $Name).spec.resources.requests.storage | Should -Be 5Gi
        $clone = Get-VMClone | Where-Object TargetName -eq $Name | Wait-VMClone -For Bound -Timeout 5m
        $clone.State | Should -Be 'Bound'
        $clone.Asked | Should -BeLike '* 5Gi'
        Wait-TestState { (Get-Claim $Name).status.capacity.storage -eq '5Gi' }
        (Test-VMClone disked would-grow -DiskSize 5Gi -Method Restore | Where-Object Code -eq 'DiskGrowth').Severity | Should -Be 'Information'
    }

    It 'are compared with what was asked, by method <Method>' -ForEach @(@{ Method = 'Direct' }, @{ Method = 'Restore' }) {
        $compared = "compared-$($Method.ToLowerInvariant())"
        $null = New-VMClone disked $compared -DiskSize 6Gi -Method $Method -Wait -For Bound -Timeout 5m
        $difference = Compare-VMClone $compared | Where-Object Path -eq 'claim[root].capacity'
        $difference.TargetValue | Should -Be 6Gi
        $difference.Expected | Should -BeTrue
        Compare-VMClone $compared | Where-Object { -not $_.Expected } | Should -BeNullOrEmpty
    }

    It 'that cannot be had are refused before anything is made: <Code>' -ForEach @(
        @{ Code = 'VMCloneDiskUnsupported'; Parameters = @{ DiskSize = '10Mi' } }
        @{ Code = 'VMCloneDiskUnsupported'; Parameters = @{ DiskSize = @{ other = '10Gi' } } }
        @{ Code = 'StorageClassMissing'; Parameters = @{ StorageClass = 'none-such' } }
        @{ Code = 'VMCloneDiskUnsupported'; Parameters = @{ StorageClass = $null; Method = 'Restore' } }
    ) {
        if ($Parameters.ContainsKey('StorageClass') -and -not $Parameters.StorageClass) { $Parameters.StorageClass = $script:Class }
        $before = @(Get-VMSnapshot).Count
        $null = New-VMClone disked refused @Parameters -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike "$Code,*"
        $failed[0].TargetObject.TargetName | Should -Be refused
        @(Get-VMSnapshot).Count | Should -Be $before
        (Test-VMClone disked refused @Parameters | Where-Object Severity -eq Error).Code | Should -Contain $Code
    }

    It 'of what failed are asked for again' {
        $null = New-VMClone disked again -DiskSize 10Mi -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].TargetObject.DiskSize['*'] | Should -Be 10Mi
        $failed[0].TargetObject.DiskSize['*'] = '7Gi'
        ($failed[0].TargetObject | New-VMClone -Wait -For Bound -Timeout 5m).Asked | Should -Be 'disks 7Gi'
        (Get-Claim again).status.capacity.storage | Should -Be 7Gi
    }
}

Describe 'Completion' {
    It 'offers storage classes and modes' {
        $line = "New-VMClone golden x -StorageClass $($script:Class.Substring(0, 2))"
        $found = { [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText }
        # What comes later than a Tab may take is there at the next.
        foreach ($try in 1..20) { if (($offered = & $found) -contains $script:Class) { break } }
        $offered | Should -Contain $script:Class
        $line = 'New-VMClone golden x -AccessMode ReadWriteM'
        & $found | Should -Be 'ReadWriteMany'
    }
}

Describe 'What becomes of disks when their machine is removed' {
    It 'is what <Form> asks for: they stay' -ForEach @(
        @{ Form = 'a parameter'; Name = 'stay-parameter'; Make = { New-VMClone disked $args[0] -VolumeOwnershipPolicy None -Wait -For Bound -Timeout 5m } }
        @{ Form = 'a row'; Name = 'stay-row'; Make = { "SourceName,TargetName,VolumeOwnershipPolicy`ndisked,$($args[0]),none" | ConvertFrom-Csv | New-VMClone -Wait -For Bound -Timeout 5m } }
        @{ Form = 'the command line'; Name = 'stay-option'; Make = { Invoke-TestCli new disked $args[0] --volume-ownership-policy none --wait --for bound --timeout 5m 2>&1 } }
    ) {
        $null = & $Make $Name
        (Get-VMClone | Where-Object TargetName -eq $Name).Asked | Should -Be 'disks stay'
        $claim = (Get-Claim $Name).metadata.name
        Compare-VMClone $Name | Where-Object { -not $_.Expected } | Should -BeNullOrEmpty
        $null = Remove-VMClone $Name -IncludeTarget -Confirm:$false -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -HaveCount 1
        $warned[0] | Should -BeLike "*$claim*stays*"
        Get-VM $Name -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        (Get-TestObject "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims/$claim").status.phase | Should -Be Bound
    }

    It 'is said in the shell too when they stay' {
        $null = New-VMClone disked stay-shell -VolumeOwnershipPolicy None -Wait -For Bound -Timeout 5m
        $claim = (Get-Claim stay-shell).metadata.name
        $said = Invoke-TestCli remove stay-shell --include-target --yes 2>&1
        "$said" | Should -BeLike "*$claim*stays*--volume-ownership-policy None*"
    }

    It 'cannot be said of method Clone: refused before anything is made, and by Test-VMClone as well' {
        $null = New-VMClone disked refused -VolumeOwnershipPolicy None -Method Clone -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'VMCloneFieldUnsupported,*'
        $failed[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Method Direct*'
        (Test-VMClone disked refused -VolumeOwnershipPolicy None -Method Clone | Where-Object Severity -eq Error).Code | Should -Be 'VMCloneFieldUnsupported'
        Get-VM refused -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }
}
