using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The instance type and preference of the source exist: a clone of a machine whose does not is made, and cannot start.</summary>
internal sealed class InstancetypeCheck : SourceCheck
{
    protected override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        var kind = source.First.FromSnapshot ? SourceKinds.VirtualMachineSnapshot : SourceKinds.VirtualMachine;
        foreach (var missing in batch.Facts.MissingInstancetypes.Where(m => m.Namespace == source.First.Request.Namespace && m.SourceKind == kind && m.SourceName == source.Name))
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.InstancetypeMissing,
                $"The {missing.Kind} '{missing.Name}' of '{source.Name}' does not exist (any more): the clone is made, and then cannot start.",
                $"Make it again, or give the source another: {missing.Field}.",
                missing.Field);
        }
    }
}
