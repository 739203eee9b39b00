using System.ComponentModel;
using System.Security.Authentication;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Finds out from an exception which TLS alert the server sent. TLS 1.3 servers refuse a client's certificate after the handshake.</summary>
internal static class TlsAlert
{
    private const int BadCertificate = 42;
    private const int CertificateRequired = 116;

    /// <summary>The number of the alert (RFC 8446 §6); null when none was sent.</summary>
    public static int? Find(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            // OpenSSL: library 20 (SSL) in the bits above the reason, alerts are reasons from 1000 on. The reason has 23 bits in OpenSSL 3, 12 before.
            var code = unchecked((uint)error.HResult);
            var reason = code >> 23 == 20 ? code & 0x7FFFFF : code >> 24 == 20 ? code & 0xFFF : 0;
            if (reason is >= 1000 and <= 1255)
                return (int)reason - 1000;
            if (error is Win32Exception windows && FromSchannel(unchecked((uint)windows.NativeErrorCode)) is { } alert)
                return alert;
        }

        return null;
    }

    public static bool IsNotTls(Exception? error)
    {
        const uint WrongVersionNumber = 267;
        const uint PacketLengthTooLong = 198;
        const uint HttpRequest = 156;
        for (; error is not null; error = error.InnerException)
        {
            var code = unchecked((uint)error.HResult);
            if (code >> 23 == 20 && (code & 0x7FFFFF) is WrongVersionNumber or PacketLengthTooLong or HttpRequest)
                return true;
            // .NET itself looks at the first bytes that come back, and says so without an inner error.
            if (error is AuthenticationException { InnerException: null })
                return true;
            if (error is Win32Exception { NativeErrorCode: unchecked((int)0x80090308) })
                return true;
        }

        return false;
    }

    private static TlsFailureReason ReasonFor(int alert, bool hasClientCertificate) => alert switch
    {
        CertificateRequired => TlsFailureReason.ClientCertificateRequired,
        40 when !hasClientCertificate => TlsFailureReason.ClientCertificateRequired,
        >= BadCertificate and <= 46 or 48 or 49 => hasClientCertificate ? TlsFailureReason.ClientCertificateRefused : TlsFailureReason.ClientCertificateRequired,
        _ => TlsFailureReason.Other,
    };

    /// <summary>What a server meant by an alert, as a reason and in words.</summary>
    /// <param name="alert">The number of the alert.</param>
    /// <param name="credentials">Whose client certificate it may be about: also a plugin's, which stands in no kubeconfig.</param>
    public static (TlsFailureReason Reason, string Words) Judge(int alert, CredentialSource credentials)
    {
        var (reason, origin) = (ReasonFor(alert, credentials.Latest?.ClientCertificate is not null), credentials.Origin);
        var word = alert switch
        {
            40 => "handshake failure",
            BadCertificate => "bad certificate",
            43 => "unsupported certificate",
            44 => "certificate revoked",
            45 => "certificate expired",
            46 => "certificate unknown",
            48 => "unknown authority",
            49 => "access denied",
            70 => "protocol version",
            80 => "internal error",
            112 => "unrecognized name",
            CertificateRequired => "certificate required",
            _ => "alert " + alert,
        };
        return (reason, reason switch
        {
            TlsFailureReason.ClientCertificateRefused => $"it refused {NameOf(credentials)} ({word})",
            TlsFailureReason.ClientCertificateRequired when origin is not null => $"it wants a client certificate, and {origin} gave none ({word})",
            TlsFailureReason.ClientCertificateRequired => $"it wants a client certificate, and none is configured ({word})",
            _ => $"it ended the TLS handshake ({word})",
        });
    }

    /// <summary>The client certificate, who gave it where that was not the kubeconfig, and whether it is too old.</summary>
    public static string NameOf(CredentialSource credentials)
    {
        var given = credentials.Origin is { } origin ? $" that {origin} gave" : "";
        return credentials.Latest?.ClientCertificate?.NotAfter.ToUniversalTime() is { } end && end < DateTime.UtcNow
            ? $"the client certificate{given}, which expired on {end:u}"
            : $"the client certificate{given}";
    }

    private static int? FromSchannel(uint code) => code switch
    {
        0x80090325 => 48,
        0x80090326 => 40,
        0x80090327 => 46,
        0x80090328 => 45,
        0x80090349 => BadCertificate,
        0x8009035D => CertificateRequired,
        _ => null,
    };
}
