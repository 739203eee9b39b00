namespace KubeVirtClone.Build.Packaging;

/// <summary><c>kubectl-vmclone</c> as a .NET tool: for every platform with a .NET runtime, and <c>dotnet tool update</c>.</summary>
internal sealed class ToolPackage(Repository repository, DateTimeOffset moment)
{
    public string Write(string folder)
    {
        var notes = Path.Combine(repository.Output, "release-notes.md");
        File.WriteAllText(notes, Changelog.Section(repository));
        Step.DotNet(
            repository.Root,
            ["pack", repository.CliProject, "-c", Repository.Configuration, "--no-build", "-v", "quiet", "-nologo", "-o", folder,
                $"-p:NoticesFile={repository.CliNotices}",
                $"-p:ReleaseNotesFile={notes}",
                .. ModulePackage.Deterministic(moment)]);
        return Path.Combine(folder, $"kubectl-vmclone.{repository.Version}.nupkg");
    }
}
