using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>The cluster this process runs in, as its pod's service account.</summary>
internal static class InClusterConfiguration
{
    private const string DefaultDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The configuration; null outside a cluster.</summary>
    public static ClusterConfiguration? TryLoad(KubeConfigOptions options)
    {
        var environment = options.Environment ?? Environment.GetEnvironmentVariable;
        var host = environment("KUBERNETES_SERVICE_HOST");
        var port = environment("KUBERNETES_SERVICE_PORT");
        var directory = options.ServiceAccountDirectory ?? DefaultDirectory;
        var tokenFile = Path.Combine(directory, "token");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(tokenFile))
            return null;
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
            Namespace = !string.IsNullOrEmpty(options.Namespace) ? options.Namespace : NamespaceIn(directory) ?? "default",
            Trust = new ServerTrust
            {
                CertificateAuthorities = File.Exists(authorityFile)
                    ? PemReader.Certificates(PemReader.ReadFile(authorityFile, Unreadable), Unreadable)
                    : null,
            },
            Credentials = new ClusterCredentials
            {
                TokenFile = tokenFile,
                Impersonation = UserEntryReader.ReadImpersonation(user: null, options),
            },
        };
    }

    private static string? NamespaceIn(string directory)
    {
        var file = Path.Combine(directory, "namespace");
        if (!File.Exists(file))
            return null;
        var text = File.ReadAllText(file).Trim();
        return text.Length == 0 ? null : text;
    }
}
