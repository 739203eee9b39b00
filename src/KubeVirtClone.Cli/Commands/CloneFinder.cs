using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;

namespace KubeVirtClone.Cli.Commands;

/// <summary>Finds the clones a command is about, ordered by namespace, then by the VMs they make.</summary>
internal static class CloneFinder
{
    /// <summary>What was found; a name that does not exist is reported as a fault.</summary>
    /// <exception cref="EngineException">The server can't be asked, or refuses.</exception>
    public static async Task<IReadOnlyList<CloneRecord>> FindAsync(KubeVirtCluster cluster, CloneSelection selection, CommandContext context)
    {
        var clones = new List<CloneRecord>();
        await foreach (var (clone, fault) in new CloneCatalog(cluster).ListAsync(QueryOf(selection), context.Cancelled))
        {
            if (fault is not null)
                context.Faults.Write(fault);
            else if (clone is not null)
                clones.Add(clone);
        }

        clones.Sort((a, b) => (a.Namespace, a.TargetName, a.Name).CompareTo((b.Namespace, b.TargetName, b.Name)));
        return clones;
    }

    /// <summary>The same for a command that changes what it finds: a name that may mean two clones is a fault then.</summary>
    /// <exception cref="EngineException">The server can't be asked, or refuses.</exception>
    public static async Task<IReadOnlyList<CloneRecord>> FindToChangeAsync(KubeVirtCluster cluster, CloneSelection selection, CommandContext context)
    {
        var clones = (await FindAsync(cluster, selection, context)).ToList();
        foreach (var fault in CloneCatalog.TakeOutAmbiguous(clones, selection.Names))
            context.Faults.Write(fault);
        return clones;
    }

    public static CloneQuery QueryOf(CloneSelection selection) => new()
    {
        Names = selection.Names,
        AllNamespaces = selection.AllNamespaces,
        LabelSelector = selection.LabelSelector,
        FieldSelector = selection.FieldSelector,
        Batch = selection.Batch,
        TargetNames = selection.Targets,
        SourceNames = selection.Sources,
    };

    /// <summary>The same for a command that has nothing to do where there is none: a batch without clones is a fault then.</summary>
    /// <exception cref="EngineException">The server can't be asked, or refuses.</exception>
    public static async Task<IReadOnlyList<CloneRecord>> FindSomeAsync(KubeVirtCluster cluster, CloneSelection selection, CommandContext context)
    {
        var clones = await FindAsync(cluster, selection, context);
        if (clones.Count == 0 && context.Faults.Count == 0 && selection.Batch is { } batch)
            context.Faults.Write(CloneCatalog.NoneOfBatch(selection.AllNamespaces ? null : cluster.Namespace, batch));
        return clones;
    }

    /// <summary>The label selector that means the selection's labels and batch.</summary>
    public static string? SelectorOf(CloneSelection selection)
    {
        var parts = new List<string>(2);
        if (!string.IsNullOrEmpty(selection.LabelSelector))
            parts.Add(selection.LabelSelector);
        if (selection.Batch is not null)
            parts.Add($"{CloneLabels.Batch}={selection.Batch}");
        return parts.Count == 0 ? null : string.Join(',', parts);
    }
}
