BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name web-1, web-2, db-1 -Label @{ app = 'shop' }
    New-TestVM -Name other -Label @{ app = 'mail' } -Annotation @{ note = 'hello' }
}
AfterAll { Stop-TestCluster }

Describe 'Get-VM' {
    It 'lists the namespace' { (Get-VM).Name | Should -Be 'db-1', 'other', 'web-1', 'web-2' }
    It 'takes wildcards' { (Get-VM web-*).Name | Should -Be 'web-1', 'web-2' }
    It 'takes several names' { (Get-VM web-2, db-1).Name | Sort-Object | Should -Be 'db-1', 'web-2' }
    It 'takes a label selector' { (Get-VM -l 'app=mail').Name | Should -Be 'other' }
    It 'combines both' { (Get-VM web-* -LabelSelector 'app in (shop,mail)').Count | Should -Be 2 }
    It 'lists all namespaces' { (Get-VM -A | Where-Object Namespace -eq $script:Namespace).Count | Should -Be 4 }
    It 'gives nothing for a pattern that matches nothing' { Get-VM nothing-* -ErrorAction Stop | Should -BeNullOrEmpty }

    It 'gives an error for a name that does not exist, and the others' {
        $found = Get-VM web-1, nobody -ErrorVariable failed -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'web-1'
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMNotFound,KubeVirtClone.Commands.GetVMCommand'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failed[0].TargetObject | Should -Be "$script:Namespace/nobody"
    }

    It 'has typed members' {
        $vm = Get-VM other
        $vm | Should -BeOfType KubeVirtClone.VirtualMachine
        $vm.Namespace | Should -Be $script:Namespace
        $vm.Labels['app'] | Should -Be 'mail'
        $vm.Annotations['note'] | Should -Be 'hello'
        $vm.Memory | Should -Be '64Mi'
        $vm.RunStrategy | Should -Be 'Halted'
        $vm.Age | Should -BeOfType timespan
        $vm.Raw.spec.template.spec.volumes[0].name | Should -Be 'root'
        "$vm" | Should -Be "$script:Namespace/other"
    }

    It 'reads a piped machine anew' { (Get-VM web-1 | Get-VM).Name | Should -Be 'web-1' }
    It 'takes names from the pipeline' { ('web-1', 'db-1' | Get-VM).Name | Should -Be 'web-1', 'db-1' }
    It 'works in a namespace given' { Get-VM -Namespace "$script:Namespace-none" | Should -BeNullOrEmpty }
    It 'honours -ErrorAction Stop' { { Get-VM nobody -ErrorAction Stop } | Should -Throw -ErrorId 'VMNotFound,*' }

    It 'survives Export-Clixml' {
        Get-VM other | Export-Clixml (Join-Path $TestDrive 'vm.xml')
        $back = Import-Clixml (Join-Path $TestDrive 'vm.xml')
        $back.Name | Should -Be 'other'
        $back.Labels['app'] | Should -Be 'mail'
        ($back | Get-VM).Name | Should -Be 'other'
    }
}

Describe 'What a machine is when it leaves PowerShell' {
    It 'is taken back by kubectl as it is' -Skip:(-not (Get-Command kubectl -ErrorAction Ignore)) {
        $vm = Get-VM web-1
        $vm.Raw.metadata.generation | Should -BeOfType long
        $vm.Raw.metadata.labels | Add-Member back yes
        $vm.Raw | ConvertTo-Json -Depth 30 | kubectl replace --kubeconfig (Get-TestKubeConfig) -n $script:Namespace -f - | Should -Match 'replaced'
        (Get-VM web-1).Labels['back'] | Should -Be 'yes'
    }

    It 'is readable in a CSV file, and comes back' {
        Get-VM web-1, web-2 | Export-Csv (Join-Path $TestDrive 'vms.csv')
        $text = Get-Content (Join-Path $TestDrive 'vms.csv') -Raw
        $text | Should -Not -Match 'System\.|KubeVirtClone\.|@\{'
        $text | Should -Match 'app=shop'
        $rows = Import-Csv (Join-Path $TestDrive 'vms.csv')
        $rows.Volume | Should -Be 'root', 'root'
        ($rows | Get-VM).Name | Should -Be 'web-1', 'web-2'
    }

    It 'shows where it runs, and its address' {
        Start-VM db-1 -Wait -Timeout 2m
        $vm = Get-VM db-1
        $vm.Node | Should -Not -BeNullOrEmpty
        $vm.IpAddress[0] | Should -Match '^\d+\.'
        ($vm | Out-String -Width 120) | Should -Match "Running\s+\S+\s+\d+\s+64Mi\s+$([regex]::Escape($vm.IpAddress[0]))\s+$($vm.Node)"
        (Get-VM -FieldSelector 'metadata.name=db-1').Name | Should -Be 'db-1'
    }
}
