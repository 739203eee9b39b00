using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.Input;

/// <summary>What the command line says in one turn of New-VMClone's pipeline. With the object that was piped it gives the requests both stand for.</summary>
internal sealed class CloneItem
{
    /// <summary>Source names.</summary>
    public string[] GivenSources { get; init; } = [];

    /// <summary>Target names.</summary>
    public string[] GivenTargets { get; init; } = [];

    /// <summary>The snapshot that is the source.</summary>
    public string? Snapshot { get; init; }

    /// <summary>The golden image that is the source.</summary>
    public string? GoldenImage { get; init; }

    /// <summary>Version of the golden image.</summary>
    public string? ImageVersion { get; init; }

    /// <summary>The namespace; wins over the object's.</summary>
    public string? Namespace { get; init; }

    /// <summary>The batch; wins over the object's.</summary>
    public string? Batch { get; init; }

    /// <summary>Which of the source, the namespace, or neither, are given for all that is piped, and not worked out for each.</summary>
    public required Func<string, bool> IsForAll { get; init; }

    /// <summary>What the clones are to be; wins over what the object says.</summary>
    public required RequestValues Wishes { get; init; }

    private bool NamesSource => GivenSources.Length > 0 || Snapshot is not null || GoldenImage is not null;

    /// <summary>The requests for an object.</summary>
    /// <exception cref="InputException">It stands for none.</exception>
    /// <exception cref="RequestFaultException">It is a row that cannot be read.</exception>
    public IEnumerable<CloneRequest> ToRequests(PipedObject piped, RowReader rows, CloneNaming naming)
    {
        var row = piped.Columns.Count > 0 ? (piped.Kind == PipedKind.Row ? rows : new RowReader(static _ => { })).Read(piped.Columns, piped.Kind != PipedKind.Row || NamesSource) : new RequestRow();
        if (row.IsBlank) yield break;
        if (piped.Kind == PipedKind.Row) ForAll().Check(row);
        foreach (var template in Templates(piped, row))
        {
            var source = template.GoldenImage ?? template.SourceName;
            foreach (var (target, number, counted) in Targets(piped, row, naming, source, template.TargetName))
            {
                var request = NamePattern.Apply(template with { TargetName = target }, number, counted);
                yield return request with { Input = VMCloneRequest.FromEngine(request) };
            }
        }
    }

    // What is worked out for each object may say what the row says.
    private GivenForRows ForAll() => new()
    {
        Namespace = IsForAll(nameof(Namespace)) ? Namespace : null,
        GoldenImage = IsForAll(nameof(GoldenImage)) ? GoldenImage : null,
        Sources = Snapshot is not null ? (IsForAll(nameof(Snapshot)) ? [new SourceReference(IsSnapshot: true, Snapshot)] : [])
            : IsForAll("SourceName") ? [.. GivenSources.Select(name => new SourceReference(IsSnapshot: false, name))] : [],
    };

    // A request for each source, with everything but the target's name.
    private IEnumerable<CloneRequest> Templates(PipedObject piped, RequestRow row)
    {
        var wishes = Wishes.Over(row.Wishes);
        if (piped.Kind == PipedKind.Retry)
        {
            var again = GivenSources.Length > 0 || GoldenImage is not null ? throw GivenTwice() : piped.Request!;
            return [again with { Namespace = Namespace ?? again.Namespace, Wishes = Wishes.Over(again.Wishes) }];
        }

        if (piped.Kind == PipedKind.Source)
        {
            var isImage = piped.SourceKind == PipedObject.ImageKind;
            if (GivenSources.Length > 0 || GoldenImage is not null || (Snapshot is not null && piped.SourceKind == SourceKinds.VirtualMachine)) throw GivenTwice();
            return [isImage
                ? Image(piped.SourceName ?? "", piped.ImageVersion ?? ImageVersion, Namespace ?? piped.Namespace)
                : Of(piped.SourceKind, piped.SourceName ?? "", Namespace ?? piped.Namespace)];
        }

        var place = Namespace ?? row.Namespace;
        if (new[] { GivenSources.Length > 0, Snapshot is not null, GoldenImage is not null }.Count(given => given) > 1) throw NamedTwice();
        if (GoldenImage is not null) return [Image(GoldenImage, ImageVersion ?? row.ImageVersion, place)];
        if (Snapshot is not null) return [Of(SourceKinds.VirtualMachineSnapshot, Snapshot, place)];
        if (GivenSources.Length > 0) return [.. GivenSources.Select(name => Of(SourceKinds.VirtualMachine, name, place))];
        if (row.GoldenImage is { } image) return [Image(image, ImageVersion ?? row.ImageVersion, place)];
        return piped.Kind switch
        {
            PipedKind.Row => row.Sources.Select(s => Of(s.Kind, s.Name, place)),
            PipedKind.Text => [Of(SourceKinds.VirtualMachine, piped.Text!, place)],
            _ => throw NoSource(piped),
        };

        CloneRequest Of(string kind, string name, string? @namespace) => new()
        {
            SourceKind = kind,
            SourceName = name,
            Namespace = @namespace ?? "",
            CloneName = row.CloneName,
            Batch = Batch is null ? row.Batch : null,
            Wishes = wishes,
        };

        CloneRequest Image(string name, string? version, string? @namespace) =>
            Of(SourceKinds.VirtualMachineSnapshot, name, @namespace) with { GoldenImage = name, GoldenImageVersion = version };
    }

    private IEnumerable<(string? Name, long Number, bool Counted)> Targets(PipedObject piped, RequestRow row, CloneNaming naming, string source, string? asked)
    {
        var isNumber = piped.Kind == PipedKind.Number;
        if (GivenTargets.Length > 0) return Numbered(GivenTargets);
        if (row.Targets.Count > 0) return Numbered(row.Targets);
        if (isNumber) return [(naming.Name(piped.Number, source, counted: true), piped.Number, true)];
        if (piped.Kind == PipedKind.Text && NamesSource) return Numbered([piped.Text]);
        if (naming.IsUsed) return naming.NamesFor(source).Select(n => ((string?)n.Name, n.Number, naming.IsCounted));
        // Null, but for a retry: KubeVirt's kind of name is made up.
        return Numbered([asked]);

        IEnumerable<(string?, long, bool)> Numbered(IEnumerable<string?> names) => names.Select(name => (name, isNumber ? piped.Number : naming.TakeNumber(), true));
    }

    private static InputException NoSource(PipedObject piped) => piped.Kind == PipedKind.Number
        ? new(
            FaultIds.VMCloneSourceMissing,
            ErrorCategory.InvalidArgument,
            $"The number {piped.Number} was piped in, but nothing says what to clone.",
            "Add -SourceName: 1..20 | New-VMClone -SourceName golden -TargetName { \"desk-$_\" }")
        : new(
            FaultIds.VMCloneSourceMissing,
            ErrorCategory.InvalidArgument,
            "Nothing says what to clone.",
            "Give -SourceName, -Snapshot or -GoldenImage, or pipe in virtual machines: Get-VM golden | New-VMClone");

    private static InputException GivenTwice() => new(
        FaultIds.VMCloneSourceGivenTwice,
        ErrorCategory.InvalidArgument,
        "The source comes through the pipeline and is named on the command line too.",
        "Leave one of them out. To name the new machine write -TargetName: Get-VM golden | New-VMClone -TargetName web-1");

    private InputException NamedTwice() => new(
        FaultIds.VMCloneSourceGivenTwice,
        ErrorCategory.InvalidArgument,
        GivenSources.Length > 0
            ? $"{(GoldenImage is null ? "-Snapshot" : "-GoldenImage")} and -SourceName '{GivenSources[0]}' both name a source."
            : "-GoldenImage and -Snapshot both name a source.",
        GivenSources.Length > 0
            ? $"The first name on the command line is the source's. To name the new machine write -TargetName {GivenSources[0]}."
            : "Leave one of them out: -ImageVersion says which version of a golden image is meant.");
}
