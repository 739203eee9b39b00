using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine.Execution;
using KubeVirtClone.Engine.Identity;
using KubeVirtClone.Engine.Manifests;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>new --dry-run=client</c> does: prints the objects that would be posted, and asks no server.</summary>
internal static class ManifestAction
{
    private const string ApiVersion = "clone.kubevirt.io/v1beta1";

    public static int Run(NewInvocation invocation, CommandContext context)
    {
        if (NeedsServer(invocation) is { } option)
            throw new UsageException($"{option} is worked out by what the source is, and --dry-run=client asks no server: use --dry-run=server");
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

    /// <summary>The first option that no manifest can be written for without reading the source; null when there is none.</summary>
    private static string? NeedsServer(NewInvocation invocation) =>
        new (bool Given, string Name)[]
        {
            (invocation.GoldenImage is not null, "--golden-image"),
            (invocation.Method == CloneMethodChoice.Restore, "--method restore"),
            (invocation.Hostname is not null, "--hostname"),
            (invocation.TargetLabels is not null, "--label"),
            (invocation.TargetAnnotations is not null, "--annotation"),
            (invocation.RunStrategy is not null, "--run-strategy"),
            (invocation.Start, "--start"),
            (invocation.GenerateMacAddresses, "--generate-mac-addresses"),
            (invocation.ExcludeLabels is not null, "--exclude-label"),
            (invocation.ExcludeAnnotations is not null, "--exclude-annotation"),
            (invocation.ExcludeTemplateLabels is not null, "--exclude-template-label"),
            (invocation.ExcludeTemplateAnnotations is not null, "--exclude-template-annotation"),
            (invocation.NetworkPreset != NetworkPreset.None, "--network-preset"),
            (invocation.Without != CloneOmissions.None, "--without"),
            (invocation.CloudInitSecret is not null, "--cloud-init-secret"),
        }.FirstOrDefault(o => o.Given).Name;
}
