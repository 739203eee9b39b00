BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    Import-Module (Join-Path $PSScriptRoot 'FakeApi.psm1') -Force
    Import-TestModule
    $script:Secret = 'very-secret-token'

    <# Runs a command with every stream open; returns the records, the terminating error among them. #>
    function Invoke-Recorded([scriptblock] $Command) {
        $records = [Collections.Generic.List[object]]::new()
        try { & $Command *>&1 | ForEach-Object { $records.Add($_) } } catch { $records.Add($_) }
        , $records
    }

    <# One clear terminating error, saying what to do, and the secret in no stream. #>
    function Assert-OneTerminatingError($Command, [string] $Id, [string] $Category, [string] $Message) {
        $VerbosePreference = 'Continue'; $DebugPreference = 'Continue'; $InformationPreference = 'Continue'
        $records = Invoke-Recorded $Command
        $errors = @($records | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
        $errors.Count | Should -Be 1 -Because (Get-AllText $records)
        $errors[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $errors[0].CategoryInfo.Category | Should -Be $Category
        if ($Message) { $errors[0].Exception.Message | Should -Match $Message }
        $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        { & $Command -ErrorAction SilentlyContinue 3>&1 4>&1 5>&1 6>&1 | Out-Null } | Should -Throw -Because 'SilentlyContinue must not swallow a terminating error'
        Get-AllText $records | Should -Not -Match $script:Secret
        $errors[0]
    }
}

Describe 'A kubeconfig that cannot be used' {
    It 'does not exist' {
        $record = Assert-OneTerminatingError { Get-VM -KubeConfig (Join-Path $TestDrive 'none') @args } 'KubeConfigNotFound' 'ObjectNotFound' 'none'
        $record.TargetObject | Should -Be (Join-Path $TestDrive 'none')
    }

    It 'is no YAML' {
        $path = Join-Path $TestDrive 'broken'
        Set-Content $path "clusters: [`n- {"
        Assert-OneTerminatingError { Get-VM -KubeConfig (Join-Path $TestDrive 'broken') @args } 'KubeConfigInvalid' 'InvalidData' 'broken'
    }

    It 'has a certificate that is none' {
        $path = New-FakeKubeConfig -Path (Join-Path $TestDrive 'badca') -Server https://127.0.0.1:1 -CertificateAuthority 'bm9wZQ=='
        Assert-OneTerminatingError { Get-VM -KubeConfig (Join-Path $TestDrive 'badca') @args } 'KubeConfigInvalid' 'InvalidData' 'certificate-authority'
    }

    It 'has no such context' {
        $path = New-FakeKubeConfig -Path (Join-Path $TestDrive 'config') -Server https://127.0.0.1:1
        $record = Assert-OneTerminatingError { Get-VM -KubeConfig (Join-Path $TestDrive 'config') -Context nope @args } 'KubeContextNotFound' 'ObjectNotFound' 'nope'
        $record.TargetObject | Should -Be 'nope'
    }

    It 'is found by paths of PowerShell' {
        New-PSDrive -Name Kvc -PSProvider FileSystem -Root $TestDrive -Scope Script | Out-Null
        New-FakeKubeConfig -Path (Join-Path $TestDrive 'driven') -Server https://127.0.0.1:1 | Out-Null
        try { Assert-OneTerminatingError { Get-VM -KubeConfig Kvc:/driven -Context nope @args } 'KubeContextNotFound' 'ObjectNotFound' }
        finally { Remove-PSDrive Kvc }
    }

    It 'needs a user when it is told groups' {
        $config = Join-Path $TestDrive 'nobody'
        New-FakeKubeConfig -Path $config -Server https://127.0.0.1:1 | Out-Null
        Assert-OneTerminatingError { Get-VM -KubeConfig $config -AsGroup dev @args } 'ImpersonationIncomplete' 'InvalidArgument'
        Assert-OneTerminatingError { Get-VM -KubeConfig $config -AsUid 7 @args } 'ImpersonationIncomplete' 'InvalidArgument'
    }
}

Describe 'A server that cannot be reached' {
    It 'does not listen' {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0); $listener.Start()
        $port = $listener.LocalEndpoint.Port; $listener.Stop()
        New-FakeKubeConfig -Path (Join-Path $TestDrive 'down') -Server "https://127.0.0.1:$port" | Out-Null
        Assert-OneTerminatingError { Get-VM -KubeConfig (Join-Path $TestDrive 'down') @args } 'ApiServerUnreachable' 'ConnectionError' "127.0.0.1:$port"
    }

    It 'has a name that nobody knows' {
        New-FakeKubeConfig -Path (Join-Path $TestDrive 'unknown') -Server 'https://no-such-host.invalid:6443' | Out-Null
        Assert-OneTerminatingError { Connect-KubeVirt -KubeConfig (Join-Path $TestDrive 'unknown') @args } 'ApiServerUnreachable' 'ConnectionError' 'no-such-host.invalid'
    }
}

Describe 'A server that cannot be trusted' {
    AfterEach { if ($script:Fake) { $script:Fake.Dispose(); $script:Fake = $null } }

    It 'has a certificate that has expired' {
        $script:Fake = Start-FakeApi -Expired
        New-FakeKubeConfig -Path (Join-Path $TestDrive 'expired') -Server "https://127.0.0.1:$($script:Fake.Port)" -CertificateAuthority $script:Fake.CertificateAuthority | Out-Null
        Assert-OneTerminatingError { Get-VM -KubeConfig (Join-Path $TestDrive 'expired') @args } 'ApiServerTlsFailure' 'SecurityError' 'expired'
    }

    It 'is signed by an authority the kubeconfig does not name' {
        $script:Fake = Start-FakeApi
        $other = Start-FakeApi
        try {
            New-FakeKubeConfig -Path (Join-Path $TestDrive 'other') -Server "https://127.0.0.1:$($script:Fake.Port)" -CertificateAuthority $other.CertificateAuthority | Out-Null
            Assert-OneTerminatingError { Get-VM -KubeConfig (Join-Path $TestDrive 'other') @args } 'ApiServerTlsFailure' 'SecurityError'
        }
        finally { $other.Dispose() }
    }

    It 'has a certificate for another name' {
        $script:Fake = Start-FakeApi -CertificateName 'elsewhere.example'
        New-FakeKubeConfig -Path (Join-Path $TestDrive 'name') -Server "https://127.0.0.1:$($script:Fake.Port)" -CertificateAuthority $script:Fake.CertificateAuthority | Out-Null
        Assert-OneTerminatingError { Get-VM -KubeConfig (Join-Path $TestDrive 'name') @args } 'ApiServerTlsFailure' 'SecurityError'
    }
}

Describe 'A server that says no' {
    BeforeEach {
        $script:Fake = Start-FakeApi
        $script:Config = New-FakeKubeConfig -Path (Join-Path $TestDrive 'fake') -Server "https://127.0.0.1:$($script:Fake.Port)" -CertificateAuthority $script:Fake.CertificateAuthority
        Set-FakeKubeVirt $script:Fake
    }
    AfterEach { $script:Fake.Dispose() }

    It 'does not know who we are (401)' {
        $script:Fake.Answers['GET /apis/kubevirt.io/v1/namespaces/lab/virtualmachines'] = '401 ' + [KubeVirtCloneTests.FakeApi]::Status(401, 'Unauthorized', 'Unauthorized')
        Assert-OneTerminatingError { Get-VM -KubeConfig $script:Config @args } 'ApiUnauthorized' 'AuthenticationError' '401'
    }

    It 'knows us and forbids it (403)' {
        $script:Fake.Answers['GET /apis/kubevirt.io/v1/namespaces/lab/virtualmachines'] = '403 ' + [KubeVirtCloneTests.FakeApi]::Status(403, 'Forbidden', 'virtualmachines.kubevirt.io is forbidden: User fake-user cannot list resource')
        Assert-OneTerminatingError { Get-VM -KubeConfig $script:Config @args } 'ApiForbidden' 'PermissionDenied' 'cannot list'
    }

    It 'has no KubeVirt' {
        Assert-OneTerminatingError { Get-VM -KubeConfig $script:Config @args } 'KubeVirtNotInstalled' 'NotInstalled'
    }

    It 'serves no clones' {
        $script:Fake.Answers.Clear()
        Set-FakeKubeVirt $script:Fake -WithoutClones
        Assert-OneTerminatingError { New-VMClone -SourceName golden -KubeConfig $script:Config @args } 'CloneApiUnavailable' 'NotInstalled' 'clone.kubevirt.io'
        Assert-OneTerminatingError { Get-VMClone -KubeConfig $script:Config @args } 'CloneApiUnavailable' 'NotInstalled'
    }

    It 'has the Snapshot gate off' {
        $script:Fake.Answers.Clear()
        Set-FakeKubeVirt $script:Fake -FeatureGate 'LiveMigration'
        Assert-OneTerminatingError { New-VMClone -SourceName golden -KubeConfig $script:Config @args } 'CloneApiUnavailable' 'NotInstalled' 'Snapshot'
    }

    It 'is shown by Connect-KubeVirt with what it serves' {
        $connection = Connect-KubeVirt -KubeConfig $script:Config
        try {
            $connection.Server | Should -Be "https://127.0.0.1:$($script:Fake.Port)"
            $connection.Context | Should -Be 'fake'
            $connection.User | Should -Be 'fake-user'
            $connection.Namespace | Should -Be 'lab'
            $connection.KubernetesVersion | Should -Be 'v1.34.1'
            $connection.KubeVirtVersion | Should -Be 'v1.8.0'
            $connection.CloneApiVersion | Should -Be 'v1beta1'
            $connection.SnapshotGate | Should -BeTrue
            Get-AllText $connection | Should -Not -Match $script:Secret
        }
        finally { Disconnect-KubeVirt }
    }

    It 'hangs: Ctrl+C comes back within a second' {
        $script:Fake.Answers['GET /apis/kubevirt.io/v1/namespaces/lab/virtualmachines'] = 'hang'
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$(Get-TestModulePath)'; Get-VM -KubeConfig '$($script:Config)'")
            $running = $shell.BeginInvoke()
            $deadline = [Diagnostics.Stopwatch]::StartNew()
            while ($script:Fake.Requests.Count -eq 0 -and $deadline.Elapsed.TotalSeconds -lt 30) { [Threading.Thread]::Yield() | Out-Null }
            $script:Fake.Requests.Count | Should -BeGreaterThan 0
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
            $running.IsCompleted | Should -BeTrue
        }
        finally { $shell.Dispose() }
    }

    It 'shows its requests on the debug stream, without the token' {
        $DebugPreference = 'Continue'
        $records = Invoke-Recorded { Get-VMClone -KubeConfig $script:Config }
        $debug = @($records | Where-Object { $_ -is [Management.Automation.DebugRecord] })
        $debug.Message | Should -Contain ($debug.Message -like 'GET /apis/clone.kubevirt.io 200 * ms*' | Select-Object -First 1)
        $debug.Message -like 'GET /apis/clone.kubevirt.io 200 * ms*' | Should -Not -BeNullOrEmpty
        Get-AllText $records | Should -Not -Match $script:Secret
    }
}
