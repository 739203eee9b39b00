<# The lines that the project promises, as users type them. #>
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden, web-a, web-b
}
AfterAll { Stop-TestCluster }

Describe 'Get-VM web-* | New-VMClone' {
    It 'makes one clone of each, with a name made up' {
        $clones = Get-VM web-* | New-VMClone
        $clones.Count | Should -Be 2
        $clones.SourceName | Sort-Object | Should -Be 'web-a', 'web-b'
        $clones.TargetName | ForEach-Object { $_ | Should -Match '^clone-web-[ab]-' }
        ($clones | Wait-VMClone -Timeout 5m).Phase | Select-Object -Unique | Should -Be 'Succeeded'
        (Get-VM $clones.TargetName).Count | Should -Be 2
    }

    It 'names them by a pattern with the source in it' {
        $clones = Get-VM web-[ab] | New-VMClone -NamePattern '{0}-copy'
        $clones.TargetName | Sort-Object | Should -Be 'web-a-copy', 'web-b-copy'
    }

    It 'names them by a script block' {
        $clones = Get-VM web-[ab] | New-VMClone -TargetName { "$($_.Name)-two" } -SmbiosSerial { "SN-$($_.Name)" }
        $clones.TargetName | Sort-Object | Should -Be 'web-a-two', 'web-b-two'
        $null = $clones | Wait-VMClone -Timeout 5m
        (Get-VM web-a-two).Raw.spec.template.spec.domain.firmware.serial | Should -Be 'SN-web-a'
    }
}

Describe 'Get-VM golden | New-VMClone -Count 50 -NamePattern ''web-{0:d3}'' -Wait' {
    It 'makes fifty and writes each when it is there' {
        $clones = Get-VM golden | New-VMClone -Count 50 -NamePattern 'web-{0:d3}' -Wait -Timeout 10m -ThrottleLimit 50
        $clones.Count | Should -Be 50
        $clones.Phase | Select-Object -Unique | Should -Be 'Succeeded'
        $clones.TargetName | Sort-Object | Select-Object -First 1 | Should -Be 'web-001'
        $clones.Batch | Select-Object -Unique | Should -HaveCount 1
        $clones.Duration | ForEach-Object { $_ | Should -BeGreaterOrEqual ([timespan]::Zero) }
        (Get-VM web-0*).Count | Should -Be 50
        (Get-VMClone -Batch $clones[0].Batch).Count | Should -Be 50
    }
}

Describe 'Import-Csv clones.csv | New-VMClone -Wait -ErrorVariable failed' {
    BeforeAll {
        $script:Csv = Join-Path $TestDrive 'clones.csv'
        Set-Content $script:Csv @'
SourceName,TargetName,SmbiosSerial,LabelFilter,MacAddress,VolumeNamePolicy
golden,csv-1,SN:1,"app;!secret/*",default=02:00:00:aa:00:01,
golden,csv-2,,,,PrefixTargetName
ghost,csv-3,,,,
golden,csv-4,,,default=nonsense,
golden,web-a,,,,
,csv-6,,,,
golden,csv-7,,app;*;!x,,
'@
        $script:Clones = Import-Csv $script:Csv | New-VMClone -Wait -Timeout 5m -ErrorVariable failed -ErrorAction SilentlyContinue
        $script:Failed = $failed
    }

    It 'gives the results in the order of the rows, however they end' {
        $names = 1..12 | ForEach-Object { "ordered-$_" }
        $rows = $names | ForEach-Object { [pscustomobject]@{ SourceName = 'web-a'; TargetName = $_ } }
        $made = $rows | New-VMClone -Wait -Timeout 5m
        $made.TargetName | Should -Be $names
    }

    It 'makes the rows that are right' {
        $script:Clones.TargetName | Sort-Object | Should -Be 'csv-1', 'csv-2', 'csv-7'
        (Get-VM csv-1).Raw.spec.template.spec.domain.firmware.serial | Should -Be 'SN:1'
        (Get-VM csv-1).MacAddress | ForEach-Object { $_ -replace '-', ':' } | Should -Be '02:00:00:aa:00:01'
    }

    It 'gives one error for each row that is wrong, with its id and category' {
        $found = $script:Failed | ForEach-Object { "$(($_.FullyQualifiedErrorId -split ',')[0]) $($_.CategoryInfo.Category)" } | Sort-Object
        $found | Should -Be @(
            'VMCloneMacInvalid InvalidArgument'
            'VMCloneSourceMissing InvalidArgument'
            'VMCloneTargetExists ResourceExists'
            'VMNotFound ObjectNotFound')
        foreach ($record in $script:Failed) {
            $record.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
            $record.TargetObject | Should -Not -BeNullOrEmpty
        }
    }

    It 'retries what failed once the cause is gone: $failed.TargetObject | New-VMClone' {
        New-TestVM -Name ghost
        $again = @($script:Failed | Where-Object FullyQualifiedErrorId -like 'VMNotFound,*').TargetObject | New-VMClone -Wait -Timeout 5m
        $again.TargetName | Should -Be 'csv-3'
        $again.SourceName | Should -Be 'ghost'
        $again.Phase | Should -Be 'Succeeded'
    }

    It 'asks for nothing again where nothing has failed' {
        $null = New-VMClone golden retry-none -ErrorVariable none -WhatIf
        $none.TargetObject | New-VMClone -ErrorVariable problems | Should -BeNullOrEmpty
        $problems | Should -BeNullOrEmpty
        { New-VMClone -ErrorAction Stop } | Should -Throw -ErrorId 'VMCloneSourceMissing,*'
    }

    It 'retries even what came out of a file: Export-Clixml, Import-Clixml' {
        $path = Join-Path $TestDrive 'failed.xml'
        @($script:Failed | Where-Object FullyQualifiedErrorId -like 'VMNotFound,*').TargetObject | Export-Clixml $path
        $again = Import-Clixml $path | New-VMClone -TargetName csv-3-again -Wait -Timeout 5m
        $again.TargetName | Should -Be 'csv-3-again'
        $again.SourceName | Should -Be 'ghost'
    }
}

Describe '1..20 | New-VMClone -SourceName golden -TargetName { "desk-$_" } | Wait-VMClone -For Bound' {
    It 'makes twenty and waits for all' {
        $clones = 1..20 | New-VMClone -SourceName golden -TargetName { "desk-$_" } | Wait-VMClone -For Bound -Timeout 10m
        $clones.Count | Should -Be 20
        $clones.Bound | Select-Object -Unique | Should -BeTrue
        $clones.TargetName | Should -Contain 'desk-20'
    }

    It 'takes numbers with a pattern too' {
        (3..4 | New-VMClone -SourceName golden -NamePattern 'num-{0:d2}').TargetName | Sort-Object | Should -Be 'num-03', 'num-04'
    }
}

Describe 'kubectl get vm -o json | ConvertFrom-Json' -Skip:(-not (Get-Command kubectl -ErrorAction Ignore)) {
    It 'goes into New-VMClone by its items' {
        $clones = Invoke-TestKubectl get vm web-a web-b -n $script:Namespace -o json | ConvertFrom-Json | ForEach-Object items |
            New-VMClone -NamePattern '{0}-json'
        $clones.TargetName | Sort-Object | Should -Be 'web-a-json', 'web-b-json'
    }

    It 'goes in as a whole list' {
        $clones = Invoke-TestKubectl get vm web-a web-b -n $script:Namespace -o json | ConvertFrom-Json | New-VMClone -NamePattern '{0}-list'
        $clones.TargetName | Sort-Object | Should -Be 'web-a-list', 'web-b-list'
    }

    It 'New-VMClone -AsManifest | kubectl create -f -' {
        New-VMClone -SourceName golden -TargetName made-1, made-2 -SmbiosSerial 'a:b,c' -MacAddress @{ default = '02:00:00:bb:00:01' } -Batch manifest -AsManifest |
            Invoke-TestKubectl create -n $script:Namespace -f - | Should -HaveCount 2
        $clones = Wait-VMClone -Batch manifest -Timeout 5m
        $clones.TargetName | Sort-Object | Should -Be 'made-1', 'made-2'
        (Get-VM made-2).Raw.spec.template.spec.domain.firmware.serial | Should -Be 'a:b,c'
    }
}

Describe 'Snapshots as sources' {
    BeforeAll {
        $path = "/apis/snapshot.kubevirt.io/v1beta1/namespaces/$script:Namespace/virtualmachinesnapshots"
        New-TestObject -Path $path -Object @{
            apiVersion = 'snapshot.kubevirt.io/v1beta1'; kind = 'VirtualMachineSnapshot'
            metadata   = @{ name = 'golden-snap'; namespace = $script:Namespace }
            spec       = @{ source = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'golden' } }
        }
        $script:Snapshot = Wait-TestState { Get-TestObject "$path/golden-snap" | Where-Object { $_.status.readyToUse } }
    }

    It 'are named by -Snapshot' {
        $clone = New-VMClone -Snapshot golden-snap -TargetName from-snap -Wait -Timeout 5m
        $clone.SourceKind | Should -Be 'VirtualMachineSnapshot'
        $clone.Phase | Should -Be 'Succeeded'
    }

    It 'are completed' {
        $line = 'New-VMClone -Snapshot gold'
        $limit = [Diagnostics.Stopwatch]::StartNew()
        do { $offers = [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches }
        until ($offers.CompletionText -contains 'golden-snap' -or $limit.Elapsed.TotalSeconds -gt 10)
        $offers.CompletionText | Should -Be 'golden-snap'
    }

    It 'come as JSON' {
        $clones = $script:Snapshot | New-VMClone -TargetName from-json
        $clones.SourceKind | Should -Be 'VirtualMachineSnapshot'
        $clones.SourceName | Should -Be 'golden-snap'
    }

    It 'come in a column of a table' {
        $rows = "SourceName,Snapshot,TargetName`n,golden-snap,row-1`ngolden,,row-2" | ConvertFrom-Csv
        ($rows | New-VMClone | Sort-Object TargetName).SourceKind | Should -Be 'VirtualMachineSnapshot', 'VirtualMachine'
    }

    It 'that do not exist are an error of the item' {
        New-VMClone -Snapshot nothing -TargetName never -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'VMSnapshotNotFound,*'
    }
}

Describe 'A clone that has failed' {
    It 'is asked for again when it is piped in, from JSON as well' {
        $json = @"
            { "apiVersion": "clone.kubevirt.io/v1beta1", "kind": "VirtualMachineClone",
              "metadata": { "name": "old", "namespace": "$script:Namespace" },
              "spec": { "source": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "golden" },
                        "target": { "apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "second-try" },
                        "labelFilters": ["*", "!secret/*"], "newSMBiosSerial": "s1" },
              "status": { "phase": "Failed" } }
"@
        $clone = $json | ConvertFrom-Json | New-VMClone
        $clone.TargetName | Should -Be 'second-try'
        $spec = (Get-TestClone $clone.Name).spec
        $spec.source.name | Should -Be 'golden'
        $spec.labelFilters | Should -Be '*', '!secret/*'
        $spec.newSMBiosSerial | Should -Be 's1'
    }
}

Describe 'Other shapes' {
    It 'takes tables: @{ SourceName = …; TargetName = … }' {
        (@{ SourceName = 'golden'; TargetName = 'from-table' } | New-VMClone).TargetName | Should -Be 'from-table'
    }

    It 'works in parallel runspaces, each with its own connection' -Tag Sandbox {
        $module = Get-TestModulePath; $config = Get-TestKubeConfig; $namespace = $script:Namespace
        $names = 1..4 | ForEach-Object -Parallel {
            Import-Module $using:module
            (New-VMClone golden "par-$_" -KubeConfig $using:config -Namespace $using:namespace).TargetName
        } -ThrottleLimit 4
        $names | Sort-Object | Should -Be 'par-1', 'par-2', 'par-3', 'par-4'
    }

    It 'takes names: ''web-a'' | New-VMClone' { ('web-a' | New-VMClone -TargetName by-name).SourceName | Should -Be 'web-a' }

    It 'takes a list of targets' {
        (New-VMClone -SourceName golden -TargetName list-1, list-2).TargetName | Sort-Object | Should -Be 'list-1', 'list-2'
    }

    It 'takes the records of Select-Object by property name' {
        (Get-VM web-a | Select-Object Name, Namespace | New-VMClone -NamePattern '{0}-sel').TargetName | Should -Be 'web-a-sel'
    }

    It 'takes a name made by Select-Object' {
        (Get-VM web-a | Select-Object Name, @{ n = 'TargetName'; e = { "$($_.Name)-calc" } } | New-VMClone).TargetName | Should -Be 'web-a-calc'
    }

    It 'takes a clone as the machine it makes' {
        $first = New-VMClone -SourceName golden -TargetName gen-1 -Wait -Timeout 5m
        $second = $first | New-VMClone -TargetName gen-2 -Wait -Timeout 5m
        $second.SourceName | Should -Be 'gen-1'
        ($second | Get-VM).Name | Should -Be 'gen-2'
    }

    It 'is named by its type when it is nothing that could be cloned, whatever properties it has' {
        [datetime]::UnixEpoch | New-VMClone -ErrorVariable failed -ErrorAction SilentlyContinue
        "$($failed[0])" | Should -Match 'DateTime'
    }

    It 'refuses another module''s VirtualMachine kindly, and goes on with the others' {
        $foreign = [pscustomobject]@{ Name = 'win11'; Id = [guid]::NewGuid() }
        $foreign.PSTypeNames.Insert(0, 'Microsoft.HyperV.PowerShell.VirtualMachine')
        $clones = $foreign, (Get-VM golden) | New-VMClone -NamePattern '{0}-kind' -ErrorVariable failed -ErrorAction SilentlyContinue
        $clones.TargetName | Should -Be 'golden-kind'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -Be 'ForeignVMObject,KubeVirtClone.Commands.NewVMCloneCommand'
        $failed[0].ErrorDetails.Message | Should -Match 'win11.*Microsoft\.HyperV'
        $failed[0].ErrorDetails.RecommendedAction | Should -Match 'KubeVirtClone\\Get-VM'
    }

    It 'stops early with Select-Object -First, leaving the rest unmade' {
        $first = 1..30 | New-VMClone -SourceName golden -TargetName { "early-$_" } -ThrottleLimit 1 | Select-Object -First 3
        $first.Count | Should -Be 3
        @(Get-VMClone | Where-Object TargetName -like 'early-*').Count | Should -BeLessThan 10
    }
}
