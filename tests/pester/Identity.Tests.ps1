BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden -Label @{ app = 'test'; 'backup/policy' = 'daily' } -Annotation @{ note = 'hello'; 'ovn.kubernetes.io/ip_address' = '10.0.0.1' }
    # A machine with everything that a clone may be asked to have otherwise: marks on the template, cloud-init data of its own.
    $full = ConvertFrom-Json -AsHashtable @'
{ "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
  "metadata": { "name": "full", "labels": { "app": "test" }, "annotations": { "note": "hello" } },
  "spec": { "runStrategy": "Halted", "template": {
    "metadata": { "labels": { "kubevirt.io/vm": "full", "drop.me/a": "1", "keep.me/a": "1" }, "annotations": { "drop.me/b": "2", "keep.me/b": "2" } },
    "spec": { "domain": { "memory": { "guest": "64Mi" }, "devices": {
        "disks": [ { "name": "root", "disk": { "bus": "virtio" } }, { "name": "init", "disk": { "bus": "virtio" } } ],
        "interfaces": [ { "name": "default", "masquerade": {} } ] } },
      "networks": [ { "name": "default", "pod": {} } ],
      "volumes": [ { "name": "root", "containerDisk": { "image": "quay.io/kubevirt/cirros-container-disk-demo" } },
        { "name": "init", "cloudInitNoCloud": { "userData": "#cloud-config\nhostname: full\n" } } ] } } } }
'@
    $full.metadata.namespace = $script:Namespace
    New-TestObject -Path "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines" -Object $full
    $script:Awkward = 'a:b,c; "quoted" \ back\slash ünïcode ✓ {"k":[1,2]} <&> end'
    function Wait-Machine([string] $Name) { Wait-TestState { Get-VM $Name -ErrorAction Ignore } }
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

    It 'is nobody''s, with a network configuration of its own, by parameters, a row and kubectl-vmclone alike' {
        $name = "own-$script:Suffix"
        New-TestVM -Name "$name-src" -Label @{ app = 'test'; 'argocd.argoproj.io/instance' = 'shop' } -Annotation @{ 'meta.helm.sh/release-name' = 'shop'; note = 'kept' }
        $row = [pscustomobject]@{ SourceName = "$name-src"; TargetName = "$name-2"; CleanOwnership = 'true' }
        $null = New-VMClone "$name-src" "$name-1" -CleanOwnership @script:How
        $null = $row | New-VMClone @script:How
        $null = Invoke-TestCli new "$name-src" "$name-3" --method $script:How.Method.ToLowerInvariant() --wait --clean-ownership -o name 2>&1
        foreach ($vm in Get-VM "$name-1", "$name-2", "$name-3") {
            $vm.Labels.Keys | Should -Contain 'app'
            $vm.Labels.Keys | Should -Not -Contain 'argocd.argoproj.io/instance'
            $vm.Annotations.Keys | Should -Contain 'note'
            $vm.Annotations.Keys | Should -Not -Contain 'meta.helm.sh/release-name'
        }

        (Test-VMClone "$name-src" "$name-4" | Where-Object Code -eq OwnedByTool).RecommendedAction | Should -Match '-CleanOwnership'
        "$(Invoke-TestCli test "$name-src" "$name-4" 2>&1)" | Should -Match '--clean-ownership'
        $null = [pscustomobject]@{ SourceName = 'full'; TargetName = "$name-net"; NetworkDataSecret = '{2}-net' } | New-VMClone @script:How
        ((Get-VM "$name-net").Raw.spec.template.spec.volumes | Where-Object name -eq init).cloudInitNoCloud.networkDataSecretRef.name | Should -Be "$name-net-net"
    }

    It 'has made-up addresses, every one another' {
        $null = New-VMClone golden "m1-$script:Suffix", "m2-$script:Suffix" -NewMacAddress Generate @script:How
        $macs = (Get-VM "m1-$script:Suffix", "m2-$script:Suffix").MacAddress
        $macs | Should -HaveCount 2
        $macs | Sort-Object -Unique | Should -HaveCount 2
        # Locally administered, and no group address.
        $macs | ForEach-Object { [Convert]::ToInt32($_.Substring(0, 2), 16) -band 3 | Should -Be 2 }
    }

    It 'reads its cloud-init data from the Secret that is named, each from its own' {
        $null = New-VMClone full -Count 2 -NamePattern "ci-$script:Suffix-{0}" -CloudInitSecret 'user-data-{0:d2}' @script:How
        foreach ($number in 1, 2) {
            $volume = (Get-Spec "ci-$script:Suffix-$number").template.spec.volumes | Where-Object name -eq init
            $volume.cloudInitNoCloud.secretRef.name | Should -Be "user-data-0$number"
            $volume.cloudInitNoCloud.PSObject.Properties.Name | Should -Not -Contain 'userData'
        }
    }

    It 'has a host name of its own for each of many' {
        $null = New-VMClone golden -Count 2 -NamePattern "many-$script:Suffix-{0:d2}" -Hostname '{2}' @script:How
        (Get-VM "many-$script:Suffix-*").Raw.spec.template.spec.hostname | Sort-Object | Should -Be "many-$script:Suffix-01", "many-$script:Suffix-02"
        $null = 7, 8 | New-VMClone -SourceName golden -TargetName { "num-$script:Suffix-$_" } -Hostname 'h{0:d3}' @script:How
        (Get-VM "num-$script:Suffix-*").Raw.spec.template.spec.hostname | Sort-Object | Should -Be 'h007', 'h008'
    }

    It 'takes any value, and whole objects' {
        $patch = @{ op = 'add'; path = '/spec/template/spec/nodeSelector'; value = @{ 'example.com/zone' = 'a:b'; 'example.com/rack' = 'c' } },
            @{ op = 'add'; path = '/spec/template/spec/tolerations'; value = @(@{ key = 'k:1'; operator = 'Exists' }, @{ key = 'k,2'; operator = 'Equal'; value = 'x' }) }
        $null = New-VMClone golden "any-$script:Suffix" -Annotation @{ text = $script:Awkward; 'example.com/json' = '{"a":["b:c,d"]}' } -Patch $patch @script:How
        $vm = Get-VM "any-$script:Suffix"
        $vm.Annotations['text'] | Should -BeExactly $script:Awkward
        $vm.Annotations['example.com/json'] | Should -BeExactly '{"a":["b:c,d"]}'
        $vm.Raw.spec.template.spec.nodeSelector.'example.com/zone' | Should -Be 'a:b'
        $vm.Raw.spec.template.spec.tolerations.key | Should -Be 'k:1', 'k,2'
    }

    It 'goes without what is excluded of the template' {
        $null = New-VMClone full "tpl-$script:Suffix" -ExcludeTemplateLabel 'drop.me/*' -ExcludeTemplateAnnotation 'drop.me/?' @script:How
        $template = (Get-Spec "tpl-$script:Suffix").template.metadata
        $template.labels.PSObject.Properties.Name | Should -Contain 'keep.me/a'
        $template.labels.PSObject.Properties.Name | Should -Not -Contain 'drop.me/a'
        $template.annotations.PSObject.Properties.Name | Should -Contain 'keep.me/b'
        $template.annotations.PSObject.Properties.Name | Should -Not -Contain 'drop.me/b'
    }

    It 'goes without annotations and disks' {
        $null = New-VMClone full "bare-$script:Suffix" -Without Annotations, Disks @script:How
        $vm = Get-VM "bare-$script:Suffix"
        $vm.Annotations.Keys | Should -Not -Contain 'note'
        $vm.Raw.spec.template.spec.volumes | Should -BeNullOrEmpty
        $vm.Raw.spec.template.spec.domain.devices.disks | Should -BeNullOrEmpty
    }

    It 'is started with -Start, or as its run strategy says' {
        # KubeVirt starts the machine as soon as it is there, and may then keep its restore waiting: what counts here is the machine.
        $null = New-VMClone golden "st-$script:Suffix" -Start -Method $script:How.Method
        (Wait-Machine "st-$script:Suffix").RunStrategy | Should -Be 'Always'
        $null = New-VMClone golden "st2-$script:Suffix" -Start -RunStrategy RerunOnFailure -Method $script:How.Method
        (Wait-Machine "st2-$script:Suffix").RunStrategy | Should -Be 'RerunOnFailure'
        New-VMClone golden "st3-$script:Suffix" -Start -RunStrategy Manual -ErrorVariable failed -ErrorAction SilentlyContinue @script:How
        Get-TestErrorId $failed[0] | Should -Be 'VMCloneOptionUnsupported'
    }

    It 'is the same by kubectl-vmclone' {
        $method = $script:How.Method.ToLowerInvariant()
        $said = Invoke-TestCli new full "cli-$script:Suffix" --method $method --wait --hostname '{2}' --label tier=web --annotation "text=$script:Awkward" --run-strategy Manual --generate-mac-addresses `
            --exclude-template-label 'drop.me/*' --exclude-template-annotation 'drop.me/*' --exclude-annotation 'no*' --network-preset kubeovn --cloud-init-secret '{1}-data' -o name 2>&1 | ForEach-Object { "$_" }
        $LASTEXITCODE | Should -Be 0
        $said -match "/cli-$script:Suffix-" | Should -Not -BeNullOrEmpty -Because 'the clone is printed, whatever is warned of'
        $vm = Get-VM "cli-$script:Suffix"
        $vm.Labels['tier'] | Should -Be 'web'
        $vm.Annotations['text'] | Should -BeExactly $script:Awkward
        $vm.Annotations.Keys | Should -Not -Contain 'note'
        $vm.RunStrategy | Should -Be 'Manual'
        $vm.MacAddress | Should -Match '^.[26ae]-'
        $spec = $vm.Raw.spec.template
        $spec.spec.hostname | Should -Be "cli-$script:Suffix"
        ($spec.spec.volumes | Where-Object name -eq init).cloudInitNoCloud.secretRef.name | Should -Be 'full-data'
        $spec.metadata.labels.PSObject.Properties.Name | Should -Not -Contain 'drop.me/a'
        $spec.metadata.annotations.PSObject.Properties.Name | Should -Not -Contain 'drop.me/b'
        $null = Invoke-TestCli new full "cli2-$script:Suffix" --method $method --without 'labels,network' --exclude-label 'x*' --start 2>&1
        $LASTEXITCODE | Should -Be 0
        $vm = Wait-Machine "cli2-$script:Suffix"
        $vm.Interface | Should -BeNullOrEmpty
        $vm.Labels.Keys | Should -Not -Contain 'app'
        $vm.RunStrategy | Should -Be 'Always'
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
        Get-TestErrorId $failed[0] | Should -Be 'VMCloneNameInvalid'
        $null = $failed.TargetObject | New-VMClone -Hostname good -Wait -Timeout 60s
        (Get-Spec bad-host).template.spec.hostname | Should -Be 'good'
        (Get-VM bad-host).Labels['a'] | Should -Be 'b'
    }

    It 'warns where many would get one host name, and refuses what is no pattern' {
        $null = New-VMClone golden same-1, same-2 -Hostname same -WhatIf -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -Match "2 clones get the same host name 'same'"
        New-VMClone golden never -Hostname 'h{9}' -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'NamePatternInvalid'
        New-VMClone golden -Hostname '{2}' -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'NamePatternInvalid'
    }

    It 'refuses a cloud-init Secret where nothing would read it' {
        New-VMClone golden never -CloudInitSecret data -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMCloneOptionUnsupported'
        "$($failed[0])" | Should -Match 'no cloud-init volume'
    }

    It 'says which way Auto takes' {
        $verbose = New-VMClone golden -Count 9 -NamePattern 'auto-{0}' -Wait -Timeout 60s -Verbose 4>&1
        ($verbose | Where-Object { $_ -is [KubeVirtClone.VMClone] }).Method | Sort-Object -Unique | Should -Be 'Direct'
        (New-VMClone golden auto-one -Wait -Timeout 60s).Method | Should -Be 'Clone'
        $verbose = New-VMClone golden auto-started -Start -Wait -Timeout 60s -Verbose 4>&1
        ($verbose | Where-Object { $_ -is [KubeVirtClone.VMClone] }).Method | Should -Be 'Direct'
        "$verbose" | Should -Match 'by method Direct, because a machine that starts'
    }

    It 'copies by CDI what takes no snapshots, with one warning, and every command knows such clones' -Tag Sandbox {
        New-TestDiskVM plain -StorageClass nosnap
        $null = Wait-TestState {
            (Get-TestObject "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines/plain").status.volumeSnapshotStatuses.reason -match 'No VolumeSnapshotClass'
        }
        $null = Wait-TestState { (Get-TestObject "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims/plain-root").status.phase -eq 'Bound' }
        $clones = New-VMClone plain -Count 2 -NamePattern 'plain-{0}' -Batch plain -Wait -For Bound -Timeout 90s -WarningVariable warned -WarningAction SilentlyContinue
        $clones.Method | Sort-Object -Unique | Should -Be 'DataVolume'
        $clones.Bound | Should -Not -Contain $false
        $warned | Should -HaveCount 1
        "$warned" | Should -Match "takes no snapshots"
        (Get-VMClone -Batch plain).Name | Should -Be 'plain-1', 'plain-2'
        (Get-VMClone plain-1 | Wait-VMClone -For Bound -Timeout 60s).Bound | Should -BeTrue
        (Debug-VMClone plain-1).Code | Should -Be 'Completed'
        (Measure-VMClone -Batch plain).Method | Sort-Object -Unique | Should -Be 'DataVolume'
        (New-VMClone plain paper -Method DataVolume -AsManifest) -join "`n" | Should -Match 'dataVolumeTemplates:'
        New-VMClone plain trial -Method DataVolume -WhatIf | Should -BeNullOrEmpty
        Remove-VMClone -Batch plain -IncludeTarget -Confirm:$false
        $null = Start-VM plain -Wait -Timeout 60s
        New-VMClone plain never -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMCloneSourceRunning'
        "$($failed[0].ErrorDetails.RecommendedAction)" | Should -Match 'Stop-VM plain'
    }
}
