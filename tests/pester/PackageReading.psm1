# Looks into packed files, and runs what came out of them.

function Invoke-WithEnvironment([hashtable] $Environment, [scriptblock] $Script) {
    $before = @{}
    foreach ($name in $Environment.Keys) {
        $before[$name] = [Environment]::GetEnvironmentVariable($name)
        [Environment]::SetEnvironmentVariable($name, $(if ($Environment[$name]) { $Environment[$name] }))
    }

    try { & $Script }
    finally { foreach ($name in $before.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) } }
}

<# "path hash" of every file below a folder. #>
function Get-FileTable([string] $Folder, [string] $Exclude) {
    Get-ChildItem -Recurse -File $Folder | Where-Object Name -NE $Exclude |
        ForEach-Object { "$([IO.Path]::GetRelativePath($Folder, $_.FullName)) $((Get-FileHash $_.FullName).Hash)" } | Sort-Object
}

function Read-Package([string] $Path, [scriptblock] $Read) {
    $zip = [IO.Compression.ZipFile]::OpenRead($Path)
    try { & $Read $zip }
    finally { $zip.Dispose() }
}

function Get-PackedName([string] $Path) { Read-Package $Path { $args[0].Entries.FullName } }

function Get-PackedTime([string] $Path) { Read-Package $Path { $args[0].Entries | ForEach-Object { $_.LastWriteTime.DateTime.ToString('s') } } }

<# The metadata element of a package's nuspec. #>
function Read-Nuspec([string] $Path) {
    Read-Package $Path {
        $reader = [IO.StreamReader]::new(($args[0].Entries | Where-Object FullName -Like *.nuspec).Open())
        ([xml]$reader.ReadToEnd()).package.metadata
    }
}

<# The source documents and the SourceLink map in an assembly's embedded symbols. #>
function Read-Symbols([string] $Path) {
    $image = [Reflection.PortableExecutable.PEReader]::new([IO.File]::OpenRead($Path))
    try {
        $entry = $image.ReadDebugDirectory() | Where-Object Type -EQ EmbeddedPortablePdb
        $symbols = $image.ReadEmbeddedPortablePdbDebugDirectoryData($entry).GetMetadataReader()
        $documents = foreach ($handle in $symbols.Documents) { $symbols.GetString([Reflection.Metadata.DocumentNameBlobHandle]$symbols.GetDocument($handle).Name) }
        $map = foreach ($handle in $symbols.CustomDebugInformation) {
            $information = $symbols.GetCustomDebugInformation($handle)
            # The kind that the portable PDB specification gives to SourceLink.
            if ($symbols.GetGuid($information.Kind) -eq 'cc110556-a091-4d38-9fec-25ab9a351a6a') { [Text.Encoding]::UTF8.GetString($symbols.GetBlobBytes($information.Value)) }
        }

        [pscustomobject]@{ Documents = @($documents); SourceLink = "$map" }
    }
    finally { $image.Dispose() }
}

<# Starts the program's own sandbox, clones a machine there, and gives what its list says. #>
function Invoke-ToolOnSandbox([string] $Tool) {
    $kubeconfig = Join-Path ([IO.Directory]::CreateTempSubdirectory('kubevirtclone-').FullName) kubeconfig
    $start = [Diagnostics.ProcessStartInfo]::new($Tool, "sandbox --kubeconfig `"$kubeconfig`" --clock-factor 20 --parent-pid $PID")
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    try {
        # One line says that it is ready; it ends with its input.
        $null = $process.StandardOutput.ReadLine()
        & $Tool new golden a-1 --wait --kubeconfig $kubeconfig | Out-Null
        & $Tool get --kubeconfig $kubeconfig | Out-String
    }
    finally {
        $process.StandardInput.Close()
        if (-not $process.WaitForExit(10000)) { $process.Kill() }
        Remove-Item -Recurse (Split-Path $kubeconfig)
    }
}

Export-ModuleMember -Function *
