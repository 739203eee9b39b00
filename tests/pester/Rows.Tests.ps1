<# Rows of tables, in every form they come in: they clone what their columns say, or are refused. #>
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden, web-a, web-b

    function Get-Refusal([scriptblock] $Command) {
        $refusals = $null
        $null = & $Command -ErrorVariable refusals -ErrorAction SilentlyContinue
        $refusals[0]
    }
}
AfterAll { Stop-TestCluster }

Describe 'A row with Name and TargetName' {
    It 'clones Name to TargetName as <Form>' -ForEach @(
        @{ Form = 'a custom object'; Make = { [pscustomobject]@{ Name = 'golden'; TargetName = $args[0] } } }
        @{ Form = 'a custom object with other columns before and case folded'; Make = { [pscustomobject]@{ targetname = $args[0]; NAME = 'golden' } } }
        @{ Form = 'a selected machine'; Make = { param($target) Get-VM golden | Select-Object Name, Namespace, @{ n = 'TargetName'; e = { $target } } } }
        @{ Form = 'a machine with a member more'; Make = { Get-VM golden | Add-Member -PassThru TargetName $args[0] } }
        @{ Form = 'CSV'; Make = { "Name,TargetName`ngolden,$($args[0])" | ConvertFrom-Csv } }
        @{ Form = 'JSON'; Make = { "[{`"Name`":`"golden`",`"TargetName`":`"$($args[0])`"}]" | ConvertFrom-Json } }
        @{ Form = 'a hashtable'; Make = { @{ Name = 'golden'; TargetName = $args[0] } } }
        @{ Form = 'an ordered table'; Make = { [ordered]@{ TargetName = $args[0]; Name = 'golden' } } }
        @{ Form = 'a machine out of a CSV file'; Make = { param($target) Get-VM golden | ConvertTo-Csv | ConvertFrom-Csv | Add-Member -PassThru TargetName $target } }
        @{ Form = 'a column SourceName computed from Name'; Make = { param($target) Get-VM golden | Select-Object @{ n = 'SourceName'; e = 'Name' }, Namespace, @{ n = 'TargetName'; e = { $target } } } }
    ) {
        $target = 'row-' + [guid]::NewGuid().ToString('n').Substring(0, 8)
        $clone = & $Make $target | New-VMClone
        $clone.SourceName | Should -Be 'golden'
        $clone.TargetName | Should -Be $target
    }

    It 'is passed over with -SkipExisting when its target is there, and never takes that for the source' {
        $null = New-VMClone golden row-there -Wait -Timeout 5m
        "Name,Namespace,TargetName`nweb-a,$script:Namespace,row-there" | ConvertFrom-Csv | New-VMClone -SkipExisting | Should -BeNullOrEmpty
    }

    It 'takes the whole of a machine out of a CSV file for that machine' {
        $made = Get-VM web-[ab] | ConvertTo-Csv | ConvertFrom-Csv | New-VMClone -NamePattern '{1}-csv' -WarningVariable warned
        $made.TargetName | Sort-Object | Should -Be 'web-a-csv', 'web-b-csv'
        $warned | Should -BeNullOrEmpty
    }
}

Describe 'A row that names no source by a column that is known' {
    It 'is refused with the columns seen: <Header>' -ForEach @(
        @{ Header = 'SourceName;TargetName'; Row = 'golden;a' }
        @{ Header = '"SourceName ",TargetName'; Row = 'golden,a'; Seen = "'SourceName ', 'TargetName'" }
        @{ Header = 'SourceVM,TargetName'; Row = 'golden,a'; Seen = "'SourceVM', 'TargetName'" }
        @{ Header = 'TargetName,Hostname'; Row = 'a,b'; Seen = "'TargetName', 'Hostname'" }
    ) {
        $failed = Get-Refusal { [CmdletBinding()] param() "$Header`n$Row" | ConvertFrom-Csv | New-VMClone }
        $failed.FullyQualifiedErrorId | Should -BeLike 'VMCloneSourceMissing,*'
        $failed.Exception.Message | Should -BeLike "*its columns are $($Seen ?? "'$Header'")*"
    }

    It 'is refused when it is a table' {
        (Get-Refusal { [CmdletBinding()] param() @{ TargetName = 'a' } | New-VMClone }).FullyQualifiedErrorId | Should -BeLike 'VMCloneSourceMissing,*'
    }
}

Describe 'Columns' {
    It 'that are no parameter are warned of once, with the nearest name' {
        $null = "SourceName,TargetName,MacAdress,Hostnmae,Count`ngolden,w-1,x,y,2`ngolden,w-2,x,y,2" | ConvertFrom-Csv | Test-VMClone -WarningVariable warned -WarningAction SilentlyContinue
        $warned.Count | Should -Be 3
        "$warned" | Should -Match "'MacAdress'.*MacAddress meant.*'Hostnmae'.*Hostname meant.*'Count'"
    }

    It 'that parameters without a member of the pipeline are read too' {
        $yaml = "SourceName,TargetName,Start,NetworkPreset`ngolden,s-1,TRUE,KubeOvn" | ConvertFrom-Csv | New-VMClone -AsManifest
        "$yaml" | Should -Match 'Always'
        "$yaml" | Should -Match 'ovn'
    }

    It 'give way to the command line' {
        $yaml = "SourceName,TargetName,SmbiosSerial`ngolden,s-2,row" | ConvertFrom-Csv | New-VMClone -SmbiosSerial line -AsManifest
        "$yaml" | Should -Match 'newSMBiosSerial: "?line'
    }

    It 'make the same request in kubectl-vmclone' -Tag Sandbox {
        $file = Join-Path TestDrive: rows.csv
        @'
targetname,SOURCENAME,Hostname,MacAddress,Label,ExcludeLabel,Serial,Start,RunStrategy,VolumeNamePolicy
p-1,golden,h{0}-{2},default=02:00:00:00:00:01,tier=web,backup/*;x,00123,,Manual,
p-2,golden,,,,,,true,,PrefixTargetName
'@ | Set-Content $file
        $ours = Import-Csv $file | New-VMClone -AsManifest -Batch rows
        $theirs = Invoke-TestCli new -f (Convert-Path $file) --batch rows --dry-run=client -o yaml 2>$null
        $LASTEXITCODE | Should -Be 0
        $ours | Should -HaveCount 2
        $ours[0] | Should -Match '"h1-p-1"'
        ($theirs -join "`n").Trim() | Should -BeExactly ($ours -join "`n").Trim()
    }
}

Describe 'A field that is added to the table of fields' {
    BeforeAll {
        $engine = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'KubeVirtClone.Engine' } | Select-Object -First 1
        $field = $engine.GetType('KubeVirtClone.Engine.Model.Requests.RequestField')
        $kind = $engine.GetType('KubeVirtClone.Engine.Model.Requests.RequestFieldKind')
        $script:Fields = $engine.GetType('KubeVirtClone.Engine.Model.Requests.RequestFields')
        $script:Try = $script:Fields.GetMethod('Try', [Reflection.BindingFlags]'NonPublic,Static')
        $script:Colour = [Activator]::CreateInstance($field, @('CaseColour', [Enum]::Parse($kind, 'Text'), 'Colour of the case'))
        # Where the runspace's thread has it, the cmdlets that run on it do.
        $null = $script:Try.Invoke($null, @($script:Colour))
    }
    AfterAll { $null = $script:Try.Invoke($null, @($null)) }

    It 'is a parameter' {
        (Get-Command New-VMClone).Parameters.Keys | Should -Contain 'CaseColour'
        (Get-Command Test-VMClone).Parameters.Keys | Should -Contain 'CaseColour'
    }

    It 'comes back in the record of what failed, from <From>' -ForEach @(
        @{ From = 'the command line'; Ask = { [CmdletBinding()] param() New-VMClone nobody c-1 -CaseColour red } }
        @{ From = 'a row'; Ask = { [CmdletBinding()] param() [pscustomobject]@{ SourceName = 'nobody'; TargetName = 'c-1'; casecolour = 'red' } | New-VMClone } }
        @{ From = 'a script block'; Ask = { [CmdletBinding()] param() [pscustomobject]@{ SourceName = 'nobody'; TargetName = 'c-1'; Paint = 'red' } | New-VMClone -CaseColour { $_.Paint } -WarningAction SilentlyContinue } }
    ) {
        $failed = Get-Refusal $Ask
        $failed.TargetObject.CaseColour | Should -Be 'red'
        # And again, as it is and out of a file.
        (Get-Refusal { [CmdletBinding()] param() $failed.TargetObject | New-VMClone }).TargetObject.CaseColour | Should -Be 'red'
        $file = Join-Path TestDrive: failed.xml
        $failed.TargetObject | Export-Clixml $file
        (Get-Refusal { [CmdletBinding()] param() Import-Clixml $file | New-VMClone }).TargetObject.CaseColour | Should -Be 'red'
        (Get-Refusal { [CmdletBinding()] param() $failed.TargetObject | New-VMClone -CaseColour blue }).TargetObject.CaseColour | Should -Be 'blue'
    }
}
