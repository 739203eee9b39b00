using KubeVirtClone.Completion;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Progress;
using KubeVirtClone.Session;

namespace KubeVirtClone.Commands;

/// <summary>Base of every cmdlet that talks to a cluster: which one, as whom, in which namespace.</summary>
public abstract partial class KubeVirtCmdlet : AsyncCmdlet
{
    private string? _commandNamespace;
    private string? _sessionNamespace;

    /// <summary>Context of the kubeconfig to use.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public string? Context { get; set; }

    /// <summary>Path of the kubeconfig to use.</summary>
    [Parameter]
    public string? KubeConfig { get; set; }

    /// <summary>Namespace to work in; the session's, else the context's, where it is not given.</summary>
    [Parameter]
    [Alias("n", "ns")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public virtual string? Namespace { get; set; }

    /// <summary>User to act as (impersonation).</summary>
    [Parameter]
    public string? As { get; set; }

    /// <summary>Groups to act as, instead of the kubeconfig's.</summary>
    [Parameter]
    public string[]? AsGroup { get; set; }

    /// <summary>UID to act as, instead of the kubeconfig's.</summary>
    [Parameter]
    public string? AsUid { get; set; }

    /// <summary>Whether this session or this command names a cluster, so that one can be asked without guessing.</summary>
    private protected bool IsConnectionMeant => KubeVirtSession.Current.Chosen is not null || GetGivenSettings() != new ConnectionSettings();

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        ShowDebugWithoutAsking();
        // Read before the first object comes: a namespace bound from one object is not the next one's default.
        _commandNamespace = Namespace;
        // The namespace chosen for one cluster says nothing about another.
        if (string.IsNullOrEmpty(Context) && string.IsNullOrEmpty(KubeConfig)) _sessionNamespace = KubeVirtSession.Current.ChosenNamespace;
    }

    /// <summary>Which connection the parameters alone mean.</summary>
    private protected ConnectionSettings GetGivenSettings() => new()
    {
        KubeConfig = string.IsNullOrEmpty(KubeConfig) ? null : ResolvePath(KubeConfig),
        Context = string.IsNullOrEmpty(Context) ? null : Context,
        ImpersonateUser = string.IsNullOrEmpty(As) ? null : As,
        ImpersonateGroups = string.Join('\n', AsGroup ?? []),
        ImpersonateUid = string.IsNullOrEmpty(AsUid) ? null : AsUid,
    };

    /// <summary>Opens the connection that the parameters and the session mean, and runs <paramref name="work"/> with it.</summary>
    /// <param name="work">The work. It runs off the pipeline thread and must post whatever it has to write.</param>
    /// <param name="tick">Called on the pipeline thread at least five times a second.</param>
    private protected void RunWithCluster(Func<KubeVirtCluster, CancellationToken, Task> work, Action? tick = null)
    {
        var session = KubeVirtSession.Current;
        var settings = SettingsAtHand();
        Run(
            async ct =>
            {
                await using var use = await session.OpenAsync(settings, ct);
                _connected = (settings, new KubeVirtClusterReference(await use.Cluster.GetIdentityAsync(ct), settings));
                await work(use.Cluster, ct);
            },
            tick);
    }

    /// <summary>The same for work that goes on while the pipeline brings more; see <see cref="AsyncCmdlet.FinishBegun"/>.</summary>
    private protected void BeginWithCluster(Func<KubeVirtCluster, CancellationToken, Task> work)
    {
        var session = KubeVirtSession.Current;
        var settings = SettingsAtHand();
        Begin(async ct =>
        {
            await using var use = await session.OpenAsync(settings, ct);
            _connected = (settings, new KubeVirtClusterReference(await use.Cluster.GetIdentityAsync(ct), settings));
            await work(use.Cluster, ct);
        });
    }

    /// <summary>The namespace that is meant where none came with an item.</summary>
    private protected string NamespaceOrDefault(KubeVirtCluster cluster)
    {
        if (_commandNamespace is { Length: > 0 } given) return given;
        // The namespace chosen for the session's cluster says nothing about an object's.
        return IsAtOwnPlace && _sessionNamespace is { Length: > 0 } chosen ? chosen : cluster.Namespace;
    }

    /// <summary>Sends one message of a running operation to the stream it belongs to.</summary>
    /// <param name="update">The message.</param>
    /// <param name="progress">Takes the counts.</param>
    private protected void WriteUpdate(ItemUpdate<CloneRecord> update, CloneProgressView progress)
    {
        switch (update.Kind)
        {
            case ItemUpdateKind.Progress:
                progress.Update(update.Progress!);
                break;
            case ItemUpdateKind.Record:
                var clone = new VMClone(update.Record!);
                Post(() => WriteObject(clone));
                break;
            case ItemUpdateKind.Fault:
                var error = ErrorRecords.From(update.Fault!, RetryTarget.Of(update) ?? update.Reference?.Input);
                Post(() => WriteError(error));
                break;
            case ItemUpdateKind.Warning:
                Post(() => WarnOnce(update.Message!.ToString()));
                break;
            case ItemUpdateKind.Planned:
                Post(() => WriteVerbose($"The server would take the clone of '{update.Request?.SourceName}' to '{update.Record?.TargetName}'."));
                break;
            default:
                Post(() => WriteVerbose(update.Message?.ToString() ?? ""));
                break;
        }
    }

    private string ResolvePath(string path)
    {
        var resolved = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        if (provider.Name != "FileSystem")
        {
            ThrowTerminatingError(ErrorRecords.Create(
                "KubeConfigNotFound",
                ErrorCategory.ObjectNotFound,
                $"'{path}' is not a path of the file system.",
                "Give -KubeConfig the path of a kubeconfig file.",
                path));
        }

        return resolved;
    }
}
