# What the tool does that people expect of one of its kind, row by row: each row is carried out here, and where another test goes deeper it is named. The table is
# printed at the end. A row that is only partly there says why.
BeforeDiscovery {
    $script:Rows = @(
        @{ N = 1; Feature = 'clone one VM in one command'; Run = { (New-VMClone golden r1 -Wait -Timeout 5m).Phase | Should -Be 'Succeeded' } }
        @{ N = 2; Feature = 'clone from snapshot'; Run = {
                $null = New-VMSnapshot disk before -Wait -Timeout 5m -WarningAction Ignore
                (New-VMClone -Snapshot before -TargetName r2 -Wait -Timeout 5m).SourceKind | Should -Be 'VirtualMachineSnapshot'
            }
        }
        @{ N = 3; Feature = 'many targets in one call'; Run = { (New-VMClone golden r3a, r3b).TargetName | Should -Be 'r3a', 'r3b' } }
        @{ N = 4; Feature = 'name pattern and count'; Run = { (New-VMClone golden -Count 2 -NamePattern 'r4-{0:d3}').TargetName | Should -Be 'r4-001', 'r4-002' } }
        @{ N = 5; Feature = 'CSV to clones by property name'; Run = {
                Set-Content (Join-Path $TestDrive rows.csv) "SourceName,TargetName,SmbiosSerial`ngolden,r5a,one`ngolden,r5b,two"
                (Import-Csv (Join-Path $TestDrive rows.csv) | New-VMClone).TargetName | Should -Be 'r5a', 'r5b'
            }
        }
        @{ N = 6; Feature = 'source objects from the pipeline'; Run = { (Get-VM golden | New-VMClone -TargetName r6).SourceName | Should -Be 'golden' } }
        @{ N = 7; Feature = "kubectl's parsed JSON"; Run = { ((Get-VM golden).Raw | ConvertTo-Json -Depth 30 | ConvertFrom-Json | New-VMClone -TargetName r7).SourceName | Should -Be 'golden' } }
        @{ N = 8; Feature = 'a foreign VM object is told apart'; Run = {
                $foreign = [pscustomobject]@{ PSTypeName = 'Microsoft.HyperV.PowerShell.VirtualMachine'; Name = 'golden' }
                { $foreign | New-VMClone -TargetName r8 -ErrorAction Stop } | Should -Throw -ErrorId 'ForeignVMObject,*'
            }
        }
        @{ N = 9; Feature = 'one shared snapshot for many clones'; Run = {
                $clones = New-VMClone disk r9a, r9b, r9c -Method Restore -Wait -Timeout 5m
                @($clones.SnapshotName | Sort-Object -Unique).Count | Should -Be 1
            }
        }
        @{ N = 10; Feature = 'preflight of sources, quota, storage, gate'; Run = { (Test-VMClone nobody r10).Severity | Should -Contain 'Error' } }
        @{ N = 11; Feature = 'all refusals of a batch at once'; Run = {
                $null = 'nobody', 'noone', 'golden' | New-VMClone -NamePattern '{1}-r11-{0}' -ErrorVariable failed -ErrorAction SilentlyContinue
                $failed.Count | Should -Be 2
            }
        }
        @{ N = 12; Feature = '-WhatIf'; Run = { New-VMClone golden r12 -WhatIf 6>$null; Get-VMClone -TargetName r12 | Should -BeNullOrEmpty } }
        @{ N = 13; Feature = '-WhatIf asks the server'; Run = { (New-VMClone golden r13 -WhatIf -Verbose 4>&1 6>$null) -join "`n" | Should -Match 'server would take' } }
        @{ N = 14; Feature = 'manifest instead of creating'; Run = { New-VMClone golden r14 -AsManifest | Should -Match 'kind: VirtualMachineClone' } }
        @{ N = 15; Feature = 'a record, not the raw answer'; Run = { New-VMClone golden r15 | Should -BeOfType KubeVirtClone.VMClone } }
        @{ N = 16; Feature = 'default table view'; Run = { Get-VMClone r1 | Out-String | Should -Match 'Target\s+State\s+Age\s+Source\s+Message' } }
        @{ N = 17; Feature = 'without waiting'; Run = { (New-VMClone disk r17).Phase | Should -Not -Be 'Succeeded' } }
        @{ N = 18; Feature = 'wait for many'; Run = { (New-VMClone golden r18a, r18b | Wait-VMClone -Timeout 5m).Count | Should -Be 2 } }
        # Nothing starts them, so that the wait goes on until its limit.
        @{ N = 19; Feature = 'wait by watch'; Run = {
                $said = New-VMClone golden r19 | Wait-VMClone -For Running -Timeout 2s -Debug -ErrorAction SilentlyContinue 5>&1
                @($said | Where-Object { "$_" -match 'GET .*virtualmachineclones\?.*watch=true' }).Count | Should -BeGreaterThan 0
            }
        }
        @{ N = 20; Feature = 'one watch for many, resumed after 410'; Run = {
                $said = New-VMClone golden r20a, r20b, r20c -Method Clone | Wait-VMClone -For Running -Timeout 2s -Debug -ErrorAction SilentlyContinue 5>&1
                @($said | Where-Object { "$_" -match 'GET .*virtualmachineclones\?.*watch=true' }).Count | Should -Be 1
            }; Test = 'tests/unit/KubeVirtClone.Kubernetes.Tests/WatchTests.cs: An_expired_version_leads_to_a_list_that_shows_only_what_differs'
        }
        @{ N = 21; Feature = 'ends early on failure, with the reason'; Run = {
                $null = New-VMClone vault r21 -SkipPreflight -Wait -Timeout 5m -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction Ignore
                $failed[0].FullyQualifiedErrorId | Should -BeLike 'VMCloneFailed,*'
            }
        }
        @{ N = 22; Feature = 'events folded into the error'; Run = {
                $null = New-VMClone vault r22 -SkipPreflight -Method Clone -Wait -Timeout 5m -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction Ignore
                # What no condition says, and the clone's event does.
                "$($failed[0])" | Should -Match 'backendstorage'
            }
        }
        @{ N = 23; Feature = 'time limit per item'; Run = {
                $null = New-VMClone golden r23 | Wait-VMClone -For Running -Timeout 1s -ErrorVariable failed -ErrorAction SilentlyContinue
                $failed[0].FullyQualifiedErrorId | Should -BeLike 'VMCloneTimeout,*'
            }
        }
        @{ N = 24; Feature = '-ThrottleLimit'; Run = { (New-VMClone golden -Count 3 -NamePattern 'r24-{0}' -ThrottleLimit 1).Count | Should -Be 3 }
            Test = 'tests/unit/KubeVirtClone.Engine.Tests/Execution/InFlightWindowTests.cs: It_admits_as_many_as_its_size_and_the_next_when_one_leaves'
        }
        @{ N = 25; Feature = 'width adapts to a busy server'; Run = {
                $null = Invoke-TestApi -Method Post -Path /sandbox/faults -Body @{ kind = 'TooManyRequests'; id = 'busy'; verb = 'create'; resource = 'virtualmachineclones'; count = 1 }
                $said = New-VMClone golden r25a, r25b -Method Clone -ThrottleLimit 8 -Verbose 4>&1
                ($said -join "`n") | Should -Match 'at most 4 clones in flight now'
            }
        }
        @{ N = 26; Feature = '-AsJob'; Run = { (New-VMClone golden r26 -AsJob | Receive-Job -Wait -AutoRemoveJob).TargetName | Should -Be 'r26' } }
        @{ N = 27; Feature = 'a batch can be taken up again'; Run = {
                $null = New-VMClone golden r27a -Batch r27
                $null = New-VMClone golden r27a, r27b -Batch r27
                (Get-VMClone -Batch r27).TargetName | Sort-Object | Should -Be 'r27a', 'r27b'
            }
        }
        @{ N = 28; Feature = 'a batch can be taken back'; Run = {
                $null = New-VMClone golden r28a, r28b -Batch r28 -Wait -Timeout 5m
                Remove-VMClone -Batch r28 -IncludeTarget -Confirm:$false
                Get-VM r28* | Should -BeNullOrEmpty
            }
        }
        @{ N = 29; Feature = 'finished clone objects are purged'; Run = {
                $null = New-VMClone golden r29 -Wait -Timeout 5m -PurgeOnSuccess
                Get-VMClone -TargetName r29 | Should -BeNullOrEmpty
                (Get-VM r29).Name | Should -Be 'r29'
            }
        }
        @{ N = 30; Feature = 'progress of the whole with an estimate'; Run = {
                $script:Progress = @(Invoke-Apart "New-VMClone golden -Count 30 -NamePattern 'r30-{0}' -Method Clone -ThrottleLimit 3 -Wait -Timeout 5m" { $args[0].Streams.Progress })
                $whole = $script:Progress | Where-Object ParentActivityId -eq -1
                @($whole.ActivityId | Select-Object -Unique) | Should -HaveCount 1
                @($whole | Where-Object SecondsRemaining -ge 0).Count | Should -BeGreaterThan 0
            }; Test = 'tests/unit/KubeVirtClone.Engine.Tests/Tracking/ProgressMeterTests.cs: Bursts_and_pauses_do_not_throw_the_estimate_about'
        }
        @{ N = 31; Feature = 'progress fit for the minimal view'; Run = {
                @($script:Progress.ActivityId | Select-Object -Unique).Count | Should -BeLessOrEqual 4
                foreach ($bar in $script:Progress | Group-Object ActivityId) { $bar.Group[-1].RecordType | Should -Be 'Completed' }
                @($script:Progress.StatusDescription | Where-Object Length -gt 60) | Should -BeNullOrEmpty
            }
        }
        @{ N = 32; Feature = 'Ctrl+C within a second, says what is left'; Run = {
                Invoke-Apart "New-VMClone golden -Count 200 -NamePattern 'r32-{0}' -Batch r32 -Method Clone -ThrottleLimit 10 -Wait" -Stop { @(Get-VMClone -Batch r32 -ErrorAction Ignore).Count -ge 3 } {
                    "$($args[0].Streams.Information)" | Should -Match '^\d+ of 200 clones were created; see Get-VMClone -Batch r32$'
                }
                @(Get-VMClone -Batch r32).Count | Should -BeLessThan 200
            }; Test = 'tests/pester/New-VMClone.Tests.ps1: leaves the created ones alone when it is stopped, and names them'
        }
        @{ N = 33; Feature = 'errors of single items end nothing'; Run = {
                ('nobody', 'golden' | New-VMClone -NamePattern '{1}-r33' -Count 1 -ErrorAction SilentlyContinue).TargetName | Should -Be 'golden-r33'
            }
        }
        @{ N = 34; Feature = 'stable error ids, documented'; Run = {
                Get-VM nobody -ErrorVariable failed -ErrorAction SilentlyContinue
                Get-Help about_KubeVirtClone_Errors | Out-String | Should -Match ($failed[0].FullyQualifiedErrorId -split ',')[0]
            }
        }
        @{ N = 35; Feature = '$failed.TargetObject | New-VMClone'; Run = {
                $null = New-VMClone late r35 -ErrorVariable failed -ErrorAction SilentlyContinue
                New-TestVM -Name late
                ($failed.TargetObject | New-VMClone).TargetName | Should -Be 'r35'
            }
        }
        @{ N = 36; Feature = 'RecommendedAction filled'; Run = {
                Get-VM nobody -ErrorVariable failed -ErrorAction SilentlyContinue
                $failed[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
            }
        }
        @{ N = 37; Feature = 'wildcards on getters'; Run = { (Get-VM gold*).Name | Should -Contain 'golden'; (Get-VMClone r4-00?).Count | Should -Be 2 } }
        @{ N = 38; Feature = 'label and field selectors'; Run = { (Get-VM -LabelSelector app=test -FieldSelector metadata.name=golden).Name | Should -Be 'golden' } }
        @{ N = 39; Feature = 'completion of names from the server'; Run = {
                $line = 'Get-VM gold'
                $words = foreach ($try in 1..40) {
                    $found = (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText
                    if ($found -contains 'golden') { $found; break }
                }
                $words | Should -Contain 'golden'
            }
        }
        @{ N = 40; Feature = 'completion with deadline and cache'; Run = {
                $fake = Start-FakeApi
                try {
                    $config = New-FakeKubeConfig -Path (Join-Path $TestDrive hanging) -Server "https://127.0.0.1:$($fake.Port)" -CertificateAuthority $fake.CertificateAuthority
                    $fake.Answers['GET /apis/kubevirt.io/v1/namespaces/lab/virtualmachines'] = 'hang'
                    $line = "Get-VM -KubeConfig $config -Name "
                    $clock = [Diagnostics.Stopwatch]::StartNew()
                    (TabExpansion2 $line $line.Length).CompletionMatches | Where-Object ResultType -eq ParameterValue | Should -BeNullOrEmpty
                    $clock.Elapsed | Should -BeLessThan ([timespan]::FromSeconds(10))
                }
                finally { $fake.Dispose() }
            }; Test = 'tests/pester/Completion.Tests.ps1: is back within its deadline when the server hangs'
        }
        @{ N = 41; Feature = 'contexts completed offline'; Run = {
                $config = New-FakeKubeConfig -Path (Join-Path $TestDrive offline) -Server https://127.0.0.1:1
                $line = "Get-VM -KubeConfig $config -Context "
                (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain 'fake'
            }
        }
        @{ N = 42; Feature = 'credential plugins'; Run = {
                $script:Plugin = New-Login
                (Get-VM golden -KubeConfig $Plugin.Config).Name | Should -Be 'golden'
                { Get-VM golden -KubeConfig (New-Login 'exit 3').Config } | Should -Throw -ErrorId 'CredentialsUnavailable,*'
            }
        }
        @{ N = 43; Feature = 'a plugin runs once for parallel calls'; Run = {
                $null = 1..3 | ForEach-Object { Get-VM golden -KubeConfig $Plugin.Config }
                Invoke-Apart "Get-VM golden -KubeConfig '$($Plugin.Config)'" { $args[1].Name | Should -Be 'golden' }
                Get-Content $Plugin.Runs | Should -HaveCount 1
            }
        }
        @{ N = 44; Feature = 'impersonation'; Run = { { Get-VM -As nobody-special -ErrorAction Stop } | Should -Throw -ErrorId 'ApiForbidden,*' } }
        @{ N = 45; Feature = 'proxies, token files, lists in KUBECONFIG'; Run = {
                $parts = Split-KubeConfig
                $said = Invoke-TestShell -Command "`$env:KUBECONFIG = '$($parts -join [IO.Path]::PathSeparator)'; Import-Module '$(Get-TestModulePath)'; (Get-VM golden -Context both).Name"
                $said | Should -Be 'golden'
            }; Test = 'tests/unit/KubeVirtClone.Kubernetes.Tests/ProxyTests.cs: Requests_go_through_the_proxy_and_the_server_is_trusted'
        }
        @{ N = 46; Feature = 'import under 150 ms, no I/O'; Run = {
                $loaded = Invoke-TestShell -Command "Import-Module '$(Get-TestModulePath)'; [AppDomain]::CurrentDomain.GetAssemblies().GetName().Name"
                $loaded | Should -Contain 'KubeVirtClone.PowerShell'
                $loaded | Where-Object { $_ -in 'KubernetesClient', 'YamlDotNet' } | Should -BeNullOrEmpty
            }; Test = 'tests/pester/Import.Tests.ps1: takes less than 150 ms beyond an empty module'
        }
        @{ N = 47; Feature = 'no third-party assembly in the session'; Partly = 'the official client and YamlDotNet come along, in a load context of their own'; Run = {
                $theirs = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -in 'KubernetesClient', 'YamlDotNet' -and $_.Location -like '*KubeVirtClone*' }
                $theirs | Should -HaveCount 2
                $theirs | ForEach-Object { [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($_) | Should -Not -Be ([System.Runtime.Loader.AssemblyLoadContext]::Default) }
            }
        }
        @{ N = 48; Feature = 'about topics on names and login'; Run = { foreach ($topic in 'Naming', 'Authentication') { (Get-Help "about_KubeVirtClone_$topic").Length | Should -BeGreaterThan 500 } } }
        @{ N = 49; Feature = 'golden images: make, list, versions'; Run = {
                $null = New-VMGoldenImage r49 -SourceName disk -WarningAction Ignore
                (Get-VMGoldenImage r49).Version | Should -Be '1'
                (New-VMClone -GoldenImage r49 -TargetName r49-a).Image | Should -Be 'r49:1'
            }
        }
        @{ N = 50; Feature = 'golden images across namespaces'; Run = {
                $other = "$script:Namespace-50"
                New-TestObject -Path '/api/v1/namespaces' -Object @{ apiVersion = 'v1'; kind = 'Namespace'; metadata = @{ name = $other } }
                (Copy-VMGoldenImage r49 -Destination $other -Timeout 5m -WarningAction Ignore).Namespace | Should -Be $other
                (New-VMClone -GoldenImage r49 -Namespace $other -TargetName r50 -Wait -Timeout 5m).Namespace | Should -Be $other
            }
        }
        @{ N = 51; Feature = 'identity of each clone reported'; Run = { (Compare-VMClone r1).Area | Should -Not -BeNullOrEmpty } }
        @{ N = 52; Feature = 'cloud-init of its own for each'; Run = {
                $null = New-VMClone init r52a, r52b -CloudInitSecret '{2}-init' -Wait -Timeout 5m -WarningAction Ignore
                foreach ($name in 'r52a', 'r52b') { (Get-VM $name).Raw.spec.template.spec.volumes.cloudInitNoCloud.secretRef.name | Should -Be "$name-init" }
            }
        }
        @{ N = 53; Feature = 'the same call twice makes nothing twice'; Run = {
                $first = New-VMClone golden r53 -Batch r53
                (New-VMClone golden r53 -Batch r53).Uid | Should -Be $first.Uid
            }
        }
        @{ N = 54; Feature = "a server for users' own tests"; Run = {
                $config = Start-TestNeighbour own-1
                try { (Get-VM -KubeConfig $config -Namespace $script:Namespace).Name | Should -Be 'own-1' }
                finally { Stop-TestNeighbour }
            }; Test = 'examples/MyClones.Tests.ps1: makes the desks it was asked for, with their disks'
        }
        @{ N = 55; Feature = 'examples of the help are tested'; Run = {
                # One of them, as it stands; all of all pages run there.
                $example = (Get-Help Get-VMClone -Examples).examples.example[0].code
                @(Invoke-Expression $example).Count | Should -BeGreaterThan 0
            }; Test = 'tests/pester/HelpExamples.Tests.ps1: The examples of <Page>'
        }
        @{ N = 56; Feature = "the server's warnings are passed on"; Run = {
                $null = New-VMClone golden r56 -Method Direct -Patch '{"op":"add","path":"/spec/nothingKnown","value":1}' -Wait -Timeout 5m -WarningVariable warned -WarningAction SilentlyContinue
                "$warned" | Should -Match 'unknown field "spec.nothingKnown"'
            }; Test = 'tests/unit/KubeVirtClone.Kubernetes.Tests/RefusalTests.cs: Warnings_are_handed_on_once_each'
        }
        @{ N = 57; Feature = 'requests on the debug stream, secrets masked'; Run = {
                $said = (Get-VM golden -Debug 5>&1) -join "`n"
                $said | Should -Match 'GET .*virtualmachines/golden'
                $said | Should -Not -Match 'Bearer'
            }
        }
        @{ N = 58; Feature = 'where the time of each clone went'; Run = { (Measure-VMClone r9a).Total | Should -BeGreaterThan ([timespan]::Zero) } }
    )
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    Import-Module (Join-Path $PSScriptRoot 'FakeApi.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden
    New-TestDiskVM -Name disk
    New-TestDiskVM -Name vault -Domain @{ firmware = @{ bootloader = @{ efi = @{ persistent = $true; secureBoot = $false } } } }
    New-TestVM -Name init
    Update-TestObject virtualmachines.kubevirt.io init @{ spec = @{ template = @{ spec = @{ volumes = @(
                        @{ name = 'root'; containerDisk = @{ image = 'quay.io/kubevirt/cirros-container-disk-demo' } }
                        @{ name = 'init'; cloudInitNoCloud = @{ userData = '#cloud-config' } }) } } }
    }

    <# Runs a command in a runspace of its own, until its end or until a state is there, and hands that and what it gave to the check. #>
    function Invoke-Apart([string] $Command, [scriptblock] $Check, [scriptblock] $Stop) {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$(Get-TestModulePath)'; `$PSDefaultParameterValues = @{ '*-VM*:KubeConfig' = '$(Get-TestKubeConfig)'; '*-VM*:Namespace' = '$script:Namespace' }; $Command")
            $running = $shell.BeginInvoke()
            if ($Stop) { $null = Wait-TestState $Stop; $shell.Stop() }
            $given = try { $shell.EndInvoke($running) } catch [System.Management.Automation.PipelineStoppedException] { }
            & $Check $shell $given
        }
        finally { $shell.Dispose() }
    }

    function Read-KubeConfig {
        $text = Get-Content -LiteralPath (Get-TestKubeConfig) -Raw
        @{
            Cluster = "{server: '$([regex]::Match($text, 'server:\s*(\S+)').Groups[1].Value)', certificate-authority-data: $([regex]::Match($text, 'certificate-authority-data:\s*(\S+)').Groups[1].Value)}"
            Token   = [regex]::Match($text, '\btoken:\s*(\S+)').Groups[1].Value
        }
    }

    <# A kubeconfig whose user runs a plugin that counts its runs. #>
    function New-Login([string] $Before = '') {
        $folder = (New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))).FullName
        $known = Read-KubeConfig
        Set-Content (Join-Path $folder answer) (@{ apiVersion = 'client.authentication.k8s.io/v1'; kind = 'ExecCredential'; status = @{ token = $known.Token } } | ConvertTo-Json -Compress)
        Set-Content (Join-Path $folder login) "#!/bin/sh`necho run >> '$folder/runs'`n$Before`ncat '$folder/answer'"
        chmod +x (Join-Path $folder login)
        Set-Content (Join-Path $folder config) @"
current-context: plugin
clusters: [{name: c, cluster: $($known.Cluster)}]
contexts: [{name: plugin, context: {cluster: c, user: p, namespace: $script:Namespace}}]
users: [{name: p, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never}}}]
"@
        [pscustomobject]@{ Config = Join-Path $folder config; Runs = Join-Path $folder runs }
    }

    <# The kubeconfig as two files, of which the second has the user, whose token is in a file beside it. #>
    function Split-KubeConfig {
        $known = Read-KubeConfig
        $one, $two = (Join-Path $TestDrive one.yaml), (Join-Path $TestDrive two.yaml)
        Set-Content (Join-Path $TestDrive token) $known.Token -NoNewline
        Set-Content $one "contexts: [{name: both, context: {cluster: c, user: u, namespace: $script:Namespace}}]`nclusters: [{name: c, cluster: $($known.Cluster)}]"
        Set-Content $two 'users: [{name: u, user: {tokenFile: ./token}}]'
        $one, $two
    }

    $script:Seen = [System.Collections.Generic.List[object]]::new()
}

AfterAll {
    $script:Seen | Sort-Object Row | Format-Table Row, Feature, Here, Reason -AutoSize | Out-String -Width 160 | Write-Host
    Stop-TestCluster
}

Describe 'Features' -Tag Sandbox {
    It '<N> <Feature>' -ForEach $Rows {
        & $Run
        foreach ($one in $Test) {
            $file, $name = $one -split ': ', 2
            Get-Content -Raw (Join-Path $PSScriptRoot "../../$file") | Should -Match "(?m)^\s*(It|Describe) '$([regex]::Escape($name))'|^\s*public (async Task|void) $([regex]::Escape($name))\("
        }
        $script:Seen.Add([pscustomobject]@{
                Row = $N; Feature = $Feature; Here = if ($Partly) { 'partly' } else { 'yes' }; Reason = "$Partly"
            })
    }

    It 'are 58 rows, at most five of them below yes' -ForEach @{ Numbers = $Rows.N; Below = @($Rows | Where-Object { $_.Partly }).Count } {
        $Numbers | Should -Be (1..58)
        $Below | Should -BeLessOrEqual 5
    }
}
