using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Knowledge.Rows;

/// <summary>What a command line names once, for the rows of a table that name none themselves.</summary>
public sealed record GivenForRows
{
    /// <summary>The namespace; null where none is given.</summary>
    public string? Namespace { get; init; }

    /// <summary>The sources; none where none is given, or a golden image.</summary>
    public IReadOnlyList<SourceReference> Sources { get; init; } = [];

    /// <summary>The golden image that is the source; null where none is given.</summary>
    public string? GoldenImage { get; init; }

    /// <summary>Refuses a row that names another: of two machines, or two namespaces, neither may be meant.</summary>
    /// <param name="row">The row.</param>
    /// <exception cref="RequestFaultException">It does.</exception>
    public void Check(RequestRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (row.Namespace is { } place && Namespace is { } given && place != given)
        {
            throw new RequestFaultException(
                FaultIds.NamespaceMismatch,
                $"The row's column Namespace says '{place}', and the command line says '{given}'.",
                $"Leave out one of them: {OptionName.Namespace} is for rows that name none. To make the machine in another namespace than its source's, write {OptionName.Of(RequestFields.TargetNamespace)}.");
        }

        if (!row.NamesSource || (Sources.Count == 0 && GoldenImage is null) || (row.GoldenImage == GoldenImage && row.Sources.SequenceEqual(Sources)))
            return;
        throw new RequestFaultException(
            FaultIds.VMCloneSourceGivenTwice,
            $"The row's source is {Name(row.GoldenImage, row.Sources)}, and the command line says {Name(GoldenImage, Sources)}.",
            "Leave out one of them: a source on the command line is for rows that name none.");
    }

    private static string Name(string? image, IReadOnlyList<SourceReference> sources) =>
        image is not null ? $"the golden image '{image}'" : string.Join(", ", sources.Select(s => $"{(s.IsSnapshot ? "the snapshot " : "")}'{s.Name}'"));
}
