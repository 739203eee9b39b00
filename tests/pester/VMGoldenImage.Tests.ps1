BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestDiskVM -Name build01, keeper
    function Get-ErrorId($Failed) { ($Failed[0].FullyQualifiedErrorId -split ',')[0] }
    $script:Quiet = @{ WarningAction = 'SilentlyContinue' }
}
AfterAll { Stop-TestCluster }

Describe 'Golden images' {
    It 'works as written: New-VMGoldenImage -SourceName build01 -Name ubuntu-24.04 -StopSource -RemoveSource' {
        $image = New-VMGoldenImage -SourceName build01 -Name ubuntu-24.04 -StopSource -RemoveSource -WarningVariable warned @script:Quiet
        $image | Should -BeOfType KubeVirtClone.VMGoldenImage
        $image.Version | Should -Be '1'
        $image.Ready | Should -BeTrue
        $image.SourceName | Should -Be 'build01'
        "$warned" | Should -Match 'machine-id'
        Get-VM build01 -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It "works as written: New-VMClone -GoldenImage ubuntu-24.04 -Count 10 -NamePattern 'node-{0}' -Batch lab7" {
        $null = New-VMClone -GoldenImage ubuntu-24.04 -Count 10 -NamePattern 'node-{0}' -Batch lab7 -Wait -Timeout 60s
        (Get-VM node-*).Count | Should -Be 10
        (Get-VMClone -Batch lab7).Method | Sort-Object -Unique | Should -Be 'Restore'
    }

    It 'lists name, version, size, disks and what was made of it' {
        $image = Get-VMGoldenImage ubuntu-24.04
        $image.Disk | Should -Be 'root'
        $image.Size | Should -Be 1GB
        $image.Machine | Should -HaveCount 10
        $image.IsDefault | Should -BeTrue
        $old = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try { $image | Format-Table | Out-String -Width 200 | Should -Match '(?s)Name\s+Version\s+Ready\s+Size.*ubuntu-24.04\s+1\*\s+True\s+1 GiB\s+root\s+build01\s+\S+\s+10\s+0' }
        finally { $PSStyle.OutputRendering = $old }
    }

    It 'counts versions up; the name alone means the newest, -ImageVersion that one' {
        $null = Get-VM keeper | New-VMGoldenImage -Name ubuntu-24.04 -Description 'second' @script:Quiet
        (Get-VMGoldenImage ubuntu-24.04).Version | Should -Be '2', '1'
        (Get-VMGoldenImage ubuntu-24.04 -Version 2).Description | Should -Be 'second'
        (Get-VM keeper).Name | Should -Be 'keeper'
        $newest = New-VMClone -GoldenImage ubuntu-24.04 -TargetName of-two -Wait -Timeout 60s
        $newest.SourceName | Should -Be (Get-VMGoldenImage ubuntu-24.04 -Version 2).SnapshotName
        $first = New-VMClone -GoldenImage ubuntu-24.04 -ImageVersion 1 -TargetName of-one -Wait -Timeout 60s
        $first.SourceName | Should -Be (Get-VMGoldenImage ubuntu-24.04 -Version 1).SnapshotName
    }

    It 'clones an image that is piped in' {
        (Get-VMGoldenImage ubuntu-24.04 -Version 1 | New-VMClone -TargetName piped -Wait -Timeout 60s).TargetName | Should -Be 'piped'
    }

    It 'gives an error for an image or version that does not exist' {
        Get-VMGoldenImage nobody -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed | Should -Be 'GoldenImageNotFound'
        New-VMClone -GoldenImage ubuntu-24.04 -ImageVersion 9 -TargetName never -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed | Should -Be 'GoldenImageNotFound'
        $failed[0].TargetObject.GoldenImage | Should -Be 'ubuntu-24.04'
    }

    It 'refuses what can never be cloned' {
        New-TestDiskVM -Name sealed -Domain @{ firmware = @{ bootloader = @{ efi = @{ persistent = $true; secureBoot = $false } } } }
        New-VMGoldenImage -SourceName sealed -Name sealed -ErrorVariable failed -ErrorAction SilentlyContinue @script:Quiet
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMCloneSourceUnsupported,KubeVirtClone.Commands.NewVMGoldenImageCommand'
    }

    It 'makes and removes nothing with -WhatIf' {
        New-VMGoldenImage -SourceName keeper -Name rehearsed -RemoveSource -WhatIf
        Remove-VMGoldenImage ubuntu-24.04 -WhatIf
        Get-VMGoldenImage rehearsed -ErrorAction Ignore | Should -BeNullOrEmpty
        (Get-VMGoldenImage ubuntu-24.04).Count | Should -Be 2
    }

    It 'refuses to remove an image that a machine still needs, until -Force' -Tag Node {
        New-TestDiskVM -Name late -StorageClass (Get-TestStorageClass WaitForFirstConsumer) -RunStrategy Always
        $image = New-VMGoldenImage -SourceName late -Name late -StopSource @script:Quiet
        $null = $image | New-VMClone -TargetName waits -Method Restore -Wait -Timeout 60s @script:Quiet
        Remove-VMGoldenImage late -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed | Should -Be 'GoldenImageInUse'
        "$($failed[0])" | Should -Match 'waits'
        Remove-VMGoldenImage late -Force -Confirm:$false
        Get-VMGoldenImage late -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'prunes with -KeepVersion, and removes what is piped in' {
        Remove-VMGoldenImage ubuntu-24.04 -KeepVersion 1 -Confirm:$false
        (Get-VMGoldenImage ubuntu-24.04).Version | Should -Be '2'
        Get-VMGoldenImage | Remove-VMGoldenImage -Confirm:$false
        Get-VMGoldenImage | Should -BeNullOrEmpty
    }

    It 'needs to be told which' {
        { Remove-VMGoldenImage } | Should -Throw -ErrorId 'VMGoldenImageSelectionMissing,*'
        { New-VMGoldenImage x } | Should -Throw -ErrorId 'VMSelectionMissing,*'
    }
}
