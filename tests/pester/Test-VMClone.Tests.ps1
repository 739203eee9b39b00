BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden -Label @{ app = 'web'; 'secret/key' = 'x' }

    # A machine with a disk on storage that can be snapshotted: its clones need claims of their own.
    function New-TestDiskVM([string] $Name, [string] $StorageClass, [string] $Size = '10Gi') {
        New-TestObject -Path "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims" -Object @{
            apiVersion = 'v1'; kind = 'PersistentVolumeClaim'; metadata = @{ name = "$Name-data"; namespace = $script:Namespace }
            spec       = @{ accessModes = @('ReadWriteOnce'); storageClassName = $StorageClass; resources = @{ requests = @{ storage = $Size } } }
        }
        New-TestObject -Path "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines" -Object @{
            apiVersion = 'kubevirt.io/v1'; kind = 'VirtualMachine'; metadata = @{ name = $Name; namespace = $script:Namespace }
            spec       = @{
                runStrategy = 'Halted'
                template    = @{
                    spec = @{
                        domain  = @{ memory = @{ guest = '64Mi' }; devices = @{ disks = @(@{ name = 'data'; disk = @{ bus = 'virtio' } }) } }
                        volumes = @(@{ name = 'data'; persistentVolumeClaim = @{ claimName = "$Name-data" } })
                    }
                }
            }
        }
    }

    # Until the storage's word about the machine's volumes is in its status.
    function Wait-VolumeStatus([string] $Name) {
        $null = Wait-TestState { (Get-TestObject "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines/$Name").status.volumeSnapshotStatuses }
    }
}
AfterAll { Stop-TestCluster }

Describe 'Test-VMClone' {
    It 'finds no error in what works, and makes nothing' {
        $findings = Test-VMClone golden copy-1
        $findings | ForEach-Object { $_ | Should -BeOfType KubeVirtClone.VMCloneFinding }
        $findings.Severity | Should -Not -Contain 'Error'
        $findings.Code | Should -Contain 'Cluster'
        Get-VMClone | Should -BeNullOrEmpty
    }

    It 'takes what New-VMClone takes: <Shape>' -ForEach @(
        @{ Shape = 'machines by pipeline'; Script = { Get-VM golden | Test-VMClone } }
        @{ Shape = 'numbers and a script block'; Script = { 1..3 | Test-VMClone -SourceName golden -TargetName { "t-$_" } } }
        @{ Shape = 'a count and a pattern'; Script = { Test-VMClone golden -Count 3 -NamePattern 'web-{0:d3}' } }
        @{ Shape = 'rows'; Script = { 'SourceName,TargetName', 'golden,r-1' | ConvertFrom-Csv | Test-VMClone } }
        @{ Shape = 'a failed request'; Script = { [KubeVirtClone.VMCloneRequest]@{ SourceName = 'golden'; TargetName = 'again' } | Test-VMClone } }
    ) {
        $findings = & $Script
        $findings.Count | Should -BeGreaterThan 0
        $findings.Severity | Should -Not -Contain 'Error'
    }

    It 'has every parameter New-VMClone asks for clones with' {
        $common = [KubeVirtClone.Commands.CloneRequestCmdlet].GetProperties().Where({ $_.GetCustomAttributes([Management.Automation.ParameterAttribute], $true) }).Name
        $common | Should -Contain 'TargetName'
        foreach ($name in $common) { (Get-Command Test-VMClone).Parameters.Keys | Should -Contain $name }
    }

    It 'finds every mistake of a batch at once, each with what to do' {
        $rows = @(
            [pscustomobject]@{ SourceName = 'nobody'; TargetName = 'a-1' }
            [pscustomobject]@{ SourceName = 'golden'; TargetName = 'golden' }
            [pscustomobject]@{ SourceName = 'golden'; TargetName = 'Upper' }
            [pscustomobject]@{ SourceName = 'golden'; TargetName = 'twin' }
            [pscustomobject]@{ SourceName = 'golden'; TargetName = 'twin' }
            [pscustomobject]@{ SourceName = 'golden'; TargetName = 'mac'; MacAddress = 'default=02:00' }
        )
        $errors = $rows | Test-VMClone | Where-Object Severity -eq Error
        $errors.Code | Should -Contain 'VMNotFound'
        $errors.Code | Should -Contain 'VMCloneTargetIsSource'
        $errors.Code | Should -Contain 'VMCloneNameInvalid'
        $errors.Code | Should -Contain 'VMCloneDuplicateTarget'
        $errors.Code | Should -Contain 'VMCloneMacInvalid'
        $errors | ForEach-Object { $_.RecommendedAction | Should -Not -BeNullOrEmpty; $_.Item | Should -BeLike "$script:Namespace/*" }
    }

    It 'gives errors the ids that New-VMClone would give: <Code>' -ForEach @(
        @{ Code = 'VMNotFound'; Arguments = @{ SourceName = 'nobody' } }
        @{ Code = 'VMCloneFilterInvalid'; Arguments = @{ LabelFilter = 'a*b' } }
        @{ Code = 'VMClonePatchInvalid'; Arguments = @{ Patch = 'replace /spec' } }
    ) {
        $given = @{ SourceName = 'golden'; TargetName = 'same-1' }
        foreach ($key in $Arguments.Keys) { $given[$key] = $Arguments[$key] }
        (Test-VMClone @given | Where-Object Severity -eq Error).Code | Should -Be $Code
        $null = New-VMClone @given -ErrorVariable failed -ErrorAction SilentlyContinue
        ($failed[0].FullyQualifiedErrorId -split ',')[0] | Should -Be $Code
    }

    It 'shows which labels a filter keeps' {
        $preview = Test-VMClone golden filtered -LabelFilter '*', '!secret/*' | Where-Object Code -eq FilterPreview
        $preview.Message | Should -Match 'keeps app\b.*drops secret/key'
    }

    It 'is a bool with -Quiet' {
        Test-VMClone golden copy-2 -Quiet | Should -BeTrue
        Test-VMClone nobody copy-2 -Quiet | Should -BeFalse
        (Test-VMClone golden copy-2 -Quiet) -is [bool] | Should -BeTrue
    }

    It 'is false with -Quiet for what says nothing about what to clone' {
        @('golden', [timespan]::Zero) | Test-VMClone -Quiet -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeFalse
        ($failed[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'VMCloneInputInvalid'
    }

    It 'carries the requests on, so that what is sound can be cloned' {
        $finding = Test-VMClone nobody lost-1 | Where-Object Severity -eq Error
        $finding.Request.TargetName | Should -Be 'lost-1'
        $finding.Request[0].SourceName = 'golden'
        ($finding.Request | New-VMClone -Wait -Timeout 5m).TargetName | Should -Be 'lost-1'
    }

    It 'says that a target exists, but not of what the same batch made' {
        $null = New-VMClone golden taken -Batch first -Wait -Timeout 5m
        (Test-VMClone golden taken | Where-Object Severity -eq Error).Code | Should -Be 'VMCloneTargetExists'
        Test-VMClone golden taken -Batch first -Quiet | Should -BeTrue
    }

    It 'takes manifests as they stand: as a table, text, file, object or file object' {
        $manifest = @{
            apiVersion = 'clone.kubevirt.io/v1beta1'; kind = 'VirtualMachineClone'; metadata = @{ name = 'by-hand' }
            spec       = @{
                source = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'golden' }
                target = @{ kind = 'VirtualMachine'; name = 'by-hand' }
            }
        }
        $file = Join-Path $TestDrive 'clone.json'
        $manifest | ConvertTo-Json -Depth 9 | Set-Content $file
        $ways = @(
            { Test-VMClone -Manifest $manifest }
            { Test-VMClone -Path (Join-Path $TestDrive '*.json') }
            { Get-Content $file -Raw | Test-VMClone }
            { Get-Content $file -Raw | ConvertFrom-Json | Test-VMClone }
            { Get-Item $file | Test-VMClone }
        )
        foreach ($way in $ways) { (& $way | Where-Object Severity -eq Error).Code | Should -Be 'TargetGroup' -Because $way }
        # What this module writes itself is sound.
        New-VMClone golden by-hand -AsManifest | Test-VMClone -Quiet | Should -BeTrue
        Test-VMClone -Path (Join-Path $TestDrive 'none.yaml') -Quiet -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeFalse
        ($failed[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'ManifestFileNotFound'
        Test-VMClone -Manifest 'kind: [' -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        ($failed[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'ManifestInvalid'
    }

    It 'passes over targets that exist with -SkipExisting' {
        (Test-VMClone golden golden -SkipExisting | Where-Object Severity -eq Error).Code | Should -Be 'VMCloneTargetIsSource'
        New-TestVM -Name there
        Test-VMClone golden there, not-there -Quiet | Should -BeFalse
        $findings = Test-VMClone golden there, not-there -SkipExisting
        $findings | Where-Object Severity -eq Error | Should -BeNullOrEmpty
        ($findings | Where-Object Code -eq VMCloneTargetExists).Severity | Should -Be 'Information'
    }

    It 'works out identities as New-VMClone does: a label the source gives no place for' {
        New-TestObject -Path "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachines" -Object @{
            apiVersion = 'kubevirt.io/v1'; kind = 'VirtualMachine'; metadata = @{ name = 'bare'; namespace = $script:Namespace }
            spec       = @{ runStrategy = 'Halted'; template = @{ spec = @{ domain = @{ devices = @{}; memory = @{ guest = '64Mi' } } } } }
        }
        (Test-VMClone bare copy-5 -Label @{ tier = 'web' } | Where-Object Severity -eq Error).Code | Should -Be 'VMCloneOptionUnsupported'
        Test-VMClone golden copy-5 -Label @{ tier = 'web' } -Hostname web-1 -NewMacAddress Generate -Without Network -Quiet | Should -BeTrue
    }

    It 'asks the server whether it would take what a patch makes of the machine' {
        $finding = Test-VMClone golden copy-6 -Patch '{"op":"add","path":"/metadata/labels/x","value":"not valid!"}' | Where-Object Severity -eq Error
        $finding.Code | Should -Be 'TargetRefused'
        $finding.Message | Should -Match 'label'
        Get-VM copy-6 -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'looks golden images up, and says which is not there' {
        (Test-VMClone -GoldenImage nowhere -TargetName copy-7 | Where-Object Severity -eq Error).Code | Should -Be 'GoldenImageNotFound'
        $null = New-VMGoldenImage -SourceName golden -Name tested-image
        Test-VMClone -GoldenImage tested-image -Count 3 -NamePattern 'node-{0}' -Quiet | Should -BeTrue
        Get-VMGoldenImage tested-image | Test-VMClone -Quiet | Should -BeTrue
        Get-VMGoldenImage tested-image | Remove-VMGoldenImage -Confirm:$false
    }

    It 'checks a table of 500 rows in one pass, with no more requests than for one' {
        $file = Join-Path $TestDrive 'clones.csv'
        1..500 | ForEach-Object { [pscustomobject]@{ SourceName = 'golden'; TargetName = "desk-$_" } } | Export-Csv $file
        $one = Import-Csv $file | Select-Object -First 1 | Test-VMClone -Verbose 4>&1 | Where-Object { "$_" -match 'API requests' }
        $all = Import-Csv $file | Test-VMClone -Verbose 4>&1 | Where-Object { "$_" -match 'API requests' }
        "$all" | Should -Match '^500 clones'
        [regex]::Match("$all", '(\d+) API').Groups[1].Value | Should -Be ([regex]::Match("$one", '(\d+) API').Groups[1].Value)
        Import-Csv $file | Test-VMClone -Quiet | Should -BeTrue
    }

    It 'reports a quota that breaks at the 31st of 50 before the first is made' -Tag Sandbox {
        New-TestDiskVM stored fast
        Wait-VolumeStatus stored
        New-TestObject -Path "/api/v1/namespaces/$script:Namespace/resourcequotas" -Object @{
            apiVersion = 'v1'; kind = 'ResourceQuota'; metadata = @{ name = 'storage'; namespace = $script:Namespace }
            spec       = @{ hard = @{ 'requests.storage' = '310Gi' } }
        }
        $quota = "/api/v1/namespaces/$script:Namespace/resourcequotas/storage"
        Wait-TestState { (Get-TestObject $quota).status.used.'requests.storage' } | Should -Be '10Gi'
        $errors = Test-VMClone stored -Count 50 -NamePattern 'lab-{0:d2}' | Where-Object Severity -eq Error
        $errors.Code | Should -Be 'QuotaExceeded'
        $errors.Item | Should -Be "$script:Namespace/lab-31"
        $errors.Message | Should -Match 'clone 31 of 50'
        $errors.Request.Count | Should -Be 20
        Get-VM lab-* | Should -BeNullOrEmpty
        # Whoever did not ask is told the same of each, and gets the others.
        $made = New-VMClone stored -Count 32 -NamePattern 'lab-{0:d2}' -Batch room -ErrorVariable refused -ErrorAction SilentlyContinue
        $made.Count | Should -Be 30
        Get-TestErrorId $refused | Should -Be 'QuotaExceeded', 'QuotaExceeded'
        $refused.TargetObject.TargetName | Sort-Object | Should -Be 'lab-31', 'lab-32'
        $refused[0].ErrorDetails.RecommendedAction | Should -Match 'kubectl describe resourcequota storage'
        $null = Invoke-TestApi -Method Delete -Path $quota
    }

    It 'says which volume cannot be snapshotted' -Tag Sandbox {
        New-TestDiskVM unlucky nosnap 1Gi
        Wait-VolumeStatus unlucky
        $finding = Test-VMClone unlucky copy-3 -Method Clone | Where-Object Severity -eq Error
        $finding.Code | Should -Be 'VolumeNotSnapshottable'
        $finding.Message | Should -Match 'nosnap'
    }

    It 'says of what takes no snapshots that CDI copies it, and how; a source that runs is an error then' -Tag Sandbox {
        New-TestDiskVM copied nosnap 1Gi
        Wait-VolumeStatus copied
        $null = Wait-TestState { (Get-TestObject "/api/v1/namespaces/$script:Namespace/persistentvolumeclaims/copied-data").status.phase -eq 'Bound' }
        $findings = Test-VMClone copied copy-5
        $findings | Where-Object Severity -eq Error | Should -BeNullOrEmpty
        ($findings | Where-Object Code -eq 'VolumeNotSnapshottable').Severity | Should -Be 'Warning'
        ($findings | Where-Object Code -eq 'CopyStrategy').Message | Should -Match 'by pods'
        $null = Start-VM copied -Wait -Timeout 60s
        $running = Test-VMClone copied copy-5 | Where-Object Severity -eq Error
        $running.Code | Should -Be 'VMCloneSourceRunning'
        $running.RecommendedAction | Should -Match 'Stop-VM copied'
    }

    It 'tells a tenant without rights what was not checked' -Tag Sandbox {
        $findings = Test-VMClone golden copy-4 -KubeConfig (Get-TestKubeConfig) -Context nobody@sandbox -Namespace $script:Namespace
        $findings.Severity | Should -Contain 'NotChecked'
        ($findings | Where-Object Severity -eq Error).Code | Should -Contain 'ApiForbidden'
    }

    It 'shows a table by severity, in colours that can be turned off' {
        $old = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'PlainText'
            $text = Test-VMClone nobody seen | Out-String -Width 160
            $text | Should -Match 'Severity: Error'
            $text | Should -Match '(?s)Code\s+Item\s+Message.*VMNotFound\s+\S+/'
            $text | Should -Not -Match "`e"
            $PSStyle.OutputRendering = 'Ansi'
            Test-VMClone nobody seen | Out-String -Width 160 | Should -Match ([regex]::Escape($PSStyle.Foreground.Red) + 'VMNotFound')
        }
        finally { $PSStyle.OutputRendering = $old }
        (Test-VMClone nobody seen | Format-List | Out-String -Width 160) | Should -Match 'RecommendedAction'
    }
}

Describe 'New-VMClone -SkipPreflight' {
    It 'lets the server decide: a clone of nothing is made and waits' {
        $null = New-VMClone nobody skip-1 -ErrorVariable failed -ErrorAction SilentlyContinue
        ($failed[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'VMNotFound'
        $clone = New-VMClone nobody skip-1 -SkipPreflight
        $clone.Phase | Should -Be 'Pending'
        $clone | Remove-VMClone -Confirm:$false
    }
}
