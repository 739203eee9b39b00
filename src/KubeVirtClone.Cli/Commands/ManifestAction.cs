using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine.Manifests;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>new --dry-run=client</c> does: prints the objects that would be posted, and asks no server.</summary>
internal static class ManifestAction
{
    private const string ApiVersion = "clone.kubevirt.io/v1beta1";

    public static int Run(NewInvocation invocation, CommandContext context)
    {
        var requests = NewAction.InNamespace(NewAction.ReadRequests(invocation, context), context.NamespaceWithoutServer());
        var batch = invocation.Batch ?? CloneNames.NewBatch(TimeProvider.System.GetUtcNow());
        var output = context.Console.Output;
        using var list = invocation.Output == OutputFormat.Json ? ItemDocument.Open(output, yaml: false) : null;
        var unnamed = new Dictionary<(string, string, string), int>();
        foreach (var request in requests)
        {
            var source = (request.Namespace, request.SourceKind, request.SourceName);
            var ordinal = string.IsNullOrEmpty(request.TargetName) ? unnamed[source] = unnamed.GetValueOrDefault(source, -1) + 1 : 0;
            var checkedRequest = RequestRules.Check(request, batch, ordinal);
            foreach (var warning in checkedRequest.Warnings)
                context.WriteLine($"warning: {request.DisplayName}: {warning}");
            if (checkedRequest.Fault is not null)
            {
                context.Faults.Write(checkedRequest.Fault, request.DisplayName);
                continue;
            }

            var manifest = CloneManifest.Build(checkedRequest.Request, ApiVersion);
            if (list is not null)
                list.Add(manifest);
            else if (invocation.Output is null or OutputFormat.Yaml)
                output.Write(CloneManifest.ToYaml(manifest));
            else
                output.Write($"vmclone/{checkedRequest.Request.CloneName}{(invocation.Output == OutputFormat.Name ? "" : " created (dry run)")}\n");
        }

        output.Flush();
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }
}
