using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>The cluster this process runs in, as its pod's service account.</summary>
internal static class InClusterConfiguration
{
    private const string DefaultDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The configuration; null outside a cluster.</summary>
    public static ClusterConfiguration? TryLoad(KubeConfigOptions options)
    {
        if (!IsPossible(options))
            return null;
        var environment = EnvironmentOf(options);
        var host = environment("KUBERNETES_SERVICE_HOST")!;
        var port = environment("KUBERNETES_SERVICE_PORT")!;
        var directory = DirectoryOf(options);
        if (host.Contains(':') && !host.StartsWith('['))
            host = $"[{host}]";
        if (!Uri.TryCreate($"https://{host}:{port}", UriKind.Absolute, out var server))
        {
            throw new KubeConfigException(
                KubeConfigProblem.Invalid, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT do not name an API server.");
        }

        var authorityFile = Path.Combine(directory, "ca.crt");
        KubeConfigException Unreadable(string what) =>
            new(KubeConfigProblem.CredentialUnreadable, $"The service account's '{authorityFile}' {what}.", authorityFile);
        return new ClusterConfiguration
        {
            Server = server,
            IsInCluster = true,
            Namespace = !string.IsNullOrEmpty(options.Namespace) ? options.Namespace : TryGetNamespace(options) ?? "default",
            Trust = new ServerTrust
            {
                CertificateAuthorities = File.Exists(authorityFile)
                    ? PemReader.Certificates(PemReader.ReadFile(authorityFile, Unreadable), Unreadable)
                    : null,
            },
            // A token that is given stands in place of the service account's.
            Credentials = !string.IsNullOrEmpty(options.Token) ? UserEntryReader.Read(user: null, userName: null, cluster: null, isTls: true, options) : new ClusterCredentials
            {
                TokenFile = TokenFileOf(options),
                Impersonation = ImpersonationReader.Read(user: null, options),
            },
        };
    }

    /// <summary>The pod's namespace, where it can be told; null outside a cluster. kubectl takes it for a kubeconfig's context that names none, too.</summary>
    public static string? TryGetNamespace(KubeConfigOptions options)
    {
        if (!IsPossible(options))
            return null;
        if (EnvironmentOf(options)("POD_NAMESPACE") is { Length: > 0 } named)
            return named;
        try
        {
            var text = File.ReadAllText(Path.Combine(DirectoryOf(options), "namespace")).Trim();
            return text.Length == 0 ? null : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsPossible(KubeConfigOptions options)
    {
        var environment = EnvironmentOf(options);
        return !string.IsNullOrEmpty(environment("KUBERNETES_SERVICE_HOST"))
            && !string.IsNullOrEmpty(environment("KUBERNETES_SERVICE_PORT"))
            && File.Exists(TokenFileOf(options));
    }

    private static Func<string, string?> EnvironmentOf(KubeConfigOptions options) => options.Environment ?? Environment.GetEnvironmentVariable;

    private static string DirectoryOf(KubeConfigOptions options) => options.ServiceAccountDirectory ?? DefaultDirectory;

    private static string TokenFileOf(KubeConfigOptions options) => Path.Combine(DirectoryOf(options), "token");
}
