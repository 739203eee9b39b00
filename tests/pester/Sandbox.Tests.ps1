BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestCluster.psm1') -Force
    Import-TestModule
}

Describe 'Start-KubeVirtSandbox' -Tag Sandbox {
    AfterEach { Stop-KubeVirtSandbox -ErrorAction Ignore }

    It 'starts, seeds demo machines and connects the session' {
        $sandbox = Start-KubeVirtSandbox
        $sandbox | Should -BeOfType KubeVirtClone.KubeVirtSandbox
        $sandbox.Server | Should -Match '^https://(127\.0\.0\.1|localhost):\d+$'
        Test-Path $sandbox.KubeConfig | Should -BeTrue
        (Get-Process -Id $sandbox.ProcessId).HasExited | Should -BeFalse
        (Get-VM -AllNamespaces).Count | Should -BeGreaterOrEqual 3
        (Get-VM golden).Name | Should -Be 'golden'
    }

    It 'seeds as many machines as it is told' {
        $null = Start-KubeVirtSandbox -VMCount 25
        (Get-VM -AllNamespaces).Count | Should -BeGreaterOrEqual 28
    }

    It 'runs once a session' {
        $first = Start-KubeVirtSandbox
        { Start-KubeVirtSandbox } | Should -Throw -ErrorId 'SandboxRunning,*'
        (Get-Process -Id $first.ProcessId).HasExited | Should -BeFalse
    }

    It 'says what is wrong with its parameters' {
        { Start-KubeVirtSandbox -Profile 0.1 } | Should -Throw -ErrorId 'SandboxStartFailed,*'
        { Start-KubeVirtSandbox -Fault 'no such fault' } | Should -Throw -ErrorId 'SandboxStartFailed,*'
    }

    It 'says what is missing when there is no runtime for it' {
        $old = $env:KUBEVIRTCLONE_SANDBOX
        $env:KUBEVIRTCLONE_SANDBOX = Join-Path $TestDrive 'no-such-program'
        try { { Start-KubeVirtSandbox } | Should -Throw -ErrorId 'SandboxStartFailed,*' } finally { $env:KUBEVIRTCLONE_SANDBOX = $old }
    }

    It 'is left alone by a Ctrl+C that is meant for a command of the session' -Skip:($IsWindows) {
        $sandbox = Start-KubeVirtSandbox
        kill -INT $sandbox.ProcessId
        (Get-VM golden).Name | Should -Be 'golden'
        (Get-Process -Id $sandbox.ProcessId).HasExited | Should -BeFalse
    }

    It 'starts nothing with -WhatIf' { Start-KubeVirtSandbox -WhatIf | Should -BeNullOrEmpty }

    It 'ends with the session that started it' {
        $script = "Import-Module '$(Get-TestModulePath)'; (Start-KubeVirtSandbox).ProcessId"
        $id = [int](Invoke-TestShell -Command $script)
        $process = Get-Process -Id $id -ErrorAction Ignore
        if ($process) { $process.WaitForExit(10000) | Should -BeTrue }
    }
}

Describe 'Stop-KubeVirtSandbox' -Tag Sandbox {
    It 'ends the process, removes its files and goes back to the cluster chosen before' {
        $sandbox = Start-KubeVirtSandbox
        $process = Get-Process -Id $sandbox.ProcessId
        $sandbox | Stop-KubeVirtSandbox
        $process.HasExited | Should -BeTrue
        Test-Path $sandbox.KubeConfig | Should -BeFalse
        $old = $env:KUBECONFIG
        $env:KUBECONFIG = Join-Path $TestDrive 'none'
        try { { Get-VM } | Should -Throw -ErrorId 'KubeConfigNotFound,*' } finally { $env:KUBECONFIG = $old }
    }

    It 'gives an error when there is none' {
        Stop-KubeVirtSandbox -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'SandboxNotRunning,*'
    }
}
