<#
.SYNOPSIS
    Compiles docs/help/en-US/*.md into the help file that ships with the module.
.DESCRIPTION
    Checks every page against the built module first: a cmdlet without a page, a page without a cmdlet, a parameter that is
    missing, unknown or undescribed, a page without synopsis or example are errors, and then nothing is written.
    Needs Microsoft.PowerShell.PlatyPS 1.0 or later.
.EXAMPLE
    ./docs/Build-Help.ps1 -Module ./output/KubeVirtClone/0.1.0/KubeVirtClone.psd1
#>
[CmdletBinding()]
param(
    # Manifest of the built module.
    [Parameter(Mandatory)]
    [string] $Module,

    # Folder of the pages; the help file is written there too.
    [string] $Path = (Join-Path $PSScriptRoot 'help' 'en-US')
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module Microsoft.PowerShell.PlatyPS -MinimumVersion 1.0
Import-Module (Convert-Path -LiteralPath $Module)
$name = [IO.Path]::GetFileNameWithoutExtension($Module)
$helpFile = 'KubeVirtClone.PowerShell.dll-Help.xml'
$common = [System.Management.Automation.Cmdlet]::CommonParameters
$maml = 'http://schemas.microsoft.com/maml/2004/10'
$dev = 'http://schemas.microsoft.com/maml/dev/2004/10'

function Get-PageProblem([object] $Page, [object] $Command) {
    $written = @($Page.Parameters | ForEach-Object Name)
    $real = @($Command.Parameters.Keys | Where-Object { $_ -notin $common })
    $real | Where-Object { $_ -notin $written } | ForEach-Object { "has no -$_" }
    $written | Where-Object { $_ -notin $real } | ForEach-Object { "describes -$_, which the cmdlet does not have" }
    $Page.Parameters | Where-Object { -not $_.Description.Trim() -or $_.Description -match '\{\{ ?Fill' } | ForEach-Object { "does not say what -$($_.Name) means" }
    if (-not $Page.Synopsis.Trim() -or $Page.Synopsis -match '\{\{') { 'has no synopsis' }
    if (@($Page.Examples | Where-Object { $_.Remarks -match '```powershell' }).Count -eq 0) { 'has no example' }
}

function ConvertTo-PlainText([string] $Markdown) {
    # Help is shown as plain text, and wrapped by PowerShell to the width of the screen.
    $text = $Markdown -replace '\[([^\]]+)\]\([^)]*\)', '$1' -replace '`([^`]+)`', '$1'
    if ($text -match '(?m)^- ') { $text.Trim() -replace '\n  (?=\S)', ' ' } else { $text.Trim() -replace '\s*\n\s*', ' ' }
}

function Set-Paragraph([System.Xml.XmlElement] $Parent, [string[]] $Text) {
    $Parent.IsEmpty = $true
    foreach ($part in $Text | Where-Object { $_.Trim() }) {
        $para = $Parent.OwnerDocument.CreateElement('maml', 'para', $maml)
        $para.InnerText = ConvertTo-PlainText $part
        $null = $Parent.AppendChild($para)
    }
}

function Update-Example([System.Xml.XmlElement] $Example, [System.Xml.XmlNamespaceManager] $Names) {
    # platyPS leaves the fenced code in the introduction; Get-Help wants it in an element of its own.
    $title = $Example.SelectSingleNode('maml:title', $Names)
    $title.InnerText = $title.InnerText.Trim(' ', '-')
    $introduction = $Example.SelectSingleNode('maml:introduction', $Names)
    $paragraphs = @($introduction.SelectNodes('maml:para', $Names) | ForEach-Object InnerText | Where-Object { $_ -ne "`u{80}" })
    $whole = $paragraphs -join "`n`n"
    $code = [regex]::Match($whole, '(?s)```powershell\n(.*?)\n```')
    $Example.SelectSingleNode('dev:code', $Names).InnerText = $code.Groups[1].Value
    Set-Paragraph $introduction ($whole.Substring(0, $code.Index) -split '\n\s*\n')
    Set-Paragraph $Example.SelectSingleNode('dev:remarks', $Names) ($whole.Substring($code.Index + $code.Length) -split '\n\s*\n')
}

$pages = @(Get-ChildItem (Join-Path $Path '*-*.md') | Sort-Object Name)
$commands = @(Get-Command -Module $name -CommandType Cmdlet)
$imported = @()
$problems = @(
    $commands.Name | Where-Object { $_ -notin $pages.BaseName } | ForEach-Object { "$_ has no page $_.md" }
    foreach ($page in $pages) {
        $command = $commands | Where-Object Name -eq $page.BaseName
        if (-not $command) {
            "$($page.Name): the module has no such cmdlet"
            continue
        }

        $help = Import-MarkdownCommandHelp -Path $page.FullName
        $imported += $help
        Get-PageProblem $help $command | ForEach-Object { "$($page.Name) $_" }
    }
)
if ($problems) {
    $problems | ForEach-Object { [Console]::Error.WriteLine($_) }
    exit 1
}

$temporary = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
try {
    $null = Export-MamlCommandHelp -CommandHelp $imported -OutputFolder $temporary
    $document = [xml]::new()
    $document.Load((Get-ChildItem $temporary -Recurse -Filter $helpFile).FullName)
}
finally {
    Remove-Item $temporary -Recurse -Force -ErrorAction Ignore
}

$names = [System.Xml.XmlNamespaceManager]::new($document.NameTable)
$names.AddNamespace('maml', $maml)
$names.AddNamespace('dev', $dev)
$names.AddNamespace('command', 'http://schemas.microsoft.com/maml/dev/command/2004/10')
foreach ($example in $document.SelectNodes('//command:example', $names)) { Update-Example $example $names }
foreach ($holder in $document.SelectNodes('//maml:description | //maml:alert', $names)) {
    $text = @($holder.SelectNodes('maml:para', $names) | ForEach-Object InnerText) -join "`n`n"
    if ($text) { Set-Paragraph $holder ($text -split '\n\s*\n') }
}

foreach ($link in $document.SelectNodes('//maml:navigationLink', $names)) {
    # On a screen a link to another page is its name; only the online version has an address.
    $address = $link.SelectSingleNode('maml:uri', $names)
    if ($address.InnerText -notmatch '^https?:') { $address.InnerText = '' }
}

foreach ($page in $imported) {
    foreach ($parameter in $page.Parameters | Where-Object DefaultValue) {
        # platyPS leaves the defaults out; the schema wants them last.
        $node = $document.SelectSingleNode("//command:command[command:details/command:name='$($page.Title)']/command:parameters/command:parameter[maml:name='$($parameter.Name)']", $names)
        $default = $document.CreateElement('dev', 'defaultValue', $dev)
        $default.InnerText = $parameter.DefaultValue
        $null = $node.AppendChild($default)
    }
}

$settings = [System.Xml.XmlWriterSettings]@{ Indent = $true; NewLineChars = "`n"; Encoding = [Text.UTF8Encoding]::new($false) }
$writer = [System.Xml.XmlWriter]::Create((Join-Path $Path $helpFile), $settings)
$document.Save($writer)
$writer.Dispose()
"$($imported.Count) pages compiled into $(Join-Path $Path $helpFile)"
