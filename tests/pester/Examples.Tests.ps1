BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster -SandboxParameters @{ NoPacing = $true }
    New-TestVM -Name golden
    New-TestDiskVM -Name build01
    $script:Examples = Convert-Path (Join-Path $PSScriptRoot '../../examples')
    $script:Config = Join-Path $TestDrive config
    Copy-Item -LiteralPath (Get-TestKubeConfig) -Destination $script:Config
    $script:Before = $env:KUBECONFIG
    $env:KUBECONFIG = $script:Config
    if (Get-Command kubectl -ErrorAction Ignore) { kubectl config set-context --current --namespace $script:Namespace | Out-Null }
}
AfterAll {
    $env:KUBECONFIG = $script:Before
    Stop-TestCluster
}

Describe 'examples/clones.csv' {
    It 'is checked without an error, and makes what it says' {
        Import-Csv (Join-Path $script:Examples clones.csv) | Test-VMClone | Where-Object Severity -eq Error | Should -BeNullOrEmpty
        $made = Import-Csv (Join-Path $script:Examples clones.csv) | New-VMClone -Batch sample -Wait -Timeout 5m -WarningAction Ignore
        $made.TargetName | Sort-Object | Should -Be 'db-01', 'web-01', 'web-02'
        (Get-VM web-01).Labels['tier'] | Should -Be 'web'
        Remove-VMClone -Batch sample -IncludeTarget -Force -Confirm:$false
    }
}

Describe 'examples/lab.ps1' {
    BeforeAll { $script:Lab = Join-Path $script:Examples lab.ps1 }

    It 'makes two hundred desktops of a file, once, and takes them away' {
        $file = Join-Path $TestDrive lab.csv
        $report = Join-Path $TestDrive lab.html
        1..200 | ForEach-Object { [pscustomobject]@{ SourceName = 'golden'; TargetName = 'desk-{0:d3}' -f $_; Hostname = 'desk-{0:d3}' -f $_ } } | Export-Csv $file
        $made = & $script:Lab -Path $file -Batch lab -Report $report -WarningAction Ignore
        $made.Count | Should -Be 200
        $report | Should -FileContentMatch 'desk-200'
        (Get-VM desk-117).Raw.spec.template.spec.hostname | Should -Be 'desk-117'
        $uids = (Get-VM desk-*).Uid
        (Get-VM desk-117) | Remove-VM -Confirm:$false
        $null = & $script:Lab -Path $file -Batch lab -WarningAction Ignore
        $again = (Get-VM desk-*).Uid
        $again.Count | Should -Be 200
        @($again | Where-Object { $_ -notin $uids }).Count | Should -Be 1
        & $script:Lab -Batch lab -Remove
        Get-VM desk-* | Should -BeNullOrEmpty
    }

    It 'makes nothing of a file with a row that cannot work' {
        Set-Content (Join-Path $TestDrive bad.csv) "SourceName,TargetName`ngolden,good-1`nnobody,bad-1"
        { & $script:Lab -Path (Join-Path $TestDrive bad.csv) -Batch bad 6>$null } | Should -Throw 'Errors in *: 1. Nothing was made.'
        Get-VM good-1 -ErrorAction Ignore | Should -BeNullOrEmpty
    }
}

Describe 'examples/nightly-image.ps1' -Tag Node {
    BeforeAll {
        $script:Nightly = Join-Path $script:Examples nightly-image.ps1
        $script:Log = Join-Path $TestDrive image.log
        # As cron runs it: a process of its own, which has an exit code.
        function Invoke-Nightly([string] $Source, [string] $Image = 'nightly', [int] $Keep = 2) {
            $said = Invoke-TestShell -Command "Import-Module '$(Get-TestModulePath)'; & '$script:Nightly' -Image $Image -Source '$Source' -Log '$script:Log' -Keep $Keep -Namespace '$script:Namespace' -Timeout 00:05:00 *>&1; exit `$LASTEXITCODE"
            [pscustomobject]@{ ExitCode = $LASTEXITCODE; Said = "$said"; Log = @(Get-Content $script:Log -ErrorAction Ignore) }
        }
    }

    It 'makes a version a night, keeps two, and says so in its log' {
        foreach ($night in 1..3) {
            $run = Invoke-Nightly build01
            $run.ExitCode | Should -Be 0 -Because "$($run.Log -join "`n")`n$($run.Said)"
        }

        (Get-VMGoldenImage nightly).Version | Sort-Object | Should -Be '2', '3'
        @($run.Log -match 'proved: a clone of it runs').Count | Should -Be 3
        $run.Log[-1] | Should -Match '^\d{4}-\d\d-\d\dT\S+Z kept: versions (2, 3|3, 2)$'
        Get-VM nightly-proof-* | Should -BeNullOrEmpty
    }

    It 'ends with 1 and the reason when it cannot' {
        $run = Invoke-Nightly nobody
        $run.ExitCode | Should -Be 1 -Because $run.Said
        $run.Log[-1] | Should -Match 'failed: VM\w*NotFound: .*nobody'
        (Get-VMGoldenImage nightly).Count | Should -Be 2
    }

    It 'ends with 2 when it made a version, and an old one has to stay' {
        New-TestDiskVM -Name lazy -StorageClass (Get-TestStorageClass WaitForFirstConsumer) -RunStrategy Always
        (Invoke-Nightly lazy held 1).ExitCode | Should -Be 0
        # Its disk is filled from the image only when it starts.
        $null = New-VMClone -GoldenImage held -TargetName waits -Method Restore -Wait -Timeout 5m -WarningAction Ignore
        $run = Invoke-Nightly lazy held 1
        $run.ExitCode | Should -Be 2 -Because "$($run.Log -join "`n")`n$($run.Said)"
        $run.Log[-2] | Should -Match 'proved: a clone of it runs'
        $run.Log[-1] | Should -Match 'not pruned: GoldenImageInUse: .*waits'
        (Get-VMGoldenImage held).Version | Sort-Object | Should -Be '1', '2'
        Start-VM waits -Wait -Timeout 5m
        $run = Invoke-Nightly lazy held 1
        $run.ExitCode | Should -Be 0 -Because "$($run.Log -join "`n")`n$($run.Said)"
        $run.Log[-1] | Should -Match 'kept: versions 3$'
    }

    It 'withdraws a version of which no clone runs' -Tag Sandbox {
        $quotas = "/api/v1/namespaces/$script:Namespace/resourcequotas"
        New-TestObject -Path $quotas -Object @{
            apiVersion = 'v1'; kind = 'ResourceQuota'; metadata = @{ name = 'full'; namespace = $script:Namespace }
            spec = @{ hard = @{ 'count/virtualmachines.kubevirt.io' = '0' } }
        }
        try {
            $run = Invoke-Nightly build01
            $run.ExitCode | Should -Be 1 -Because $run.Said
            $run.Log[-2] | Should -Match 'failed: .*full'
            $run.Log[-1] | Should -Match 'withdrawn: version 4'
            (Get-VMGoldenImage nightly).Version | Sort-Object | Should -Be '2', '3'
        }
        finally { $null = Invoke-TestApi -Method Delete -Path "$quotas/full" }
    }
}

Describe 'examples/blue-green.ps1' -Tag Node -Skip:(-not (Get-Command kubectl -ErrorAction Ignore)) {
    BeforeAll {
        $script:BlueGreen = Join-Path $script:Examples blue-green.ps1
        New-TestVM -Name shop-1
        $live = @{ labels = @{ role = 'live' } }
        Update-TestObject virtualmachines.kubevirt.io shop-1 @{ metadata = $live; spec = @{ template = @{ metadata = $live } } }
        Start-VM shop-1 -Wait -Timeout 5m
        # What a Service finds: what runs, by the label it was started with.
        $instances = "/apis/kubevirt.io/v1/namespaces/$script:Namespace/virtualmachineinstances"
        function Get-Live { ((Get-TestObject $instances).items | Where-Object { $_.metadata.labels.role -eq 'live' }).metadata.name }
    }

    It 'lets the clone take over, and goes back' {
        $changed = [System.Collections.Generic.List[string]]::new()
        $null = & $script:BlueGreen -Blue shop-1 -Green shop-2 -Change { param($VM) $changed.Add("$($VM.Name) $($VM.Status)"); Get-Live | Should -Be 'shop-1' } -WarningAction Ignore
        $changed | Should -Be 'shop-2 Running'
        Get-Live | Should -Be 'shop-2'
        (Get-VM -LabelSelector role=live).Name | Should -Be 'shop-2'
        (Get-VM shop-1).Status | Should -Be 'Stopped'
        $null = & $script:BlueGreen -Blue shop-1 -Green shop-2 -Back
        Get-Live | Should -Be 'shop-1'
        (Get-VM -LabelSelector role=live).Name | Should -Be 'shop-1'
        (Get-VM shop-2).Status | Should -Be 'Stopped'
    }

    It 'lets the old one serve on when the check says no' {
        { & $script:BlueGreen -Blue shop-1 -Green shop-3 -Check { $false } -WarningAction Ignore } | Should -Throw '*serves on*'
        Get-Live | Should -Be 'shop-1'
    }
}

Describe 'examples/desktops.ps1' -Tag Sandbox {
    It 'makes thirty desktops in three namespaces from one image, of 40Gi, on the fast class' {
        $teams = 'a', 'b', 'c' | ForEach-Object { "$script:Namespace-$_" }
        foreach ($team in $teams) { New-TestObject -Path '/api/v1/namespaces' -Object @{ apiVersion = 'v1'; kind = 'Namespace'; metadata = @{ name = $team } } }
        $null = New-VMGoldenImage desktop -SourceName build01 -WarningAction Ignore
        $desktops = Join-Path $script:Examples desktops.ps1
        $made = & $desktops -Image desktop -Team $teams -StorageClass fast -DiskSize 40Gi -Memory 128Mi -WarningAction Ignore | Where-Object { $_ -is [KubeVirtClone.VMClone] }
        $made.Count | Should -Be 30
        $made.Bound | Should -Not -Contain $false
        foreach ($team in $teams) {
            (Get-VM desk-* -Namespace $team).Memory | Should -Be (@('128Mi') * 10)
            $claims = (Get-TestObject "/api/v1/namespaces/$team/persistentvolumeclaims").items
            $claims.Count | Should -Be 10
            $claims.status.capacity.storage | Select-Object -Unique | Should -Be '40Gi'
            $claims.spec.storageClassName | Select-Object -Unique | Should -Be 'fast'
        }

        & $desktops -Image desktop -Team $teams -Remove
        foreach ($team in $teams) { Get-VM -Namespace $team | Should -BeNullOrEmpty }
    }
}

Describe 'examples/ci-step.sh' -Skip:($IsWindows -or -not (Get-Command kubectl -ErrorAction Ignore) -or -not $env:KUBEVIRTCLONE_TEST_CLI) {
    It 'gives the run a machine, and takes it away however the run ends' {
        $null = New-VMGoldenImage ci -SourceName build01 -WarningAction Ignore
        $env:VMCLONE = $env:KUBEVIRTCLONE_TEST_CLI
        try {
            $said = & (Join-Path $script:Examples ci-step.sh) ci ci-1 sh -c 'echo "$VM_NAME at $VM_ADDRESS"; exit 3' 2>$null
            $LASTEXITCODE | Should -Be 3
            $said | Should -Match '^ci-1 at \d+\.'
            Get-VM ci-1 -ErrorAction Ignore | Should -BeNullOrEmpty
        }
        finally { $env:VMCLONE = $null }
    }
}

Describe 'examples/two-clusters.ps1' -Tag Sandbox -Skip:(-not (Get-Command kubectl -ErrorAction Ignore)) {
    AfterAll { Stop-TestNeighbour }

    It 'makes the same everywhere, tells of each, and throws for the one it cannot reach' {
        try {
            $east, $west, $merged = 'east', 'west', 'merged' | ForEach-Object { Join-Path $TestDrive $_ }
            Copy-Item -LiteralPath (Get-TestKubeConfig) -Destination $east
            # In a merged kubeconfig the first entry of a name wins: those of the second sandbox are renamed.
            (Get-Content -Raw (Start-TestNeighbour build01)) -replace '(?m)(name|cluster): sandbox$', '$1: west' -replace '(?m)(name|user): admin$', '$1: west' | Set-Content $west
            foreach ($config in $east, $west) {
                $name = Split-Path -Leaf $config
                kubectl config --kubeconfig $config rename-context (kubectl config --kubeconfig $config current-context) $name | Out-Null
                kubectl config --kubeconfig $config set-context $name --namespace $script:Namespace | Out-Null
                $null = New-VMGoldenImage both -SourceName build01 -KubeConfig $config -WarningAction Ignore
            }

            $env:KUBECONFIG = $east, $west -join [IO.Path]::PathSeparator
            kubectl config view --raw --flatten | Set-Content $merged
            $rows = & (Join-Path $script:Examples two-clusters.ps1) -KubeConfig $merged -Context east, west -Image both -Count 2 -Batch both
            $rows | ForEach-Object { "$($_.Cluster) $($_.VM) $($_.State)" } | Sort-Object | Should -Be 'east app-01 Bound', 'east app-02 Bound', 'west app-01 Bound', 'west app-02 Bound'
            foreach ($config in $east, $west) { (Get-VM app-* -KubeConfig $config).Name | Should -Be 'app-01', 'app-02' }
            { & (Join-Path $script:Examples two-clusters.ps1) -KubeConfig $merged -Context east, nowhere -Image both -Count 2 -Batch both } | Should -Throw '*nowhere*'
        }
        finally {
            $env:KUBECONFIG = $script:Config
        }
    }
}
