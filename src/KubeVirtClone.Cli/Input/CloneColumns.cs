using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.Cli.Input;

/// <summary>
/// The rows of a CSV file of clones. Its columns are those New-VMClone takes, so that one file serves both. An empty cell leaves what the command
/// line says.
/// </summary>
internal sealed class CloneColumns(string fileName, GivenForRows given, Action<string> warn)
{
    private readonly RowReader _reader = new(text => warn($"{fileName}: {text}"));

    /// <param name="row">The row.</param>
    /// <param name="number">The running number of its first clone.</param>
    /// <param name="source">The source the command line names, for rows that name none.</param>
    /// <param name="template">What the command line says of every clone of a source.</param>
    /// <param name="fault">What is wrong with the row, when the result is empty.</param>
    public IReadOnlyList<CloneRequest> ToRequests(CsvRow row, int number, SourceReference? source, Func<SourceReference, CloneRequest> template, out Fault? fault)
    {
        fault = null;
        try
        {
            return [.. Read(row, source, template).Select((r, i) => NamePattern.Apply(r, number + i))];
        }
        catch (RequestFaultException e)
        {
            fault = e.ToFault($"{fileName}:{row.Line}");
            return [];
        }
    }

    private IEnumerable<CloneRequest> Read(CsvRow row, SourceReference? source, Func<SourceReference, CloneRequest> template)
    {
        var read = _reader.Read(row.Values, source is not null);
        if (read.IsBlank)
            yield break;
        given.Check(read);
        IReadOnlyList<SourceReference> sources = read.GoldenImage is { } image ? [new SourceReference(IsSnapshot: false, image)] : read.Sources;
        foreach (var from in sources.Count > 0 ? sources : [source!.Value])
        {
            var request = template(from);
            if (read.NamesSource && given.GoldenImage is null)
                request = request with { GoldenImage = read.GoldenImage, GoldenImageVersion = null };
            if (read.ImageVersion is { } version)
            {
                request = request.GoldenImage is null
                    ? throw new RequestFaultException(FaultIds.VMCloneRowInvalid, "ImageVersion is given, and no GoldenImage.", "Fill its column GoldenImage, or leave ImageVersion empty.")
                    : request with { GoldenImageVersion = version };
            }

            foreach (var target in read.Targets.Count > 0 ? read.Targets : [null!])
            {
                yield return request with
                {
                    TargetName = target,
                    CloneName = read.CloneName,
                    Namespace = read.Namespace ?? request.Namespace,
                    Batch = read.Batch,
                    Wishes = read.Wishes.Over(request.Wishes),
                    Input = row,
                };
            }
        }
    }
}
