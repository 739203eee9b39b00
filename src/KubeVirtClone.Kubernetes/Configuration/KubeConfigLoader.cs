using System.Security.Cryptography.X509Certificates;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Reads kubeconfig files by kubectl's rules.</summary>
public static class KubeConfigLoader
{
    /// <summary>The configuration of one context, with its certificates read and checked. Nothing is sent anywhere.</summary>
    /// <param name="options">Where to look and what to take.</param>
    /// <exception cref="KubeConfigException">There is none, or it cannot be used; says which file, entry and field.</exception>
    public static ClusterConfiguration Load(KubeConfigOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var files = KubeConfigFiles.Read(options);
        var contextName = NullIfEmpty(options.Context) ?? files.CurrentContext;
        var namesServer = NullIfEmpty(options.Server) is not null || NullIfEmpty(options.Cluster) is not null;
        if (contextName is null && !namesServer)
            return WithoutContext(options, files);
        var context = contextName is null ? null : files.Context(contextName) ?? throw ContextNotFound(contextName, files, string.IsNullOrEmpty(options.Context));
        var (clusterName, cluster) = ClusterOf(options, files, contextName, context);
        var (userName, user) = UserOf(options, files, contextName, context);
        var server = ServerOf(cluster, NullIfEmpty(options.Server));
        return new ClusterConfiguration
        {
            Server = server,
            ContextName = contextName,
            ClusterName = clusterName,
            UserName = userName,
            Namespace = NullIfEmpty(options.Namespace) ?? context?.Text("namespace") ?? InClusterConfiguration.TryGetNamespace(options) ?? "default",
            Trust = cluster is null ? new ServerTrust() : TrustOf(cluster, server, isOwnServer: string.IsNullOrEmpty(options.Server)),
            Proxy = cluster is null ? null : ProxyOf(cluster),
            DisablesCompression = cluster?.Flag("disable-compression") == true,
            Credentials = UserEntryReader.Read(user, userName, cluster, server.Scheme == Uri.UriSchemeHttps, options),
        };
    }

    // Without a cluster entry an address by itself is enough.
    private static (string? Name, KubeConfigEntry? Entry) ClusterOf(KubeConfigOptions options, KubeConfigFiles files, string? contextName, KubeConfigEntry? context)
    {
        if (NullIfEmpty(options.Cluster) is { } asked)
        {
            return (asked, files.Cluster(asked) ?? throw new KubeConfigException(
                KubeConfigProblem.ClusterNotFound, $"Cluster '{asked}' was asked for, and is in none of the kubeconfig files.", files.FirstFile, contextName));
        }

        var name = context?.Text("cluster");
        if (name is null && (context is null || NullIfEmpty(options.Server) is not null))
            return (null, null);
        if (name is null)
        {
            throw new KubeConfigException(
                KubeConfigProblem.ClusterNotFound, $"kubeconfig '{context!.File}': context '{contextName}' names no cluster.", context.File, contextName);
        }

        return (name, files.Cluster(name) ?? throw new KubeConfigException(
            KubeConfigProblem.ClusterNotFound,
            $"kubeconfig '{context!.File}': context '{contextName}' names cluster '{name}', which is in none of the files.",
            context.File,
            contextName));
    }

    private static (string? Name, KubeConfigEntry? Entry) UserOf(KubeConfigOptions options, KubeConfigFiles files, string? contextName, KubeConfigEntry? context)
    {
        if (NullIfEmpty(options.User) is { } asked)
        {
            return (asked, files.User(asked) ?? throw new KubeConfigException(
                KubeConfigProblem.UserNotFound, $"User '{asked}' was asked for, and is in none of the kubeconfig files.", files.FirstFile, contextName));
        }

        return context?.Text("user") is not { } name ? (null, null) : (name, files.User(name) ?? throw new KubeConfigException(
            KubeConfigProblem.UserNotFound,
            $"kubeconfig '{context.File}': context '{contextName}' names user '{name}', which is in none of the files.",
            context.File,
            contextName));
    }

    /// <summary>All contexts, in the order of the files; empty when there are none. Reads no certificates, sends nothing.</summary>
    /// <param name="options">Where to look.</param>
    /// <exception cref="KubeConfigException">A file cannot be read or understood.</exception>
    public static IReadOnlyList<KubeContext> ListContexts(KubeConfigOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var files = KubeConfigFiles.Read(options);
        return
        [
            .. files.ContextNames.Select(name =>
            {
                var context = files.Context(name)!;
                return new KubeContext(name, context.Text("cluster") ?? "", context.Text("user"), context.Text("namespace"), name == files.CurrentContext);
            }),
        ];
    }

    private static ClusterConfiguration WithoutContext(KubeConfigOptions options, KubeConfigFiles files)
    {
        if (string.IsNullOrEmpty(options.Path) && InClusterConfiguration.TryLoad(options) is { } inCluster)
            return inCluster;
        if (files.FirstFile is not null)
        {
            throw new KubeConfigException(
                KubeConfigProblem.NoCurrentContext,
                $"kubeconfig '{files.FirstFile}' has no current-context, and no context was asked for. {Known(files)}",
                files.FirstFile);
        }

        throw new KubeConfigException(
            KubeConfigProblem.NotFound,
            files.LookedFor.Count == 0
                ? "There is no kubeconfig: KUBECONFIG names no file, and without it there is no home folder to look in."
                : $"There is no kubeconfig. Looked for: {string.Join(", ", files.LookedFor)}.",
            files.LookedFor.Count == 0 ? null : files.LookedFor[0]);
    }

    private static KubeConfigException ContextNotFound(string name, KubeConfigFiles files, bool isCurrent)
    {
        if (files.FirstFile is null)
        {
            return new KubeConfigException(
                KubeConfigProblem.NotFound,
                $"Context '{name}' was asked for, but there is no kubeconfig. Looked for: {string.Join(", ", files.LookedFor)}.",
                contextName: name);
        }

        return new KubeConfigException(
            KubeConfigProblem.ContextNotFound,
            $"kubeconfig '{files.FirstFile}' has no context '{name}'{(isCurrent ? ", although it is the current-context" : "")}. {Known(files)}",
            files.FirstFile,
            name);
    }

    private static string Known(KubeConfigFiles files) =>
        files.ContextNames.Count == 0 ? "It has no contexts." : $"Contexts: {string.Join(", ", files.ContextNames)}.";

    private static Uri ServerOf(KubeConfigEntry? cluster, string? asked)
    {
        var text = asked ?? cluster!.Required("server");
        // As kubectl does, which looks neither at the authority nor at the user for that.
        if (!text.Contains("://", StringComparison.Ordinal))
            text = "http://" + text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https") || text.Any(char.IsWhiteSpace))
            throw Unusable("is not an http or https URL");
        if (server.UserInfo.Length > 0)
            throw Unusable("holds a user name: credentials belong into the user's entry");
        return server;

        KubeConfigException Unusable(string what) => asked is null ? cluster!.Invalid("server", what) : new KubeConfigException(KubeConfigProblem.Invalid, $"The server that was given {what}.");
    }

    private static Uri? ProxyOf(KubeConfigEntry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5"
            ? proxy
            : throw cluster.Invalid("proxy-url", "is not an http, https or socks5 URL");
    }

    private static ServerTrust TrustOf(KubeConfigEntry cluster, Uri server, bool isOwnServer)
    {
        const string Insecure = "insecure-skip-tls-verify";
        var isInsecure = cluster.Flag(Insecure);
        var data = cluster.Data("certificate-authority-data");
        var path = cluster.FilePath("certificate-authority");
        if (data is not null && path is not null)
            throw cluster.Invalid("certificate-authority", "stands beside certificate-authority-data: only one of them can be meant");
        if (server.Scheme != Uri.UriSchemeHttps)
        {
            // Not needed, but a file that is named must be there.
            if (path is not null && !File.Exists(path))
                throw cluster.Invalid("certificate-authority", $"('{path}') is not there", KubeConfigProblem.CredentialUnreadable);
            return new ServerTrust { SkipVerification = isInsecure };
        }

        if (isInsecure && (data is not null || path is not null))
            throw cluster.Invalid(Insecure, "stands beside a certificate-authority: whether the server is to be checked cannot be told");
        return new ServerTrust
        {
            CertificateAuthorities = Authorities(cluster, data, path),
            SkipVerification = isInsecure,
            // The name is that of the entry's own server.
            ServerName = isOwnServer ? cluster.Text("tls-server-name") : null,
        };
    }

    private static X509Certificate2Collection? Authorities(KubeConfigEntry cluster, byte[]? data, string? path)
    {
        if (data is not null)
            return PemReader.Certificates(data, what => cluster.Invalid("certificate-authority-data", what, KubeConfigProblem.CredentialUnreadable));
        if (path is null)
            return null;
        KubeConfigException Unreadable(string what) =>
            cluster.Invalid("certificate-authority", $"('{path}') {what}", KubeConfigProblem.CredentialUnreadable);
        return PemReader.Certificates(PemReader.ReadFile(path, Unreadable), Unreadable);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
