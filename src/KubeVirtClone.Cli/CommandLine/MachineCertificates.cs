using System.Runtime.InteropServices;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Keeps a command from reading every authority that the machine trusts where the context names its own.</summary>
/// <remarks>
/// On Linux .NET reads them all before it checks the first certificate, whatever the check is told to trust: some 300 files, a quarter of a short command's
/// time. Where to read them is said by OpenSSL's own variables, which are looked up in the process's native environment. Nothing is trusted by this that was
/// not: what is not read can vouch for nothing.
/// </remarks>
internal static partial class MachineCertificates
{
    private static readonly string[] Variables = ["SSL_CERT_DIR", "SSL_CERT_FILE"];

    /// <summary>Leaves them unread if the whole process can do without. To be called before the first connection.</summary>
    public static void LeaveUnreadFor(ClusterConfiguration cluster)
    {
        if (!OperatingSystem.IsLinux() || IsNeededBy(cluster))
            return;
        // .NET's own copy of the environment, which programs that are started inherit, is taken first: they read what they always did.
        _ = Environment.GetEnvironmentVariables();
        foreach (var variable in Variables)
            _ = SetNative(variable, "/dev/null", overwrite: 1);
    }

    /// <summary>Whether something a command does may rest on what the machine trusts: the server, or an issuer that its user's tokens come from.</summary>
    internal static bool IsNeededBy(ClusterConfiguration cluster) =>
        (cluster.Trust.CertificateAuthorities is null && !cluster.Trust.SkipVerification) || cluster.Credentials.Oidc is not null;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNative(string name, string value, int overwrite);
}
