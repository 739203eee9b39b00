using System.Management.Automation;
using KubeVirtClone.Engine.Resources;
using KubeVirtClone.Errors;

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
    public string? LabelSelector { get; set; }

    /// <summary>What to list, for some names.</summary>
    /// <param name="names">Names, exact or with wildcards; none for all.</param>
    /// <param name="namespace">Namespace the names came with; null for the command's own.</param>
    private protected Func<string, ListQuery> QueryFor(IReadOnlyList<string> names, string? @namespace) => defaultNamespace => new ListQuery
    {
        Names = names,
        Namespace = @namespace ?? defaultNamespace,
        AllNamespaces = AllNamespaces && @namespace is null,
        LabelSelector = LabelSelector,
    };

    /// <summary>Writes what is found, as it comes; a name that does not exist gives an error and the others go on.</summary>
    private protected async Task WriteFoundAsync<T>(IAsyncEnumerable<Found<T>> found, Func<T, object> convert)
        where T : class
    {
        await foreach (var item in found)
        {
            if (item.Fault is { } fault)
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
}
