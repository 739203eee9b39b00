using KubeVirtClone.Cli.CommandLine;

namespace KubeVirtClone.Cli.Input;

/// <summary>Reads names as typed, or from stdin: NAME, or KIND/NAME as -o name prints it.</summary>
internal static class NameReader
{
    private static readonly string[] Machine = ["vm", "vms", "virtualmachine", "virtualmachines"];
    private static readonly string[] Snapshot = ["vmsnapshot", "vmsnapshots", "virtualmachinesnapshot", "virtualmachinesnapshots", "snapshot"];
    private static readonly string[] Clone =
        ["vmclone", "vmclones", "virtualmachineclone", "virtualmachineclones", "vmrestore", "vmrestores", "virtualmachinerestore", "virtualmachinerestores"];

    /// <summary>Replaces '-' by the lines of stdin.</summary>
    public static IEnumerable<string> Expand(IEnumerable<string> names, TextReader input)
    {
        foreach (var name in names)
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

    /// <exception cref="UsageException">It names another kind.</exception>
    public static string SnapshotName(string text) => Bare(text, Snapshot) ?? throw new UsageException($"'{text}' does not name a snapshot: write NAME or vmsnapshot/NAME");

    /// <exception cref="UsageException">It names another kind.</exception>
    public static string MachineName(string text) => Bare(text, Machine) ?? throw new UsageException($"'{text}' does not name a virtual machine: write NAME or vm/NAME");

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
