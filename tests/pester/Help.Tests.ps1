BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    Import-Module (Get-TestModulePath) -Force
    $script:Cmdlets = @(Get-Command -Module KubeVirtClone -CommandType Cmdlet | ForEach-Object { @{ Name = $_.Name } })
    $script:Topics = @(Get-ChildItem (Join-Path $PSScriptRoot '../../docs/help/en-US/about_*.md') | ForEach-Object { @{ Topic = $_.BaseName } })
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    Import-Module (Get-TestModulePath) -Force

    function Get-Text([object] $Paragraphs) { (@($Paragraphs) | ForEach-Object { $_.Text }) -join ' ' }
}

Describe 'Help of <Name>' -ForEach $Cmdlets {
    BeforeAll {
        $script:Command = Get-Command "KubeVirtClone\$Name"
        $script:Help = Get-Help "KubeVirtClone\$Name" -Full
    }

    It 'says what the cmdlet does' {
        # Without a help file PowerShell makes the synopsis up of the syntax.
        $script:Help.Synopsis.Trim() | Should -Match '^[A-Z].*\.$'
        Get-Text $script:Help.description | Should -Not -BeNullOrEmpty
    }

    It 'describes each parameter, and no other' {
        $real = $script:Command.Parameters.Keys | Where-Object { $_ -notin [System.Management.Automation.Cmdlet]::CommonParameters }
        $described = @($script:Help.parameters.parameter)
        ($described.name | Sort-Object) -join ' ' | Should -Be (($real | Sort-Object) -join ' ')
        foreach ($parameter in $described | Where-Object { $_ }) { Get-Text $parameter.description | Should -Match '\w{2,}.*\.' -Because "-$($parameter.name) needs words" }
    }

    It 'has examples that parse, of commands and parameters that exist' {
        $examples = @($script:Help.examples.example)
        $examples.Count | Should -BeGreaterThan 0
        foreach ($example in $examples) {
            $example.code | Should -Not -BeNullOrEmpty
            Get-Text $example.remarks | Should -Not -BeNullOrEmpty -Because "'$($example.title)' says what it shows"
            $errors = $null
            $syntax = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty
            foreach ($call in $syntax.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $called = $call.GetCommandName()
                if ($called -eq 'kubectl') { continue }
                $command = Get-Command $called -ErrorAction Ignore
                $command | Should -Not -BeNullOrEmpty -Because "'$($example.title)' calls $called"
                foreach ($parameter in $call.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] }) {
                    { $command.ResolveParameter($parameter.ParameterName) } | Should -Not -Throw -Because "'$($example.title)' uses -$($parameter.ParameterName) of $called"
                }
            }
        }
    }

    It 'leads to its page' { $script:Command.HelpUri | Should -Match "/docs/help/en-US/$Name\.md$" }
}

Describe 'Get-Help' {
    It 'shows examples of New-VMClone as they are typed' {
        $text = Get-Help New-VMClone -Examples | Out-String -Width 200
        $text | Should -Match "Get-VM golden \| New-VMClone -Count 50 -NamePattern 'web-\{0:d3\}' -Wait"
        $text | Should -Not -Match '```'
    }

    It 'finds <Topic>' -ForEach $Topics {
        Get-Help $Topic | Out-String | Should -Match "# $Topic"
    }
}
