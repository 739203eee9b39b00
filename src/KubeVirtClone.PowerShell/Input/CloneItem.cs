using System.Management.Automation;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Errors;

namespace KubeVirtClone.Input;

/// <summary>
/// One turn of New-VMClone's pipeline: the object that was piped, and the values bound with it. Turns itself into the
/// requests it stands for.
/// </summary>
internal sealed class CloneItem
{
    /// <summary>What was piped.</summary>
    public required PipedObject Piped { get; init; }

    /// <summary>Source names given on the command line.</summary>
    public string[] GivenSources { get; init; } = [];

    /// <summary>Source names that came with the object.</summary>
    public string[] PipedSources { get; init; } = [];

    /// <summary>Target names given on the command line.</summary>
    public string[] GivenTargets { get; init; } = [];

    /// <summary>Target names that came with the object, or out of a script block.</summary>
    public string[] PipedTargets { get; init; } = [];

    /// <summary>Snapshot given on the command line or with the object.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Golden image given on the command line or with the object.</summary>
    public string? GoldenImage { get; init; }

    /// <summary>Version of the golden image.</summary>
    public string? ImageVersion { get; init; }

    /// <summary>Namespace given on the command line; wins over the object's.</summary>
    public string? GivenNamespace { get; init; }

    /// <summary>Namespace that came with the object by name.</summary>
    public string? PipedNamespace { get; init; }

    /// <summary>Everything but source and target; unset members are absent.</summary>
    public required VMCloneRequest Options { get; init; }

    /// <summary>The requests this item stands for.</summary>
    /// <exception cref="InputException">It cannot stand for any.</exception>
    public IEnumerable<VMCloneRequest> ToRequests(CloneNaming naming)
    {
        var sources = Sources();
        foreach (var (kind, @namespace, name, template) in sources)
        {
            foreach (var (target, number) in Targets(naming, name, template))
            {
                var request = template.Copy();
                if (kind == PipedObject.ImageKind)
                {
                    request.GoldenImage = name;
                    request.ImageVersion = Piped.ImageVersion ?? ImageVersion ?? template.ImageVersion;
                }

                request.SourceKind = kind == PipedObject.ImageKind ? "VirtualMachineSnapshot" : kind;
                request.SourceName = name;
                request.Namespace = @namespace ?? "";
                request.TargetName = target;
                request.Hostname = Filled(request.Hostname, "host name", number, name, target);
                request.CloudInitSecret = Filled(request.CloudInitSecret, "cloud-init Secret", number, name, target);
                yield return request;
            }
        }
    }

    private List<(string Kind, string? Namespace, string Name, VMCloneRequest Template)> Sources()
    {
        const string vm = "VirtualMachine";
        const string snapshot = "VirtualMachineSnapshot";
        switch (Piped.Kind)
        {
            case PipedKind.Source:
                if (GivenSources.Length > 0 || GoldenImage is not null || (Snapshot is not null && Piped.SourceKind == vm)) throw GivenTwice();
                return [(Piped.SourceKind, GivenNamespace ?? Piped.Namespace, Piped.SourceName ?? "", Options)];
            case PipedKind.Retry:
                if (GivenSources.Length > 0 || GoldenImage is not null) throw GivenTwice();
                var again = Merge(Piped.Request!, Options);
                return [(again.GoldenImage is null ? again.SourceKind : PipedObject.ImageKind, GivenNamespace ?? again.Namespace, again.GoldenImage ?? again.SourceName, again)];
        }

        var place = GivenNamespace ?? PipedNamespace;
        if (GoldenImage is not null)
        {
            return GivenSources.Length > 0 || Snapshot is not null ? throw NamedTwice("-GoldenImage") : [(PipedObject.ImageKind, place, GoldenImage, Options)];
        }

        if (Snapshot is not null)
        {
            return GivenSources.Length > 0 ? throw NamedTwice("-Snapshot") : [(snapshot, place, Snapshot, Options)];
        }

        var names = GivenSources.Length > 0 ? GivenSources : PipedSources;
        if (names.Length == 0) names = SourceFromPiped();
        return [.. names.Select(name => (Piped.Kind == PipedKind.Row ? Piped.SourceKind : vm, place, name, Options))];
    }

    /// <summary>A text or a row without a source column names the source itself.</summary>
    private string[] SourceFromPiped() => Piped.Kind switch
    {
        PipedKind.Text => [Piped.Text!],
        PipedKind.Row when !Piped.HasSourceColumn && PipedTargets is [var name] => [name],
        PipedKind.Number => throw new InputException(
            "VMCloneSourceMissing",
            ErrorCategory.InvalidArgument,
            $"The number {Piped.Number} was piped in, but nothing says what to clone.",
            "Add -SourceName: 1..20 | New-VMClone -SourceName golden -TargetName { \"desk-$_\" }"),
        PipedKind.Row => throw new InputException(
            "VMCloneSourceMissing",
            ErrorCategory.InvalidArgument,
            "The row names no source.",
            "Fill its column SourceName, or give -SourceName for all rows."),
        _ => throw new InputException(
            "VMCloneSourceMissing",
            ErrorCategory.InvalidArgument,
            "Nothing says what to clone.",
            "Give -SourceName, -Snapshot or -GoldenImage, or pipe in virtual machines: Get-VM golden | New-VMClone"),
    };

    private static string? Filled(string? text, string what, long number, string source, string? target)
    {
        var filled = PerCloneText.Fill(text, what, number, source, target, out var fault);
        return fault is null ? filled : throw new InputException("NamePatternInvalid", ErrorCategory.InvalidArgument, fault.Message, fault.RecommendedAction);
    }

    private IEnumerable<(string? Name, long Number)> Targets(CloneNaming naming, string source, VMCloneRequest template)
    {
        var piped = PipedTargets;
        // The name was taken as the source: a row with nothing but a name.
        if (Piped.Kind == PipedKind.Row && GivenSources.Length == 0 && PipedSources.Length == 0 && Snapshot is null && GoldenImage is null) piped = [];
        var isNumber = Piped.Kind == PipedKind.Number;
        if (GivenTargets.Length > 0) return Numbered(GivenTargets);
        if (piped.Length > 0) return Numbered(piped);
        if (isNumber) return [(naming.NameFor(Piped.Number, source), Piped.Number)];
        if (Piped.Kind == PipedKind.Text && (GivenSources.Length > 0 || Snapshot is not null || GoldenImage is not null)) return Numbered([Piped.Text]);
        if (naming.IsUsed) return naming.NamesFor(source).Select(n => ((string?)n.Name, n.Number));
        // Null, but for a retry: KubeVirt's kind of name is made up.
        return Numbered([template.TargetName]);

        IEnumerable<(string?, long)> Numbered(string?[] names) => names.Select(name => (name, isNumber ? Piped.Number : naming.TakeNumber()));
    }

    private static VMCloneRequest Merge(VMCloneRequest first, VMCloneRequest overrides)
    {
        var merged = first.Copy();
        merged.LabelFilter = overrides.LabelFilter ?? first.LabelFilter;
        merged.AnnotationFilter = overrides.AnnotationFilter ?? first.AnnotationFilter;
        merged.TemplateLabelFilter = overrides.TemplateLabelFilter ?? first.TemplateLabelFilter;
        merged.TemplateAnnotationFilter = overrides.TemplateAnnotationFilter ?? first.TemplateAnnotationFilter;
        merged.MacAddress = overrides.MacAddress ?? first.MacAddress;
        merged.SmbiosSerial = overrides.SmbiosSerial ?? first.SmbiosSerial;
        merged.Patch = overrides.Patch ?? first.Patch;
        merged.VolumeNamePolicy = overrides.VolumeNamePolicy ?? first.VolumeNamePolicy;
        return merged.WithIdentityOf(overrides);
    }

    private static InputException GivenTwice() => new(
        "VMCloneSourceGivenTwice",
        ErrorCategory.InvalidArgument,
        "The source comes through the pipeline and is named on the command line too.",
        "Leave one of them out. To name the new machine write -TargetName: Get-VM golden | New-VMClone -TargetName web-1");

    private InputException NamedTwice(string other) => new(
        "VMCloneSourceGivenTwice",
        ErrorCategory.InvalidArgument,
        GivenSources.Length > 0 ? $"{other} and -SourceName '{GivenSources[0]}' both name a source." : "-GoldenImage and -Snapshot both name a source.",
        GivenSources.Length > 0
            ? $"The first name on the command line is the source's. To name the new machine write -TargetName {GivenSources[0]}."
            : "Leave one of them out: -ImageVersion says which version of a golden image is meant.");
}
