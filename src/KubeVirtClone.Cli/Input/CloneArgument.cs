using KubeVirtClone.Cli.CommandLine;

namespace KubeVirtClone.Cli.Input;

/// <summary>A clone given by name, or as -o name prints it.</summary>
internal static class CloneArgument
{
    /// <summary>The name in vmclone/NAME, virtualmachineclone.clone.kubevirt.io/NAME, vmrestore/NAME for one made by a restore, vm/NAME for one made directly, or NAME.</summary>
    /// <exception cref="UsageException">It names another kind.</exception>
    public static string Name(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return text;
        var bare = text[..slash].Split('.', 2)[0].ToLowerInvariant();
        return bare is "vmclone" or "vmclones" or "virtualmachineclone" or "virtualmachineclones"
            or "vmrestore" or "vmrestores" or "virtualmachinerestore" or "virtualmachinerestores"
            or "vm" or "vms" or "virtualmachine" or "virtualmachines"
            ? text[(slash + 1)..]
            : throw new UsageException($"'{text}' does not name a clone: write NAME or vmclone/NAME, and a namespace as -n {text[..slash]}");
    }
}
