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
        if (contextName is null)
            return WithoutContext(options, files);
        if (files.Context(contextName) is not { } context)
            throw ContextNotFound(contextName, files, string.IsNullOrEmpty(options.Context));

        var clusterName = context.Text("cluster")
            ?? throw new KubeConfigException(
                KubeConfigProblem.ClusterNotFound, $"kubeconfig '{context.File}': context '{contextName}' names no cluster.", context.File, contextName);
        var cluster = files.Cluster(clusterName)
            ?? throw new KubeConfigException(
                KubeConfigProblem.ClusterNotFound,
                $"kubeconfig '{context.File}': context '{contextName}' names cluster '{clusterName}', which is in none of the files.",
                context.File,
                contextName);
        var userName = context.Text("user");
        KubeConfigEntry? user = null;
        if (userName is not null)
        {
            user = files.User(userName)
                ?? throw new KubeConfigException(
                    KubeConfigProblem.UserNotFound,
                    $"kubeconfig '{context.File}': context '{contextName}' names user '{userName}', which is in none of the files.",
                    context.File,
                    contextName);
        }

        var server = ServerOf(cluster);
        return new ClusterConfiguration
        {
            Server = server,
            ContextName = contextName,
            ClusterName = clusterName,
            UserName = userName,
            Namespace = NullIfEmpty(options.Namespace) ?? context.Text("namespace") ?? InClusterConfiguration.TryGetNamespace(options) ?? "default",
            Trust = TrustOf(cluster, server),
            Proxy = ProxyOf(cluster),
            DisablesCompression = cluster.Flag("disable-compression"),
            Credentials = UserEntryReader.Read(user, userName, cluster, server.Scheme == Uri.UriSchemeHttps, options),
        };
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

    private static Uri ServerOf(KubeConfigEntry cluster)
    {
        var text = cluster.Required("server");
        // As kubectl does, which looks neither at the authority nor at the user for that.
        if (!text.Contains("://", StringComparison.Ordinal))
            text = "http://" + text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https") || text.Any(char.IsWhiteSpace))
            throw cluster.Invalid("server", "is not an http or https URL");
        if (server.UserInfo.Length > 0)
            throw cluster.Invalid("server", "holds a user name: credentials belong into the user's entry");
        return server;
    }

    private static Uri? ProxyOf(KubeConfigEntry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5"
            ? proxy
            : throw cluster.Invalid("proxy-url", "is not an http, https or socks5 URL");
    }

    private static ServerTrust TrustOf(KubeConfigEntry cluster, Uri server)
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
            ServerName = cluster.Text("tls-server-name"),
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
