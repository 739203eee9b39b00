BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestDiskVM -Name build01, keeper
    $script:Quiet = @{ WarningAction = 'SilentlyContinue' }
}
AfterAll { Stop-TestCluster }

Describe 'Golden images' {
    It 'works as written: New-VMGoldenImage -SourceName build01 -Name ubuntu-24.04 -StopSource -RemoveSource' {
        $image = New-VMGoldenImage -SourceName build01 -Name ubuntu-24.04 -StopSource -RemoveSource -WarningVariable warned @script:Quiet
        $image | Should -BeOfType KubeVirtClone.VMGoldenImage
        $image.Version | Should -Be '1'
        $image.Ready | Should -BeTrue
        $image.SourceName | Should -Be 'build01'
        "$warned" | Should -Match 'machine-id'
        Get-VM build01 -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It "works as written: New-VMClone -GoldenImage ubuntu-24.04 -Count 10 -NamePattern 'node-{0}' -Batch lab7" {
        $null = New-VMClone -GoldenImage ubuntu-24.04 -Count 10 -NamePattern 'node-{0}' -Batch lab7 -Wait -Timeout 60s
        (Get-VM node-*).Count | Should -Be 10
        (Get-VMClone -Batch lab7).Method | Sort-Object -Unique | Should -Be 'Direct'
    }

    It 'lists name, version, size, disks and what was made of it' {
        # A machine made directly is there before its disks are bound, and needs the image until then.
        $null = Wait-VMClone -Batch lab7 -For Bound -Timeout 60s
        $image = Get-VMGoldenImage ubuntu-24.04
        $image.Disk | Should -Be 'root'
        $image.Size | Should -Be 1GB
        $image.Machine | Should -HaveCount 10
        $image.IsDefault | Should -BeTrue
        $old = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try { $image | Format-Table | Out-String -Width 200 | Should -Match '(?s)Name\s+Version\s+Ready\s+Size.*ubuntu-24.04\s+1\*\s+True\s+1 GiB\s+root\s+build01\s+\S+\s+10\s+0' }
        finally { $PSStyle.OutputRendering = $old }
    }

    It 'counts versions up; the name alone means the newest, -ImageVersion that one' {
        $null = Get-VM keeper | New-VMGoldenImage -Name ubuntu-24.04 -Description 'second' @script:Quiet
        (Get-VMGoldenImage ubuntu-24.04).Version | Should -Be '2', '1'
        (Get-VMGoldenImage ubuntu-24.04 -Version 2).Description | Should -Be 'second'
        (Get-VM keeper).Name | Should -Be 'keeper'
        $newest = New-VMClone -GoldenImage ubuntu-24.04 -TargetName of-two -Wait -Timeout 60s
        $newest.SourceName | Should -Be (Get-VMGoldenImage ubuntu-24.04 -Version 2).SnapshotName
        $first = New-VMClone -GoldenImage ubuntu-24.04 -ImageVersion 1 -TargetName of-one -Wait -Timeout 60s
        $first.SourceName | Should -Be (Get-VMGoldenImage ubuntu-24.04 -Version 1).SnapshotName
    }

    It 'clones an image that is piped in' {
        (Get-VMGoldenImage ubuntu-24.04 -Version 1 | New-VMClone -TargetName piped -Wait -Timeout 60s).TargetName | Should -Be 'piped'
    }

    It 'gives an error for an image or version that does not exist' {
        Get-VMGoldenImage nobody -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'GoldenImageNotFound'
        New-VMClone -GoldenImage ubuntu-24.04 -ImageVersion 9 -TargetName never -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'GoldenImageNotFound'
        $failed[0].TargetObject.GoldenImage | Should -Be 'ubuntu-24.04'
    }

    It 'refuses what can never be cloned' {
        New-TestDiskVM -Name sealed -Domain @{ firmware = @{ bootloader = @{ efi = @{ persistent = $true; secureBoot = $false } } } }
        New-VMGoldenImage -SourceName sealed -Name sealed -ErrorVariable failed -ErrorAction SilentlyContinue @script:Quiet
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMCloneSourceUnsupported,KubeVirtClone.Commands.NewVMGoldenImageCommand'
    }

    It 'refuses a persistent TPM too, and leaves the machine as it was' {
        New-TestDiskVM -Name tpm -Domain @{ firmware = @{ uuid = 'b9a3b1f1-6d2c-4c3e-9a62-6c1c0c6f2b11' } }
        Update-TestObject virtualmachines.kubevirt.io tpm @{ spec = @{ template = @{ spec = @{ domain = @{ devices = @{ tpm = @{ persistent = $true } } } } } } }
        New-VMGoldenImage -SourceName tpm -Name sealed -StopSource -RemoveSource -ErrorVariable failed -ErrorAction SilentlyContinue @script:Quiet
        Get-TestErrorId $failed[0] | Should -Be 'VMCloneSourceUnsupported'
        "$($failed[0])" | Should -Match 'TPM'
        (Get-VM tpm).Name | Should -Be 'tpm'
        Get-VMSnapshot | Where-Object SourceName -eq tpm | Should -BeNullOrEmpty
    }

    It 'warns of what its machines would share, and of what to do about it' {
        $vm = ConvertFrom-Json -AsHashtable @'
{ "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": { "name": "sharing" },
  "spec": { "runStrategy": "Halted", "template": { "metadata": {}, "spec": {
    "accessCredentials": [ { "sshPublicKey": { "source": { "secret": { "secretName": "keys" } }, "propagationMethod": { "noCloud": {} } } } ],
    "domain": { "memory": { "guest": "64Mi" }, "devices": { "disks": [
      { "name": "root", "disk": { "bus": "virtio" } }, { "name": "eph", "disk": { "bus": "virtio" } },
      { "name": "init", "disk": { "bus": "virtio" } }, { "name": "token", "disk": { "bus": "virtio" } } ] } },
    "volumes": [
      { "name": "root", "containerDisk": { "image": "quay.io/kubevirt/cirros-container-disk-demo" } },
      { "name": "eph", "ephemeral": { "persistentVolumeClaim": { "claimName": "keeper-root" } } },
      { "name": "init", "cloudInitNoCloud": { "secretRef": { "name": "user-data" } } },
      { "name": "token", "secret": { "secretName": "api-token" } } ] } } } }
'@
        $vm.metadata.namespace = $script:Namespace
        New-TestObject -Path "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines" -Object $vm
        $image = New-VMGoldenImage -SourceName sharing -Name sharing -WarningVariable warned @script:Quiet
        $text = "$warned"
        foreach ($shared in 'claim keeper-root', 'Secret user-data', 'Secret keys', 'Secret api-token') { $text | Should -Match $shared }
        $text | Should -Match '-CloudInitSecret'
        $text | Should -Match 'machine-id and SSH host keys.*cloud-init clean'
        $text | Should -Match 'No disk of .sharing. is in the image'
        $image.Disk | Should -BeNullOrEmpty
        Remove-VMGoldenImage sharing -Confirm:$false
    }

    # On a cluster this needs the feature gate HostDisk.
    It "warns of a host's disk" -Tag Sandbox {
        New-TestObject -Path "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines" -Object @{
            apiVersion = 'kubevirt.io/v1'; kind = 'VirtualMachine'; metadata = @{ name = 'hosted'; namespace = $script:Namespace }
            spec = @{ runStrategy = 'Halted'; template = @{ metadata = @{}; spec = @{
                        domain  = @{ memory = @{ guest = '64Mi' }; devices = @{ disks = @(@{ name = 'host'; disk = @{ bus = 'virtio' } }) } }
                        volumes = @(@{ name = 'host'; hostDisk = @{ path = '/data/disk.img'; type = 'DiskOrCreate' } }) } } }
        }
        $null = New-VMGoldenImage -SourceName hosted -Name hosted -WarningVariable warned @script:Quiet
        "$warned" | Should -Match "host's disk /data/disk.img"
        Remove-VMGoldenImage hosted -Confirm:$false
    }

    It 'warns of a Windows machine in its own words' {
        New-TestDiskVM -Name win -Domain @{ features = @{ hyperv = @{} } }
        $null = New-VMGoldenImage -SourceName win -Name win -WarningVariable warned @script:Quiet
        "$warned" | Should -Match 'Windows SID.*sysprep'
        Remove-VMGoldenImage win -Confirm:$false
    }

    It 'says what an image of a running machine is worth' -Tag Node {
        New-TestDiskVM -Name awake
        Start-VM awake -Wait -Timeout 1m
        $image = New-VMGoldenImage -SourceName awake -Name awake -WarningVariable warned @script:Quiet
        "$warned" | Should -Match 'after a power cut. -StopSource gives a clean one'
        $image.Consistency | Should -Match 'power cut'
        (Get-VM awake).Status | Should -Be 'Running'
        $image = New-VMGoldenImage -SourceName awake -Name awake -StopSource @script:Quiet
        $image.Version | Should -Be '2'
        $image.Consistency | Should -BeNullOrEmpty
        (Get-VM awake).RunStrategy | Should -Be 'Always'
        $image = New-VMGoldenImage -SourceName awake -Name awake -StopSource -KeepStopped @script:Quiet
        $image.Version | Should -Be '3'
        (Get-VM awake).Status | Should -Be 'Stopped'
        Remove-VMGoldenImage awake -Confirm:$false
    }

    It 'refuses names, versions and sources that cannot be' {
        foreach ($call in @{ Name = 'Bad name!' }, @{ Name = 'ok'; Version = 'a b' }, @{ Name = 'ok'; SourceName = 'No_Such' }) {
            $call.SourceName ??= 'keeper'
            New-VMGoldenImage @call -ErrorVariable failed -ErrorAction SilentlyContinue @script:Quiet
            Get-TestErrorId $failed[0] | Should -Be 'GoldenImageInvalid'
        }
        New-VMGoldenImage ok -SourceName nobody -ErrorVariable failed -ErrorAction SilentlyContinue @script:Quiet
        Get-TestErrorId $failed[0] | Should -Be 'VMNotFound'
        New-VMGoldenImage ubuntu-24.04 -SourceName keeper -Version 1 -ErrorVariable failed -ErrorAction SilentlyContinue @script:Quiet
        Get-TestErrorId $failed[0] | Should -Be 'GoldenImageExists'
    }

    It 'makes machines of it by either method, in any count, and tells how to name one' {
        foreach ($method in 'Clone', 'Restore') {
            $made = New-VMClone -GoldenImage ubuntu-24.04 -ImageVersion 1 -Count 2 -NamePattern "$($method.ToLowerInvariant())-{0}" -Method $method -Hostname '{2}' -Wait -Timeout 60s
            $made.Method | Sort-Object -Unique | Should -Be $method
            $made.SourceName | Sort-Object -Unique | Should -Be (Get-VMGoldenImage ubuntu-24.04 -Version 1).SnapshotName
            (Get-VM "$($method.ToLowerInvariant())-1").Raw.spec.template.spec.hostname | Should -Be "$($method.ToLowerInvariant())-1"
        }
        New-VMClone -GoldenImage ubuntu-24.04 first -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'VMCloneSourceGivenTwice'
        $failed[0].ErrorDetails.RecommendedAction | Should -Match '-TargetName first'
    }

    It 'makes and removes nothing with -WhatIf' {
        New-VMGoldenImage -SourceName keeper -Name rehearsed -RemoveSource -WhatIf
        Remove-VMGoldenImage ubuntu-24.04 -WhatIf
        Get-VMGoldenImage rehearsed -ErrorAction Ignore | Should -BeNullOrEmpty
        (Get-VMGoldenImage ubuntu-24.04).Count | Should -Be 2
    }

    It 'refuses to remove an image that a machine still needs, until -Force' -Tag Node {
        New-TestDiskVM -Name late -StorageClass (Get-TestStorageClass WaitForFirstConsumer) -RunStrategy Always
        $image = New-VMGoldenImage -SourceName late -Name late -StopSource @script:Quiet
        $null = $image | New-VMClone -TargetName waits -Method Restore -Wait -Timeout 60s @script:Quiet
        Remove-VMGoldenImage late -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-TestErrorId $failed[0] | Should -Be 'GoldenImageInUse'
        "$($failed[0])" | Should -Match 'waits'
        Remove-VMGoldenImage late -Force -Confirm:$false
        Get-VMGoldenImage late -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'prunes with -KeepVersion, and removes what is piped in' {
        Remove-VMGoldenImage ubuntu-24.04 -KeepVersion 1 -Confirm:$false
        (Get-VMGoldenImage ubuntu-24.04).Version | Should -Be '2'
        Get-VMGoldenImage | Remove-VMGoldenImage -Confirm:$false
        Get-VMGoldenImage | Should -BeNullOrEmpty
    }

    It 'needs to be told which' {
        { Remove-VMGoldenImage } | Should -Throw -ErrorId 'VMGoldenImageSelectionMissing,*'
        { New-VMGoldenImage x } | Should -Throw -ErrorId 'VMSelectionMissing,*'
    }
}
