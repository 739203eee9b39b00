namespace KubeVirtClone.Build;

/// <summary>The programs that tests drive, and without which they are skipped.</summary>
internal static class TestTools
{
    // As the tests themselves look for them.
    private static readonly (string Name, string[] Anywhere, string[] OnPath)[] Needed =
    [
        ("kubectl", [], ["kubectl"]),
        ("Chromium", ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"], []),
    ];

    /// <summary>Those that are not on this machine.</summary>
    public static IEnumerable<string> Missing() => Needed.Where(tool => !tool.Anywhere.Any(File.Exists) && !tool.OnPath.Any(IsOnPath)).Select(tool => tool.Name);

    private static bool IsOnPath(string program)
    {
        var file = OperatingSystem.IsWindows() ? program + ".exe" : program;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, file)));
    }
}
