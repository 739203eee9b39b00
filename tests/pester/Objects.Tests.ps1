BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    $script:Names = 'golden', 'web-1', 'web-2', 'web-3', 'web-4'
    New-TestVM -Name $script:Names
    $script:B = if (-not $env:KUBEVIRTCLONE_TEST_KUBECONFIG) { Start-TestNeighbour $script:Names }
    $script:AtB = @{ KubeConfig = $script:B; Namespace = $script:Namespace }
    function Test-VM([string] $Name, [hashtable] $At = @{}) { [bool](Get-VM $Name @At -ErrorAction SilentlyContinue) }
}
AfterAll { Stop-TestNeighbour; Stop-TestCluster }

Describe 'An object of another cluster' -Tag Sandbox {
    It 'says which cluster it is of, in no view by itself, and out of a file too' {
        $here = (Get-VM web-1).Cluster
        $there = Get-VM web-1 @AtB
        $here.Uid | Should -Not -BeNullOrEmpty
        $there.Cluster.Uid | Should -Not -Be $here.Uid
        $there.Cluster.Server | Should -Match '^https?://127\.0\.0\.1:\d+$'
        ($there | Out-String) + ($there | Format-List | Out-String) | Should -Not -Match 'Cluster'
        ($there | Select-Object Name, Cluster).Cluster.Uid | Should -Be $there.Cluster.Uid
        $file = Join-Path $TestDrive 'vm.xml'
        $there | Export-Clixml $file
        (Import-Clixml $file).Cluster.Uid | Should -Be $there.Cluster.Uid
    }

    It 'is removed, started and stopped there, over the connection it was read by' {
        Get-VM web-2 @AtB | Remove-VM -Confirm:$false
        Test-VM web-2 | Should -BeTrue
        Test-VM web-2 $AtB | Should -BeFalse
        Get-VM web-1 @AtB | Start-VM -Wait -Timeout 5m
        (Get-VM web-1).Status | Should -Be 'Stopped'
        Get-VM web-1 @AtB | Stop-VM -Wait -Timeout 5m -GracePeriod 0 -PassThru | ForEach-Object { $_.Cluster.Uid } | Should -Be (Get-VM web-1 @AtB).Cluster.Uid
    }

    It 'is read again, and snapshotted, there' {
        (Get-VM web-1 @AtB | Get-VM).Cluster.Uid | Should -Be (Get-VM web-1 @AtB).Cluster.Uid
        Get-VM web-1 @AtB | New-VMSnapshot -Name there -Wait -Timeout 5m | Out-Null
        Get-VMSnapshot there -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        New-VMSnapshot web-1 there -Wait -Timeout 5m | Out-Null
        Get-VMSnapshot there @AtB | Wait-VMSnapshot -Timeout 5m | Remove-VMSnapshot -Confirm:$false
        Get-VMSnapshot there | Should -Not -BeNullOrEmpty
        Get-VMSnapshot there @AtB -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'is removed there when it is a golden image' {
        New-VMGoldenImage img -SourceName golden -WarningAction SilentlyContinue | Out-Null
        New-VMGoldenImage img -SourceName golden @AtB -WarningAction SilentlyContinue | Out-Null
        (Get-VMGoldenImage img @AtB | Get-VMGoldenImage).Cluster.Uid | Should -Not -Be (Get-VMGoldenImage img).Cluster.Uid
        Get-VMGoldenImage img @AtB | Remove-VMGoldenImage -Confirm:$false
        Get-VMGoldenImage img | Should -Not -BeNullOrEmpty
        Get-VMGoldenImage img @AtB -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'is cloned there: machines, snapshots, images and clones' {
        Get-VM golden @AtB | New-VMClone -TargetName of-vm -Wait -Timeout 5m | ForEach-Object { $_.Cluster.Uid } | Should -Be (Get-VM golden @AtB).Cluster.Uid
        New-VMSnapshot golden base -Wait -Timeout 5m @AtB | New-VMClone -TargetName of-snapshot -Wait -Timeout 5m | Out-Null
        New-VMGoldenImage base -SourceName golden @AtB -WarningAction SilentlyContinue | New-VMClone -TargetName of-image -Wait -Timeout 5m | Out-Null
        New-VMClone golden first -Wait -Timeout 5m @AtB | New-VMClone -TargetName of-clone -Wait -Timeout 5m | Out-Null
        foreach ($name in 'of-vm', 'of-snapshot', 'of-image', 'of-clone') {
            Test-VM $name | Should -BeFalse
            Test-VM $name $AtB | Should -BeTrue
        }

        Get-VM golden @AtB | Test-VMClone -TargetName of-vm | Where-Object Code -eq VMCloneTargetExists | Should -Not -BeNullOrEmpty
        Get-VM golden @AtB | New-VMClone -TargetName nowhere -KubeConfig (Get-TestKubeConfig) -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'ClusterMismatch'
        Test-VM nowhere | Should -BeFalse
    }

    It 'is acted on as whoever read it' {
        $failed = $null
        try { Get-VM golden -Context viewer@sandbox @AtB | New-VMClone -TargetName by-viewer -Wait -ErrorVariable failed -ErrorAction SilentlyContinue } catch { $failed = @($_) }
        Get-TestErrorId $failed[0] | Should -Be 'ApiForbidden'
        Test-VM by-viewer $AtB | Should -BeFalse
    }

    It 'is waited for, compared, measured, diagnosed and removed there when it is a clone' {
        $clone = New-VMClone golden waited @AtB
        ($clone | Wait-VMClone -Timeout 5m).Phase | Should -Be 'Succeeded'
        $clone | Compare-VMClone -Quiet | Should -BeTrue
        ($clone | Measure-VMClone).TargetName | Should -Be 'waited'
        ($clone | Debug-VMClone).Health | Should -Not -Be 'Failed'
        ($clone | Get-VMClone).Cluster.Uid | Should -Be $clone.Cluster.Uid
        $clone | Remove-VMClone -IncludeTarget -Confirm:$false -Force
        Test-VM waited $AtB | Should -BeFalse
    }

    It 'is refused, with both clusters named, where the command line names another' {
        Get-VM web-3 @AtB | Remove-VM -KubeConfig (Get-TestKubeConfig) -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'ClusterMismatch'
        "$($failed[0])" | Should -Match ([regex]::Escape((Get-VM web-3 @AtB).Cluster.Server))
        "$($failed[0])" | Should -Match ([regex]::Escape((Get-VM web-3).Cluster.Server))
        $failed[0].TargetObject.Uid | Should -Be (Get-VM web-3 @AtB).Uid
        Test-VM web-3 | Should -BeTrue
        Test-VM web-3 $AtB | Should -BeTrue
    }

    It 'is refused out of a file, which names no connection' {
        $file = Join-Path $TestDrive 'there.xml'
        Get-VM web-3 @AtB | Export-Clixml $file
        $read = Import-Clixml $file
        foreach ($act in { $read | Remove-VM -Confirm:$false @loud }, { $read | Stop-VM @loud }, { $read | New-VMSnapshot @loud }, { $read | Get-VM @loud }) {
            $failed = $null
            $loud = @{ ErrorVariable = 'failed'; ErrorAction = 'SilentlyContinue' }
            . $act
            Get-TestErrorId $failed[0] | Should -Be 'ClusterMismatch'
        }

        $read | Remove-VM @AtB -Confirm:$false
        Test-VM web-3 | Should -BeTrue
        Test-VM web-3 $AtB | Should -BeFalse
    }

    It 'goes with others: each at its cluster' {
        (Get-VM web-4), (Get-VM web-4 @AtB) | Start-VM -Wait -Timeout 5m
        (Get-VM web-4).Status | Should -Be 'Running'
        (Get-VM web-4 @AtB).Status | Should -Be 'Running'
        (Get-VM web-4), (Get-VM web-4 @AtB) | Stop-VM -GracePeriod 0 -Wait -Timeout 5m
    }

    It 'is named with its cluster by -WhatIf, and one of the session is not' {
        $script = @'
            Import-Module '{0}'; $null = Connect-KubeVirt -KubeConfig '{1}' -Namespace {2}
            Get-VM web-1 -KubeConfig '{3}' -Namespace {2} | Remove-VM -WhatIf; Get-VM web-1 | Remove-VM -WhatIf
'@ -f (Get-TestModulePath), (Get-TestKubeConfig), $script:Namespace, $script:B
        $lines = @(Invoke-TestShell -Command $script)
        $lines[0] | Should -Match ([regex]::Escape((Get-VM web-1 @AtB).Cluster.Server))
        $lines[1] | Should -Not -Match 'cluster'
    }
}

Describe 'An object is the one it was read as' {
    It 'is in its own namespace: a parameter that says another is an error of that item' -Tag Sandbox {
        foreach ($act in { Get-VM web-1 | Remove-VM -Namespace default -Confirm:$false @loud }, { Get-VM web-1 | Get-VM -Namespace default @loud },
            { Get-VM web-1 | New-VMSnapshot -Namespace default @loud }, { Get-VM web-1 | New-VMGoldenImage other -Namespace default @loud },
            { Get-VM web-1 | New-VMClone -TargetName other -Namespace default @loud }, { Get-VM web-1 | Test-VMClone -Namespace default @loud }) {
            $failed = $null
            $loud = @{ ErrorVariable = 'failed'; ErrorAction = 'SilentlyContinue' }
            . $act
            Get-TestErrorId $failed[0] | Should -Be 'NamespaceMismatch'
            "$($failed[0])" | Should -Match $script:Namespace
        }

        Test-VM web-1 | Should -BeTrue
    }

    It 'is left alone, and told apart, when another has its name now' {
        New-TestVM -Name twin
        $old = Get-VM twin
        $gone = @((Get-VM web-1), $old)
        Remove-VM twin -Confirm:$false
        New-TestVM -Name twin
        foreach ($act in { $old | Remove-VM -Confirm:$false @loud }, { $old | Start-VM @loud }, { $old | New-VMSnapshot @loud }, { $old | New-VMGoldenImage twin @loud },
            { $old | New-VMClone -TargetName of-twin @loud }, { $old | New-VMClone -TargetName of-twin -SkipPreflight @loud }, { $old | New-VMClone -TargetName of-twin -TargetNamespace default @loud },
            { $old | Get-VM @loud }, { $gone | Compare-VMClone -SourceName golden -Quiet @loud }) {
            $failed = $null
            $loud = @{ ErrorVariable = 'failed'; ErrorAction = 'SilentlyContinue' }
            . $act | Out-Null
            Get-TestErrorId $failed[0] | Should -Be 'VMReplaced'
            "$($failed[0])" | Should -Match 'replaced by another of its name'
        }

        (Get-VM twin).Uid | Should -Not -Be $old.Uid
        ($old | Test-VMClone -TargetName of-twin).Code | Should -Contain 'VMReplaced'
        Test-VM of-twin | Should -BeFalse
    }

    It 'is the machine a clone made, and not another that took its name' {
        $clone = New-VMClone golden made -Wait -Timeout 5m
        Remove-VM made -Confirm:$false
        New-TestVM -Name made
        $clone | Remove-VM -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMReplaced'
        Test-VM made | Should -BeTrue
        $clone | Get-VM -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'holds for snapshots and clones' {
        New-VMSnapshot web-1 same -Wait -Timeout 5m | Out-Null
        $snapshot = Get-VMSnapshot same
        $snapshot | Remove-VMSnapshot -Confirm:$false
        New-VMSnapshot web-1 same -Wait -Timeout 5m | Out-Null
        $snapshot | Remove-VMSnapshot -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMSnapshotReplaced'
        Get-VMSnapshot same | Should -Not -BeNullOrEmpty

        $clone = New-VMClone golden again -Wait -Timeout 5m -Batch again
        $clone | Remove-VMClone -IncludeTarget -Confirm:$false
        New-VMClone golden again -Wait -Timeout 5m -Batch again | Out-Null
        $clone | Remove-VMClone -IncludeTarget -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMCloneReplaced'
        Test-VM again | Should -BeTrue
    }
}

Describe 'A new runspace, thread job or job' -Tag Sandbox {
    BeforeAll {
        $script:Module = Get-TestModulePath
        $script:Act = { param($module, $name) Import-Module $module; try { New-VMClone golden $name -ErrorAction Stop; 'made' } catch { ($_.FullyQualifiedErrorId -split ',')[0] } }
        $null = Connect-KubeVirt -KubeConfig (Get-TestKubeConfig) -Context viewer@sandbox -Namespace $script:Namespace
    }
    AfterAll { $null = Connect-KubeVirt -KubeConfig (Get-TestKubeConfig) -Namespace $script:Namespace }

    It 'acts as whoever started it, in that cluster and namespace' {
        $text = "$script:Act"
        $ids = @(
            1, 2 | ForEach-Object -Parallel { & ([scriptblock]::Create($using:text)) $using:Module "run-$_" }
            Start-ThreadJob { & ([scriptblock]::Create($using:text)) $using:Module run-3 } | Receive-Job -Wait -AutoRemoveJob
        )
        $ids | Should -Be 'ApiForbidden', 'ApiForbidden', 'ApiForbidden'
        (1 | ForEach-Object -Parallel { Import-Module $using:Module; Get-VM golden }).Namespace | Should -Be $script:Namespace
    }

    It 'acts so in a process of its own too, unless sessions here had chosen more than one cluster' {
        $text = "$script:Act"
        Start-Job { & ([scriptblock]::Create($using:text)) $using:Module run-4 } | Receive-Job -Wait -AutoRemoveJob | Should -Be 'ConnectionUnclear'
        $script = @'
            Import-Module '{0}'; $null = Connect-KubeVirt -KubeConfig '{1}' -Context viewer@sandbox -Namespace {2}
            Start-Job {{ Import-Module '{0}'; (Get-VM golden).Namespace; try {{ New-VMClone golden run-5 -ErrorAction Stop }} catch {{ ($_.FullyQualifiedErrorId -split ',')[0] }} }} | Receive-Job -Wait
            # A program that is no job finds its cluster as kubectl does.
            $env:KUBECONFIG = '/nonexistent'; & ([Environment]::ProcessPath) $(if ([Environment]::ProcessPath -match 'dotnet') {{ Join-Path $PSHOME pwsh.dll }}) -NoProfile -Command "Import-Module '{0}'; try {{ Get-VM golden -ErrorAction Stop }} catch {{ 'refused' }}"
'@ -f $script:Module, (Get-TestKubeConfig), $script:Namespace
        @(Invoke-TestShell -Command $script) | Should -Be $script:Namespace, 'ApiForbidden', 'refused'
    }

    It 'can choose for itself, which nobody else sees' {
        1 | ForEach-Object -Parallel {
            Import-Module $using:Module
            $null = Connect-KubeVirt -KubeConfig $using:B
            (Get-VM golden -Namespace $using:Namespace).Cluster.Server
        } | Should -Be (Get-VM golden @AtB).Cluster.Server
        (Get-VM golden).Cluster.Server | Should -Not -Be (Get-VM golden @AtB).Cluster.Server
    }

    It 'asks which cluster is meant where nothing tells who started it' {
        # No flow, as in a program that runs each script on a thread of its own.
        $flow = [Threading.ExecutionContext]::SuppressFlow()
        try {
            $shell = [powershell]::Create([runspacefactory]::CreateRunspace())
            $shell.Runspace.Open()
            $result = $shell.AddScript("$script:Act").AddArgument($script:Module).AddArgument('lost').BeginInvoke()
        }
        finally { $flow.Undo() }
        $shell.EndInvoke($result) | Should -Be 'ConnectionUnclear'
        $shell.Commands.Clear()
        $shell.AddScript('param($config, $ns) (Get-VM golden -KubeConfig $config -Namespace $ns).Name').AddArgument((Get-TestKubeConfig)).AddArgument($script:Namespace).Invoke() | Should -Be 'golden'
        $shell.Runspace.Dispose()
        $shell.Dispose()
    }
}

Describe 'The records of a call that failed' -Tag Sandbox {
    BeforeAll {
        function Get-Asked($Failed) { @($Failed.TargetObject | Where-Object { $_ } | ForEach-Object TargetName | Sort-Object) }
        function Add-Fault([hashtable] $Rule) { Invoke-TestApi -Method Post -Path /sandbox/faults -Body $Rule }
    }
    AfterEach { Invoke-TestApi -Method Delete -Path /sandbox/faults | Out-Null }

    It 'are all in -ErrorVariable, each once, when the whole call ends' {
        $viewer = @{ KubeConfig = Get-TestKubeConfig; Context = 'viewer@sandbox'; Namespace = $script:Namespace }
        $script = {
            param($viewer)
            'e-1', 'e-2', 'e-3' | New-VMClone -SourceName golden @viewer -ErrorVariable failed -ErrorAction SilentlyContinue 2>$null
            $failed
        }
        # Outside of any try, where a terminating error ends its statement only.
        $shell = [powershell]::Create()
        $failed = $shell.AddScript("Import-Module '$(Get-TestModulePath)'").AddStatement().AddScript("$script").AddArgument($viewer).Invoke()
        $shell.Dispose()
        Get-Asked $failed | Should -Be 'e-1', 'e-2', 'e-3'
        @($failed.TargetObject | Where-Object { $_ }).Count | Should -Be 3
    }

    It 'ask once although they come twice' {
        function Invoke-All { [CmdletBinding()] param($To) 'w-1', 'w-2' | New-VMClone -SourceName golden @To }
        $failed = $null
        try { Invoke-All -To @{ KubeConfig = Get-TestKubeConfig; Context = 'viewer@sandbox'; Namespace = $script:Namespace } -ErrorVariable failed -ErrorAction SilentlyContinue } catch { $null = $_ }
        $failed.TargetObject | New-VMClone -KubeConfig (Get-TestKubeConfig) -Context admin@sandbox -Wait -Timeout 5m -ErrorVariable again -ErrorAction SilentlyContinue |
            ForEach-Object TargetName | Sort-Object | Should -Be 'w-1', 'w-2'
        $again | Should -BeNullOrEmpty
    }

    It 'go on where they were when a deadline cut them off, and are not made twice' {
        $rule = Add-Fault @{ kind = 'StorageOutOfSnapshots' }
        New-TestDiskVM -Name slow
        $made = @('d-1', 'd-2' | New-VMClone -SourceName slow -Wait -Timeout 20 -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue)
        @($made.TargetName) + (Get-Asked $failed) | Sort-Object | Should -Be 'd-1', 'd-2'
        @($failed).Count | Should -Be 2
        Invoke-TestApi -Method Delete -Path /sandbox/faults | Out-Null
        $again = @($failed.TargetObject | New-VMClone -Wait -Timeout 10m -ErrorVariable left -ErrorAction SilentlyContinue -WarningAction SilentlyContinue)
        $left | Should -BeNullOrEmpty
        $again.TargetName | Sort-Object | Should -Be 'd-1', 'd-2'
        @(Get-VM d-*).Count | Should -Be 2
    }

    It 'come back each once under faults of the server, and the same again makes what is missing' {
        $null = Add-Fault @{ kind = 'InternalError'; verb = 'create'; resource = 'virtualmachineclones'; count = 400 }
        $made = @('f-1', 'f-2', 'f-3', 'f-4' | New-VMClone -SourceName golden -Method Clone -Wait -Timeout 10s -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue)
        @($made.TargetName) + (Get-Asked $failed) | Sort-Object | Should -Be 'f-1', 'f-2', 'f-3', 'f-4'
        Invoke-TestApi -Method Delete -Path /sandbox/faults | Out-Null
        $failed.TargetObject | New-VMClone -Wait -Timeout 5m | Out-Null
        @(Get-VM f-*).Count | Should -Be 4
    }

    It 'come back each once when the server goes away in the middle, and go on in their batch' {
        $shell = [powershell]::Create([runspacefactory]::CreateRunspace())
        $shell.Runspace.Open()
        $result = $shell.AddScript({
            param($module, $vm)
            Import-Module $module
            $box = Start-KubeVirtSandbox -ClockFactor 20 -VM $vm
            # Without -Timeout those that are waited for when it goes would be waited for until it is back.
            $seen = @(1..20 | New-VMClone -SourceName golden -NamePattern 'g-{0:d2}' -Method Clone -ThrottleLimit 4 -Wait -Timeout 20s -ErrorVariable failed -ErrorAction SilentlyContinue 2>$null |
                ForEach-Object { if ($box) { (Get-Process -Id $box.ProcessId).Kill(); $box = $null }; $_.TargetName })
            , $seen
            , @($failed.TargetObject | Where-Object { $_ })
            Stop-KubeVirtSandbox
        }).AddArgument((Get-TestModulePath)).AddArgument(@(@{ Name = 'golden' })).Invoke()
        $shell.Runspace.Dispose()
        $shell.Dispose()
        $result[0].Count | Should -BeGreaterThan 0
        $all = @($result[0]) + @($result[1] | ForEach-Object TargetName)
        $all.Count | Should -Be 20
        @($all | Sort-Object -Unique).Count | Should -Be 20
        @($result[1].Batch | Sort-Object -Unique).Count | Should -Be 1
    }

    It 'come back each once, also those that were never reached, and can be piped back in' {
        $viewer = @{ KubeConfig = Get-TestKubeConfig; Context = 'viewer@sandbox'; Namespace = $script:Namespace }
        $failed = [Collections.Generic.List[object]]::new()
        $made = try { 'r-1', 'r-2', 'r-3' | New-VMClone -SourceName golden @viewer -ErrorVariable +failed -ErrorAction SilentlyContinue } catch { $failed = @($_) }
        $made | Should -BeNullOrEmpty
        @($failed.TargetObject | ForEach-Object { "$($_.SourceName)>$($_.TargetName)" }) | Should -Be 'golden>r-1', 'golden>r-2', 'golden>r-3'
        $failed.TargetObject | New-VMClone -KubeConfig (Get-TestKubeConfig) -Context admin@sandbox -Wait -Timeout 5m | ForEach-Object TargetName | Sort-Object | Should -Be 'r-1', 'r-2', 'r-3'
    }

    It 'come back when there is no connection at all' {
        $nowhere = Join-Path $TestDrive 'nowhere.yaml'
        (Get-Content -Raw (Get-TestKubeConfig)) -replace 'server: .*', 'server: http://127.0.0.1:1' | Set-Content $nowhere
        try { 'n-1', 'n-2' | New-VMClone -SourceName golden -KubeConfig $nowhere -Namespace $script:Namespace -ErrorAction Stop } catch { $failed = $_ }
        @($failed.TargetObject | ForEach-Object TargetName) | Should -Be 'n-1', 'n-2'
        $failed.TargetObject | New-VMClone -Wait -Timeout 5m | ForEach-Object TargetName | Sort-Object | Should -Be 'n-1', 'n-2'
    }
}
