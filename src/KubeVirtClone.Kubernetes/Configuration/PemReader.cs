using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Certificates and keys from PEM.</summary>
internal static class PemReader
{
    public static byte[] ReadFile(string path, Func<string, Exception> error)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw error("is not there");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw error("cannot be read");
        }
    }

    /// <summary>All certificates of a bundle, in its order; at least one.</summary>
    public static X509Certificate2Collection Certificates(byte[] pem, Func<string, Exception> error)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.UTF8.GetString(pem));
        }
        catch (CryptographicException)
        {
            throw error("holds a damaged certificate");
        }

        return certificates.Count > 0 ? certificates : throw error("holds no PEM certificate");
    }

    /// <summary>A client certificate with its key, and the other certificates of its file, which go along with it.</summary>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Pair(
        byte[] certificatePem, byte[] keyPem, Func<string, Exception> certificateError, Func<string, Exception> keyError)
    {
        var all = Certificates(certificatePem, certificateError);
        if (UnsupportedAlgorithm(all[0]) is { } algorithm)
            throw certificateError($"has an {algorithm} key, which .NET's TLS does not know: use a certificate with an EC or RSA key");
        var chain = new X509Certificate2Collection();
        foreach (var issuer in all.Skip(1))
            chain.Add(issuer);
        return (WithKey(all[0], keyPem, keyError), chain);
    }

    private static string? UnsupportedAlgorithm(X509Certificate2 certificate) => certificate.GetKeyAlgorithm() switch
    {
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ => null,
    };

    /// <summary>The certificate with its private key: PKCS#1, PKCS#8 or SEC 1 (EC).</summary>
    public static X509Certificate2 WithKey(X509Certificate2 certificate, byte[] keyPem, Func<string, Exception> error)
    {
        var text = Encoding.UTF8.GetString(keyPem);
        if (text.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)
            || text.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
            throw error("is encrypted, which is not supported");
        if (!text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw error("holds no PEM private key");
        try
        {
            var withKey = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), text);
            if (!OperatingSystem.IsWindows())
                return withKey;

            // Windows' TLS takes no key that lives in memory only; going through PKCS#12 gives it one it takes.
            using (withKey)
                return new X509Certificate2(withKey.Export(X509ContentType.Pkcs12));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The inner error is left out on purpose: nothing of a key file may reach a message.
            throw error("does not fit the client certificate, or is of a kind that is not supported (RSA and EC keys are)");
        }
    }
}
