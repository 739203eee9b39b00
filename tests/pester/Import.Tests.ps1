BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Manifest = Get-TestModulePath

    # In a PowerShell of its own: this one has loaded the module already.
    function Invoke-Fresh([string] $Script) {
        $Script = '$ProgressPreference = ''SilentlyContinue''; ' + $Script
        $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($Script))
        Invoke-TestShell -EncodedCommand $encoded
    }
}

Describe 'Import' {
    It 'takes less than 150 ms beyond an empty module' {
        $empty = Join-Path $TestDrive 'Empty.psd1'
        Set-Content -Path (Join-Path $TestDrive 'Empty.psm1') -Value ''
        New-ModuleManifest -Path $empty -RootModule 'Empty.psm1'
        # A busy machine adds to every measurement and takes from none: the quietest of ten counts.
        $least = [double]::MaxValue
        for ($try = 0; $try -lt 10 -and $least -ge 150; $try++) {
            $extra = [double](Invoke-Fresh @"
                `$null = Measure-Command { Get-Item . }
                `$empty = (Measure-Command { Import-Module '$empty' }).TotalMilliseconds
                `$module = (Measure-Command { Import-Module '$script:Manifest' }).TotalMilliseconds
                `$module - `$empty
"@)
            $least = [Math]::Min($least, $extra)
        }
        $least | Should -BeLessThan 150
    }

    It 'loads nothing that could read a kubeconfig or open a connection' {
        $loaded = Invoke-Fresh @"
            `$env:KUBECONFIG = '/nonexistent/config'
            Import-Module '$script:Manifest'
            [AppDomain]::CurrentDomain.GetAssemblies() | ForEach-Object { `$_.GetName().Name } | Where-Object { `$_ -match '^(KubeVirtClone|KubernetesClient|YamlDotNet|Fractions)' }
"@
        $loaded | Should -Be 'KubeVirtClone.PowerShell'
    }

    It 'writes nothing to any stream' {
        Invoke-Fresh "Import-Module '$script:Manifest' *>&1" | Should -BeNullOrEmpty
    }

    It 'exports cmdlets only, each with an approved verb and a singular noun' {
        $commands = Invoke-Fresh "Import-Module '$script:Manifest'; Get-Command -Module KubeVirtClone | ForEach-Object { `"`$(`$_.CommandType) `$(`$_.Verb) `$(`$_.Noun)`" }"
        $commands.Count | Should -BeGreaterOrEqual 9
        $verbs = (Get-Verb).Verb
        foreach ($command in $commands) {
            $type, $verb, $noun = -split $command
            $type | Should -Be 'Cmdlet'
            $verb | Should -BeIn $verbs
            $noun | Should -Not -Match 's$'
        }
    }

    It 'works again after Remove-Module and with -Force' {
        Invoke-Fresh @"
            Import-Module '$script:Manifest'; Remove-Module KubeVirtClone; Import-Module '$script:Manifest'; Import-Module '$script:Manifest' -Force
            try { Get-VM -KubeConfig /nonexistent/config } catch { `$_.FullyQualifiedErrorId }
"@ | Should -Be 'KubeConfigNotFound,KubeVirtClone.Commands.GetVMCommand'
    }

    It 'can be imported with a prefix' {
        Invoke-Fresh "Import-Module '$script:Manifest' -Prefix K; (Get-Command Get-KVM).Name" | Should -Be 'Get-KVM'
    }

    It 'is refused by Windows PowerShell: the manifest says so' {
        $data = Import-PowerShellDataFile $script:Manifest
        $data.PowerShellVersion | Should -Be '7.4'
        $data.CompatiblePSEditions | Should -Be 'Core'
        $data.Description | Should -Match '5\.1 is not supported'
    }

    It 'brings its about topics along' {
        Invoke-Fresh "Import-Module '$script:Manifest'; (Get-Help about_KubeVirtClone | Out-String) -match 'New-VMClone'" | Should -Be 'True'
    }

    It 'passes Test-ModuleManifest' { (Test-ModuleManifest $script:Manifest).Name | Should -Be 'KubeVirtClone' }

    It 'ships no PowerShell assembly and no symbols' {
        $files = (Get-ChildItem -Recurse -File (Split-Path $script:Manifest)).Name
        $files | Should -Not -Contain 'System.Management.Automation.dll'
        $files | Where-Object { $_ -like '*.pdb' } | Should -BeNullOrEmpty
    }

    It 'keeps third-party assemblies out of the folder that PowerShell probes' {
        (Get-ChildItem (Split-Path $script:Manifest) -Filter *.dll).Name | Should -Be 'KubeVirtClone.PowerShell.dll'
    }
}

Describe 'Dependencies' {
    It 'works beside another YamlDotNet that was loaded first' {
        $invalid = Join-Path $TestDrive 'invalid.yaml'
        Set-Content $invalid "clusters: [`n  - {"
        Copy-Item (Join-Path (Split-Path $script:Manifest) 'Dependencies/YamlDotNet.dll') "$TestDrive/YamlDotNet.dll"
        Invoke-Fresh @"
            `$null = [System.Runtime.Loader.AssemblyLoadContext]::Default.LoadFromAssemblyPath('$TestDrive/YamlDotNet.dll')
            Import-Module '$script:Manifest'
            try { Get-VM -KubeConfig '$invalid' } catch { `$_.FullyQualifiedErrorId }
            [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { `$_.GetName().Name -eq 'YamlDotNet' } |
                ForEach-Object { [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext(`$_).Name } | Sort-Object
"@ | Should -Be @('KubeConfigInvalid,KubeVirtClone.Commands.GetVMCommand', 'Default', 'KubeVirtClone')
    }

    Context 'beside a module that brings an older KubernetesClient and YamlDotNet' {
        BeforeAll {
            $packages = if ($env:KUBEVIRTCLONE_TEST_RESTORED) { $env:KUBEVIRTCLONE_TEST_RESTORED } else { Join-Path ([Environment]::GetFolderPath('UserProfile')) '.nuget/packages' }
            $folder = Join-Path $TestDrive 'Other'
            $null = New-Item -ItemType Directory -Path $folder
            foreach ($file in 'kubernetesclient/19.0.2/lib/net8.0/KubernetesClient.dll', 'yamldotnet/16.3.0/lib/net8.0/YamlDotNet.dll', 'fractions/7.3.0/lib/netstandard2.1/Fractions.dll') {
                Copy-Item (Join-Path $packages $file) $folder
            }

            # Uses what it brings, so that it is seen to work, not only to be loaded.
            Set-Content (Join-Path $folder 'Other.psm1') -Value @'
Add-Type -Path "$PSScriptRoot/Fractions.dll", "$PSScriptRoot/YamlDotNet.dll", "$PSScriptRoot/KubernetesClient.dll"
function Read-OtherPod { [k8s.KubernetesYaml]::Deserialize[k8s.Models.V1Pod]("apiVersion: v1`nkind: Pod`nmetadata:`n  name: other`n").Metadata.Name }
function Read-OtherQuantity { [k8s.Models.ResourceQuantity]::new('1Gi').ToDecimal() }
'@
            New-ModuleManifest -Path (Join-Path $folder 'Other.psd1') -RootModule 'Other.psm1' -FunctionsToExport 'Read-OtherPod', 'Read-OtherQuantity'
            $script:Other = Join-Path $folder 'Other.psd1'
            $script:Config = Join-Path $TestDrive 'nobody.yaml'
            Set-Content $script:Config -Value @'
current-context: c
contexts: [{name: c, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]
'@
        }

        It 'works when <Order> is loaded first' -ForEach @(
            @{ Order = 'the other'; First = 'Other' }
            @{ Order = 'this module'; First = 'KubeVirtClone' }
        ) {
            $theirs = "Import-Module '$script:Other'; Read-OtherPod; Read-OtherQuantity"
            $ours = "Import-Module '$script:Manifest'; try { Get-VM -KubeConfig '$script:Config' -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId }"
            $answers = @('other', '1073741824')
            $refusal = 'ApiServerUnreachable,KubeVirtClone.Commands.GetVMCommand'
            $seen = Invoke-Fresh @"
                $(if ($First -eq 'Other') { "$theirs; $ours; $theirs; $ours" } else { "$ours; $theirs; $ours; $theirs" })
                [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { `$_.GetName().Name -in 'KubernetesClient', 'YamlDotNet' } |
                    ForEach-Object { '{0} {1} in {2}' -f `$_.GetName().Name, `$_.GetName().Version.Major, [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext(`$_).Name } | Sort-Object
"@
            $twice = if ($First -eq 'Other') { $answers + $refusal + $answers + $refusal } else { , $refusal + $answers + $refusal + $answers }
            $seen | Should -Be ($twice + 'KubernetesClient 19 in Default' + 'KubernetesClient 21 in KubeVirtClone' + 'YamlDotNet 16 in Default' + 'YamlDotNet 18 in KubeVirtClone')
        }
    }

    It 'never answers for a third-party assembly that somebody else asks for' {
        Invoke-Fresh @"
            Import-Module '$script:Manifest'
            try { Get-VM -KubeConfig /nonexistent/config } catch { }
            foreach (`$name in 'YamlDotNet', 'KubernetesClient', 'Fractions') {
                try { `$null = [System.Reflection.Assembly]::Load(`$name); 'answered' } catch { 'not found' }
            }
"@ | Should -Be @('not found', 'not found', 'not found')
    }
}
