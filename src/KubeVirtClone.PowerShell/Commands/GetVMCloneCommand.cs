using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Commands;

/// <summary>Lists clones.</summary>
[Cmdlet(VerbsCommon.Get, "VMClone", HelpUri = HelpPages.Root + "Get-VMClone.md")]
[OutputType(typeof(VMClone))]
public sealed class GetVMCloneCommand : CloneFilterCmdlet
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

    /// <inheritdoc/>
    protected override void EndProcessing() => AtEachCluster(() => RunWithCluster(async (cluster, ct) =>
    {
        var found = 0;
        if (IsAtOwnPlace && (Name.Length > 0 || !IsPipeline))
        {
            var query = Narrowed(new CloneQuery { Names = Name, Namespace = NamespaceOrDefault(cluster), AllNamespaces = AllNamespaces });
            await foreach (var item in new CloneCatalog(cluster).ListAsync(query, ct))
            {
                if (item.Fault is { } fault) Post(() => WriteError(ErrorRecords.From(fault)));
                if (item.Value is null) continue;
                found++;
                var clone = new VMClone(item.Value);
                Post(() => WriteObject(clone));
            }
        }

        foreach (var clone in (await ReadPipedAsync(cluster, ct)).Select(c => new VMClone(c))) Post(() => WriteObject(clone));
        if (found == 0 && !AllNamespaces && !IsPipeline && Name.Length == 0 && Batch is { Length: > 0 } batch && Narrowed(new CloneQuery()) == new CloneQuery { Batch = batch }
            && await new BatchLeftovers(cluster).DescribeVolumesAsync(NamespaceOrDefault(cluster), batch, ct) is { } left)
        {
            Post(() => WriteWarning(left.ToString()));
        }
    }));

    private protected override CloneQuery Narrowed(CloneQuery query)
    {
        query = base.Narrowed(query);
        if (!string.IsNullOrEmpty(Batch)) query = query with { Batch = Batch };
        return string.IsNullOrEmpty(LabelSelector) && string.IsNullOrEmpty(FieldSelector) ? query : query with { LabelSelector = LabelSelector, FieldSelector = FieldSelector };
    }
}
