BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden -Label @{ app = 'web'; 'secret/key' = 'x' }
    New-TestVM -Name other -Label @{ app = 'db' }
    $script:Clones = New-VMClone golden same-1, same-2 -LabelFilter '*', '!secret/*' -Batch same -Wait -For Bound -Timeout 5m

    # What somebody does to a clone later.
    function Set-TestVM([string] $Name, [hashtable] $Change) {
        $path = "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines/$Name"
        if ($env:KUBEVIRTCLONE_TEST_KUBECONFIG) { $null = Invoke-TestKubectl patch vm $Name -n $script:Namespace --type merge -p (ConvertTo-Json $Change -Depth 20 -Compress) }
        else { $null = Invoke-TestApi -Method Patch -Path $path -Body $Change -ContentType 'application/merge-patch+json' }
    }
}
AfterAll { Stop-TestCluster }

Describe 'Compare-VMClone' {
    It 'finds in a clone only what was asked for or must differ' {
        $differences = $script:Clones[0] | Compare-VMClone
        $differences | ForEach-Object { $_ | Should -BeOfType KubeVirtClone.VMCloneDifference; $_.Reason | Should -Not -BeNullOrEmpty }
        $differences.Expected | Should -Not -Contain $false
        $differences.Path | Should -Contain 'metadata.labels.secret/key'
        $differences.Area | Should -Contain 'Firmware'
        ($differences | Where-Object Path -eq 'metadata.labels.secret/key').SourceValue | Should -Be 'x'
        ($differences | Where-Object Path -eq 'metadata.labels.secret/key').TargetValue | Should -BeNullOrEmpty
    }

    It 'is a bool with -Quiet, for one and for a batch' {
        $script:Clones[0] | Compare-VMClone -Quiet | Should -BeTrue
        Compare-VMClone -Batch same -Quiet | Should -BeTrue
        @(Compare-VMClone -Batch same -Quiet).Count | Should -Be 1
    }

    It 'finds what was changed since, first' {
        $changed = New-VMClone golden changed-1 -Batch changed -Wait -For Bound -Timeout 5m
        Set-TestVM changed-1 @{ metadata = @{ labels = @{ app = 'mail' } }; spec = @{ template = @{ spec = @{ domain = @{ memory = @{ guest = '128Mi' } } } } } }
        $differences = $changed | Compare-VMClone
        $differences[0].Expected | Should -BeFalse
        $found = $differences | Where-Object Expected -eq $false
        $found.Area | Sort-Object | Should -Be 'Labels', 'Memory'
        ($found | Where-Object Area -eq Memory).SourceValue | Should -Be '64Mi'
        ($found | Where-Object Area -eq Memory).TargetValue | Should -Be '128Mi'
        $changed | Compare-VMClone -Quiet | Should -BeFalse
    }

    It 'takes machines, whose clone it finds' {
        (Get-VM same-2 | Compare-VMClone).TargetName | Select-Object -Unique | Should -Be 'same-2'
        Compare-VMClone -TargetName same-1, same-2 -Quiet | Should -BeTrue
    }

    It 'takes of what is piped in only what -TargetName says' {
        foreach ($piped in $script:Clones, (Get-VM same-*), $script:Clones.Name) {
            @($piped).Count | Should -BeGreaterThan 1
            ($piped | Compare-VMClone -TargetName same-2).TargetName | Select-Object -Unique | Should -Be 'same-2'
            ($piped | Compare-VMClone -TargetName other-*, *-1).TargetName | Select-Object -Unique | Should -Be 'same-1'
            $piped | Compare-VMClone -TargetName golden | Should -BeNullOrEmpty
        }
        (Compare-VMClone -InputObject (Get-VM same-1) -TargetName same-1).TargetName | Select-Object -Unique | Should -Be 'same-1'
        Get-VMClone none-* | Compare-VMClone -TargetName same-1 | Should -BeNullOrEmpty
    }

    It 'compares with a source that is named, where the clone object is gone' {
        $clone = New-VMClone golden purged-1 -Wait -For Bound -Timeout 5m
        $clone | Remove-VMClone -Confirm:$false
        Compare-VMClone -TargetName purged-1 -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        ($failed[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'VMCloneNotFound'
        Compare-VMClone -TargetName purged-1 -SourceName golden -Quiet | Should -BeTrue
        Compare-VMClone -TargetName purged-1 -SourceName other -Quiet | Should -BeFalse
        # The record still tells what it was made of.
        $clone | Compare-VMClone -Quiet | Should -BeTrue
    }

    It 'is false with -Quiet when a machine is not there' {
        Compare-VMClone -TargetName nobody -SourceName golden -Quiet -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeFalse
        ($failed[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'VMNotFound'
    }

    It 'needs to be told what to compare, and with one source' {
        { Compare-VMClone } | Should -Throw -ErrorId 'VMCloneSelectionMissing,*'
        { Compare-VMClone -TargetName same-1 -SourceName golden -Snapshot x } | Should -Throw -ErrorId 'VMCloneSourceGivenTwice,*'
        Get-VMClone none-* | Compare-VMClone | Should -BeNullOrEmpty
    }

    It 'tells what the clone is known by, in the list view too' -Tag Sandbox {
        $null = New-VMClone golden known-1 -MacAddress @{ default = '02:00:00:00:00:11' } -SmbiosSerial SN-11 -Batch known -Start -Wait -For Running -Timeout 5m
        $difference = Compare-VMClone known-1 | Select-Object -First 1
        $vm = Get-VM known-1
        $difference.TargetMacAddress -replace '-', ':' | Should -Be '02:00:00:00:00:11'
        $difference.TargetSerial | Should -Be 'SN-11'
        $difference.TargetUuid | Should -Not -BeNullOrEmpty
        $difference.TargetUuid | Should -Be $vm.Raw.spec.template.spec.domain.firmware.uuid
        $difference.TargetIpAddress | Should -Not -BeNullOrEmpty
        "$($difference.TargetIpAddress)" | Should -Be "$($vm.IpAddress)"
        $text = $difference | Format-List | Out-String -Width 200
        foreach ($value in 'SN-11', $difference.TargetUuid, $vm.IpAddress[0]) { $text | Should -Match ([regex]::Escape($value)) }
    }

    It 'shows a table for each clone' {
        $old = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'PlainText'
            $text = $script:Clones[0] | Compare-VMClone | Out-String -Width 200
            $text | Should -Match "Clone: $($script:Clones[0].TargetName) \(clone of golden\)"
            $text | Should -Match 'Expected\s+Path\s+Source\s+Target\s+Reason'
        }
        finally { $PSStyle.OutputRendering = $old }
    }
}
