using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KubeVirtClone.Kubernetes.Tests.Support;

/// <summary>A certificate authority that lives for one test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly X509KeyStorageFlags Storage = X509KeyStorageFlags.Exportable;
    private readonly X509Certificate2 _issuer;

    public TestAuthority(string name = "Test CA", TestAuthority? parent = null, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = DateTimeOffset.UtcNow;
        if (parent is null)
        {
            _issuer = request.CreateSelfSigned(now.AddYears(-2), notAfter ?? now.AddYears(2));
        }
        else
        {
            using var signed = request.Create(parent._issuer, now.AddYears(-2).AddDays(1), now.AddYears(2).AddDays(-1), RandomNumberGenerator.GetBytes(8));
            _issuer = signed.CopyWithPrivateKey(key);
        }
    }

    public string Pem => _issuer.ExportCertificatePem() + "\n";

    public X509Certificate2 ServerCertificate(string name = "localhost", DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null, bool hasAlternativeNames = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (name == "localhost")
            names.AddIpAddress(IPAddress.Loopback);
        if (hasAlternativeNames)
            request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var certificate = Sign(request, notBefore, notAfter);
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, Storage);
    }

    /// <summary>A client certificate and its key as PEM.</summary>
    public (string Certificate, string Key) ClientCertificate(string keyFormat, string user = "admin", DateTimeOffset? notAfter = null)
    {
        using var rsa = keyFormat.StartsWith("RSA", StringComparison.Ordinal) ? RSA.Create(2048) : null;
        using var ec = rsa is null ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        var request = rsa is not null
            ? new CertificateRequest($"CN={user}, O=system:masters", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={user}, O=system:masters", ec!, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var certificate = Sign(request, notAfter?.AddDays(-1), notAfter);
        var key = keyFormat switch
        {
            "RSA PKCS#1" => rsa!.ExportRSAPrivateKeyPem(),
            "RSA PKCS#8" => rsa!.ExportPkcs8PrivateKeyPem(),
            "EC SEC 1" => ec!.ExportECPrivateKeyPem(),
            "EC PKCS#8" => ec!.ExportPkcs8PrivateKeyPem(),
            _ => throw new ArgumentOutOfRangeException(nameof(keyFormat), keyFormat, message: null),
        };
        return (certificate.ExportCertificatePem() + "\n", key);
    }

    public bool Issued(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_issuer);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    public void Dispose() => _issuer.Dispose();

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset? notBefore, DateTimeOffset? notAfter) =>
        request.Create(
            _issuer.SubjectName,
            X509SignatureGenerator.CreateForECDsa(_issuer.GetECDsaPrivateKey()!),
            notBefore ?? DateTimeOffset.UtcNow.AddDays(-1),
            notAfter ?? DateTimeOffset.UtcNow.AddDays(1),
            RandomNumberGenerator.GetBytes(8));
}
