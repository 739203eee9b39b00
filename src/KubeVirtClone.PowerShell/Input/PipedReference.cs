namespace KubeVirtClone.Input;

/// <summary>Reads which clone or snapshot is meant by an object from the pipeline.</summary>
internal static class PipedReference
{
    /// <summary>What PowerShell puts before the type name of a record out of a file and of one made by Select-Object.</summary>
    private static readonly string[] Prefixes = ["Selected.", "Deserialized."];

    /// <summary>The clone that is meant. Its namespace is empty when the object does not tell one.</summary>
    /// <exception cref="InputException">The object is no clone.</exception>
    public static CloneReference ReadClone(PSObject input)
    {
        var reference = input.BaseObject switch
        {
            VMClone clone => clone.Reference,
            VMCloneDiagnosis diagnosis => diagnosis.Reference,
            _ when Find(input, "VirtualMachineClone", typeof(VMClone)) is { } found => new CloneReference(found.Namespace, found.Name, found.Uid),
            _ => throw NoSuch(input, "VMCloneInputInvalid", "clone", "Pipe in what New-VMClone, Get-VMClone or Get-VM writes, or names."),
        };
        return reference with { Input = input.BaseObject };
    }

    /// <summary>The machine whose clone is meant by an object; null when it is no machine.</summary>
    public static MachineReference? ReadMachine(PSObject input)
    {
        if (input.BaseObject is VirtualMachine vm) return new MachineReference(vm.Namespace, vm.Name, vm.Uid) { Input = vm };
        return Find(input, "VirtualMachine", typeof(VirtualMachine)) is { } found
            ? new MachineReference(found.Namespace, found.Name, found.Uid) { Input = input.BaseObject }
            : null;
    }

    /// <summary>The snapshot that is meant. Its namespace is empty when the object does not tell one.</summary>
    /// <exception cref="InputException">The object is no snapshot.</exception>
    public static SnapshotReference ReadSnapshot(PSObject input)
    {
        var reference = input.BaseObject switch
        {
            VMSnapshot snapshot => new SnapshotReference(snapshot.Namespace, snapshot.Name, snapshot.Uid),
            string name => new SnapshotReference("", name),
            _ when Find(input, "VirtualMachineSnapshot", typeof(VMSnapshot)) is { } found => new SnapshotReference(found.Namespace, found.Name, found.Uid),
            _ => throw NoSuch(input, "VMSnapshotInputInvalid", "snapshot", "Pipe in what New-VMSnapshot or Get-VMSnapshot writes, or names of snapshots."),
        };
        return reference with { Input = input.BaseObject };
    }

    /// <summary>Whether the object is a record of this type that was written to a file and read again, or copied by Select-Object.</summary>
    public static bool IsCopyOf(PSObject input, Type record) => TypeNameOf(input) == record.FullName;

    /// <summary>The name of an object's type, of what it was when it is a copy.</summary>
    public static string TypeNameOf(PSObject input)
    {
        var name = input.TypeNames.Count > 0 ? input.TypeNames[0] : input.BaseObject.GetType().FullName ?? "";
        foreach (var prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)) name = name[prefix.Length..];
        }

        return name;
    }

    /// <summary>What to say of an object that is not of the kind that is needed.</summary>
    public static InputException NoSuch(PSObject input, string errorId, string noun, string action) => new(
        errorId,
        ErrorCategory.InvalidType,
        $"A {(input.TypeNames.Count > 0 ? input.TypeNames[0] : input.BaseObject.GetType().FullName)} is no {noun}.",
        action);

    private static (string Namespace, string Name, string? Uid)? Find(PSObject input, string kind, Type record)
    {
        if (PropertyReader.GetText(input, "kind") == kind)
        {
            return (
                PropertyReader.GetText(input, "metadata", "namespace") ?? "",
                PropertyReader.GetText(input, "metadata", "name") ?? "",
                PropertyReader.GetText(input, "metadata", "uid"));
        }

        return IsCopyOf(input, record)
            ? (PropertyReader.GetText(input, "Namespace") ?? "", PropertyReader.GetText(input, "Name") ?? "", PropertyReader.GetText(input, "Uid"))
            : null;
    }
}
