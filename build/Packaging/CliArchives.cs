namespace KubeVirtClone.Build.Packaging;

/// <summary><c>kubectl-vmclone</c> as one program without prerequisites: an archive for each platform.</summary>
internal sealed class CliArchives(Repository repository, DateTimeOffset moment)
{
    private string Staging => Path.Combine(repository.Output, "archive");

    public IReadOnlyList<CliArchive> Write(string folder, IReadOnlyList<string> platforms)
    {
        var archives = new List<CliArchive>();
        foreach (var platform in platforms)
        {
            if (Publish(platform)) archives.Add(Pack(folder, platform));
        }

        if (Directory.Exists(Staging)) Directory.Delete(Staging, recursive: true);
        return archives;
    }

    private bool Publish(string platform)
    {
        if (Directory.Exists(Staging)) Directory.Delete(Staging, recursive: true);
        string[] options = [$"-p:ArchivePlatform={platform}", "-v", "quiet", "-nologo"];
        if (repository.RestoreAhead(platform, options[0])) options = [Repository.CompiledAheadFor(platform), .. options];
        else if (Step.Capture(repository.Root, "dotnet", ["restore", repository.CliProject, .. options]) is var restored && restored is not { ExitCode: 0 })
        {
            var reason = restored?.Output.Split('\n').FirstOrDefault(l => l.Contains("error", StringComparison.Ordinal))?.Trim() ?? "dotnet is not there.";
            Console.WriteLine($"== {platform} is left out: its runtime could not be restored. {reason}");
            return false;
        }

        Step.DotNet(
            repository.Root,
            ["publish", repository.CliProject, "-c", Repository.Configuration, "--no-restore", "-p:RunAnalyzers=false", "-o", Staging, .. options]);
        return true;
    }

    private CliArchive Pack(string folder, string platform)
    {
        var windows = platform.StartsWith("win", StringComparison.Ordinal);
        var program = windows ? "kubectl-vmclone.exe" : "kubectl-vmclone";
        var path = Path.Combine(folder, $"kubectl-vmclone-{repository.Version}-{platform}{(windows ? ".zip" : ".tar.gz")}");
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [program] = File.ReadAllBytes(Path.Combine(Staging, program)),
            ["LICENSE"] = File.ReadAllBytes(repository.In("LICENSE")),
            [ThirdPartyNotices.FileName] = System.Text.Encoding.UTF8.GetBytes(
                File.ReadAllText(repository.CliNotices) + ThirdPartyNotices.OfRuntime(repository.CliAssets, platform)),
        };
        if (windows)
        {
            DeterministicArchive.WriteZip(path, files, moment);
        }
        else
        {
            // Beside the program on PATH, it makes kubectl complete `kubectl vmclone`.
            files["kubectl_complete-vmclone"] = File.ReadAllBytes(Path.Combine(Staging, "kubectl_complete-vmclone"));
            DeterministicArchive.WriteTarGz(path, files, name => name.StartsWith("kubectl", StringComparison.Ordinal), moment);
        }

        return new CliArchive(platform, path, program);
    }
}
