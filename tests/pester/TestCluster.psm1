<#
    What every suite needs: the built module, a cluster with nothing in it but what the test makes, and a way to make objects
    that does not go through the code under test.

    By default the cluster is a sandbox of the suite's own. With KUBEVIRTCLONE_TEST_KUBECONFIG it is that live cluster, in a
    namespace of the suite's own (kubectl must be on PATH then); tests tagged Sandbox are left out there.
#>
$ErrorActionPreference = 'Stop'

$script:Sandbox = $null
$script:Other = $null
$script:Namespace = $null
$script:Api = $null

function Get-TestModulePath {
    if ($env:KUBEVIRTCLONE_TEST_MODULE) { return $env:KUBEVIRTCLONE_TEST_MODULE }
    $built = Get-ChildItem -Path (Join-Path $PSScriptRoot '../../output/KubeVirtClone/*/KubeVirtClone.psd1') -ErrorAction Ignore |
        Sort-Object LastWriteTime | Select-Object -Last 1
    if (-not $built) { throw 'There is no built module under output/. Run ./build.sh first, or set KUBEVIRTCLONE_TEST_MODULE.' }
    $built.FullName
}

function Import-TestModule { Import-Module -Name (Get-TestModulePath) -Global }

<# A PowerShell of its own, of the kind that runs the suite. As a .NET tool its process is dotnet, which wants the program's name first. #>
function Invoke-TestShell {
    $program = [Environment]::ProcessPath
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { & $program (Join-Path $PSHOME 'pwsh.dll') -NoProfile -NonInteractive @args }
    else { & $program -NoProfile -NonInteractive @args }
}

function Test-LiveCluster { [bool]$env:KUBEVIRTCLONE_TEST_KUBECONFIG }

<# Starts or joins the cluster, and makes the suite's namespace. Returns the namespace. #>
function Start-TestCluster {
    param([hashtable] $SandboxParameters = @{})

    Import-TestModule
    $script:Namespace = 'kvc-' + [guid]::NewGuid().ToString('n').Substring(0, 8)
    if (Test-LiveCluster) {
        $null = Connect-KubeVirt -KubeConfig $env:KUBEVIRTCLONE_TEST_KUBECONFIG -Namespace $script:Namespace
        Invoke-TestKubectl create namespace $script:Namespace | Out-Null
        return $script:Namespace
    }

    # Time runs faster there; what is waited for is a state, never a time.
    $parameters = @{ ClockFactor = 20 }
    foreach ($name in $SandboxParameters.Keys) { $parameters[$name] = $SandboxParameters[$name] }
    $script:Sandbox = Start-KubeVirtSandbox @parameters
    $script:Api = Read-SandboxAccess $script:Sandbox.KubeConfig
    New-TestObject -Path '/api/v1/namespaces' -Object @{ apiVersion = 'v1'; kind = 'Namespace'; metadata = @{ name = $script:Namespace } }
    $null = Connect-KubeVirt -KubeConfig $script:Sandbox.KubeConfig -Namespace $script:Namespace
    $script:Namespace
}

function Stop-TestCluster {
    if (Test-LiveCluster) {
        Invoke-TestKubectl delete namespace $script:Namespace --wait=false | Out-Null
        Disconnect-KubeVirt
        return
    }

    if ($script:Sandbox) { Stop-KubeVirtSandbox }
    $script:Sandbox = $null
}

<# A second sandbox with machines of these names in the suite's namespace. A session has one, so this one has a runspace of its own. #>
function Start-TestNeighbour([string[]] $Name) {
    $shell = [powershell]::Create([runspacefactory]::CreateRunspace())
    $shell.Runspace.Open()
    $script:Other = $shell
    $vm = $Name | ForEach-Object { @{ Name = $_; Namespace = $script:Namespace } }
    $started = $shell.AddScript('param($module, $vm) Import-Module $module; Start-KubeVirtSandbox -ClockFactor 20 -VM $vm').AddArgument((Get-TestModulePath)).AddArgument($vm).Invoke()
    if ($shell.HadErrors) { throw $shell.Streams.Error[0] }
    $shell.Commands.Clear()
    $started[0].KubeConfig
}

function Stop-TestNeighbour {
    if (-not $script:Other) { return }
    $null = $script:Other.AddScript('Stop-KubeVirtSandbox').Invoke()
    $script:Other.Runspace.Dispose()
    $script:Other.Dispose()
    $script:Other = $null
}

function Get-TestKubeConfig { if (Test-LiveCluster) { $env:KUBEVIRTCLONE_TEST_KUBECONFIG } else { $script:Sandbox.KubeConfig } }

function Invoke-TestKubectl {
    $config = Get-TestKubeConfig
    if ($MyInvocation.ExpectingInput) { $input | kubectl @args --kubeconfig $config } else { kubectl @args --kubeconfig $config }
}

<# Server and administrator's token, read from the sandbox's kubeconfig (whose form is ours). #>
function Read-SandboxAccess([string] $Path) {
    $text = Get-Content -Raw -LiteralPath $Path
    @{
        Server = [regex]::Match($text, '(?m)^\s*server:\s*"?(\S+?)"?\s*$').Groups[1].Value
        Token  = [regex]::Match($text, '(?ms)name:\s*"?admin"?\s.*?token:\s*"?([^"\s]+)').Groups[1].Value
    }
}

function Invoke-TestApi {
    param([string] $Method = 'Get', [Parameter(Mandatory)] [string] $Path, $Body, [string] $ContentType = 'application/json')

    $request = @{
        Uri = $script:Api.Server + $Path; Method = $Method; SkipCertificateCheck = $true
        Headers = @{ Authorization = "Bearer $($script:Api.Token)" }; ProgressAction = 'SilentlyContinue'
    }
    if ($Body) { $request.Body = ConvertTo-Json -InputObject $Body -Depth 30; $request.ContentType = $ContentType }
    Invoke-RestMethod @request
}

function New-TestObject {
    param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [hashtable] $Object)

    if (Test-LiveCluster) {
        ConvertTo-Json -InputObject $Object -Depth 30 | Invoke-TestKubectl create -f - | Out-Null
        if ($LASTEXITCODE) { throw "kubectl create failed for $Path" }
        return
    }

    $null = Invoke-TestApi -Method Post -Path $Path -Body $Object
}

<# Changes an object by a merge patch. #>
function Update-TestObject {
    param([Parameter(Mandatory)] [string] $Resource, [Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [hashtable] $Patch)

    if (Test-LiveCluster) {
        Invoke-TestKubectl patch $Resource $Name --namespace $script:Namespace --type merge --patch (ConvertTo-Json -InputObject $Patch -Depth 30 -Compress) | Out-Null
        if ($LASTEXITCODE) { throw "kubectl patch failed for $Resource $Name" }
        return
    }

    $group = $Resource.Substring($Resource.IndexOf('.') + 1)
    $plural = $Resource.Substring(0, $Resource.IndexOf('.'))
    $null = Invoke-TestApi -Method Patch -Path "/apis/$group/v1/namespaces/$script:Namespace/$plural/$Name" -Body $Patch -ContentType 'application/merge-patch+json'
}

<#
    The name of a storage class whose volumes can be snapshotted, and bind at once or at first use. The sandbox has such classes;
    a live cluster must have them.
#>
function Get-TestStorageClass([ValidateSet('Immediate', 'WaitForFirstConsumer')] [string] $Binding = 'Immediate') {
    if (-not (Test-LiveCluster)) { return @{ Immediate = 'fast'; WaitForFirstConsumer = 'wffc' }[$Binding] }
    $drivers = (Get-TestObject '/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses').items.driver
    $classes = (Get-TestObject '/apis/storage.k8s.io/v1/storageclasses').items | Where-Object { $_.provisioner -in $drivers -and $_.volumeBindingMode -eq $Binding }
    if (-not $classes) { throw "This cluster has no StorageClass with $Binding binding and a VolumeSnapshotClass." }
    $default = $classes | Where-Object { $_.metadata.annotations.'storageclass.kubernetes.io/is-default-class' -eq 'true' }
    @($default; $classes).metadata.name | Select-Object -First 1
}

<# A stopped virtual machine with a container disk: it can be cloned on any cluster, and starts nothing. #>
function New-TestVM {
    param(
        [Parameter(Mandatory)] [string[]] $Name,
        [hashtable] $Label = @{ app = 'test' },
        [hashtable] $Annotation = @{},
        [string] $Namespace = $script:Namespace
    )

    foreach ($vm in $Name) {
        New-TestObject -Path "/apis/kubevirt.io/v1/namespaces/$Namespace/virtualmachines" -Object @{
            apiVersion = 'kubevirt.io/v1'; kind = 'VirtualMachine'
            metadata   = @{ name = $vm; namespace = $Namespace; labels = $Label; annotations = $Annotation }
            spec       = @{
                runStrategy = 'Halted'
                template    = @{
                    metadata = @{ labels = @{ 'kubevirt.io/vm' = $vm } }
                    spec     = @{
                        domain   = @{
                            memory  = @{ guest = '64Mi' }
                            devices = @{
                                disks      = @(@{ name = 'root'; disk = @{ bus = 'virtio' } })
                                interfaces = @(@{ name = 'default'; masquerade = @{} })
                            }
                        }
                        networks = @(@{ name = 'default'; pod = @{} })
                        volumes  = @(@{ name = 'root'; containerDisk = @{ image = 'quay.io/kubevirt/cirros-container-disk-demo' } })
                    }
                }
            }
        }
    }
}

<# A virtual machine with a disk of its own, in storage with snapshots. The sandbox has such a class; a live cluster must. #>
function New-TestDiskVM {
    param(
        [Parameter(Mandatory)] [string[]] $Name,
        [string] $RunStrategy = 'Halted',
        [string] $StorageClass = (Get-TestStorageClass),
        [hashtable] $Domain = @{},
        [string] $Namespace = $script:Namespace
    )

    foreach ($vm in $Name) {
        New-TestObject -Path "/api/v1/namespaces/$Namespace/persistentvolumeclaims" -Object @{
            apiVersion = 'v1'; kind = 'PersistentVolumeClaim'
            metadata   = @{ name = "$vm-root"; namespace = $Namespace }
            spec       = @{ storageClassName = $StorageClass; accessModes = @('ReadWriteOnce'); resources = @{ requests = @{ storage = '1Gi' } } }
        }
        New-TestObject -Path "/apis/kubevirt.io/v1/namespaces/$Namespace/virtualmachines" -Object @{
            apiVersion = 'kubevirt.io/v1'; kind = 'VirtualMachine'
            metadata   = @{ name = $vm; namespace = $Namespace; labels = @{ app = 'test' } }
            spec       = @{
                runStrategy = $RunStrategy
                template    = @{
                    metadata = @{ labels = @{ 'kubevirt.io/vm' = $vm } }
                    spec     = @{
                        domain   = @{
                            memory  = @{ guest = '64Mi' }
                            devices = @{
                                disks      = @(@{ name = 'root'; disk = @{ bus = 'virtio' } })
                                interfaces = @(@{ name = 'default'; masquerade = @{} })
                            }
                        } + $Domain
                        networks = @(@{ name = 'default'; pod = @{} })
                        volumes  = @(@{ name = 'root'; persistentVolumeClaim = @{ claimName = "$vm-root" } })
                    }
                }
            }
        }
    }
}

function Get-TestObject {
    param([Parameter(Mandatory)] [string] $Path)

    if (Test-LiveCluster) { return Invoke-TestKubectl get --raw $Path | ConvertFrom-Json }
    Invoke-TestApi -Path $Path
}

<# The clone object as the server has it. #>
function Get-TestClone([string] $Name) {
    Get-TestObject "/apis/clone.kubevirt.io/v1beta1/namespaces/$script:Namespace/virtualmachineclones/$Name"
}

<# The ids of errors as the documentation names them: what stands before the comma. #>
function Get-TestErrorId($Record) { $Record | ForEach-Object { ($_.FullyQualifiedErrorId -split ',')[0] } }

<# kubectl-vmclone in the suite's namespace. #>
function Invoke-TestCli { & $env:KUBEVIRTCLONE_TEST_CLI @args --kubeconfig (Get-TestKubeConfig) -n $script:Namespace }

<# Waits until the block gives something, and gives that. What does not come within a minute is a failure there, not in what follows. #>
function Wait-TestState([scriptblock] $State) {
    $limit = [Diagnostics.Stopwatch]::StartNew()
    do { $seen = & $State } until ($seen -or $limit.Elapsed.TotalSeconds -gt 60)
    if (-not $seen) { throw "Within a minute this came to nothing: $State" }
    $seen
}

<# Every record of every stream, as one text: for what must not be in any. #>
function Get-AllText([object[]] $Record) { ($Record | ForEach-Object { $_ | Out-String; $_ | Format-List * -Force | Out-String }) -join "`n" }

Export-ModuleMember -Function *-Test*, Get-AllText
