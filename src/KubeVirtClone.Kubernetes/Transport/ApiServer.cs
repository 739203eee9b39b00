using System.Net;
using k8s.Autorest;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Serialization;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>The one connection to an API server: the official client, with this library's transport in front of it.</summary>
/// <remarks>
/// Everything goes through here. The verbs use <see cref="Transport"/>; the official client's typed calls end in <see cref="SendRequestRaw"/>, so they
/// get the same repeats, deadlines, renewed credentials and errors; both send with <see cref="ExchangeAsync"/>.
/// </remarks>
internal sealed class ApiServer : k8s.Kubernetes
{
    private readonly string _prefix;
    private readonly CredentialSource _source;
    private readonly ConnectionPools _pools;
    private volatile bool _isDisposed;

    public ApiServer(ClusterConfiguration cluster, KubernetesClientOptions options)
        : this(cluster, options, ConnectionParts.For(cluster, options))
    {
    }

    private ApiServer(ClusterConfiguration cluster, KubernetesClientOptions options, ConnectionParts parts)
        : base(OfficialConfiguration.For(cluster, options, parts))
    {
        // One attempt's deadline is the transport's; this one would cover all attempts together.
        HttpClientTimeout = Timeout.InfiniteTimeSpan;
        _prefix = cluster.Server.AbsolutePath.TrimEnd('/');
        _source = parts.Source;
        _pools = new ConnectionPools(HttpClient, parts.Handler, Another, parts.Connector, options.RequestTimeout, options.TimeProvider);
        Transport = new ApiTransport(cluster, options, parts, this);

        HttpClient Another()
        {
            var handler = new SocketsHttpHandler();
            HttpHandlerFactory.SetUp(handler, cluster, parts);
            return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        }
    }

    public ApiTransport Transport { get; }

    public bool IsDisposed => _isDisposed;

    /// <summary>Sends one message with these credentials, and hands over the answer as soon as it begins. Nothing is repeated or judged.</summary>
    public async Task<HttpResponseMessage> ExchangeAsync(HttpRequestMessage message, RequestCredential credential, CancellationToken ct)
    {
        // Not an error of the connection: a watch must not try again for ever.
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(IKubernetesClient));
        // The official client's own where it has any; it has none for those that change, nor for a user name without password.
        if (Credentials is null)
            message.Headers.Authorization = credential.Authorization;
        else
            await Credentials.ProcessHttpRequestAsync(message, ct);
        // The newest certificate even where another request has renewed meanwhile: the connections never go back to an older one.
        return await _pools.SendAsync(message, (_source.Latest ?? credential).ClientCertificate, ct);
    }

    /// <summary>Sends what a typed call asks for.</summary>
    protected override async Task<HttpResponseMessage> SendRequestRaw(string requestContent, HttpRequestMessage httpRequest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(httpRequest);
        using var content = httpRequest.Content;
        var request = new ApiRequest(httpRequest.Method, httpRequest.RequestUri!.PathAndQuery[_prefix.Length..], RepeatOf(httpRequest.Method, httpRequest.RequestUri.AbsolutePath))
        {
            Accept = httpRequest.Headers.Accept.Count > 0 ? httpRequest.Headers.Accept.ToString() : "application/json",
            // The bytes themselves: the text beside them is a second copy.
            Body = content is null ? null : await content.ReadAsByteArrayAsync(cancellationToken),
            ContentType = content?.Headers.ContentType?.MediaType,
        };
        httpRequest.Content = null;
        var answer = await Transport.SendAsync(request, cancellationToken);
        var whole = new ByteArrayContent(answer.Body);
        whole.Headers.TryAddWithoutValidation("Content-Type", answer.ContentType);
        return new HttpResponseMessage((HttpStatusCode)answer.StatusCode) { Content = whole, RequestMessage = httpRequest };
    }

    /// <summary>Reads what a typed call was answered.</summary>
    /// <remarks>The body is here already: the official client would read the rest of it from the network inside the parser, blocking a thread for each answer.</remarks>
    protected override async Task<HttpOperationResponse<T>> CreateResultAsync<T>(
        HttpRequestMessage httpRequest, HttpResponseMessage httpResponse, bool? watch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(httpRequest);
        ArgumentNullException.ThrowIfNull(httpResponse);
        if (watch == true)
            throw new NotSupportedException($"Watches of the official client lose events: use {nameof(IKubernetesClient.WatchAsync)}.");
        var body = await httpResponse.Content.ReadAsByteArrayAsync(cancellationToken);
        var name = $"{httpRequest.Method} {httpRequest.RequestUri!.AbsolutePath}";
        return new HttpOperationResponse<T> { Request = httpRequest, Response = httpResponse, Body = Models.Read<T>(body, name) };
    }

    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        if (disposing)
            _pools.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Reading changes nothing, and a review keeps nothing, whatever its verb.</summary>
    public static Repeat RepeatOf(HttpMethod method, string path) =>
        method == HttpMethod.Get || method == HttpMethod.Head || path.EndsWith("reviews", StringComparison.Ordinal)
            ? Repeat.Always
            : Repeat.UnlessDone;
}
