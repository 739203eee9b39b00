namespace KubeVirtClone.Build;

/// <summary>Turns docs/help into the help file that ships with the module.</summary>
internal sealed class HelpBuild(Repository repository)
{
    private const string PlatyPSMinimum = "1.0.0";

    public int Run()
    {
        repository.BuildAll();
        var shell = PowerShellHost.Find(repository, out var reason) ?? throw new BuildFailedException(reason);
        if (!shell.HasModule("Microsoft.PowerShell.PlatyPS", PlatyPSMinimum))
        {
            throw new BuildFailedException($"The PowerShell found has no Microsoft.PowerShell.PlatyPS {PlatyPSMinimum} or later.");
        }

        return shell.RunFile(repository.In("docs", "Build-Help.ps1"), ["-Module", repository.ModuleManifest]);
    }
}
