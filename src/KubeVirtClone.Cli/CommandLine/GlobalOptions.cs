using System.CommandLine;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>The options kubectl users type after any command, spelled and meant as kubectl does.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> KubeConfig { get; } = new("--kubeconfig")
    {
        Description = "Path of the kubeconfig file. Without it: KUBECONFIG, ~/.kube/config, then in-cluster.",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> Context { get; } = new("--context")
    {
        Description = "Context of the kubeconfig to use.",
        HelpName = "NAME",
        Recursive = true,
    };

    public Option<string?> Cluster { get; } = new("--cluster")
    {
        Description = "Cluster of the kubeconfig to use, instead of the context's.",
        HelpName = "NAME",
        Recursive = true,
    };

    public Option<string?> User { get; } = new("--user")
    {
        Description = "User of the kubeconfig to use, instead of the context's.",
        HelpName = "NAME",
        Recursive = true,
    };

    public Option<string?> Server { get; } = new("--server", "-s")
    {
        Description = "Address of the API server, instead of the kubeconfig's.",
        HelpName = "URL",
        Recursive = true,
    };

    public Option<string?> Token { get; } = new("--token")
    {
        Description = "Bearer token to log in with, instead of what the kubeconfig says. Other users of this machine can see it while the command runs.",
        HelpName = "TOKEN",
        Recursive = true,
    };

    public Option<string?> Namespace { get; } = new("--namespace", "-n")
    {
        Description = "Namespace. Without it: the context's, then \"default\".",
        HelpName = "NAME",
        Recursive = true,
    };

    public Option<string?> As { get; } = new("--as")
    {
        Description = "User to impersonate. The kubeconfig's as-groups, as-uid and as-user-extra stay in force.",
        HelpName = "USER",
        Recursive = true,
    };

    public Option<string[]> AsGroup { get; } = new("--as-group")
    {
        Description = "Group to impersonate, instead of the kubeconfig's; may be repeated.",
        HelpName = "GROUP",
        Recursive = true,
    };

    public Option<string?> AsUid { get; } = new("--as-uid")
    {
        Description = "UID to impersonate, instead of the kubeconfig's.",
        HelpName = "UID",
        Recursive = true,
    };

    public Option<TimeSpan?> RequestTimeout { get; } = SharedOptions.Duration(
        "--request-timeout",
        "Longest time to wait for the answer to one request, as 10s or 1m; 0 waits without end. Without it: 60s. What is safe to repeat is tried again.",
        recursive: true);

    public Option<int> Verbosity { get; } = new("--v", "-v", "--verbose")
    {
        Description = "Say on stderr what is decided and why; from 6 on, also every request (-v, -v=6).",
        HelpName = "LEVEL",
        Recursive = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(KubeConfig);
        command.Options.Add(Context);
        foreach (var option in new Option[] { Cluster, User, Server, Token })
            command.Options.Add(option);
        command.Options.Add(Namespace);
        command.Options.Add(As);
        command.Options.Add(AsGroup);
        command.Options.Add(AsUid);
        command.Options.Add(RequestTimeout);
        command.Options.Add(Verbosity);
    }
}
