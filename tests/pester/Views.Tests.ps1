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
        $text | Should -Match 'golden\s+\S+\s+Stopped\s+False'
        $text | Should -Match "Namespace: $script:Namespace"
    }

    It 'shows clones with source, target and phase' {
        $text = Show $script:Clone
        $text | Should -Match 'Name\s+Source\s+Target\s+Phase\s+Age\s+Message'
        $text | Should -Match "$($script:Clone.Name)\s+golden\s+seen\s+Succeeded"
    }

    It 'has a wider table for clones' {
        Show $script:Clone -With @{ View = 'VMCloneWide' } | Should -Match 'Bound\s+Age\s+Duration\s+Method\s+Batch'
    }

    It 'has a list and a wide view' {
        Show $script:Clone 'Format-List' | Should -Match '(?s)SourceName\s*: golden.*Phase\s*: Succeeded.*Batch\s*: views'
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
            ($script:Clone | Format-Table | Out-String) | Should -Match ([regex]::Escape($PSStyle.Foreground.Green) + 'Succeeded')
            $PSStyle.OutputRendering = 'PlainText'
            ($script:Clone | Format-Table | Out-String) | Should -Not -Match "`e"
        }
        finally { $PSStyle.OutputRendering = $old }
    }

    It 'shows the records of a file alike' {
        $script:Clone | Export-Clixml (Join-Path $TestDrive 'view.xml')
        Show (Import-Clixml (Join-Path $TestDrive 'view.xml')) | Should -Match 'seen\s+Succeeded'
    }

    It 'makes types that scripts can name' {
        $script:Clone -is [KubeVirtClone.VMClone] | Should -BeTrue
        [KubeVirtClone.VMClonePhase]::Succeeded | Should -Be $script:Clone.Phase
    }
}
