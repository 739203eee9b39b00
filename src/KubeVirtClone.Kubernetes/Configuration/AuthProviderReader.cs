using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Reads the <c>auth-provider</c> of a <c>user</c> entry: what there was before credential plugins.</summary>
internal static class AuthProviderReader
{
    /// <summary>The log-in; null when it is one that is gone or nobody knows.</summary>
    public static OidcLogin? Read(KubeConfigEntry provider, string? userName)
    {
        if (provider.Text("name") != "oidc" || provider.Child("config") is not { } config || Missing(config) is not null)
            return null;
        var issuer = config.Text("idp-issuer-url")!;
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw config.Invalid("idp-issuer-url", "is not an http or https URL");
        return new OidcLogin
        {
            UserName = userName,
            Issuer = url,
            ClientId = config.Text("client-id")!,
            ClientSecret = config.Text("client-secret"),
            IdToken = config.Text("id-token"),
            RefreshToken = config.Text("refresh-token"),
            CertificateAuthorities = Authorities(config),
            File = provider.File,
        };
    }

    /// <summary>What makes it unusable, where it would be used; null when nothing does.</summary>
    public static KubeConfigException? Problem(KubeConfigEntry provider) => provider.Text("name") switch
    {
        "oidc" => (provider.Child("config") is { } config ? Missing(config) : "idp-issuer-url") is { } field
            ? provider.Invalid("config", $"has no {field}, which the auth-provider oidc needs")
            : null,
        "gcp" => Gone(provider, "gcp", "gke-gcloud-auth-plugin"),
        "azure" => Gone(provider, "azure", "kubelogin"),
        var name => provider.Invalid(
            "name",
            $"is {(name is null ? "empty" : $"'{name}'")}, an auth-provider nobody knows: use a credential plugin (exec)",
            KubeConfigProblem.NotSupported),
    };

    private static KubeConfigException Gone(KubeConfigEntry provider, string name, string plugin) => provider.Invalid(
        "name",
        $"is '{name}': that auth-provider was removed from Kubernetes; its credential plugin (exec) is {plugin}, which its command line tool sets up",
        KubeConfigProblem.NotSupported);

    private static string? Missing(KubeConfigEntry config) =>
        Array.Find(["idp-issuer-url", "client-id"], field => config.Text(field) is null);

    private static System.Security.Cryptography.X509Certificates.X509Certificate2Collection? Authorities(KubeConfigEntry config)
    {
        KubeConfigException Unreadable(string what) =>
            config.Invalid("idp-certificate-authority", what, KubeConfigProblem.CredentialUnreadable);
        // Data goes before the file; a relative path counts from the current folder, unlike everywhere else: as kubectl has it.
        if (config.Data("idp-certificate-authority-data") is { } data)
            return PemReader.Certificates(data, Unreadable);
        return config.Text("idp-certificate-authority") is { } path
            ? PemReader.Certificates(PemReader.ReadFile(path, what => Unreadable($"('{path}') {what}")), Unreadable)
            : null;
    }
}
