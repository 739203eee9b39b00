namespace KubeVirtClone.Build;

/// <summary>The main job on the sandbox: in PowerShell where there is one, else through <c>kubectl-vmclone</c>.</summary>
internal sealed class DemoRun(Repository repository)
{
    public int Run()
    {
        repository.BuildProduct();
        if (PowerShellHost.Find(repository, out var reason) is { } shell)
        {
            return shell.RunFile(repository.In("examples", "demo.ps1"), ["-Module", repository.ModuleManifest]);
        }

        Console.WriteLine($"{reason} The demo drives the same engine through kubectl-vmclone.");
        if (OperatingSystem.IsWindows()) throw new BuildFailedException("On Windows the demo needs PowerShell 7.4 or later.");
        return Step.Run(repository.Root, "bash", [repository.In("examples", "demo.sh"), repository.Cli]);
    }
}
