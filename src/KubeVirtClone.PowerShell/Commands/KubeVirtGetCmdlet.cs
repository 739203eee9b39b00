using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>Base of the cmdlets that list objects.</summary>
public abstract class KubeVirtGetCmdlet : KubeVirtCmdlet
{
    /// <summary>List in all namespaces.</summary>
    [Parameter]
    [Alias("A")]
    public SwitchParameter AllNamespaces { get; set; }

    /// <summary>Only objects with these labels, in kubectl's syntax: 'app=web,tier!=db'.</summary>
    [Parameter]
    [Alias("l", "Selector")]
    [ArgumentCompleter(typeof(LabelCompleter))]
    public string? LabelSelector { get; set; }

    /// <summary>Only objects with these fields, in kubectl's syntax: 'metadata.name=web-1'.</summary>
    [Parameter]
    public string? FieldSelector { get; set; }

    /// <summary>Which of the objects that may have had the name is meant by the one piped in; null when any is.</summary>
    private protected PipedIdentity? Meant { get; private set; }

    /// <summary>What is chosen when nothing is piped in: the names that were given.</summary>
    private protected abstract Chosen Given { get; }

    /// <summary>An object from the pipeline: something to read again, or its name.</summary>
    private protected abstract PSObject? Piped { get; }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => TakeIn(Piped, () =>
    {
        if (Piped is null)
        {
            Find(Given);
            return;
        }

        var chosen = Read(Piped);
        if (!string.IsNullOrEmpty(chosen.Namespace)) NamespaceOf(chosen.Namespace, chosen.Names.Count > 0 ? chosen.Names[0] : chosen.Of);
        AtEachPlace([new Piped<Chosen>(chosen, Piped, PipedIdentity.ClusterOf(Piped))], own: false, _ => Find(chosen));
    });

    private void Find(Chosen chosen)
    {
        Meant = chosen.Meant;
        var @namespace = string.IsNullOrEmpty(chosen.Namespace) ? null : chosen.Namespace;
        RunWithCluster((cluster, ct) => WriteFoundAsync(
            cluster,
            new ListQuery
            {
                Names = chosen.Names,
                Namespace = @namespace ?? NamespaceOrDefault(cluster),
                AllNamespaces = AllNamespaces && @namespace is null,
                LabelSelector = LabelSelector,
                FieldSelector = FieldSelector,
            },
            chosen.Of,
            ct));
    }

    /// <summary>What is meant by an object from the pipeline.</summary>
    /// <exception cref="InputException">Nothing that this command lists.</exception>
    private protected abstract Chosen Read(PSObject input);

    /// <summary>Lists and writes.</summary>
    private protected abstract Task WriteFoundAsync(KubeVirtCluster cluster, ListQuery query, string? of, CancellationToken ct);

    /// <summary>Writes what is found, as it comes; a name that does not exist, or that another object has now, gives an error and the others go on.</summary>
    private protected async Task WriteFoundAsync<T>(IAsyncEnumerable<ListedItem<T>> found, Func<T, object> convert, Func<T, Fault?> whyNot)
        where T : class
    {
        await foreach (var item in found)
        {
            if ((item.Fault ?? (item.Value is { } listed ? whyNot(listed) : null)) is { } fault)
            {
                Post(() => WriteError(ErrorRecords.From(fault)));
            }
            else if (item.Value is { } value)
            {
                var output = convert(value);
                Post(() => WriteObject(output));
            }
        }
    }

    /// <summary>What is to be listed.</summary>
    /// <param name="Names">Names, exact or with wildcards; none for all.</param>
    /// <param name="Namespace">Their namespace; null or empty for the command's own.</param>
    /// <param name="Of">What narrows it down further: a snapshot's source, an image's version.</param>
    /// <param name="Meant">Which of the objects that may have had the name is meant; null when any is.</param>
    private protected readonly record struct Chosen(IReadOnlyList<string> Names, string? Namespace = null, string? Of = null, PipedIdentity? Meant = null)
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Namespace}/{(Names.Count > 0 ? Names[0] : Of)}";
    }
}
