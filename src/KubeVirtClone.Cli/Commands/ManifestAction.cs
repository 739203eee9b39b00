using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>new --dry-run=client</c> does: prints the objects that would be posted. A server is asked only where they follow from what the source is.</summary>
internal static class ManifestAction
{
    private const string ApiVersion = "v1beta1";

    public static async Task<int> RunAsync(NewInvocation invocation, CommandContext context)
    {
        if (ManifestPlanner.WhyNot(invocation.CopySecrets, invocation.HandOver) is { } unwritable)
            throw new EngineException(unwritable);
        var read = NewAction.ReadRequests(invocation, context);
        var batch = invocation.Batch ?? CloneNames.NewBatch(TimeProvider.System.GetUtcNow());
        IReadOnlyList<ManifestItem> items;
        if (read.Any(r => ManifestPlanner.NeedsCluster(r, invocation.Method)))
        {
            var cluster = await context.ConnectAsync();
            items = await new ManifestPlanner(cluster, invocation.Method, batch).PlanAsync(NewAction.InNamespace(read, cluster.Namespace), context.Cancelled);
        }
        else
        {
            items = ManifestPlanner.WithoutCluster(NewAction.InNamespace(read, context.NamespaceWithoutServer()), batch, ApiVersion);
        }

        Print(items, invocation.Output, context);
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static void Print(IReadOnlyList<ManifestItem> items, OutputFormat? format, CommandContext context)
    {
        var output = context.Console.Output;
        using var list = format is { } given && given != OutputFormat.Yaml ? ItemDocument.Open(output, given) : null;
        foreach (var item in items)
        {
            if (item.Warning is { } warning)
                context.WriteLine(item.Request is { } about ? $"warning: {about.DisplayName}: {ShellWords.Line(warning)}" : $"warning: {ShellWords.Line(warning)}");
            if (item.Fault is { } fault)
                context.Faults.Write(fault, item.Request?.DisplayName);
            if (item.Manifest is not { } manifest)
                continue;
            if (list is not null)
                list.Add(manifest);
            else if (format is null || format == OutputFormat.Yaml)
                output.Write(CloneManifest.ToYaml(manifest));
            else
                output.Write($"{ShortKind(manifest["kind"]!.GetValue<string>())}/{manifest["metadata"]!["name"]}{(format == OutputFormat.Name ? "" : " created (dry run)")}\n");
        }

        output.Flush();
    }

    private static string ShortKind(string kind) => kind switch
    {
        SourceKinds.VirtualMachineRestore => "vmrestore",
        SourceKinds.VirtualMachineSnapshot => "vmsnapshot",
        _ => "vmclone",
    };
}
