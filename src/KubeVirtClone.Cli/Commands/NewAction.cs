using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Cloning;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>new</c> does.</summary>
internal static class NewAction
{
    // Creating this many is over in a moment.
    private const int ManyAtOnce = 50;

    public static async Task<int> RunAsync(NewInvocation invocation, CommandContext context)
    {
        if (invocation.DryRun == DryRunMode.Client)
            return await ManifestAction.RunAsync(invocation, context);

        var read = ReadRequests(invocation, context);
        var cluster = await context.ConnectAsync();
        var requests = InNamespace(read, cluster.Namespace);
        if (requests.Count == 0)
        {
            context.WriteLine("nothing to clone");
            return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
        }

        var batch = invocation.Batch ?? CloneNames.NewBatch(TimeProvider.System.GetUtcNow());
        var options = new CloneOptions
        {
            Batch = batch,
            DryRun = invocation.DryRun == DryRunMode.Server,
            SkipExisting = invocation.SkipExisting,
            ThrottleLimit = invocation.ThrottleLimit,
            Wait = invocation.Wait,
            For = invocation.For,
            Timeout = invocation.Timeout,
            PurgeOnSuccess = invocation.PurgeOnSuccess,
            Method = invocation.Method,
            NoSharedSnapshot = invocation.NoSharedSnapshot,
            CopySecrets = invocation.CopySecrets,
            HandOver = invocation.HandOver,
            Preflight = !invocation.SkipPreflight,
        };
        await CloneAsync(cluster, requests, options, invocation.Output ?? OutputFormat.Table, context);
        return context.Faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>
    /// The requests that the command line and its files make; rows that make none are reported. They are read before anything is
    /// connected, so that what can't be understood is said first; the namespace is empty where only the kubeconfig knows it.
    /// </summary>
    public static IReadOnlyList<CloneRequest> ReadRequests(NewInvocation invocation, CommandContext context, TextReader? input = null)
    {
        var reader = new CloneRequestReader(invocation, input ?? context.Console.Input, line => context.WriteLine("warning: " + line), context.GivenNamespace);
        var requests = reader.Read();
        foreach (var fault in reader.Faults)
            context.Faults.Write(fault);
        return requests;
    }

    /// <summary>Completes requests that name no namespace.</summary>
    public static IReadOnlyList<CloneRequest> InNamespace(IReadOnlyList<CloneRequest> requests, string @namespace) =>
        [.. requests.Select(r => r.Namespace.Length == 0 ? r with { Namespace = @namespace } : r)];

    private static async Task CloneAsync(
        KubeVirtCluster cluster, IReadOnlyList<CloneRequest> requests, CloneOptions options, OutputFormat format, CommandContext context)
    {
        var severalNamespaces = requests.Select(r => string.IsNullOrEmpty(r.TargetNamespace) ? r.Namespace : r.TargetNamespace).Distinct(StringComparer.Ordinal).Skip(1).Any();
        using var held = context.HoldResultsOnTerminal(format);
        using var results = new RecordResults<CloneRecord>(
            context.Console, format, CloneShapes.Clone, severalNamespaces, writer: held.Writer, widths: WidthsOf(requests));
        var operation = new CloneOperation(cluster, options);
        var pump = new ItemPump<CloneRecord>(context, results);
        using var lastWords = context.OnInterrupt(() =>
        {
            results.Dispose();
            held.Flush();
            context.WriteLine(Left(operation.Created, requests.Count, options));
        });
        await context.ShowProgressAsync(
            $"Cloning {SourcesOf(requests)} → {requests.Count} VM{(requests.Count == 1 ? "" : "s")}",
            options.Wait ? options.For.ToString() : "created",
            options.Wait || requests.Count > ManyAtOnce,
            display => pump.RunAsync(operation.RunAsync(requests, context.Cancelled), display));
        if (options.DryRun)
            context.WriteLine($"{results.Count} of {requests.Count} clones would be taken by the server (dry run: nothing was made)");
    }

    private static string Left(int created, int total, CloneOptions options) =>
        created == 0
            ? $"interrupted: none of {total} clones was created{(options.DryRun ? "" : $"; 'kubectl vmclone remove --batch {options.Batch}' removes what was begun for them")}"
            : $"interrupted: {created} of {total} clones were created and are left alone; see 'kubectl vmclone get --batch {options.Batch}'";

    private static string SourcesOf(IReadOnlyList<CloneRequest> requests)
    {
        var sources = requests.Select(r => r.SourceName).Distinct(StringComparer.Ordinal).Take(2).ToList();
        return sources.Count == 1 ? sources[0] : "several sources";
    }

    private static Dictionary<string, int> WidthsOf(IReadOnlyList<CloneRequest> requests) => new(StringComparer.Ordinal)
    {
        ["NAMESPACE"] = requests.Max(r => (r.TargetNamespace ?? r.Namespace).Length),
        ["TARGET"] = requests.Max(r => TargetOf(r).Length),
        ["SOURCE"] = requests.Max(r => (r.GoldenImage is { } image
            ? CloneRecord.ImageText(image, r.GoldenImageVersion ?? "99")
            : CloneRecord.SourceText(SourceKinds.Normalize(r.SourceKind) ?? r.SourceKind, string.IsNullOrEmpty(r.TargetNamespace) ? r.SourceName : $"{r.Namespace}/{r.SourceName}")).Length),
        ["NAME"] = requests.Max(r => r.CloneName?.Length ?? TargetOf(r).Length + 11),
        ["BATCH"] = requests.Max(r => r.Batch?.Length ?? 0),
    };

    private static string TargetOf(CloneRequest request) => request.TargetName ?? $"clone-{request.SourceName}-xxxxx";
}
