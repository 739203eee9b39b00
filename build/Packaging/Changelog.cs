namespace KubeVirtClone.Build.Packaging;

/// <summary>CHANGELOG.md, whose section of a version is its release notes.</summary>
internal static class Changelog
{
    /// <summary>What the gallery takes at most, in characters.</summary>
    private const int Longest = 35_000;

    /// <exception cref="BuildFailedException">The changelog says nothing of this version.</exception>
    public static string Section(Repository repository)
    {
        var lines = File.ReadLines(repository.In("CHANGELOG.md"))
            .SkipWhile(l => !l.StartsWith($"## {repository.Version} ", StringComparison.Ordinal) && l != $"## {repository.Version}")
            .Skip(1)
            .TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal));
        var text = string.Join('\n', lines).Trim();
        if (text.Length == 0) throw new BuildFailedException($"CHANGELOG.md has no section for {repository.Version}.");
        return text.Length <= Longest ? text : throw new BuildFailedException($"CHANGELOG.md's section for {repository.Version} is longer than the gallery takes ({Longest} characters).");
    }
}
