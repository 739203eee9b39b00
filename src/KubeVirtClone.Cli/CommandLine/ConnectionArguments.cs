using System.CommandLine;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Which cluster, namespace and identity the user named, and how much they want to hear.</summary>
/// <param name="KubeConfig">Path given with --kubeconfig.</param>
/// <param name="Context">Name given with --context.</param>
/// <param name="Namespace">Name given with -n.</param>
/// <param name="As">User given with --as.</param>
/// <param name="AsGroups">Groups given with --as-group.</param>
/// <param name="AsUid">UID given with --as-uid.</param>
/// <param name="RequestTimeout">Given with --request-timeout; zero is no limit, null the client's own.</param>
/// <param name="Verbosity">0: quiet; from 1: decisions; from 6: requests.</param>
internal sealed record ConnectionArguments(
    string? KubeConfig,
    string? Context,
    string? Namespace,
    string? As,
    IReadOnlyList<string> AsGroups,
    string? AsUid,
    TimeSpan? RequestTimeout,
    int Verbosity)
{
    /// <summary>Name given with --cluster.</summary>
    public string? Cluster { get; init; }

    /// <summary>Name given with --user.</summary>
    public string? User { get; init; }

    /// <summary>URL given with --server.</summary>
    public string? Server { get; init; }

    /// <summary>Given with --token.</summary>
    public string? Token { get; init; }

    /// <summary>Without the token.</summary>
    public override string ToString() => $"{KubeConfig} {Context}".Trim();

    /// <summary>What they mean for the kubeconfig.</summary>
    public KubeConfigOptions ToKubeConfigOptions() => new()
    {
        Path = KubeConfig,
        Context = Context,
        Namespace = Namespace,
        ImpersonateUser = As,
        ImpersonateGroups = AsGroups,
        ImpersonateUid = AsUid,
        Cluster = Cluster,
        User = User,
        Server = Server,
        Token = Token,
    };

    public static ConnectionArguments Bind(ParseResult parsed, GlobalOptions globals) => new(
        parsed.GetValue(globals.KubeConfig),
        parsed.GetValue(globals.Context),
        parsed.GetValue(globals.Namespace),
        parsed.GetValue(globals.As),
        parsed.GetValue(globals.AsGroup) ?? [],
        parsed.GetValue(globals.AsUid),
        parsed.GetValue(globals.RequestTimeout),
        parsed.GetValue(globals.Verbosity))
    {
        Cluster = parsed.GetValue(globals.Cluster),
        User = parsed.GetValue(globals.User),
        Server = parsed.GetValue(globals.Server),
        Token = parsed.GetValue(globals.Token),
    };
}
