namespace KubeVirtClone.Kubernetes;

/// <summary>Why no answer came.</summary>
public enum UnreachableReason
{
    /// <summary>Anything else; the message says what.</summary>
    Other,

    /// <summary>Nothing listens on that port.</summary>
    ConnectionRefused,

    /// <summary>The host name has no address.</summary>
    NameNotResolved,

    /// <summary>No connection, or no answer, in time.</summary>
    TimedOut,

    /// <summary>There is no route to the host or network.</summary>
    NoRoute,

    /// <summary>The connection was made and then broke.</summary>
    ConnectionLost,
}

/// <summary>The API server cannot be reached, or the connection to it broke.</summary>
public sealed class ApiServerUnreachableException : KubernetesException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="server">The server's URL.</param>
    /// <param name="reason">Why.</param>
    /// <param name="message">Host and port, and why.</param>
    /// <param name="innerException">The cause.</param>
    public ApiServerUnreachableException(Uri server, UnreachableReason reason, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Server = server;
        Reason = reason;
    }

    /// <summary>The server's URL.</summary>
    public Uri Server { get; }

    /// <summary>Why.</summary>
    public UnreachableReason Reason { get; }

    /// <summary>Whether it is certain that the server never saw the request.</summary>
    internal bool WasNeverSent { get; init; }
}

/// <summary>Why a TLS connection was not made.</summary>
public enum TlsFailureReason
{
    /// <summary>Anything else; the message says what.</summary>
    Other,

    /// <summary>The server's certificate has expired.</summary>
    Expired,

    /// <summary>The server's certificate, or one of its issuers, is not valid yet.</summary>
    NotYetValid,

    /// <summary>The server's certificate was issued by nobody that is trusted.</summary>
    UnknownAuthority,

    /// <summary>The server's certificate is for other names.</summary>
    NameMismatch,

    /// <summary>The server did not take the client's certificate.</summary>
    ClientCertificateRefused,

    /// <summary>The server wants a client certificate and none is configured.</summary>
    ClientCertificateRequired,

    /// <summary>What answers on that port does not speak TLS.</summary>
    NotTls,

    /// <summary>The certificate of the authority that issued the server's has expired.</summary>
    AuthorityExpired,
}

/// <summary>The server answers, but no trusted connection can be made.</summary>
public sealed class ApiServerTlsException : KubernetesException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="server">The server's URL.</param>
    /// <param name="reason">Why.</param>
    /// <param name="message">Host and port, and why.</param>
    /// <param name="innerException">The cause.</param>
    public ApiServerTlsException(Uri server, TlsFailureReason reason, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Server = server;
        Reason = reason;
    }

    /// <summary>The server's URL.</summary>
    public Uri Server { get; }

    /// <summary>Why.</summary>
    public TlsFailureReason Reason { get; }

    /// <summary>Whether it is certain that the server never saw the request.</summary>
    internal bool WasNeverSent { get; init; }
}

/// <summary>A write was sent and its answer never came: nobody knows whether it was done. Read the object back to find out.</summary>
public sealed class AnswerLostException : KubernetesException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="method">HTTP method of the request.</param>
    /// <param name="path">Path of the request.</param>
    /// <param name="innerException">How the answer was lost.</param>
    public AnswerLostException(string method, string path, Exception? innerException = null)
        : base(
            $"{method} {path} was sent, but its answer was lost: it is not known whether the server did it. {innerException?.Message}".TrimEnd(),
            innerException)
    {
        Method = method;
        Path = path;
    }

    /// <summary>HTTP method of the request.</summary>
    public string Method { get; }

    /// <summary>Path of the request.</summary>
    public string Path { get; }
}

/// <summary>The server sent something that is not what the API promises.</summary>
public sealed class ApiAnswerInvalidException : KubernetesException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which request, and what is wrong with its answer.</param>
    /// <param name="innerException">The cause.</param>
    public ApiAnswerInvalidException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
