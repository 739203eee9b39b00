namespace KubeVirtClone.Engine.Model.Requests;

// Which of the objects that may have had the source's name is meant.
public sealed partial record CloneRequest
{
    /// <summary>Uid of the source (of an image: of its snapshot), when known: another object of the same name is then not cloned.</summary>
    public string? SourceUid { get; init; }

    /// <summary>For a source that is meant by the clone it came of: that clone.</summary>
    public MachineMaker? SourceMaker { get; init; }
}
