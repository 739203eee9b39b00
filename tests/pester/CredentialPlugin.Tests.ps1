<# Users who log in by a credential plugin: run once for a session, heard without breaking pipelines, never run by Tab when it may ask. #>
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name here

    <# A kubeconfig whose user runs a plugin that counts its runs; what it does before it answers is shell. #>
    function New-PluginConfig([string] $Mode = 'Never', [string] $Before = '') {
        $text = Get-Content -LiteralPath (Get-TestKubeConfig) -Raw
        $server = [regex]::Match($text, 'server:\s*(\S+)').Groups[1].Value
        $authority = [regex]::Match($text, 'certificate-authority-data:\s*(\S+)').Groups[1].Value
        $script:Token = [regex]::Match($text, '\btoken:\s*(\S+)').Groups[1].Value
        $folder = (New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))).FullName
        Set-Content -LiteralPath (Join-Path $folder answer) -NoNewline -Value (@{
                apiVersion = 'client.authentication.k8s.io/v1'; kind = 'ExecCredential'; status = @{ token = $script:Token }
            } | ConvertTo-Json -Compress)
        Set-Content -LiteralPath (Join-Path $folder login) -Value "#!/bin/sh`necho `$`$ >> '$folder/runs'`n$Before`ncat '$folder/answer'"
        chmod +x (Join-Path $folder login)
        $config = Join-Path $folder config
        Set-Content -LiteralPath $config -Value @"
current-context: plugin
clusters: [{name: c, cluster: {server: '$server', certificate-authority-data: $authority}}]
contexts: [{name: plugin, context: {cluster: c, user: p, namespace: $script:Namespace}}]
users:
- name: p
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: $Mode}
"@
        [pscustomobject]@{ Path = $config; Runs = Join-Path $folder runs }
    }

    function Get-RunCount($Plugin) { if (Test-Path -LiteralPath $Plugin.Runs) { @(Get-Content -LiteralPath $Plugin.Runs).Count } else { 0 } }
}
AfterAll { Stop-TestCluster }

Describe 'A credential plugin' -Tag Sandbox {
    AfterEach {
        Disconnect-KubeVirt
        $null = Connect-KubeVirt -KubeConfig (Get-TestKubeConfig) -Namespace $script:Namespace
    }

    It 'runs once for all commands of a session, and for other runspaces too' {
        $plugin = New-PluginConfig
        $null = Connect-KubeVirt -KubeConfig $plugin.Path
        (Get-VM).Name | Should -Be 'here'
        $null = Get-VMClone
        (Get-VM here -KubeConfig $plugin.Path).Name | Should -Be 'here'
        $other = [powershell]::Create()
        try { $other.AddScript("Import-Module '$(Get-TestModulePath)'; (Get-VM -KubeConfig '$($plugin.Path)').Name").Invoke() | Should -Be 'here' }
        finally { $other.Dispose() }
        Get-RunCount $plugin | Should -Be 1
    }

    It 'runs again after Disconnect-KubeVirt' {
        $plugin = New-PluginConfig
        $null = Get-VM -KubeConfig $plugin.Path
        Disconnect-KubeVirt
        $null = Get-VM -KubeConfig $plugin.Path
        Get-RunCount $plugin | Should -Be 2
    }

    It 'is heard in the information stream and not among the objects' {
        $plugin = New-PluginConfig -Before "echo 'enter ABCD at https://login.example' >&2"
        $heard = $null
        $objects = @(Get-VM -KubeConfig $plugin.Path -InformationVariable heard 6> $null)
        $objects.Name | Should -Be 'here'
        $heard | ForEach-Object { "$_" } | Should -Contain 'enter ABCD at https://login.example'
        $heard[0].Tags | Should -Be 'PSHOST', 'KubeAuth'
    }

    It 'that fails ends the command and shows no token' {
        $plugin = New-PluginConfig -Before "cat '$TestDrive/none' 2> /dev/null; exit 3"
        { Get-VM -KubeConfig $plugin.Path } | Should -Throw -ErrorId 'CredentialsUnavailable,*'
        Get-AllText $Error[0] | Should -Not -Match ([regex]::Escape($script:Token))
        $Error[0].Exception.Message | Should -Match 'exit code 3'
    }

    It 'leaves no token, and no part of the kubeconfig that is secret, in any stream of a run' {
        $plugin = New-PluginConfig -Before "echo 'hello from the plugin' >&2"
        $wrong = New-PluginConfig
        Set-Content -LiteralPath (Join-Path (Split-Path $wrong.Path) answer) -Value "{ token: $($script:Token)"
        $refused = New-PluginConfig
        (Get-Content -LiteralPath (Join-Path (Split-Path $refused.Path) answer) -Raw) -replace [regex]::Escape($script:Token), "$($script:Token)-refused" |
            Set-Content -LiteralPath (Join-Path (Split-Path $refused.Path) answer)
        $Error.Clear()
        $everything = & {
            $ErrorActionPreference = $VerbosePreference = $DebugPreference = $InformationPreference = $WarningPreference = 'Continue'
            Connect-KubeVirt -KubeConfig $plugin.Path
            Get-VM
            Get-VM none
            Test-VMClone here stream-1
            New-VMClone here stream-1 -Wait -Timeout 5m
            New-VMClone here stream-1
            New-VMClone here stream-2 -WhatIf
            Get-VMClone | Remove-VMClone -IncludeTarget -Confirm:$false
            foreach ($other in $wrong, $refused) { try { Get-VM -KubeConfig $other.Path } catch { $_ } }
            try { Get-VM -Context none } catch { $_ }
            Disconnect-KubeVirt
        } *>&1
        $text = Get-AllText (@($everything) + @($Error))
        $text | Should -Match 'hello from the plugin'
        $text | Should -Match 'stream-1'
        $secrets = @($script:Token) + @([regex]::Matches((Get-Content -LiteralPath (Get-TestKubeConfig) -Raw), '(?:token|client-key-data|password):\s*"?([^"\s]+)').ForEach({ $_.Groups[1].Value }))
        foreach ($secret in $secrets | Select-Object -Unique) {
            $text.Contains($secret) | Should -BeFalse
            $text.Contains([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($secret))) | Should -BeFalse
        }
    }

    It 'that may ask is never run by Tab, one that never asks is' {
        foreach ($mode in 'IfAvailable', 'Always') {
            $asking = New-PluginConfig -Mode $mode
            $line = "Get-VM -KubeConfig '$($asking.Path)' -Name "
            $null = [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)
            Get-RunCount $asking | Should -Be 0
        }

        $silent = New-PluginConfig
        $line = "Get-VM -KubeConfig '$($silent.Path)' -Name "
        $limit = [Diagnostics.Stopwatch]::StartNew()
        do { $offers = [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText }
        until ($offers -contains 'here' -or $limit.Elapsed.TotalSeconds -gt 20)
        $offers | Should -Contain 'here'
        Get-RunCount $silent | Should -Be 1
    }

    It 'is ended within a second when the pipeline is stopped' {
        $plugin = New-PluginConfig -Before 'sleep 600'
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$(Get-TestModulePath)'; Get-VM -KubeConfig '$($plugin.Path)'")
            $running = $shell.BeginInvoke()
            $limit = [Diagnostics.Stopwatch]::StartNew()
            while (-not (Test-Path -LiteralPath $plugin.Runs) -and $limit.Elapsed.TotalSeconds -lt 60) { [Threading.Thread]::Yield() | Out-Null }
            $id = [int](Get-Content -LiteralPath $plugin.Runs)
            $stopped = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $stopped.Elapsed.TotalSeconds | Should -BeLessThan 5
            try { [Diagnostics.Process]::GetProcessById($id).WaitForExit(5000) | Should -BeTrue } catch [ArgumentException] { }
        }
        finally { $shell.Dispose() }
    }
}
