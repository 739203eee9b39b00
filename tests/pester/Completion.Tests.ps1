BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    Import-Module (Join-Path $PSScriptRoot 'FakeApi.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden, web-1, web-2
    $script:Clone = New-VMClone golden cloned -Wait -Timeout 5m

    <# What one Tab offers at the end of a line. #>
    function Complete-Once([string] $Line) {
        [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches | Where-Object ResultType -eq 'ParameterValue'
    }

    <# What is offered once the answer is there: a first Tab on a busy machine may come back with nothing, and is not to wait. #>
    function Complete([string] $Line) {
        $limit = [Diagnostics.Stopwatch]::StartNew()
        do { $offers = Complete-Once $Line } until ($offers -or $limit.Elapsed.TotalSeconds -gt 10)
        $offers
    }
}
AfterAll { Stop-TestCluster }

Describe 'Completion' {
    It 'offers names for <_>' -ForEach 'Get-VM ', 'Get-VM -Name ', 'New-VMClone ', 'New-VMClone -SourceName ' {
        $line = $_
        (Complete $line).CompletionText | Should -Be 'cloned', 'golden', 'web-1', 'web-2'
    }

    It 'offers what begins with the typed text, with the state as tooltip' {
        $offers = Complete 'Get-VM we'
        $offers.CompletionText | Should -Be 'web-1', 'web-2'
        $offers[0].ToolTip | Should -BeLike "$script:Namespace/web-1 *"
    }

    It 'offers what contains the typed text when nothing begins with it' { (Complete 'Get-VM old').CompletionText | Should -Be 'golden' }
    It 'keeps the quote that was typed' { (Complete "Get-VM 'gol").CompletionText | Should -Be "'golden'" }
    It 'offers clones' { (Complete 'Get-VMClone ').CompletionText | Should -Contain $script:Clone.TargetName }
    It 'offers namespaces' { (Complete 'Get-VM -Namespace kvc').CompletionText | Should -Contain $script:Namespace }
    It 'honours the namespace typed' { Complete-Once 'Get-VM -Namespace none-such -Name ' | Should -BeNullOrEmpty }

    It 'offers contexts without any server' {
        $config = New-FakeKubeConfig -Path (Join-Path $TestDrive 'offline') -Server https://127.0.0.1:1
        (Complete "Get-VM -KubeConfig $config -Context ").CompletionText | Should -Be 'fake'
    }

    It 'offers the contexts of the sandbox' -Tag Sandbox {
        (Complete 'Get-VM -Context vi').CompletionText | Should -Match 'viewer@sandbox'
    }

    It 'is back within its deadline when the server hangs' {
        $fake = Start-FakeApi
        try {
            $config = New-FakeKubeConfig -Path (Join-Path $TestDrive 'hanging') -Server "https://127.0.0.1:$($fake.Port)" -CertificateAuthority $fake.CertificateAuthority
            $fake.Answers['GET /apis/kubevirt.io/v1/namespaces/lab/virtualmachines'] = 'hang'
            $line = "Get-VM -KubeConfig $config -Name "
            # The engine's own work for a completion comes on top of the completer's 300 ms; a busy machine only ever adds.
            $least = 1..5 | ForEach-Object {
                $clock = [Diagnostics.Stopwatch]::StartNew()
                Complete-Once $line | Should -BeNullOrEmpty
                $clock.Elapsed.TotalMilliseconds
            } | Measure-Object -Minimum
            $least.Minimum | Should -BeLessThan 600
        }
        finally { $fake.Dispose() }
    }

    It 'asks the server once for many Tabs' {
        $fake = Start-FakeApi
        try {
            $config = New-FakeKubeConfig -Path (Join-Path $TestDrive 'counting') -Server "https://127.0.0.1:$($fake.Port)" -CertificateAuthority $fake.CertificateAuthority
            $vm = '{"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"only","namespace":"lab","uid":"1"},"spec":{}}'
            $fake.Answers['GET /apis/kubevirt.io/v1/namespaces/lab/virtualmachines'] =
                "200 {`"kind`":`"VirtualMachineList`",`"apiVersion`":`"kubevirt.io/v1`",`"metadata`":{`"resourceVersion`":`"1`"},`"items`":[$vm]}"
            1..5 | ForEach-Object { $null = Complete "Get-VM -KubeConfig $config -Name " }
            (Complete "Get-VM -KubeConfig $config -Name o").CompletionText | Should -Be 'only'
            @($fake.Requests).Count | Should -Be 1
        }
        finally { $fake.Dispose() }
    }
}
