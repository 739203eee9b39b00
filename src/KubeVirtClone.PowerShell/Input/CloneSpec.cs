using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.Input;

/// <summary>Reads a clone that is asked for again out of what a pipeline carries.</summary>
internal static class CloneSpec
{
    /// <summary>From a record with the members of <see cref="VMCloneRequest"/>, such as Import-Clixml gives.</summary>
    /// <exception cref="Engine.Model.Results.RequestFaultException">A value is none of its field.</exception>
    public static CloneRequest FromRecord(object record) => (record as VMCloneRequest)?.ToEngine() ?? new CloneRequest
    {
        Namespace = PropertyReader.GetText(record, "Namespace") ?? "",
        SourceKind = PropertyReader.GetText(record, "SourceKind") ?? "VirtualMachine",
        SourceName = PropertyReader.GetText(record, "SourceName") ?? "",
        SourceUid = PropertyReader.GetText(record, "SourceUid"),
        TargetName = PropertyReader.GetText(record, "TargetName"),
        CloneName = PropertyReader.GetText(record, "CloneName"),
        GoldenImage = PropertyReader.GetText(record, "GoldenImage"),
        GoldenImageVersion = PropertyReader.GetText(record, "ImageVersion"),
        Wishes = RequestRecord.WishesOf(record),
    };

    /// <summary>From a VirtualMachineClone in the shape ConvertFrom-Json gives.</summary>
    /// <exception cref="Engine.Model.Results.RequestFaultException">A value is none of its field.</exception>
    public static CloneRequest FromManifest(object clone)
    {
        var spec = PropertyReader.Get(clone, "spec");
        return new CloneRequest
        {
            Namespace = PropertyReader.GetText(clone, "metadata", "namespace") ?? "",
            SourceKind = PropertyReader.GetText(spec, "source", "kind") ?? "VirtualMachine",
            SourceName = PropertyReader.GetText(spec, "source", "name") ?? "",
            TargetName = PropertyReader.GetText(spec, "target", "name"),
            Wishes = RequestFields.All.Where(f => f.SpecPath.Count > 0).Aggregate(
                RequestValues.None, (values, f) => values.With(f, FieldText.Parse(f, RequestRecord.Plain(f, PropertyReader.Get(spec, [.. f.SpecPath]))))),
        };
    }
}
