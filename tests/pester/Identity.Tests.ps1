BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden -Label @{ app = 'test'; 'backup/policy' = 'daily' } -Annotation @{ note = 'hello'; 'ovn.kubernetes.io/ip_address' = '10.0.0.1' }
    function Get-ErrorId($Failed) { ($Failed[0].FullyQualifiedErrorId -split ',')[0] }
    function Get-Spec([string] $Name) { (Get-VM $Name).Raw.spec }
}
AfterAll { Stop-TestCluster }

Describe 'What a clone is to be, by <_>' -ForEach 'Clone', 'Restore' {
    BeforeAll { $script:How = @{ Method = $_; Wait = $true; Timeout = '60s' }; $script:Suffix = "$_".ToLowerInvariant() }

    It 'has the host name, labels, annotations and run strategy asked for' {
        $clone = New-VMClone golden "id-$script:Suffix" -Hostname web01 -Label @{ tier = 'web' } -Annotation @{ text = 'a:b,c "d"' } -RunStrategy Manual @script:How
        $clone.Method | Should -Be $_
        $vm = Get-VM "id-$script:Suffix"
        $vm.Raw.spec.template.spec.hostname | Should -Be 'web01'
        $vm.Labels['tier'] | Should -Be 'web'
        $vm.Annotations['text'] | Should -Be 'a:b,c "d"'
        $vm.RunStrategy | Should -Be 'Manual'
    }

    It 'goes without what is excluded' {
        $null = New-VMClone golden "ex-$script:Suffix" -ExcludeLabel 'backup/*' -ExcludeAnnotation 'no*' @script:How
        $vm = Get-VM "ex-$script:Suffix"
        $vm.Labels.Keys | Should -Contain 'app'
        $vm.Labels.Keys | Should -Not -Contain 'backup/policy'
        $vm.Annotations.Keys | Should -Not -Contain 'note'
    }

    It 'goes without what a network put there' {
        $null = New-VMClone golden "net-$script:Suffix" -NetworkPreset KubeOvn @script:How
        (Get-VM "net-$script:Suffix").Annotations.Keys | Should -Not -Contain 'ovn.kubernetes.io/ip_address'
    }

    It 'has made-up addresses, every one another' {
        $null = New-VMClone golden "m1-$script:Suffix", "m2-$script:Suffix" -NewMacAddress Generate @script:How
        $macs = (Get-VM "m1-$script:Suffix", "m2-$script:Suffix").MacAddress
        $macs | Should -HaveCount 2
        $macs | Sort-Object -Unique | Should -HaveCount 2
        # Locally administered, and no group address.
        $macs | ForEach-Object { [Convert]::ToInt32($_.Substring(0, 2), 16) -band 3 | Should -Be 2 }
    }

    It 'goes without labels and network' {
        $null = New-VMClone golden "wo-$script:Suffix" -Without Labels, Network @script:How
        $vm = Get-VM "wo-$script:Suffix"
        $vm.Interface | Should -BeNullOrEmpty
        $vm.Labels.Keys | Should -Not -Contain 'app'
    }
}

Describe 'Other ways to say it' {
    It 'starts clones with -Start' -Tag Node {
        $null = New-VMClone golden started -Start -Wait -For Running -Timeout 60s
        (Get-VM started).Status | Should -Be 'Running'
    }

    It 'takes it from columns of a table' {
        $rows = "SourceName,TargetName,Hostname,Label,RunStrategy`ngolden,col-1,one,tier=a;zone=b,Manual`ngolden,col-2,,," | ConvertFrom-Csv
        $null = $rows | New-VMClone -Wait -Timeout 60s
        (Get-Spec col-1).template.spec.hostname | Should -Be 'one'
        (Get-VM col-1).Labels['zone'] | Should -Be 'b'
        (Get-VM col-1).RunStrategy | Should -Be 'Manual'
        (Get-VM col-2).RunStrategy | Should -Be 'Halted'
    }

    It 'does not take the run strategy of the machine that is piped in' -Tag Node {
        New-TestVM -Name running
        Start-VM running -Wait -Timeout 60s
        $null = Get-VM running | New-VMClone -TargetName of-running -Wait -Timeout 60s -WarningAction SilentlyContinue
        (Get-VM of-running).RunStrategy | Should -Be 'Halted'
        Stop-VM running -GracePeriod 0
    }

    It 'refuses what cannot be, with the reason, and lets it be tried again' {
        New-VMClone golden bad-host -Hostname 'Not A Host' -Label @{ a = 'b' } -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed | Should -Be 'VMCloneNameInvalid'
        $null = $failed.TargetObject | New-VMClone -Hostname good -Wait -Timeout 60s
        (Get-Spec bad-host).template.spec.hostname | Should -Be 'good'
        (Get-VM bad-host).Labels['a'] | Should -Be 'b'
    }

    It 'writes no manifest that would make another clone' {
        New-VMClone golden never -Hostname x -AsManifest -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Get-ErrorId $failed | Should -Be 'ManifestNeedsSource'
    }

    It 'says which way Auto takes' {
        $verbose = New-VMClone golden -Count 9 -NamePattern 'auto-{0}' -Wait -Timeout 60s -Verbose 4>&1
        ($verbose | Where-Object { $_ -is [KubeVirtClone.VMClone] }).Method | Sort-Object -Unique | Should -Be 'Restore'
        (New-VMClone golden auto-one -Wait -Timeout 60s).Method | Should -Be 'Clone'
    }
}
