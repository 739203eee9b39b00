namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>When a request may be sent again.</summary>
internal enum Repeat
{
    /// <summary>Whatever went wrong: it changes nothing, or the same thing only.</summary>
    Always,

    /// <summary>When it is sure that it was not done.</summary>
    UnlessDone,

    /// <summary>Never: the caller repeats by rules of its own.</summary>
    Never,
}

/// <summary>One request to the API server.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="PathAndQuery">Escaped, from the server's root.</param>
/// <param name="Repeat">When it may be sent again.</param>
internal sealed record ApiRequest(HttpMethod Method, string PathAndQuery, Repeat Repeat)
{
    public string Accept { get; init; } = "application/json";

    /// <summary>The body; null for none.</summary>
    public byte[]? Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>Where on the same server an answer sent it on to; null for its own path.</summary>
    public Uri? MovedTo { get; init; }

    /// <summary>The path alone, for messages: queries are long and say little.</summary>
    public string Path => PathAndQuery.Split('?', 2)[0];
}

/// <summary>A successful answer, whole.</summary>
internal sealed record WholeAnswer(int StatusCode, string? ContentType, byte[] Body, string? AuditId);

/// <summary>A successful answer whose body is still to be read.</summary>
internal sealed class OpenAnswer(HttpResponseMessage response, AnswerBody body) : IDisposable
{
    public AnswerBody Body => body;

    public void Dispose()
    {
        body.Dispose();
        response.Dispose();
    }
}
