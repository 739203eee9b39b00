BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestDiskVM -Name build01
    $script:Image = New-VMGoldenImage lab -SourceName build01 -WarningAction SilentlyContinue
    $script:Other = "$Namespace-b"
    New-TestObject -Path '/api/v1/namespaces' -Object @{ apiVersion = 'v1'; kind = 'Namespace'; metadata = @{ name = $Other } }
}
AfterAll {
    if ($env:KUBEVIRTCLONE_TEST_KUBECONFIG) { Invoke-TestKubectl delete namespace $Other --wait=false | Out-Null }
    Stop-TestCluster
}

Describe 'Copy-VMGoldenImage' {
    It 'says what stands in the way, and makes nothing, with -WhatIf' {
        Copy-VMGoldenImage lab -Destination $Other -WhatIf | Should -BeNullOrEmpty
        Get-VMGoldenImage lab -Namespace $Other -ErrorAction Ignore | Should -BeNullOrEmpty
        Copy-VMGoldenImage lab -Destination nowhere-at-all -WhatIf -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Match '^NamespaceNotFound'
    }

    It 'publishes an image, of which machines are made there' {
        $copy = Copy-VMGoldenImage lab -Destination $Other -Timeout 120s
        $copy | Should -BeOfType KubeVirtClone.VMGoldenImage
        $copy.Namespace | Should -Be $Other
        $copy.Version | Should -Be $Image.Version
        $copy.CopyOf | Should -Be "$Namespace/$($Image.SnapshotName)"
        (Get-VMGoldenImage lab).CopyNamespace | Should -Be $Other
        $made = New-VMClone -GoldenImage lab -Namespace $Other -Count 2 -NamePattern 'first-{0}' -Wait -For Bound -Timeout 120s
        $made.TargetName | Sort-Object | Should -Be 'first-1', 'first-2'
        Get-VM -Namespace $Other | ForEach-Object Name | Sort-Object | Should -Be 'first-1', 'first-2'
    }

    It 'keeps a copy that is there' {
        $before = (Get-VMGoldenImage lab -Namespace $Other).Uid
        (Get-VMGoldenImage lab | Copy-VMGoldenImage -Destination $Other).Uid | Should -Be $before
    }

    It 'refuses an image that is piped in and named too' {
        Get-VMGoldenImage lab | Copy-VMGoldenImage -Name other -Destination nowhere-at-all -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMCloneSourceGivenTwice,KubeVirtClone.Commands.CopyVMGoldenImageCommand'
    }

    It 'gives one error for each namespace that cannot take it' {
        $copies = Copy-VMGoldenImage lab -Destination nowhere-1, $Other, nowhere-2 -ErrorVariable failed -ErrorAction SilentlyContinue
        $copies.Namespace | Should -Be $Other
        $failed | Should -HaveCount 2
    }
}

Describe 'New-VMClone -TargetNamespace' {
    It 'makes clones of a machine there, and leaves nothing of the way' {
        $made = Get-VM build01 | New-VMClone -TargetNamespace $Other -TargetName moved -Wait -For Bound -Timeout 120s
        $made.Namespace | Should -Be $Other
        # Of a stopped machine a few need nothing brought.
        $made.Method, $made.SourceName, $made.SourceNamespace | Should -Be 'DataVolume', 'build01', $Namespace
        $made | Compare-VMClone -Quiet | Should -BeTrue
        Compare-VMClone moved -Namespace $Other -Quiet | Should -BeTrue
        (Debug-VMClone moved -Namespace $Other).Code | Should -Be 'Completed'
        (Get-VM moved -Namespace $Other).Name | Should -Be 'moved'
        Get-VM moved -ErrorAction Ignore | Should -BeNullOrEmpty
        (Get-VMSnapshot).Name | Should -Be $Image.SnapshotName
    }

    It 'takes the namespace from a column, and the source from another namespace' {
        $rows = "SourceName,TargetName,TargetNamespace`nbuild01,row-1,$Other`nbuild01,row-2," | ConvertFrom-Csv
        ($rows | New-VMClone -Wait -Timeout 120s).Namespace | Sort-Object | Should -Be (@($Namespace, $Other) | Sort-Object)
        (New-VMClone -GoldenImage lab -SourceNamespace $Namespace -Namespace $Other -TargetName of-image -Wait -Timeout 120s).Namespace | Should -Be $Other
    }

    It 'is refused once for all of a source, before anything is made, and Test-VMClone says the same' {
        $failed = $null
        New-VMClone build01 -TargetNamespace nowhere-at-all -Count 3 -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed | Should -HaveCount 3
        $failed[0].FullyQualifiedErrorId | Should -Match '^NamespaceNotFound'
        (Test-VMClone build01 -TargetNamespace nowhere-at-all -Count 3 | Where-Object Severity -eq Error).Code | Should -Be 'NamespaceNotFound'
        Test-VMClone build01 -TargetNamespace $Other -TargetName free -Quiet | Should -BeTrue
        (Test-VMClone build01 -TargetNamespace $Other -TargetName moved).Code | Should -Contain 'VMCloneTargetExists'
    }
}

Describe '-HandOver' {
    It 'brings a machine there by its snapshots, and says before what it takes' {
        Test-VMClone build01 -TargetNamespace $Other -TargetName handed -HandOver -Quiet | Should -BeTrue
        $made = New-VMClone build01 -TargetNamespace $Other -TargetName handed -HandOver -Wait -For Bound -Timeout 120s
        $made.Namespace | Should -Be $Other
        # Nothing is copied from claims, and nothing is left of the way.
        $made.Method | Should -Not -Be 'DataVolume'
        (Get-VMSnapshot).Name | Should -Be $Image.SnapshotName
        New-VMClone build01 -TargetNamespace $Other -TargetName both -HandOver -Method DataVolume -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed[0].ErrorDetails.RecommendedAction | Should -Match 'Leave -Method out, or -HandOver'
    }

    It 'is refused where it would come to nothing, as -CopySecrets is' {
        foreach ($idle in @{ HandOver = $true }, @{ CopySecrets = $true }) {
            { New-VMClone build01 idle @idle -ErrorAction Stop } | Should -Throw -ErrorId 'TransferInvalid*' -ExpectedMessage 'No clone is to be in another namespace than its source*'
            { Test-VMClone build01 idle @idle -ErrorAction Stop } | Should -Throw -ErrorId 'TransferInvalid*'
            { New-VMClone build01 idle -TargetNamespace $Other -AsManifest @idle -ErrorAction Stop } | Should -Throw -ErrorId 'TransferInvalid*' -ExpectedMessage '*is in no manifest.'
        }
        Get-VM idle -ErrorAction Ignore | Should -BeNullOrEmpty
    }
}

Describe 'The source of a clone in another namespace' {
    It 'is what was asked for, whatever it was brought there as' {
        (Get-VMSnapshot -Namespace $Other | Where-Object Name -like 'build01-shared-*') | Should -BeNullOrEmpty
        $found = Get-VMClone -Namespace $Other -SourceName build01 | Where-Object TargetName -eq handed
        $found.SourceKind, $found.SourceNamespace | Should -Be 'VirtualMachine', $Namespace
        (Get-VMClone -Namespace $Other -SourceName lab).TargetName | Should -Contain 'of-image'
        $found | Compare-VMClone -Quiet | Should -BeTrue
        ($found | Compare-VMClone)[0].SourceNamespace | Should -Be $Namespace
        ($found | Compare-VMClone -SourceName build01 -SourceNamespace $Namespace)[0].SourceName | Should -Be 'build01'
        $found | Compare-VMClone -SourceName build01 -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -Match '^VMNotFound'
        { $found | Compare-VMClone -SourceNamespace $Namespace -ErrorAction Stop } | Should -Throw -ErrorId 'VMCloneSourceMissing*'
    }
}

Describe 'Remove-VMGoldenImage and copies' {
    It 'names the copies that stay, shows where they are, and takes them with -IncludeCopies' {
        (Get-VMGoldenImage lab | Out-String -Width 120) | Should -Match "copied to $Other"
        (Get-VMGoldenImage lab -Namespace $Other | Out-String -Width 120) | Should -Match "$Namespace/lab"
        Remove-VMGoldenImage lab -WhatIf -WarningVariable stays -WarningAction SilentlyContinue
        "$stays" | Should -Match "$Namespace/lab:1 has a copy in $Other, which stays when it is removed; -IncludeCopies"
        Remove-VMGoldenImage lab -IncludeCopies -Confirm:$false -WarningVariable stays
        $stays | Should -BeNullOrEmpty
        Get-VMGoldenImage lab -ErrorAction Ignore | Should -BeNullOrEmpty
        Get-VMGoldenImage lab -Namespace $Other -ErrorAction Ignore | Should -BeNullOrEmpty
    }
}
