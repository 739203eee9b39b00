using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Turns a <c>user</c> entry into credentials.</summary>
internal static class UserEntryReader
{
    public static ClusterCredentials Read(KubeConfigEntry? user, string? userName, KubeConfigEntry? cluster, bool isTls, KubeConfigOptions options)
    {
        var given = string.IsNullOrEmpty(options.Token) ? null : options.Token;
        if (given?.Any(char.IsControl) == true)
            throw new KubeConfigException(KubeConfigProblem.CredentialUnreadable, "The token that was given holds a line break or another character that no token can have.");
        if (user is null)
            return new ClusterCredentials { Token = given, Impersonation = ImpersonationReader.Read(user, options) };
        if (given is not null)
        {
            // In place of every other way to say who one is, but for the two that kubectl does not choose between; a client certificate goes with the connection.
            if ((user.Text("username") ?? user.Text("password")) is not null)
                throw user.Invalid("username", "and password stand beside the token that was given: only one of the two can be sent");
            var (own, ownChain) = ReadClientCertificate(user, hasOther: true, isTls);
            return new ClusterCredentials { Token = given, ClientCertificate = own, ClientCertificateChain = ownChain, Impersonation = ImpersonationReader.Read(user, options) };
        }

        var exec = user.Child("exec");
        var provider = user.Child("auth-provider");
        if (exec is not null && provider is not null)
            throw user.Invalid("auth-provider", "cannot be combined with exec: one way to log in is enough");
        var token = ReadToken(user);
        var tokenFile = user.FilePath("tokenFile");
        var username = user.Text("username");
        if ((username is not null || (user.Text("password") is not null && token is not null)) && (token ?? tokenFile) is not null)
            throw user.Invalid("username", "and password stand beside a token: only one of the two can be sent");
        var plugin = exec is null ? null : ExecEntryReader.Read(exec, userName, cluster);
        var hasOther = (token ?? tokenFile ?? username) is not null || plugin is not null || provider is not null;
        var (certificate, chain) = ReadClientCertificate(user, hasOther, isTls);
        return new ClusterCredentials
        {
            Token = token,
            TokenFile = tokenFile,
            Username = username,
            Password = user.Text("password"),
            ClientCertificate = certificate,
            ClientCertificateChain = chain,
            Plugin = plugin,
            Oidc = provider is null ? null : AuthProviderReader.Read(provider, userName),
            Problem = plugin is not null ? ExecEntryReader.Problem(exec!, plugin) : provider is not null ? AuthProviderReader.Problem(provider) : null,
            Impersonation = ImpersonationReader.Read(user, options),
        };
    }

    private static string? ReadToken(KubeConfigEntry user)
    {
        var token = user.Text("token");
        return token?.Any(char.IsControl) == true
            ? throw user.Invalid("token", "holds a line break or another character that no token can have", KubeConfigProblem.CredentialUnreadable)
            : token;
    }

    private static (X509Certificate2? Certificate, X509Certificate2Collection? Chain) ReadClientCertificate(KubeConfigEntry user, bool hasOther, bool isTls)
    {
        if (user.Text("client-certificate-data") is null && user.Text("client-certificate") is null)
        {
            // As kubectl does: without a certificate its key means nothing. But it must not be all there is.
            return user.Text("client-key-data") is null && user.Text("client-key") is null
                ? (null, null)
                : hasOther ? (null, null) : throw user.Invalid("client-certificate", "is missing, although there is a client-key");
        }

        var certificate = Pem(user, "client-certificate")!;
        var key = Pem(user, "client-key") ?? throw user.Invalid("client-key", "is missing, although there is a client-certificate");
        // Of no use without TLS, as in kubectl; but what is named must be there.
        return !isTls ? (null, null) : PemReader.Pair(
            certificate,
            key,
            what => user.Invalid("client-certificate", what, KubeConfigProblem.CredentialUnreadable),
            what => user.Invalid("client-key", what, KubeConfigProblem.CredentialUnreadable));
    }

    /// <summary>What is in a field's data, or else in the file it names; null when it is in neither. As in kubectl it must not be in both.</summary>
    public static byte[]? Pem(KubeConfigEntry entry, string field)
    {
        var path = entry.FilePath(field);
        if (entry.Data(field + "-data") is not { } data)
            return path is null ? null : PemReader.ReadFile(path, what => entry.Invalid(field, $"('{path}') {what}", KubeConfigProblem.CredentialUnreadable));
        if (path is not null)
            throw entry.Invalid(field, $"and {field}-data are both specified: keep one of them");
        return data;
    }
}
