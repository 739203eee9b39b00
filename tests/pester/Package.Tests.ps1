# What is published, used as people without the source use it: each part in a home of its own, in sessions that know nothing of this checkout.
BeforeDiscovery {
    $script:Folder = $env:KUBEVIRTCLONE_TEST_PACKAGE
    $script:HasArchive = $script:Folder -and (Get-ChildItem $script:Folder -Filter 'kubectl-vmclone-*.tar.gz')
}

Describe 'What is published' -Tag Package -Skip:(-not $env:KUBEVIRTCLONE_TEST_PACKAGE) {
    BeforeAll {
        Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
        Import-Module (Join-Path $PSScriptRoot 'PackageReading.psm1') -Force
        $script:Folder = $env:KUBEVIRTCLONE_TEST_PACKAGE
        $script:Nupkg = (Get-ChildItem $script:Folder -Filter 'KubeVirtClone.*.nupkg').FullName
        $script:Version = (Split-Path -LeafBase $script:Nupkg) -replace '^KubeVirtClone\.'
        $script:Source = Split-Path (Get-TestModulePath)

        # A home of its own: neither modules nor repositories nor tools of whoever runs this.
        $script:HomeFolder = Join-Path $TestDrive home
        # Folders that are not there would not be taken: .NET gives an empty path for them.
        $null = New-Item -ItemType Directory (Join-Path $script:HomeFolder .local/share), (Join-Path $script:HomeFolder .config), (Join-Path $script:HomeFolder .cache) -Force
        $script:CleanHome = @{
            HOME = $script:HomeFolder; USERPROFILE = $script:HomeFolder; XDG_DATA_HOME = ''; XDG_CONFIG_HOME = ''; XDG_CACHE_HOME = ''
            LOCALAPPDATA = $script:HomeFolder; PSModulePath = ''; KUBECONFIG = ''
        }
        function Invoke-Clean([string] $Script) {
            $Script = "`$ProgressPreference = 'SilentlyContinue'; `$ErrorActionPreference = 'Stop'; " + $Script
            Invoke-WithEnvironment $script:CleanHome { Invoke-TestShell -EncodedCommand ([Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($Script))) }
        }
    }

    Context 'The module' {
        BeforeAll {
            $repository = New-Item -ItemType Directory (Join-Path $TestDrive repository)
            $script:Installed = Invoke-Clean @"
                Register-PSResourceRepository Folder -Uri '$repository' -Trusted
                Publish-PSResource -NupkgPath '$script:Nupkg' -Repository Folder
                Find-PSResource 'KubeVirt*' -Repository Folder | ForEach-Object Name
                Install-PSResource KubeVirtClone -Repository Folder -Scope CurrentUser
                (Get-Module -ListAvailable KubeVirtClone).ModuleBase
"@
        }

        It 'is published to a repository, found there, and installed for a user' {
            $script:Installed | Should -HaveCount 2
            $script:Installed[0] | Should -Be KubeVirtClone
            $script:Installed[1] | Should -BeLike "$script:HomeFolder*$script:Version"
            # What is installed is what the whole suite runs against, to the byte; the installer adds a file of its own.
            Get-FileTable $script:Installed[1] -Exclude PSGetModuleInfo.xml | Should -Be (Get-FileTable $script:Source)
        }

        It 'clones on the sandbox in a session that knows nothing else, with help and completion' {
            $said = Invoke-Clean @'
                (TabExpansion2 'New-VMClo' 9).CompletionMatches[0].CompletionText
                (Get-Help New-VMClone -Examples).Examples.Example.Count -gt 3
                (Get-Help about_KubeVirtClone) -match 'New-VMClone' -ne $null
                $null = Start-KubeVirtSandbox -ClockFactor 20
                Get-VM golden | New-VMClone -Count 2 -NamePattern 'web-{0}' -Wait | ForEach-Object { "$($_.TargetName) $($_.Phase)" } | Sort-Object
                Stop-KubeVirtSandbox
'@
            $said | Should -Be 'New-VMClone', 'True', 'True', 'web-1 Succeeded', 'web-2 Succeeded'
        }

        It 'is described as PowerShell itself would describe it' {
            $compressed = Join-Path $TestDrive compressed
            $null = New-Item -ItemType Directory $compressed
            $copy = Join-Path $TestDrive "copy/KubeVirtClone"
            Copy-Item -Recurse $script:Source $copy
            Compress-PSResource -Path $copy -DestinationPath $compressed
            $theirs = Read-Nuspec (Get-ChildItem $compressed -Filter *.nupkg).FullName
            $ours = Read-Nuspec $script:Nupkg
            foreach ($element in $theirs.ChildNodes | Where-Object Name -NotIn releaseNotes, tags) {
                $ours[$element.Name].InnerText | Should -Be $element.InnerText -Because $element.Name
            }
            -split $theirs.tags | Should -BeIn (-split $ours.tags)
            -split $ours.tags | Should -Contain PSCommand_New-VMClone -Because 'the gallery finds modules by their commands'
            $ours.iconUrl | Should -Match '^https://.*\.png$'
            $ours.releaseNotes | Should -Match '(?m)^### The module'
        }

        It 'names where help comes from nowhere: it is inside' {
            (Import-PowerShellDataFile (Join-Path $script:Source KubeVirtClone.psd1)).Keys | Should -Not -Contain HelpInfoURI
            Join-Path $script:Source en-US/KubeVirtClone.PowerShell.dll-Help.xml | Should -Exist
            Join-Path $script:Source CHANGELOG.md | Should -Exist
        }

        It 'has a notice with a licence for every assembly of others' {
            $notices = Get-Content -Raw (Join-Path $script:Source THIRD-PARTY-NOTICES.txt)
            $foreign = Get-ChildItem -Recurse $script:Source -Filter *.dll | Where-Object Name -NotMatch '^(KubeVirtClone\.|kubectl-vmclone)' | ForEach-Object Name | Sort-Object -Unique
            $foreign | Should -Contain YamlDotNet.dll
            foreach ($file in $foreign) { $notices | Should -Match "(?m)^\S+ \d\S* \(([^)]*, )?$([regex]::Escape($file))[,)]" -Because $file }
            $notices | Should -Match 'Permission is hereby granted'
        }

        It 'leads from its symbols to the source of the very commit, and tells nothing of where it was compiled' {
            foreach ($name in 'KubeVirtClone.PowerShell.dll', 'Dependencies/KubeVirtClone.Engine.dll', 'Dependencies/KubeVirtClone.Kubernetes.dll', 'sandbox/kubectl-vmclone.dll', 'sandbox/KubeVirtClone.Sandbox.dll') {
                $symbols = Read-Symbols (Join-Path $script:Source $name)
                $symbols.SourceLink | Should -Match '"/_/\*":"https://raw\.githubusercontent\.com/KubeVirtClone/KubeVirtClone/[0-9a-f]{40}/\*"' -Because $name
                $symbols.Documents.Count | Should -BeGreaterThan 3
                $symbols.Documents | Where-Object { $_ -notlike '/_/*' } | Should -BeNullOrEmpty -Because $name
            }
        }
    }

    Context 'kubectl-vmclone as a .NET tool' {
        BeforeAll {
            $configuration = Join-Path $TestDrive nuget.config
            Set-Content $configuration "<configuration><packageSources><clear /><add key=`"folder`" value=`"$script:Folder`" /></packageSources></configuration>"
            $tools = Join-Path $TestDrive tools
            $environment = $script:CleanHome + @{ DOTNET_CLI_HOME = $script:HomeFolder; NUGET_PACKAGES = Join-Path $script:HomeFolder packages }
            $script:InstallOutput = Invoke-WithEnvironment $environment { dotnet tool install kubectl-vmclone --tool-path $tools --version $script:Version --configfile $configuration 2>&1 }
            $script:InstallCode = $LASTEXITCODE
            $script:Tool = Join-Path $tools 'kubectl-vmclone'
        }

        It 'is installed from the file and clones on its own sandbox' {
            $script:InstallCode | Should -Be 0 -Because "$script:InstallOutput"
            Invoke-ToolOnSandbox $script:Tool | Should -Match '\ba-1\b\s+(Succeeded|Bound)'
        }

        It 'brings its licence, notices, changelog and icon' {
            $names = Get-PackedName (Join-Path $script:Folder "kubectl-vmclone.$script:Version.nupkg")
            foreach ($file in 'LICENSE', 'THIRD-PARTY-NOTICES.txt', 'CHANGELOG.md', 'README.md', 'icon.png') { $names | Should -Contain $file }
            $names | Where-Object { $_ -match '\.pdb$' } | Should -BeNullOrEmpty
        }
    }

    Context 'kubectl-vmclone as an archive' -Skip:(-not $script:HasArchive) {
        BeforeAll {
            $script:Archive = (Get-ChildItem $script:Folder -Filter 'kubectl-vmclone-*.tar.gz').FullName
            $script:Krew = Get-Content -Raw (Join-Path $script:Folder vmclone.yaml)
            $script:Unpacked = New-Item -ItemType Directory (Join-Path $TestDrive unpacked)
            tar -xzf $script:Archive -C $script:Unpacked
        }

        It 'runs where there is no .NET' {
            $none = @{ PATH = "$script:Unpacked"; DOTNET_ROOT = '/nonexistent'; DOTNET_BUNDLE_EXTRACT_BASE_DIR = Join-Path $script:HomeFolder bundle }
            Invoke-WithEnvironment $none { Invoke-ToolOnSandbox (Join-Path $script:Unpacked kubectl-vmclone) } | Should -Match '\ba-1\b\s+(Succeeded|Bound)'
        }

        It 'has the licences of everything inside, the runtime too' {
            $notices = Get-Content -Raw (Join-Path $script:Unpacked THIRD-PARTY-NOTICES.txt)
            $notices | Should -Match 'YamlDotNet\.dll'
            $notices | Should -Match 'microsoft\.netcore\.app\.runtime\.\S+ \S+: LICENSE\.TXT'
            Join-Path $script:Unpacked LICENSE | Should -Exist
        }

        It 'is what the krew manifest names, by its checksum' {
            $hash = (Get-FileHash -Algorithm SHA256 $script:Archive).Hash.ToLowerInvariant()
            $script:Krew | Should -Match "uri: https://\S+/releases/download/v$([regex]::Escape($script:Version))/$([regex]::Escape((Split-Path -Leaf $script:Archive)))\s+sha256: $hash\s"
            $program = [regex]::Match($script:Krew, '(?m)^\s+bin: (\S+)$').Groups[1].Value
            Join-Path $script:Unpacked $program | Should -Exist
            # Another reader of YAML takes it for the object that it is.
            if (Get-Command kubectl -ErrorAction Ignore) {
                $null = New-Item -ItemType Directory (Join-Path $TestDrive krew)
                Copy-Item (Join-Path $script:Folder vmclone.yaml) (Join-Path $TestDrive krew)
                Set-Content (Join-Path $TestDrive krew/kustomization.yaml) 'resources: [vmclone.yaml]'
                $read = (kubectl kustomize (Join-Path $TestDrive krew)) -join "`n"
                $read | Should -Match 'kind: Plugin'
                $read | Should -Match "sha256: $hash"
            }
        }

        It 'is a plugin of kubectl' -Skip:(-not (Get-Command kubectl -ErrorAction Ignore)) {
            Invoke-WithEnvironment @{ PATH = "$script:Unpacked" + [IO.Path]::PathSeparator + $env:PATH } {
                kubectl vmclone --help | Out-String | Should -Match 'kubectl[ -]vmclone'
                kubectl __complete vmclone snap 2> $null | Should -Contain "snapshot`tTake, list, wait for and remove snapshots of virtual machines"
            }
        }
    }

    It 'bears one time and no owner, so that packing again gives the same files' {
        $times = foreach ($file in Get-ChildItem $script:Folder -Filter *.nupkg) { Get-PackedTime $file.FullName }
        $times | Sort-Object -Unique | Should -HaveCount 1
        foreach ($file in Get-ChildItem $script:Folder -Filter *.tar.gz) {
            tar -tvzf $file.FullName --full-time | ForEach-Object { ($_ -split '\s+')[1] } | Sort-Object -Unique | Should -Be '0/0'
        }
    }

    It 'has the checksum of every file' {
        foreach ($line in Get-Content (Join-Path $script:Folder SHA256SUMS)) {
            $hash, $name = $line -split '  '
            (Get-FileHash -Algorithm SHA256 (Join-Path $script:Folder $name)).Hash | Should -Be $hash -Because $name
        }

        (Get-Content (Join-Path $script:Folder SHA256SUMS)).Count | Should -Be ((Get-ChildItem $script:Folder).Count - 1)
    }
}
