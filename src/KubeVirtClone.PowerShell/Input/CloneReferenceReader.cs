using System.Management.Automation;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Errors;

namespace KubeVirtClone.Input;

/// <summary>Reads which clone is meant by an object from the pipeline.</summary>
internal static class CloneReferenceReader
{
    private const string Kind = "VirtualMachineClone";

    /// <summary>The clone that is meant. Its namespace is empty when the object does not tell one.</summary>
    /// <exception cref="InputException">The object is no clone.</exception>
    public static CloneReference Read(PSObject input)
    {
        var reference = input.BaseObject switch
        {
            VMClone clone => clone.Reference,
            VMCloneDiagnosis diagnosis => diagnosis.Reference,
            string name => new CloneReference("", name),
            _ when PropertyReader.GetText(input, "kind") == Kind => new CloneReference(
                PropertyReader.GetText(input, "metadata", "namespace") ?? "",
                PropertyReader.GetText(input, "metadata", "name") ?? "",
                PropertyReader.GetText(input, "metadata", "uid")),
            _ when IsDeserializedClone(input) => new CloneReference(
                PropertyReader.GetText(input, "Namespace") ?? "",
                PropertyReader.GetText(input, "Name") ?? "",
                PropertyReader.GetText(input, "Uid")),
            _ => throw new InputException(
                "VMCloneInputInvalid",
                ErrorCategory.InvalidType,
                $"A {(input.TypeNames.Count > 0 ? input.TypeNames[0] : input.BaseObject.GetType().FullName)} is no clone.",
                "Pipe in what New-VMClone or Get-VMClone writes, or names of clones."),
        };
        return reference with { Input = input.BaseObject };
    }

    private static bool IsDeserializedClone(PSObject input) =>
        input.TypeNames.Count > 0 && input.TypeNames[0].EndsWith(typeof(VMClone).FullName!, StringComparison.Ordinal);
}
