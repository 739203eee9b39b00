using KubeVirtClone.Cli.CommandLine;

namespace KubeVirtClone.Cli.Input;

/// <summary>What is cloned, as typed: NAME, vm/NAME or vmsnapshot/NAME, in the spellings kubectl takes for those kinds.</summary>
internal readonly record struct SourceReference(bool IsSnapshot, string Name)
{
    /// <param name="text">NAME or KIND/NAME.</param>
    /// <param name="defaultKind">Kind of a bare NAME: "vm" or "snapshot", as virtctl's --source-type; null means "vm".</param>
    /// <exception cref="UsageException">The kind is not one that can be cloned, or the name is empty.</exception>
    public static SourceReference Parse(string text, string? defaultKind = null)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var kind = slash < 0 ? defaultKind ?? "vm" : text[..slash];
        var name = slash < 0 ? text : text[(slash + 1)..];
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
            throw new UsageException($"'{text}' does not name a source: write NAME, vm/NAME or vmsnapshot/NAME");
        return new SourceReference(IsSnapshotKind(kind), name);
    }

    private static bool IsSnapshotKind(string kind)
    {
        // kubectl takes KIND, KIND.GROUP and KIND.VERSION.GROUP; the group says nothing new here.
        var bare = kind.Split('.', 2)[0].ToLowerInvariant();
        return bare switch
        {
            "vm" or "vms" or "virtualmachine" or "virtualmachines" => false,
            "snapshot" or "vmsnapshot" or "vmsnapshots" or "virtualmachinesnapshot" or "virtualmachinesnapshots" => true,
            _ => throw new UsageException($"a {kind} can't be cloned: the source is a virtual machine (vm/NAME) or a snapshot (vmsnapshot/NAME)"),
        };
    }

    /// <summary>A clone given by name, or as -o name prints it: vmclone/NAME, virtualmachineclone.clone.kubevirt.io/NAME, vmrestore/NAME for one made by a restore, vm/NAME for one made directly.</summary>
    /// <exception cref="UsageException">It names another kind.</exception>
    public static string CloneName(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return text;
        var bare = text[..slash].Split('.', 2)[0].ToLowerInvariant();
        return bare is "vmclone" or "vmclones" or "virtualmachineclone" or "virtualmachineclones"
            or "vmrestore" or "vmrestores" or "virtualmachinerestore" or "virtualmachinerestores"
            or "vm" or "vms" or "virtualmachine" or "virtualmachines"
            ? text[(slash + 1)..]
            : throw new UsageException($"'{text}' does not name a clone: write NAME or vmclone/NAME");
    }
}
