using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Power;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>start</c> and <c>stop</c> do.</summary>
internal static class PowerAction
{
    public static async Task<int> RunAsync(PowerInvocation invocation, CommandContext context)
    {
        CloneSelector.Require(invocation.Selection, invocation.All, "NAME..., --batch, -l or --all", "VMs");
        var names = NameReader.Select(invocation.Selection.Names, context.Console.Input)
            .Select(n => NameReader.CloneNameWithKind(n) is null ? NameReader.MachineName(n) : n)
            .ToList();
        var cluster = await context.ConnectAsync();
        var machines = await FindAsync(cluster, invocation, names, context);
        if (machines.Count > 0)
            await SwitchAsync(cluster, machines, invocation, context);
        else if (context.Faults.Count == 0)
            context.WriteLine(invocation.Start ? "no VMs to start" : "no VMs to stop");
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<List<MachineReference>> FindAsync(
        KubeVirtCluster cluster, PowerInvocation invocation, List<string> names, CommandContext context)
    {
        var found = new List<MachineReference>();
        var clones = names.Select(NameReader.CloneNameWithKind).OfType<string>().ToList();
        if (clones.Count > 0 || invocation.Selection.Batch is not null)
        {
            var selection = invocation.Selection with { Names = clones, LabelSelector = null };
            foreach (var clone in await CloneFinder.FindAsync(cluster, selection, context))
            {
                if (clone.TargetName.Length > 0)
                    found.Add(new MachineReference(clone.Namespace, clone.TargetName));
            }
        }

        // An exact name needs no look-up: starting it says whether it is there.
        var patterns = names.Where(n => NameReader.CloneNameWithKind(n) is null).ToList();
        if (invocation.Selection.LabelSelector is null && patterns.TrueForAll(n => !new WildcardName(n).IsPattern))
            found.AddRange(patterns.Select(n => new MachineReference(cluster.Namespace, n)));
        else if (patterns.Count > 0 || invocation.Selection.LabelSelector is not null)
            await ListAsync(new ListQuery { Names = patterns, LabelSelector = invocation.Selection.LabelSelector });
        if (invocation.All)
            await ListAsync(new ListQuery());
        return found;

        async Task ListAsync(ListQuery query)
        {
            await foreach (var (machine, fault) in new VirtualMachines(cluster).ListAsync(query, context.Cancelled))
            {
                if (fault is not null)
                    context.Faults.Write(fault);
                else if (machine is not null && (!invocation.All || IsOn(machine) != invocation.Start))
                    found.Add(new MachineReference(machine.Namespace, machine.Name, machine.Uid));
            }
        }
    }

    // With --all those that are where they are wanted already are no mistake.
    private static bool IsOn(VirtualMachineRecord machine) => machine.Status is not ("Stopped" or "Provisioning" or "WaitingForVolumeBinding");

    private static async Task SwitchAsync(
        KubeVirtCluster cluster, List<MachineReference> machines, PowerInvocation invocation, CommandContext context)
    {
        var options = invocation.Options;
        using var held = context.HoldResultsOnTerminal(invocation.Output);
        using var results = new RecordResults<VirtualMachineRecord>(
            context.Console, invocation.Output, RecordShapes.Machine, withNamespace: false, writer: held.Writer, widths: new Dictionary<string, int>(StringComparer.Ordinal) { ["NAME"] = machines.Max(m => m.Name.Length) });
        using var lastWords = context.OnInterrupt(() =>
        {
            results.Dispose();
            held.Flush();
            context.WriteLine($"interrupted: {results.Count} of {machines.Count} VMs had {(invocation.Start ? "started" : "stopped")}; what was asked of the others goes on by itself");
        });
        var power = new MachinePower(cluster);
        var updates = invocation.Start ? power.StartAsync(machines, options, context.Cancelled) : power.StopAsync(machines, options, context.Cancelled);
        await context.ShowProgressAsync(
            $"{(invocation.Start ? "Starting" : "Stopping")} {machines.Count} VM{(machines.Count == 1 ? "" : "s")}",
            invocation.Start ? "started" : "stopped",
            options.Wait,
            display => new ItemPump<VirtualMachineRecord>(context, results, machines.Count).RunAsync(updates, display));
        if (options.DryRun)
            context.WriteLine($"{results.Count} of {machines.Count} VMs would be {(invocation.Start ? "started" : "stopped")} (server dry run: nothing was done)");
    }
}
