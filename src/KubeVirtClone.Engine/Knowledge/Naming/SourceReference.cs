namespace KubeVirtClone.Engine.Knowledge.Naming;

/// <summary>What is cloned, as typed: NAME, vm/NAME or vmsnapshot/NAME, in the spellings kubectl takes for those kinds.</summary>
/// <param name="IsSnapshot">Whether it is a snapshot; else a machine.</param>
/// <param name="Name">Its name.</param>
public readonly record struct SourceReference(bool IsSnapshot, string Name)
{
    /// <summary>Its kind.</summary>
    public string Kind => IsSnapshot ? SourceKinds.VirtualMachineSnapshot : SourceKinds.VirtualMachine;

    /// <summary>Reads a reference.</summary>
    /// <param name="text">NAME or KIND/NAME.</param>
    /// <param name="defaultKind">Kind of a bare NAME, as virtctl's --source-type: "vm" or "snapshot"; null means "vm".</param>
    /// <exception cref="RequestFaultException">The kind is not one that can be cloned, or the name is empty.</exception>
    public static SourceReference Parse(string text, string? defaultKind = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var kind = slash < 0 ? defaultKind ?? "vm" : text[..slash];
        var name = slash < 0 ? text : text[(slash + 1)..];
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
            throw new RequestFaultException(FaultIds.VMCloneSourceInvalid, $"'{text}' does not name a source.", "Write NAME, vm/NAME or vmsnapshot/NAME.");
        // kubectl takes KIND, KIND.GROUP and KIND.VERSION.GROUP; the group says nothing new here.
        return SourceKinds.Normalize(kind.Split('.', 2)[0]) is { } known
            ? new SourceReference(known == SourceKinds.VirtualMachineSnapshot, name)
            : throw new RequestFaultException(
                FaultIds.VMCloneSourceInvalid, $"A {kind} can't be cloned.", "The source is a virtual machine (vm/NAME) or a snapshot (vmsnapshot/NAME).");
    }
}
