using System.Management.Automation;
using KubeVirtClone.Engine.Snapshots;
using KubeVirtClone.Errors;

namespace KubeVirtClone.Input;

/// <summary>Reads which snapshot is meant by an object from the pipeline.</summary>
internal static class SnapshotReferenceReader
{
    private const string Kind = "VirtualMachineSnapshot";

    /// <summary>The snapshot that is meant. Its namespace is empty when the object does not tell one.</summary>
    /// <exception cref="InputException">The object is no snapshot.</exception>
    public static SnapshotReference Read(PSObject input)
    {
        var reference = input.BaseObject switch
        {
            VMSnapshot snapshot => new SnapshotReference(snapshot.Namespace, snapshot.Name, snapshot.Uid),
            string name => new SnapshotReference("", name),
            _ when PropertyReader.GetText(input, "kind") == Kind => new SnapshotReference(
                PropertyReader.GetText(input, "metadata", "namespace") ?? "",
                PropertyReader.GetText(input, "metadata", "name") ?? "",
                PropertyReader.GetText(input, "metadata", "uid")),
            _ when IsDeserialized(input) => new SnapshotReference(
                PropertyReader.GetText(input, "Namespace") ?? "",
                PropertyReader.GetText(input, "Name") ?? "",
                PropertyReader.GetText(input, "Uid")),
            _ => throw new InputException(
                "VMSnapshotInputInvalid",
                ErrorCategory.InvalidType,
                $"A {(input.TypeNames.Count > 0 ? input.TypeNames[0] : input.BaseObject.GetType().FullName)} is no snapshot.",
                "Pipe in what New-VMSnapshot or Get-VMSnapshot writes, or names of snapshots."),
        };
        return reference with { Input = input.BaseObject };
    }

    private static bool IsDeserialized(PSObject input) =>
        input.TypeNames.Count > 0 && input.TypeNames[0].EndsWith(typeof(VMSnapshot).FullName!, StringComparison.Ordinal);
}
