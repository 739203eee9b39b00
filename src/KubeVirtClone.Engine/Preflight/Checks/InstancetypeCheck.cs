using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The instance type and preference of the source exist: a clone of a machine whose does not is made, and cannot start.</summary>
internal sealed class InstancetypeCheck : SourceCheck
{
    public override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        foreach (var missing in batch.KeptTypes(source).Select(Missing).OfType<(string Field, string Kind, string Name)>())
        {
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.InstancetypeMissing,
                $"The {missing.Kind} '{missing.Name}' of '{source.Name}' does not exist (any more): the clone is made, and then cannot start.",
                $"Make it again, or give the source another: {missing.Field}.",
                missing.Field);
        }
    }

    private static (string Field, string Kind, string Name)? Missing(SizingObject named) => named switch
    {
        { Pinned: true, StoredExists: false } => ($"spec.{named.Field}.revisionName", "ControllerRevision", named.StoredName!),
        { Pinned: false, Exists: false } => ($"spec.{named.Field}.name", named.Kind, named.Name),
        _ => null,
    };
}
