using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Turns a <c>user</c> entry into credentials.</summary>
internal static class UserEntryReader
{
    public static ClusterCredentials Read(KubeConfigEntry? user, string contextName, KubeConfigOptions options)
    {
        if (user is null)
            return new ClusterCredentials { Impersonation = ImpersonationReader.Read(user, options) };
        if (user.Child("exec") is not null)
        {
            throw new KubeConfigException(
                KubeConfigProblem.NotSupported,
                user.Invalid("exec", "asks for a credential plugin, which is not supported yet").Message,
                user.File,
                contextName);
        }

        if (user.Child("auth-provider") is not null)
        {
            throw new KubeConfigException(
                KubeConfigProblem.NotSupported,
                user.Invalid("auth-provider", "was removed from Kubernetes in favour of credential plugins, and is not supported").Message,
                user.File,
                contextName);
        }

        var (certificate, chain) = ReadClientCertificate(user);
        return new ClusterCredentials
        {
            Token = ReadToken(user),
            TokenFile = user.FilePath("tokenFile"),
            Username = user.Text("username"),
            Password = user.Text("password"),
            ClientCertificate = certificate,
            ClientCertificateChain = chain,
            Impersonation = ImpersonationReader.Read(user, options),
        };
    }

    private static string? ReadToken(KubeConfigEntry user)
    {
        var token = user.Text("token")?.Trim();
        if (token is null)
            return null;
        if (token.Length == 0 || token.Any(c => c is <= ' ' or > '~'))
            throw user.Invalid("token", "holds characters that no token can have", KubeConfigProblem.CredentialUnreadable);
        return token;
    }

    private static (X509Certificate2? Certificate, X509Certificate2Collection? Chain) ReadClientCertificate(KubeConfigEntry user)
    {
        var certificate = Pem(user, "client-certificate");
        var key = Pem(user, "client-key");
        if (certificate is null && key is null)
            return (null, null);
        if (certificate is null)
            throw user.Invalid("client-certificate", "is missing, although there is a client-key");
        if (key is null)
            throw user.Invalid("client-key", "is missing, although there is a client-certificate");
        var all = PemReader.Certificates(certificate, what => user.Invalid("client-certificate", what, KubeConfigProblem.CredentialUnreadable));
        var chain = new X509Certificate2Collection();
        foreach (var issuer in all.Skip(1))
            chain.Add(issuer);
        return (PemReader.WithKey(all[0], key, what => user.Invalid("client-key", what, KubeConfigProblem.CredentialUnreadable)), chain);
    }

    private static byte[]? Pem(KubeConfigEntry user, string field) =>
        user.Data(field + "-data")
        ?? (user.FilePath(field) is { } path
            ? PemReader.ReadFile(path, what => user.Invalid(field, $"('{path}') {what}", KubeConfigProblem.CredentialUnreadable))
            : null);
}
