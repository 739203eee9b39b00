using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Certificates and keys from PEM.</summary>
internal static class PemReader
{
    public static byte[] ReadFile(string path, Func<string, KubeConfigException> error)
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
    public static X509Certificate2Collection Certificates(byte[] pem, Func<string, KubeConfigException> error)
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

    /// <summary>The certificate with its private key: PKCS#1, PKCS#8 or SEC 1 (EC).</summary>
    public static X509Certificate2 WithKey(X509Certificate2 certificate, byte[] keyPem, Func<string, KubeConfigException> error)
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
