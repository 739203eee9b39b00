using KubeVirtClone.Cli.Commands;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.Cli.Input;

/// <summary>Turns the command line of <c>new</c>, and the files and streams it names, into requests. Their namespace is empty where none is given.</summary>
/// <param name="invocation">The command line.</param>
/// <param name="input">Standard input.</param>
/// <param name="warn">Is told of what is passed over.</param>
/// <param name="givenNamespace">The namespace the command line names; null where it is the context's.</param>
internal sealed class CloneRequestReader(NewInvocation invocation, TextReader input, Action<string> warn, string? givenNamespace = null)
{
    private readonly List<Fault> _faults = [];

    /// <summary>Rows of the file that name no clone, after <see cref="Read"/>; the other rows go on.</summary>
    public IReadOnlyList<Fault> Faults => _faults;

    /// <exception cref="UsageException">What is given does not say what to clone into what.</exception>
    /// <exception cref="RequestFaultException">A name pattern, or a name, is none.</exception>
    public IReadOnlyList<CloneRequest> Read()
    {
        var (sourceText, targets) = SplitNames();
        if (invocation.GoldenImage is null && invocation.ImageVersion is not null)
            throw new UsageException("--image-version needs --golden-image");
        if (sourceText == "-")
            return Numbered(ReadSources(targets));
        SourceReference? source = sourceText is null ? null : SourceReference.Parse(sourceText, invocation.SourceType);
        if (Image is { } image)
            source = new SourceReference(IsSnapshot: false, image.Name);
        if (invocation.File is not null)
            return ReadFile(source, targets);
        if (source is null)
            throw new UsageException("say what to clone: kubectl vmclone new SOURCE [TARGET...]");

        var template = Template(source.Value);
        if (invocation.Count is null)
        {
            if (invocation.NamePattern is not null || invocation.StartIndex is not null)
                throw new UsageException("--name-pattern and --start-index need --count");
            return Numbered(targets.Count == 0 ? [template] : NameReader.Expand(targets, input).Select(t => template with { TargetName = t }));
        }

        if (targets.Count > 0)
            throw new UsageException("name the targets, or let --count and --name-pattern name them, not both");
        return Numbered(Named(template));
    }

    private List<CloneRequest> Numbered(IEnumerable<CloneRequest> requests) => [.. requests.Select((r, i) => NamePattern.Apply(r, (invocation.StartIndex ?? 1) + i))];

    // One source a line, each cloned once, or as often as --count says.
    private List<CloneRequest> ReadSources(IReadOnlyList<string> targets)
    {
        if (targets.Count > 0 || invocation.File is not null)
            throw new UsageException("'-' reads the sources from stdin: name no targets and no file; --count and --name-pattern name the clones of each");
        if (invocation.Count is null && (invocation.NamePattern is not null || invocation.StartIndex is not null))
            throw new UsageException("--name-pattern and --start-index need --count");
        var templates = NameReader.Expand(["-"], input).Select(line => Template(SourceReference.Parse(line, invocation.SourceType)));
        return [.. templates.SelectMany(t => invocation.Count is null ? [t] : Named(t))];
    }

    private ImageReference? Image => invocation.GoldenImage is { } text ? ImageReference.Parse(text) : null;

    private (string? Source, IReadOnlyList<string> Targets) SplitNames()
    {
        if (invocation.GoldenImage is not null)
        {
            return invocation.SourceName is null && invocation.SourceType is null
                ? (null, invocation.Names)
                : throw new UsageException("--golden-image is the source: give no --source-name and no --source-type");
        }

        if (invocation.SourceName is not null)
            return (invocation.SourceName, invocation.Names);
        return invocation.Names.Count == 0 ? (null, []) : (invocation.Names[0], [.. invocation.Names.Skip(1)]);
    }

    private CloneRequest Template(SourceReference source) => new()
    {
        Namespace = "",
        SourceKind = source.Kind,
        SourceName = source.Name,
        Wishes = invocation.Wishes,
        GoldenImage = Image?.Name,
        GoldenImageVersion = invocation.ImageVersion ?? Image?.Version,
    };

    private IReadOnlyList<CloneRequest> Named(CloneRequest template) =>
        [.. new CloneNaming(invocation.NamePattern, invocation.Count, invocation.StartIndex ?? 1).NamesFor(template.SourceName).Select(n => template with { TargetName = n.Name })];

    private List<CloneRequest> ReadFile(SourceReference? source, IReadOnlyList<string> targets)
    {
        if (targets.Count > 0 || invocation.Count is not null)
            throw new UsageException("-f reads the targets from the file: name none, and give no --count");
        var fileName = invocation.File == "-" ? "stdin" : invocation.File!;
        IReadOnlyList<CsvRow> rows;
        if (invocation.File == "-")
        {
            rows = CsvReader.Read(input, fileName);
        }
        else
        {
            try
            {
                using var reader = new StreamReader(fileName);
                rows = CsvReader.Read(reader, fileName);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new UsageException($"can't read {fileName}: {e.Message}", e);
            }
        }

        var given = new GivenForRows
        {
            Namespace = givenNamespace,
            GoldenImage = Image?.Name,
            Sources = source is { } one && Image is null ? [one] : [],
        };
        var columns = new CloneColumns(fileName, given, warn);
        var requests = new List<CloneRequest>(rows.Count);
        foreach (var row in rows)
        {
            requests.AddRange(columns.ToRequests(row, (invocation.StartIndex ?? 1) + requests.Count, source, Template, out var fault));
            if (fault is not null)
                _faults.Add(fault);
        }

        return requests;
    }
}
