namespace KubeVirtClone.Sandbox;

/// <summary>Finds the <c>dotnet</c> program, which the sandbox needs: PowerShell itself may bring its own runtime along.</summary>
internal static class DotNetHost
{
    /// <summary>The major version of the ASP.NET Core runtime that the sandbox is built for.</summary>
    public const int RequiredMajor = 10;

    /// <summary>Path of a <c>dotnet</c> with that runtime; null when there is none.</summary>
    public static string? Find() => Candidates().FirstOrDefault(HasRuntime);

    private static IEnumerable<string> Candidates()
    {
        var program = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string?[] folders =
        [
            Environment.GetEnvironmentVariable("DOTNET_ROOT"),
            Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator),
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet"),
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet"),
            "/usr/share/dotnet",
            "/usr/lib/dotnet",
            "/usr/local/share/dotnet",
        ];
        return folders.Where(f => !string.IsNullOrEmpty(f)).Select(f => Path.Combine(f!, program)).Where(File.Exists);
    }

    private static bool HasRuntime(string dotnet)
    {
        // On PATH it is often a link to where the runtimes are.
        var real = new FileInfo(dotnet).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? dotnet;
        var runtimes = Path.Combine(Path.GetDirectoryName(real) ?? ".", "shared", "Microsoft.AspNetCore.App");
        return Directory.Exists(runtimes)
            && Directory.EnumerateDirectories(runtimes).Any(d => Path.GetFileName(d).StartsWith($"{RequiredMajor}.", StringComparison.Ordinal));
    }
}
