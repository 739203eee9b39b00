using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Decides whether the certificate a server shows is to be trusted, and says why not.</summary>
internal sealed class ServerCertificateCheck(ServerTrust trust, string expectedName)
{
    /// <summary>Why the last certificate was refused; null when it was not.</summary>
    public (TlsFailureReason Reason, string Message)? Refusal { get; private set; }

    /// <summary>The chain rules for the handshake.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (trust.CertificateAuthorities is { } authorities)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
            // A bundle may hold intermediates only; they are found here, and Check takes them as the end of a chain.
            policy.ExtraStore.AddRange(authorities);
        }

        return policy;
    }

    public bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Refusal = null;
        if (trust.SkipVerification)
            return true;
        if (certificate is null || chain is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return Refuse(TlsFailureReason.Other, "it shows no certificate");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && !IsChainGood(chain))
            return false;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return Refuse(TlsFailureReason.NameMismatch, $"its certificate is not for '{expectedName}' but for {NamesOf((X509Certificate2)certificate)}");
        // The platform still takes a common name where there is nothing else; as kubectl, this does not.
        return NamesIn((X509Certificate2)certificate).Count > 0
            || Refuse(
                TlsFailureReason.NameMismatch,
                $"its certificate is for '{expectedName}' by its common name only, which is not enough (it needs a subject alternative name)");
    }

    private static string NamesOf(X509Certificate2 certificate)
    {
        var names = NamesIn(certificate);
        return names.Count == 0 ? $"'{certificate.Subject}'" : string.Join(", ", names.Select(name => $"'{name}'"));
    }

    private static List<string> NamesIn(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
            names.AddRange(extension.EnumerateIPAddresses().Select(address => address.ToString()));
        }

        return names;
    }

    private bool IsChainGood(X509Chain chain)
    {
        // The chain was checked by the machine's clock, so its verdict is explained by the same.
        var now = DateTime.UtcNow;
        foreach (var element in chain.ChainElements)
        {
            var certificate = element.Certificate;
            var isAuthority = !ReferenceEquals(element, chain.ChainElements[0]);
            var what = (isAuthority ? "the certificate of its authority" : "its certificate") + $" '{certificate.Subject}'";
            if (certificate.NotAfter.ToUniversalTime() < now)
            {
                return Refuse(
                    isAuthority ? TlsFailureReason.AuthorityExpired : TlsFailureReason.Expired,
                    $"{what} expired on {certificate.NotAfter.ToUniversalTime():u}");
            }

            if (certificate.NotBefore.ToUniversalTime() > now)
                return Refuse(TlsFailureReason.NotYetValid, $"{what} is not valid before {certificate.NotBefore.ToUniversalTime():u}");
        }

        const X509ChainStatusFlags Unanchored = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;
        var flags = X509ChainStatusFlags.NoError;
        foreach (var status in chain.ChainStatus)
            flags |= status.Status;
        if ((flags & ~Unanchored) == X509ChainStatusFlags.NoError && EndsInBundle(chain))
            return true;
        if ((flags & Unanchored) != X509ChainStatusFlags.NoError)
        {
            return Refuse(
                TlsFailureReason.UnknownAuthority,
                trust.CertificateAuthorities is null
                    ? "its certificate was issued by an authority this machine does not trust"
                    : "its certificate was not issued by an authority that this context trusts (its certificate-authority)");
        }

        return Refuse(TlsFailureReason.Other, $"its certificate is not acceptable ({flags})");
    }

    private bool EndsInBundle(X509Chain chain) =>
        trust.CertificateAuthorities is { } authorities
        && chain.ChainElements.Any(element => authorities.Any(authority => authority.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));

    private bool Refuse(TlsFailureReason reason, string message)
    {
        Refusal = (reason, message);
        return false;
    }
}
