BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden
    $script:Clones = New-VMClone golden rep-1, rep-2 -Batch lab7 -Wait -For Bound -Timeout 5m
    $null = New-VMClone nobody rep-3 -SkipPreflight -Batch lab7
    function Read-Page([string] $Path) { Get-Content -Raw -LiteralPath $Path }
}
AfterAll { Stop-TestCluster }

Describe 'Export-VMCloneReport' {
    BeforeEach { $script:File = Join-Path $TestDrive "$([guid]::NewGuid()).html" }

    It 'writes a page about a batch, and nothing to the pipeline' {
        Export-VMCloneReport $script:File -Batch lab7 | Should -BeNullOrEmpty
        $page = Read-Page $script:File
        $page | Should -Match '^<!DOCTYPE html>'
        $page | Should -Match '<h1>Batch lab7</h1>'
        foreach ($text in 'rep-1', 'rep-2', 'rep-3', 'SourceMissing') { $page | Should -Match $text }
    }

    It 'tells what each machine is known by' -Tag Sandbox {
        Export-VMCloneReport $script:File -Batch lab7
        $page = Read-Page $script:File
        foreach ($vm in Get-VM rep-1, rep-2) {
            $firmware = $vm.Raw.spec.template.spec.domain.firmware
            foreach ($field in 'serial', 'uuid') {
                $firmware.$field | Should -Not -BeNullOrEmpty
                $page | Should -Match ([regex]::Escape($firmware.$field))
            }
        }
    }

    It 'needs nothing from elsewhere' {
        Export-VMCloneReport $script:File -Batch lab7
        $page = Read-Page $script:File
        $page | Should -Not -Match '<script|<link|<img|@import|url\('
        $page | Should -Not -Match '(src|href)="https?:'
    }

    It 'takes clones by pipeline, with a title' {
        $script:Clones | Export-VMCloneReport -Path $script:File -Title 'Lab <seven>'
        $page = Read-Page $script:File
        $page | Should -Match '<h1>Lab &lt;seven&gt;</h1>'
        $page | Should -Match 'rep-1'
        $page | Should -Not -Match 'rep-3'
    }

    It 'writes the file''s FileInfo with -PassThru' {
        $file = Export-VMCloneReport $script:File -Batch lab7 -PassThru
        $file | Should -BeOfType System.IO.FileInfo
        $file.FullName | Should -Be $script:File
        $file.Length | Should -BeGreaterThan 1000
    }

    It 'overwrites, but not with -NoClobber' {
        Set-Content $script:File 'old'
        { Export-VMCloneReport $script:File -Batch lab7 -NoClobber } | Should -Throw -ErrorId 'ReportExists,*'
        Read-Page $script:File | Should -Match '^old'
        Export-VMCloneReport $script:File -Batch lab7
        Read-Page $script:File | Should -Match 'DOCTYPE'
    }

    It 'overwrites what is read-only only with -Force' {
        Set-Content $script:File 'old'
        (Get-Item $script:File).IsReadOnly = $true
        Export-VMCloneReport $script:File -Batch lab7 -Force
        Read-Page $script:File | Should -Match 'DOCTYPE'
    }

    It 'writes nothing with -WhatIf' {
        Export-VMCloneReport $script:File -Batch lab7 -WhatIf
        Test-Path $script:File | Should -BeFalse
    }

    It 'understands PowerShell''s paths' {
        Push-Location $TestDrive
        try { Export-VMCloneReport ./relative.html -Batch lab7 } finally { Pop-Location }
        Test-Path (Join-Path $TestDrive 'relative.html') | Should -BeTrue
        Export-VMCloneReport 'TestDrive:/drive.html' -Batch lab7
        Test-Path 'TestDrive:/drive.html' | Should -BeTrue
    }

    It 'refuses what is no file: <Bad>' -ForEach @(@{ Bad = 'Env:/x.html' }, @{ Bad = '/nonexistent/folder/x.html' }, @{ Bad = 'TestDrive:/' }) {
        { Export-VMCloneReport $Bad -Batch lab7 } | Should -Throw -ErrorId 'ReportPathInvalid,*'
    }

    It 'says when there is nothing to report on' {
        Export-VMCloneReport $script:File -Batch none -WarningVariable said -WarningAction SilentlyContinue -ErrorAction SilentlyContinue
        $said | Should -Match 'no clones'
        Test-Path $script:File | Should -BeFalse
        { Export-VMCloneReport $script:File } | Should -Throw -ErrorId 'VMCloneSelectionMissing,*'
    }
}
