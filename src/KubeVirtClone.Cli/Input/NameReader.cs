namespace KubeVirtClone.Cli.Input;

/// <summary>Reads names as typed, or from stdin: NAME, or KIND/NAME as -o name prints it.</summary>
internal static class NameReader
{
    private static readonly string[] Machine = ["vm", "vms", "virtualmachine", "virtualmachines"];
    private static readonly string[] Snapshot = ["vmsnapshot", "vmsnapshots", "virtualmachinesnapshot", "virtualmachinesnapshots", "snapshot"];
    private static readonly string[] Clone =
        ["vmclone", "vmclones", "virtualmachineclone", "virtualmachineclones", "vmrestore", "vmrestores", "virtualmachinerestore", "virtualmachinerestores"];

    /// <summary>Replaces '-' by the lines of stdin.</summary>
    public static IEnumerable<string> Expand(IReadOnlyList<string> typed, TextReader input)
    {
        foreach (var name in typed)
        {
            if (name != "-")
            {
                yield return name;
                continue;
            }

            while (input.ReadLine() is { } line)
            {
                if (!string.IsNullOrWhiteSpace(line))
                    yield return line.Trim();
            }
        }
    }

    /// <summary>The same for names that select what exists: without any name typed all is meant, and by an empty list on stdin never that.</summary>
    /// <exception cref="UsageException">Stdin was to name them, and names nothing.</exception>
    public static IReadOnlyList<string> Select(IReadOnlyList<string> typed, TextReader input)
    {
        var names = Expand(typed, input).ToList();
        return names.Count == 0 && typed.Count > 0 ? throw new UsageException("stdin names nothing, so nothing is selected") : names;
    }

    /// <exception cref="UsageException">It names another kind.</exception>
    public static string SnapshotName(string text) => Bare(text, Snapshot) ?? throw new UsageException($"'{text}' does not name a snapshot: write NAME or vmsnapshot/NAME");

    /// <exception cref="UsageException">It names another kind.</exception>
    public static string MachineName(string text) => Bare(text, Machine) ?? throw new UsageException($"'{text}' does not name a virtual machine: write NAME or vm/NAME");

    /// <summary>The name of a clone, or of the VM that was made directly and stands for one.</summary>
    /// <exception cref="UsageException">It names another kind.</exception>
    public static string CloneName(string text) => Bare(text, [.. Clone, .. Machine])
        ?? throw new UsageException($"'{text}' does not name a clone: write NAME or vmclone/NAME, and a namespace as -n {text[..text.IndexOf('/', StringComparison.Ordinal)]}");

    /// <summary>NAME of vm/NAME; null for any other text.</summary>
    public static string? MachineNameWithKind(string text) => text.Contains('/', StringComparison.Ordinal) ? Bare(text, Machine) : null;

    /// <summary>NAME of vmclone/NAME or vmrestore/NAME; null for any other text.</summary>
    public static string? CloneNameWithKind(string text) => text.Contains('/', StringComparison.Ordinal) ? Bare(text, Clone) : null;

    private static string? Bare(string text, string[] kinds)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return text;

        // kubectl prints KIND, KIND.GROUP or KIND.VERSION.GROUP.
        var kind = text[..slash].Split('.', 2)[0].ToLowerInvariant();
        return kinds.Contains(kind, StringComparer.Ordinal) && text.Length > slash + 1 ? text[(slash + 1)..] : null;
    }
}
