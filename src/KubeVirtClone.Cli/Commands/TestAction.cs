using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Knowledge.Manifests;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>test</c> does. Its exit code is 0 when no finding is an error.</summary>
internal static class TestAction
{
    public static async Task<int> RunAsync(NewInvocation invocation, CommandContext context)
    {
        var input = ReadFile(invocation, context);
        var manifests = input is not null && ManifestReader.IsManifest(input) ? ReadManifests(input, invocation) : null;
        var requests = manifests is null ? NewAction.ReadRequests(invocation, context, input is null ? null : new StringReader(input)) : [];
        var cluster = await context.ConnectAsync();
        IReadOnlyList<PreflightItem> items = manifests is null
            ? [.. NewAction.InNamespace(requests, cluster.Namespace).Select(r => new PreflightItem(r))]
            : [.. manifests.Select(m => PreflightItem.FromManifest(m, cluster.Namespace))];
        if (items.Count == 0)
        {
            context.WriteLine("nothing to test");
            return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
        }

        var options = new PreflightOptions
        {
            Batch = invocation.Batch,
            NoSharedSnapshot = invocation.NoSharedSnapshot,
            PurgeOnSuccess = invocation.PurgeOnSuccess,
            Method = invocation.Method,
            SkipExisting = invocation.SkipExisting,
            CopySecrets = invocation.CopySecrets,
            HandOver = invocation.HandOver,
        };
        var report = await new BatchPreflight(cluster, options).RunAsync(items, context.Cancelled);
        using (var results = new RecordResults<Finding>(
            context.Console, invocation.Output ?? OutputFormat.Table, FindingShapes.Finding, withNamespace: false, report.Findings))
        {
            foreach (var finding in report.Findings)
                results.Add(finding);
        }

        context.WriteLine(Summary(report));
        return context.Faults.Count == 0 && report.Ready ? ExitCode.Success : ExitCode.Failure;
    }

    // A file of manifests or a table: what is in it says which. Stdin can be read only once.
    private static string? ReadFile(NewInvocation invocation, CommandContext context)
    {
        if (invocation.File is not { } file)
            return null;
        try
        {
            var text = file == "-" ? context.Console.Input.ReadToEnd() : File.ReadAllText(file);
            return file == "-" || ManifestReader.IsManifest(text) ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"can't read {file}: {e.Message}", e);
        }
    }

    private static List<JsonObject> ReadManifests(string text, NewInvocation invocation)
    {
        var file = invocation.File == "-" ? "stdin" : invocation.File!;
        if (invocation.Names.Count > 0 || invocation.SourceName is not null || invocation.GoldenImage is not null || invocation.Count is not null)
            throw new UsageException($"{file} holds manifests, which say themselves what to clone into what: name no source and no target");
        try
        {
            var manifests = ManifestReader.Read(text).Where(ManifestReader.IsClone).ToList();
            return manifests.Count > 0 ? manifests : throw new UsageException($"{file} holds no VirtualMachineClone and no VirtualMachineRestore");
        }
        catch (FormatException e)
        {
            throw new UsageException($"can't read {file}: {e.Message}", e);
        }
    }

    private static string Summary(PreflightReport report)
    {
        var existing = report.Findings.Count(f => f is { Code: FaultIds.VMCloneTargetExists, Severity: FindingSeverity.Information });
        var findings = report.Findings.Where(f => f is not { Code: FaultIds.VMCloneTargetExists, Severity: FindingSeverity.Information }).ToList();
        var counts = new[] { FindingSeverity.Error, FindingSeverity.Warning, FindingSeverity.Information, FindingSeverity.NotChecked }
            .Select(s => (Severity: s, Count: findings.Count(f => f.Severity == s)))
            .Where(c => c.Count > 0)
            .Select(c => $"{c.Count} {FindingShapes.Word(c.Severity, c.Count)}");
        var found = string.Join(", ", counts);
        var skipped = existing > 0 ? $", {existing} left out because they exist" : "";
        return $"{report.Items} clone{(report.Items == 1 ? "" : "s")} tested: {(found.Length == 0 ? "nothing found" : found)}{skipped} ({report.ApiRequests} API requests, nothing was made)";
    }
}
