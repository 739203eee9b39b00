BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    $script:Namespace = Start-TestCluster
    New-TestVM -Name golden
    $script:Made = New-VMClone golden one, two -Batch first -Wait -Timeout 5m
    $script:Other = New-VMClone golden three -Batch second -Wait -Timeout 5m
}
AfterAll { Stop-TestCluster }

Describe 'Get-VMClone' {
    It 'lists the namespace' { (Get-VMClone).TargetName | Sort-Object | Should -Be 'one', 'three', 'two' }
    It 'lists a batch' { (Get-VMClone -Batch first).TargetName | Sort-Object | Should -Be 'one', 'two' }
    It 'takes wildcards' { (Get-VMClone t*).TargetName | Sort-Object | Should -Be 'three', 'two' }
    It 'takes a label selector' { (Get-VMClone -LabelSelector 'kubevirtclone.io/batch=second').TargetName | Should -Be 'three' }
    It 'reads a piped clone anew' { ($script:Made | Get-VMClone).Uid | Sort-Object | Should -Be ($script:Made.Uid | Sort-Object) }
    It 'refuses a batch id that is none' { { Get-VMClone -Batch 'a b' } | Should -Throw -ErrorId 'VMCloneLabelInvalid,*' }

    It 'goes by the names people gave, and by those of the clone objects' {
        (Get-VMClone one).Uid | Should -Be $script:Made.Where({ $_.TargetName -eq 'one' }).Uid
        (Get-VMClone $script:Other.Name).TargetName | Should -Be 'three'
        ('one', 't*' | Get-VMClone).TargetName | Should -Be 'one', 'three', 'two' -Because 'each is written once'
        (Get-VMClone -TargetName o*).TargetName | Should -Be 'one'
        (Get-VMClone -SourceName golden -Batch first).Count | Should -Be 2
        Get-VMClone -SourceName other | Should -BeNullOrEmpty
        ($script:Made | Get-VMClone -TargetName two).TargetName | Should -Be 'two'
    }

    It 'takes a machine for its clone' {
        (Get-VM two, one | Get-VMClone).TargetName | Should -Be 'two', 'one'
        Get-VM golden | Get-VMClone -ErrorVariable none -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $none[0].FullyQualifiedErrorId | Should -BeLike 'VMCloneNotFound,*'
        (Get-VM two | Wait-VMClone -Timeout 1m).TargetName | Should -Be 'two'
        (Get-VM two | Measure-VMClone).TargetName | Should -Be 'two'
        (Get-VM two | Debug-VMClone).TargetName | Should -Be 'two'
        (Compare-VMClone two -Quiet) | Should -BeTrue
    }

    It 'takes a field selector' { (Get-VMClone -FieldSelector "metadata.name=$($script:Other.Name)").TargetName | Should -Be 'three' }

    It 'says what a name that is not found may come from' {
        foreach ($name in @{ Name = 'Golden'; Hint = '*lower case: write golden' }, @{ Name = "$script:Namespace/golden"; Hint = "*write golden -Namespace $script:Namespace" }) {
            Get-VM $name.Name -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed[0].ErrorDetails.RecommendedAction | Should -BeLike $name.Hint
        }
    }

    It 'gives an error for a name that does not exist' {
        Get-VMClone nobody -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Be 'VMCloneNotFound,KubeVirtClone.Commands.GetVMCloneCommand'
        $failed[0].TargetObject | Should -Be "$script:Namespace/nobody"
    }

    It 'has typed members' {
        $clone = Get-VMClone -Batch second
        $clone | Should -BeOfType KubeVirtClone.VMClone
        $clone.Phase | Should -BeOfType KubeVirtClone.VMClonePhase
        $clone.Phase | Should -Be 'Succeeded'
        $clone.SourceName | Should -Be 'golden'
        $clone.SourceKind | Should -Be 'VirtualMachine'
        $clone.Method | Should -Be 'Clone'
        $clone.Raw.kind | Should -Be 'VirtualMachineClone'
        "$clone" | Should -Be "$script:Namespace/three"
    }

    It 'pipes on as the machine it made' { (Get-VMClone -Batch second | Get-VM).Name | Should -Be 'three' }

    It 'survives Export-Clixml, and pipes on' {
        Get-VMClone -Batch second | Export-Clixml (Join-Path $TestDrive 'clone.xml')
        $back = Import-Clixml (Join-Path $TestDrive 'clone.xml')
        $back.TargetName | Should -Be 'three'
        ($back | Get-VM).Name | Should -Be 'three'
        ($back | Get-VMClone).Uid | Should -Be $back.Uid
    }
}
