BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden
    $script:Clone = New-VMClone golden seen -Batch views -Wait -For Bound -Timeout 5m
    function Show($Object, [string] $Format = 'Format-Table', [hashtable] $With = @{}) {
        $old = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try { ($Object | & $Format @With | Out-String -Width 300).Trim() } finally { $PSStyle.OutputRendering = $old }
    }
}
AfterAll { Stop-TestCluster }

Describe 'Views' {
    It 'shows machines as kubectl does' {
        $text = Show (Get-VM golden)
        $text | Should -Match 'Name\s+Age\s+Status\s+Ready'
        $text | Should -Match 'Ready\s+Cpu\s+Memory\s+IpAddress\s+Node'
        $text | Should -Match 'golden\s+\S+\s+Stopped\s+False\s+\d+\s+64Mi'
        $text | Should -Match "Namespace: $script:Namespace"
    }

    It 'leads with the target and the state of a clone' {
        $text = Show $script:Clone
        $text | Should -Match 'Target\s+State\s+Age\s+Source\s+Message'
        $text | Should -Match 'seen\s+Bound\s+\S+\s+golden'
        $text | Should -Not -Match $script:Clone.Name
    }

    It 'never cuts a name of 32 characters at <_> columns' -ForEach 60, 80, 100, 120 {
        $name = 'a-name-of-thirty-two-characters1'
        $clone = New-VMClone golden $name -Wait -For Bound -Timeout 5m
        $old = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try {
            $clone | Out-String -Width $_ | Should -Match "(?m)^$name Bound"
            Get-VM $name | Out-String -Width $_ | Should -Match "(?m)^$name "
            ($clone | Out-String -Width $_) -split '\r?\n' | ForEach-Object Length | Should -Not -BeGreaterThan $_
            if ($_ -ge 80) { $clone | Out-String -Width $_ | Should -Match 'golden' }
        }
        finally {
            $PSStyle.OutputRendering = $old
            $clone | Remove-VMClone -IncludeTarget -Confirm:$false
        }
    }

    It 'says that a clone waits for its first start' {
        New-TestDiskVM -Name late -StorageClass (Get-TestStorageClass WaitForFirstConsumer)
        # Its own volume has to be there before it can be cloned.
        Start-VM late -Wait -Timeout 5m
        Stop-VM late -Wait -Timeout 5m -Confirm:$false
        $made = New-VMClone late late-clone -Method Clone -Wait -Timeout 5m
        $made = @($made) + @(New-VMClone late late-restore -Method Restore -Wait -Timeout 5m) + @(New-VMClone late late-direct -Method Direct -Wait -Timeout 5m)
        foreach ($clone in $made | Get-VMClone) {
            $clone.State | Should -Be 'Succeeded' -Because $clone.Method
            $clone.Message | Should -Be 'waits for first start' -Because $clone.Method
        }
        Show (Get-VMClone late-clone) | Should -Match 'late-clone\s+Succeeded\s+\S+\s+late\s+waits for first start'
        $made | Remove-VMClone -IncludeTarget -Force -Confirm:$false
    }

    It 'has a wider table for clones' {
        Show $script:Clone -With @{ View = 'VMCloneWide' } | Should -Match "Name\s+Duration\s+Method\s+Batch(?s).*$($script:Clone.Name)"
    }

    It 'has a list and a wide view' {
        Show $script:Clone 'Format-List' | Should -Match '(?s)TargetName\s*: seen.*SourceName\s*: golden.*Phase\s*: Succeeded.*Batch\s*: views'
        Show $script:Clone 'Format-Wide' | Should -Be 'seen'
        Show (Get-VM golden) 'Format-List' | Should -Match '(?s)Memory\s*: 64Mi.*Uid'
    }

    It 'hides what is only for scripts' {
        ($script:Clone | Get-Member).Name | Should -Contain 'Phase'
        Show $script:Clone 'Format-List' | Should -Not -Match 'Raw|Request'
    }

    It 'colours the phase with $PSStyle only, so that it can be turned off' {
        $old = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            ($script:Clone | Format-Table | Out-String) | Should -Match ([regex]::Escape($PSStyle.Foreground.Green) + 'Bound')
            $PSStyle.OutputRendering = 'PlainText'
            ($script:Clone | Format-Table | Out-String) | Should -Not -Match "`e"
        }
        finally { $PSStyle.OutputRendering = $old }
    }

    It 'shows the records of a file alike' {
        $script:Clone | Export-Clixml (Join-Path $TestDrive 'view.xml')
        Show (Import-Clixml (Join-Path $TestDrive 'view.xml')) | Should -Match 'seen\s+Bound'
    }

    It 'shows times alike in Constrained Language, where no method can be called' {
        $script = "Import-Module '$(Get-TestModulePath)'; `$given = @{ KubeConfig = '$(Get-TestKubeConfig)'; Namespace = '$script:Namespace' }; " +
            "`$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'; Get-VM golden @given | Format-List; Get-VM golden @given | Format-Table; Get-VMClone seen @given | Format-Table; Get-VMClone seen @given | Format-List; `"Errors: `$(`$Error.Count)`""
        $shown = (Invoke-TestShell -Command $script) -join "`n" -replace '\e\[[\d;]*m'
        [regex]::Matches($shown, '(?<!\S)\d+[smhdy](\d+[smhd])?(?!\S)').Count | Should -BeGreaterOrEqual 4 -Because $shown
        $shown | Should -Not -Match '\d\d:\d\d:\d\d\.\d'
        $shown | Should -Match 'Errors: 0'
    }

    It 'makes types that scripts can name' {
        $script:Clone -is [KubeVirtClone.VMClone] | Should -BeTrue
        [KubeVirtClone.VMClonePhase]::Succeeded | Should -Be $script:Clone.Phase
    }
}
