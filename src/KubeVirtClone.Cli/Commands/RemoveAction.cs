using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>remove</c> does.</summary>
internal static class RemoveAction
{
    private const int AtOnce = 8;

    public static async Task<int> RunAsync(RemoveInvocation invocation, CommandContext context)
    {
        CloneSelector.Require(invocation.Selection, invocation.All || invocation.Completed, "NAME..., --batch, -l, --completed or --all");
        if (invocation is { KeepVolumes: true, IncludeTarget: false })
            throw new UsageException("--keep-volumes says what becomes of the volumes of VMs that are removed: add --include-target, or leave it out");
        var selection = CloneSelector.ReadNames(invocation.Selection, context.Console.Input, NameReader.CloneName);
        var cluster = await context.ConnectAsync();
        var clones = await CloneFinder.FindToChangeAsync(cluster, selection, context);
        if (invocation.Completed)
            clones = [.. clones.Where(c => c is { Bound: true, IsGrowing: false })];
        if (clones.Count > 0 && !await IsWantedAsync(clones, invocation, context))
        {
            context.WriteLine("nothing was removed");
            return ExitCode.Failure;
        }

        if (clones.Count > 0)
            await RemoveAllAsync(cluster, clones, invocation, context);
        else if (context.Faults.Count == 0)
            context.WriteLine("no clones to remove");
        if (invocation.DryRun == DryRunMode.None)
            await CollectAsync(cluster, clones, selection, invocation, context);
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static Task<bool> IsWantedAsync(IReadOnlyList<CloneRecord> clones, RemoveInvocation invocation, CommandContext context)
    {
        var what = clones.Count == 1 ? $"clone {clones[0].Namespace}/{clones[0].Name}" : $"{clones.Count} clones";
        var targets = invocation.IncludeTarget ? clones.Count == 1 ? $" and its VM {clones[0].TargetName}" : " and the VMs they made" : "";
        var volumes = invocation.KeepVolumes ? ", but none of their volumes" : "";
        return Confirmation.AskAsync($"Remove {what}{targets}{volumes}", invocation.Yes || invocation.DryRun != DryRunMode.None, context);
    }

    private static async Task RemoveAllAsync(
        KubeVirtCluster cluster, IReadOnlyList<CloneRecord> clones, RemoveInvocation invocation, CommandContext context)
    {
        using var document = ItemDocument.Open(context.Console.Output, invocation.Output);
        var removed = 0;
        using var lastWords = context.OnInterrupt(() =>
            context.WriteLine($"interrupted: {removed} of {clones.Count} clones were removed"));
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = context.Cancelled };
        var oneAtATime = new Lock();
        var removal = new CloneRemoval(cluster, invocation.IncludeTarget, invocation.Force, invocation.KeepVolumes);
        await Parallel.ForEachAsync(clones, options, async (clone, cancelled) =>
        {
            var fault = await RemoveAsync(cluster, removal, clone, invocation, cancelled);
            lock (oneAtATime)
            {
                if (fault is not null)
                {
                    context.Faults.Write(fault);
                    return;
                }

                removed++;
                if (document is not null)
                    document.Add(clone.Raw.Json);
                else
                    context.Console.Output.Write(LineFor(clone, invocation) + "\n");
                context.Console.Output.Flush();
            }
        });
        foreach (var staying in removal.DescribeStaying())
            context.WriteLine("warning: " + ShellWords.Line(staying));
        if (await new RemovalWaiter(cluster).WarnOfLeftAsync(removal.Removed, context.Cancelled) is { } left)
            context.WriteLine("warning: " + left);
    }

    /// <summary>What the clones of a batch shared goes when nothing needs it any more; of a batch that was named, also what was begun for clones that never came.</summary>
    private static async Task CollectAsync(
        KubeVirtCluster cluster, IReadOnlyList<CloneRecord> clones, CloneSelection selection, RemoveInvocation invocation, CommandContext context)
    {
        var leftovers = new BatchLeftovers(cluster);
        var batches = clones.Where(c => c.Batch is not null).Select(c => (c.Namespace, Batch: c.Batch!)).ToHashSet();
        if (selection is { Batch: not null, AllNamespaces: false })
            batches.Add((cluster.Namespace, selection.Batch));
        foreach (var (ns, batch) in batches)
        {
            var whole = selection.WholeBatch is not null && !invocation.Completed;
            var kept = whole
                ? await leftovers.CollectBatchAsync(ns, batch, invocation.IncludeTarget && !invocation.KeepVolumes, context.Cancelled)
                : await leftovers.CollectSnapshotsAsync(ns, batch, context.Cancelled);
            foreach (var item in kept)
                context.WriteLine($"kept while it is needed: {item}");
        }
    }

    private static async Task<Fault?> RemoveAsync(
        KubeVirtCluster cluster, CloneRemoval removal, CloneRecord clone, RemoveInvocation invocation, CancellationToken cancelled)
    {
        if (invocation.DryRun == DryRunMode.Client)
            return null;
        if (invocation.DryRun == DryRunMode.None)
            return await removal.RemoveAsync(clone, cancelled);
        try
        {
            var options = new DeleteOptions { DryRun = true, PreconditionUid = clone.Uid };
            // Without its machine, one that was made directly is only forgotten.
            if (clone.Method.StandsAsMachine() && !invocation.IncludeTarget)
                return null;
            var kind = await cluster.GetKindAsync(clone.Method, cancelled);
            await cluster.Client.DeleteAsync(kind, clone.Namespace, clone.Name, options, cancelled);
            if (invocation.IncludeTarget && !clone.Method.StandsAsMachine() && HasTarget(clone))
            {
                await cluster.Client.DeleteAsync(
                    KubeVirtKinds.VirtualMachine, clone.Namespace, clone.TargetName, new DeleteOptions { DryRun = true }, cancelled);
            }

            return null;
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            return null;
        }
        catch (KubernetesException e)
        {
            return FaultMapper.From(e, $"{clone.Namespace}/{clone.Name}");
        }
    }

    private static string LineFor(CloneRecord clone, RemoveInvocation invocation)
    {
        var name = CloneShapes.ReferenceName(clone);
        if (invocation.Output == OutputFormat.Name)
            return name;
        // One that was made directly is its machine: that goes, or stays and is a clone no more.
        var isMachine = clone.Method.StandsAsMachine();
        var target = isMachine && !invocation.IncludeTarget ? " from the clones, the VM stays" : invocation.IncludeTarget && !isMachine && HasTarget(clone) ? $", vm/{clone.TargetName} removed" : "";
        var dryRun = invocation.DryRun switch
        {
            DryRunMode.Client => " (dry run)",
            DryRunMode.Server => " (server dry run)",
            _ => "",
        };
        var volumes = invocation.KeepVolumes && HasTarget(clone) ? ", its volumes stay" : "";
        return $"{name} removed{target}{volumes}{dryRun}";
    }

    // Before it has succeeded, a VM of the target's name is not the clone's own.
    private static bool HasTarget(CloneRecord clone) => clone.Phase == ClonePhase.Succeeded && clone.TargetName.Length > 0;
}
