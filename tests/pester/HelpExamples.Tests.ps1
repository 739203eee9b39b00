BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    Import-Module (Get-TestModulePath) -Force
    $script:Pages = @(Get-Command -Module KubeVirtClone -CommandType Cmdlet | ForEach-Object {
            $examples = @((Get-Help "KubeVirtClone\$($_.Name)" -Full).examples.example | ForEach-Object { @{ Title = $_.title; Code = $_.code } })
            @{ Page = $_.Name; Examples = $examples }
        })
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $null = Start-TestCluster -SandboxParameters @{ NoPacing = $true }
    $script:Before = $env:KUBECONFIG
    foreach ($team in 'team-b', 'team-c', 'team-d', 'team-e') { New-TestObject -Path '/api/v1/namespaces' -Object @{ apiVersion = 'v1'; kind = 'Namespace'; metadata = @{ name = $team } } }

    # Each in a runspace of its own, as if typed into a new session; nobody is there to answer questions.
    function Invoke-Example([string] $Code, [string] $Place, [hashtable] $Known, [scriptblock] $First) {
        $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
        $runspace.Open()
        $shell = [powershell]::Create($runspace)
        try {
            $null = $shell.AddScript({
                    param($Module, $Place, $Known, $First)
                    Import-Module $Module
                    Set-Location -LiteralPath $Place
                    $global:ConfirmPreference = 'None'
                    foreach ($name in $Known.Keys) { Set-Variable $name $Known[$name] -Scope Global }
                    . ([scriptblock]::Create($First))
                }).AddParameters(@((Get-TestModulePath), $Place, $Known, "$First")).Invoke()
            $shell.Streams.Error | Should -BeNullOrEmpty
            $shell.Commands.Clear()
            try { $null = $shell.AddScript($Code).Invoke() }
            catch { $_ }
            $shell.Streams.Error
        }
        finally {
            $shell.Commands.Clear()
            $null = $shell.AddScript('Stop-KubeVirtSandbox -ErrorAction Ignore').Invoke()
            $shell.Dispose()
            $runspace.Dispose()
        }
    }
}

AfterAll {
    $env:KUBECONFIG = $script:Before
    Stop-TestCluster
}

# Every example of every page is run as it stands, those of one page one after the other, in a namespace that has what they speak of.
Describe 'The examples of <Page>' -Tag Sandbox -Skip:(-not (Get-Command kubectl -ErrorAction Ignore)) -ForEach $Pages {
    BeforeAll {
        $namespace = $Page.ToLowerInvariant()
        New-TestObject -Path '/api/v1/namespaces' -Object @{ apiVersion = 'v1'; kind = 'Namespace'; metadata = @{ name = $namespace } }
        $null = Connect-KubeVirt -KubeConfig (Get-TestKubeConfig) -Namespace $namespace
        $place = New-Item -ItemType Directory (Join-Path $TestDrive $Page)
        $quiet = @{ WarningAction = 'SilentlyContinue' }
        $known = @{ failed = $null; clones = @() }

        New-TestVM -Namespace $namespace -Name golden, web-01, web-02, web-03, lab-old
        New-TestDiskVM -Namespace $namespace -Name golden-pvc, build01, db-01
        if ($Page -eq 'Stop-VM') { Start-VM web-0*, golden-pvc -Wait -Timeout 1m }
        if ($Page -match 'GoldenImage' -or $Page -in 'New-VMClone', 'Test-VMClone') {
            foreach ($version in 1..5) { $null = New-VMGoldenImage ubuntu-24.04 -SourceName build01 @quiet }
            $null = New-VMGoldenImage old-1 -SourceName golden-pvc @quiet
        }
        if ($Page -in 'Get-VMSnapshot', 'Wait-VMSnapshot', 'Remove-VMSnapshot') { $null = New-VMSnapshot db-01 before-upgrade -Wait -Timeout 1m @quiet }
        if ($Page -match 'VMClone' -and $Page -notin 'New-VMClone', 'Test-VMClone', 'Get-VMClone' -or $Page -in 'Get-VM', 'Remove-VM') {
            $known.clones = @(New-VMClone golden -Count 3 -NamePattern 'lab-{0}' -Batch lab7 -Wait -Timeout 1m)
        }
        if ($Page -eq 'Debug-VMClone') {
            # A clone of the name the page speaks of, and one that KubeVirt takes and gives up.
            New-TestObject -Path "/apis/clone.kubevirt.io/v1beta1/namespaces/$namespace/virtualmachineclones" -Object @{
                apiVersion = 'clone.kubevirt.io/v1beta1'; kind = 'VirtualMachineClone'; metadata = @{ name = 'web-1-abcdefghij'; namespace = $namespace }
                spec       = @{
                    source = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'golden' }
                    target = @{ apiGroup = 'kubevirt.io'; kind = 'VirtualMachine'; name = 'web-1' }
                }
            }
            New-TestDiskVM -Namespace $namespace -Name vault -Domain @{ firmware = @{ bootloader = @{ efi = @{ persistent = $true; secureBoot = $false } } } }
            New-VMClone vault -TargetName never -Batch lab7 -SkipPreflight -Wait -Timeout 1m -ErrorAction SilentlyContinue -ErrorVariable gone @quiet
            $known.failed = $gone
        }

        # What the examples name: a kubeconfig whose context is 'production', manifests, and a table.
        $env:KUBECONFIG = Join-Path $place config
        Copy-Item -LiteralPath (Get-TestKubeConfig) -Destination $env:KUBECONFIG
        $current = kubectl config view --minify -o 'jsonpath={.contexts[0].context.cluster} {.contexts[0].context.user}'
        $null = kubectl config set-context production --cluster $current.Split(' ')[0] --user $current.Split(' ')[1] --namespace $namespace
        $null = kubectl config use-context production
        $manifests = New-Item -ItemType Directory (Join-Path $place clones)
        New-VMClone golden by-hand -AsManifest | Set-Content (Join-Path $manifests by-hand.yaml)
        Set-Content (Join-Path $place clones.csv) "SourceName,TargetName,Namespace`ngolden,row-1,`ndb-01,row-2,"
    }

    It '<Title>' -ForEach $Examples {
        $first = if ($Page -eq 'Stop-KubeVirtSandbox' -and $Code -notmatch 'Start-') { { $null = Start-KubeVirtSandbox } } else { {} }
        $errors = Invoke-Example $Code $place $known $first
        ($errors | ForEach-Object { "$_" }) -join "`n" | Should -BeNullOrEmpty -Because $Code
    }
}
