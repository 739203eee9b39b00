using System.CommandLine;
using System.CommandLine.Parsing;

namespace KubeVirtClone.Cli.Completion;

/// <summary>What names are offered where: one line for each command and option that takes names of things in a cluster.</summary>
internal static class CompletedNames
{
    private static readonly Dictionary<string, NameKind> Arguments = new(StringComparer.Ordinal)
    {
        ["kubectl vmclone new"] = NameKind.VirtualMachine,
        ["kubectl vmclone test"] = NameKind.VirtualMachine,
        ["kubectl vmclone start"] = NameKind.VirtualMachine,
        ["kubectl vmclone stop"] = NameKind.VirtualMachine,
        ["kubectl vmclone get"] = NameKind.Clone,
        ["kubectl vmclone wait"] = NameKind.Clone,
        ["kubectl vmclone remove"] = NameKind.Clone,
        ["kubectl vmclone debug"] = NameKind.Clone,
        ["kubectl vmclone compare"] = NameKind.Clone,
        ["kubectl vmclone measure"] = NameKind.Clone,
        ["kubectl vmclone report"] = NameKind.Clone,
        ["kubectl vmclone snapshot new"] = NameKind.VirtualMachine,
        ["kubectl vmclone snapshot get"] = NameKind.Snapshot,
        ["kubectl vmclone snapshot wait"] = NameKind.Snapshot,
        ["kubectl vmclone snapshot remove"] = NameKind.Snapshot,
        ["kubectl vmclone image new"] = NameKind.VirtualMachine,
        ["kubectl vmclone image get"] = NameKind.GoldenImage,
        ["kubectl vmclone image copy"] = NameKind.GoldenImage,
        ["kubectl vmclone image remove"] = NameKind.GoldenImage,
    };

    private static readonly Dictionary<string, NameKind> Options = new(StringComparer.Ordinal)
    {
        ["--context"] = NameKind.Context,
        ["--namespace"] = NameKind.Namespace,
        ["--batch"] = NameKind.Batch,
        ["--golden-image"] = NameKind.GoldenImage,
        ["--source-name"] = NameKind.VirtualMachine,
        ["--source"] = NameKind.VirtualMachine,
        ["--target-name"] = NameKind.Clone,
        ["--target-namespace"] = NameKind.Namespace,
        ["--source-namespace"] = NameKind.Namespace,
        ["--instancetype"] = NameKind.Instancetype,
        ["--preference"] = NameKind.Preference,
        ["--storage-class"] = NameKind.StorageClass,
    };

    private static readonly HashSet<string> Files = new(StringComparer.Ordinal) { "--kubeconfig", "--filename", "--seed-file" };

    /// <summary>What the next argument of a command names; null for nothing that a cluster knows.</summary>
    public static NameKind? OfArgument(string command, CommandResult typed)
    {
        if (!Arguments.TryGetValue(command, out var kind))
            return null;

        if (typed.Tokens.Count == 0)
            return kind;

        // Only the source of new clones exists already, and only the VM of an image: the names after them are new ones. An image is copied into namespaces.
        return command switch
        {
            "kubectl vmclone new" or "kubectl vmclone test" or "kubectl vmclone image new" => null,
            "kubectl vmclone image copy" => NameKind.Namespace,
            _ => kind,
        };
    }

    public static NameKind? OfOption(Option option) => Options.TryGetValue(option.Name, out var kind) ? kind : null;

    public static bool IsFile(Option option) => Files.Contains(option.Name);
}

/// <summary>Kinds of things with names.</summary>
internal enum NameKind
{
    VirtualMachine,
    Clone,
    Snapshot,
    GoldenImage,
    Batch,
    Namespace,
    Context,
    Instancetype,
    Preference,
    StorageClass,
}
