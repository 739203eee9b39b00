BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden -Label @{ app = 'test'; 'backup/policy' = 'daily' } -Annotation @{ note = 'hello' }
    New-TestDiskVM -Name build01
    $script:Image = New-VMGoldenImage lab -SourceName build01 -WarningAction SilentlyContinue
}
AfterAll { Stop-TestCluster }

Describe 'New-VMClone -AsManifest' -Skip:(-not (Get-Command kubectl -ErrorAction Ignore)) {
    It 'writes what the new machine is to be as patches and filters, which kubectl then creates' {
        $yaml = New-VMClone golden made-1 -Hostname web01 -Label @{ tier = 'a' } -Annotation @{ text = 'a:b,c' } -NewMacAddress Generate -ExcludeLabel 'backup/*' -RunStrategy Manual -AsManifest
        $yaml | Should -HaveCount 1
        Get-VMClone | Should -BeNullOrEmpty -Because 'nothing is created'
        $yaml | Invoke-TestKubectl create -f - | Out-Null
        $LASTEXITCODE | Should -Be 0
        $null = Get-VMClone | Wait-VMClone -Timeout 2m
        $vm = Get-VM made-1
        $vm.Raw.spec.template.spec.hostname | Should -Be 'web01'
        $vm.Labels['tier'] | Should -Be 'a'
        $vm.Labels.Keys | Should -Not -Contain 'backup/policy'
        $vm.Annotations['text'] | Should -Be 'a:b,c'
        $vm.RunStrategy | Should -Be 'Manual'
        $vm.MacAddress | Should -Match '^.[26ae]-'
    }

    It 'writes clones of a golden image' {
        $yaml = $script:Image | New-VMClone -TargetName of-image -AsManifest
        $yaml | Should -Match "name: $($script:Image.SnapshotName)"
        $yaml | Should -Match 'kind: VirtualMachineSnapshot'
        (New-VMClone -GoldenImage lab -Count 3 -NamePattern 'i-{0}' -AsManifest).Count | Should -Be 3
        $yaml | Invoke-TestKubectl create -f - | Out-Null
        (Get-VMClone of-image-* | Wait-VMClone -Timeout 2m).TargetName | Should -Be 'of-image'
    }

    It 'writes restores with -Method Restore, which stand for clones once they are created' {
        $yaml = New-VMClone -GoldenImage lab -TargetName restored -Method Restore -Hostname '{2}' -Batch paper -AsManifest
        $yaml | Should -Match 'kind: VirtualMachineRestore'
        $yaml | Invoke-TestKubectl create -f - | Out-Null
        $LASTEXITCODE | Should -Be 0
        $clone = Get-VMClone -Batch paper | Wait-VMClone -Timeout 2m
        $clone.Method | Should -Be 'Restore'
        (Get-VM restored).Raw.spec.template.spec.hostname | Should -Be 'restored'
    }

    It 'writes the snapshot first that restores of a machine need, and says so' {
        $yaml = New-VMClone golden -Count 2 -NamePattern 'r-{0}' -Method Restore -AsManifest -WarningVariable warned -WarningAction SilentlyContinue
        $yaml | ForEach-Object { [regex]::Match($_, '(?m)^kind: (.*)$').Groups[1].Value } | Should -Be 'VirtualMachineSnapshot', 'VirtualMachineRestore', 'VirtualMachineRestore'
        $name = [regex]::Match($yaml[0], '(?m)^  name: (.*)$').Groups[1].Value
        "$warned" | Should -Match ([regex]::Escape("vmsnapshot/$name"))
        $yaml[1] | Should -Match "virtualMachineSnapshotName: $name"
        $yaml[0] | Invoke-TestKubectl create -f - | Out-Null
        $null = Get-VMSnapshot $name | Wait-VMSnapshot -Timeout 2m
        $yaml[1..2] | Invoke-TestKubectl create -f - | Out-Null
        $LASTEXITCODE | Should -Be 0
        (Get-VMClone r-* | Wait-VMClone -Timeout 2m).TargetName | Sort-Object | Should -Be 'r-1', 'r-2'
    }

    It 'gives an error where the source cannot be read, and goes on' {
        $yaml = 'golden', 'nobody' | New-VMClone -Hostname x -AsManifest -ErrorAction SilentlyContinue -ErrorVariable failed
        $yaml | Should -HaveCount 1
        Get-TestErrorId $failed[0] | Should -Be 'VMNotFound'
        $failed[0].TargetObject.SourceName | Should -Be 'nobody'
    }
}

Describe 'kubectl-vmclone new --dry-run=client' {
    It 'prints what New-VMClone -AsManifest writes' {
        $options = @{ Hostname = '{2}'; Label = @{ tier = 'a' }; NewMacAddress = 'Generate'; ExcludeLabel = 'backup/*'; Batch = 'both' }
        foreach ($method in 'Auto', 'Clone', 'Restore') {
            $ours = New-VMClone golden -Count 2 -NamePattern 'b-{0}' -Method $method -AsManifest -WarningAction SilentlyContinue @options
            $theirs = Invoke-TestCli new golden --count 2 --name-pattern 'b-{0}' --hostname '{2}' --label tier=a --generate-mac-addresses --exclude-label 'backup/*' --batch both --method $method.ToLowerInvariant() --dry-run=client -o yaml 2>$null
            $LASTEXITCODE | Should -Be 0
            ($theirs -join "`n").Trim() | Should -BeExactly ($ours -join "`n").Trim() -Because $method
        }
    }

    It 'reads the same columns of the same file' {
        $file = Join-Path $TestDrive 'clones.csv'
        Set-Content $file @'
SourceName,GoldenImage,ImageVersion,TargetName,Hostname,Label,Annotation,RunStrategy,ExcludeLabel,ExcludeAnnotation,ExcludeTemplateLabel,ExcludeTemplateAnnotation,SmbiosSerial,MacAddress,VolumeNamePolicy
golden,,,row-1,h-{0},tier=a;zone=b,owner=me,Manual,backup/*;x*,no*,y*,z*,s:1,default=02-00-00-00-00-07,PrefixTargetName
,lab,1,row-2,,,,,,,,,,,
golden,,,row-3,,,,,,,,,,,
'@
        $ours = Import-Csv $file | New-VMClone -Batch csv -AsManifest
        $theirs = Invoke-TestCli new -f $file --batch csv --dry-run=client -o yaml 2>$null
        $LASTEXITCODE | Should -Be 0
        $ours | Should -HaveCount 3
        $ours[0] | Should -Match '"h-1"'
        ($theirs -join "`n").Trim() | Should -BeExactly ($ours -join "`n").Trim()
    }
}
