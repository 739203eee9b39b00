using System.CommandLine;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Which clones a command is about.</summary>
/// <param name="Names">Names of clones or of the VMs they make, wildcards where the command allows them; empty means no limit by name.</param>
/// <param name="Batch">Only of this batch.</param>
/// <param name="LabelSelector">Only with these labels.</param>
/// <param name="AllNamespaces">In all namespaces.</param>
internal sealed record CloneSelection(IReadOnlyList<string> Names, string? Batch, string? LabelSelector, bool AllNamespaces)
{
    /// <summary>Only with these fields.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Only clones that make one of these VMs.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Only clones of one of these sources.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Whether anything narrows it down but the namespace.</summary>
    public bool IsNarrow => Names.Count > 0 || Batch is not null || !string.IsNullOrEmpty(LabelSelector) || !string.IsNullOrEmpty(FieldSelector) || Targets.Count > 0 || Sources.Count > 0;

    /// <summary>The batch, where that alone says what is meant: all that belongs to it then is.</summary>
    public string? WholeBatch => Batch is { Length: > 0 } && this with { Batch = null } is { IsNarrow: false } ? Batch : null;
}

/// <summary>The arguments and options that say which clones are meant, the same for each command on clones.</summary>
internal sealed class SelectionOptions
{
    private readonly Argument<string[]> _names;
    private readonly Option<string?> _batch = SharedOptions.Batch("Only clones of this batch.");
    private readonly Option<string?> _selector = SharedOptions.Selector();
    private readonly Option<string?> _fields = SharedOptions.FieldSelector();
    private readonly Option<string[]> _targets = SharedOptions.Repeatable("--target-name", "Only clones that make this VM; * and ? are wildcards", "VM");
    private readonly Option<string[]> _sources = SharedOptions.Repeatable("--source-name", "Only clones of this VM, snapshot or golden image; * and ? are wildcards", "NAME");
    private readonly Option<bool> _allNamespaces = SharedOptions.AllNamespaces();

    /// <param name="command">Gets the arguments and options.</param>
    /// <param name="names">What to say of the names.</param>
    public SelectionOptions(Command command, string names = "Names of clones, or of the VMs they make; * and ? are wildcards; '-' reads them from stdin, one a line.")
    {
        _names = SharedOptions.Names("name", names);
        command.Arguments.Add(_names);
        foreach (var option in new Option[] { _batch, _selector, _fields, _targets, _sources, _allNamespaces })
            command.Options.Add(option);
    }

    public CloneSelection Bind(ParseResult parsed) => new(
        parsed.GetValue(_names) ?? [], parsed.GetValue(_batch), parsed.GetValue(_selector), parsed.GetValue(_allNamespaces))
    {
        FieldSelector = parsed.GetValue(_fields),
        Targets = parsed.GetValue(_targets) ?? [],
        Sources = parsed.GetValue(_sources) ?? [],
    };
}
