namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>Finds a plugin's executable as a shell would: never in the current folder, where .NET looks first.</summary>
internal static class PluginCommand
{
    /// <summary>The full path; null when it is nowhere.</summary>
    /// <param name="command">A full path, or a name.</param>
    /// <param name="path">PATH.</param>
    /// <param name="extensions">PATHEXT; used on Windows only.</param>
    public static string? Find(string command, string? path, string? extensions)
    {
        if (command.Contains('/') || (OperatingSystem.IsWindows() && command.Contains('\\')))
            return Candidates(command, extensions).FirstOrDefault(File.Exists);
        foreach (var folder in (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            // A relative folder on PATH would make what is run depend on where the user happens to be.
            if (!Path.IsPathFullyQualified(folder))
                continue;
            if (Candidates(Path.Combine(folder, command), extensions).FirstOrDefault(IsExecutable) is { } found)
                return found;
        }

        return null;
    }

    private static IEnumerable<string> Candidates(string path, string? extensions)
    {
        if (!OperatingSystem.IsWindows())
            return [path];
        var known = (extensions ?? ".COM;.EXE;.BAT;.CMD").Split(';', StringSplitOptions.RemoveEmptyEntries);
        var named = known.Select(extension => path + extension);
        return known.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) ? named.Prepend(path) : named;
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None);
}
