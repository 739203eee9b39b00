using System.Diagnostics;
using System.Net;
using KubeVirtClone.Kubernetes.Authentication;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Sends requests to one API server: renewed credentials, deadlines, repeats, errors, warnings, traces. The connection is <see cref="ApiServer"/>'s.</summary>
internal sealed class ApiTransport
{
    private const int LongestRefusal = 1 << 20;
    private const int MostRedirects = 10;
    private readonly ClusterConfiguration _cluster;
    private readonly KubernetesClientOptions _options;
    private readonly CredentialSource _credentials;
    private readonly ServerConnector _connector;
    private readonly ImpersonationHeaders _impersonation;
    private readonly ApiServer _server;
    private readonly WarningSink _warnings;
    private readonly string _root;
    private volatile bool _hasAnswered;

    public ApiTransport(ClusterConfiguration cluster, KubernetesClientOptions options, ConnectionParts parts, ApiServer server)
    {
        _cluster = cluster;
        _options = options;
        _server = server;
        _credentials = parts.Source;
        _impersonation = parts.Impersonation;
        _connector = parts.Connector;
        _warnings = new WarningSink(options.Warning);
        _root = cluster.Server.GetLeftPart(UriPartial.Path).TrimEnd('/');
        Errors = new ConnectionErrors(cluster, parts.Source);
    }

    public ConnectionErrors Errors { get; }

    public KubernetesClientOptions Options => _options;

    /// <summary>Sends a request and reads the whole answer.</summary>
    public Task<WholeAnswer> SendAsync(ApiRequest request, CancellationToken ct) =>
        WithRepeatsAsync(request, async (credential, attempt, token) =>
        {
            using var deadline = new CancellationTokenSource(_options.RequestTimeout, _options.TimeProvider);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(token, deadline.Token);
            try
            {
                using var answer = await ExchangeAsync(request, credential, attempt, linked.Token);
                using var body = await OpenBodyAsync(answer, linked.Token);
                var bytes = await body.ReadAllAsync(_options.RequestTimeout, int.MaxValue);
                return new WholeAnswer((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, bytes, AuditId(answer));
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                throw Errors.TimedOut($"no whole answer within {_options.RequestTimeout.TotalSeconds:0.#} s");
            }
        }, ct);

    /// <summary>Sends a request and hands over the answer as soon as it begins.</summary>
    public Task<OpenAnswer> OpenAsync(ApiRequest request, CancellationToken ct) =>
        WithRepeatsAsync(request, async (credential, attempt, token) =>
        {
            // Ends with the answer's headers; the body has a deadline of its own.
            using var deadline = new CancellationTokenSource(_options.RequestTimeout, _options.TimeProvider);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(token, deadline.Token);
            HttpResponseMessage? answer = null;
            try
            {
                answer = await ExchangeAsync(request, credential, attempt, linked.Token);
                return new OpenAnswer(answer, await OpenBodyAsync(answer, token));
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                answer?.Dispose();
                throw Errors.TimedOut($"no answer began within {_options.RequestTimeout.TotalSeconds:0.#} s");
            }
        }, ct);

    private async Task<T> WithRepeatsAsync<T>(ApiRequest request, Func<RequestCredential, int, CancellationToken, Task<T>> attempt, CancellationToken ct)
    {
        var backoff = new Backoff(_options.Retry.BaseDelay, _options.Retry.MaxDelay);
        var hasLostAnswer = false;
        for (var number = 1; ; number++)
        {
            ct.ThrowIfCancellationRequested();
            TimeSpan wait;
            try
            {
                return await WithCredentialAsync(attempt, number, ct);
            }
            catch (KubernetesException e)
            {
                if (e is ApiStatusException status)
                    status.IsAfterLostAnswer = hasLostAnswer;
                hasLostAnswer |= e is ApiServerUnreachableException { WasNeverSent: false } or ApiStatusException { StatusCode: 502 or 504 };
                if (number >= _options.Retry.MaxAttempts || WaitBeforeRepeat(request, e, number, backoff) is not { } delay)
                    throw Settle(request, e);
                wait = delay;
                _options.Information?.Invoke($"{request.Method} {request.Path}: {e.Message.TrimEnd('.')}. Trying again in {wait.TotalSeconds:0.#} s.");
            }

            await Task.Delay(wait, _options.TimeProvider, ct);
        }
    }

    /// <summary>
    /// Gets credentials, which may take as long as a person takes to log in, and only then lets the deadlines of the attempt begin. Credentials
    /// that are refused are renewed, once.
    /// </summary>
    private async Task<T> WithCredentialAsync<T>(Func<RequestCredential, int, CancellationToken, Task<T>> attempt, int number, CancellationToken ct)
    {
        var credential = await _credentials.GetAsync(ct);
        try
        {
            return await attempt(credential, number, ct);
        }
        catch (ApiStatusException e) when (e.StatusCode == 401)
        {
            if (!await _credentials.RenewAsync(credential, ct))
                throw;
        }

        return await attempt(await _credentials.GetAsync(ct), number, ct);
    }

    /// <summary>How long to wait before the request is sent again; null when it must not be.</summary>
    private TimeSpan? WaitBeforeRepeat(ApiRequest request, KubernetesException error, int attempt, Backoff backoff)
    {
        if (request.Repeat == Repeat.Never)
            return null;
        switch (error)
        {
            case ApiStatusException status:
                var isWanted = status.IsTooManyRequests
                    || (status.StatusCode == 503 && status.RetryAfter is not null)
                    || (request.Repeat == Repeat.Always && status.StatusCode is 500 or 502 or 503 or 504 && !status.IsResourceVersionTooLarge);
                if (!isWanted || status.RetryAfter > _options.Retry.MaxRetryAfter)
                    return null;
                var own = backoff.Next();
                return status.RetryAfter > own ? status.RetryAfter : own;
            case ApiServerUnreachableException { WasNeverSent: true }:
                // A server that never answered is most likely a wrong address: say so at once. One that did is restarting.
                return _hasAnswered ? backoff.Next() : null;
            case ApiServerUnreachableException { Reason: UnreachableReason.TimedOut } when attempt > 1:
                // Each of these has cost the whole deadline.
                return null;
            case ApiServerUnreachableException:
                return request.Repeat == Repeat.Always ? backoff.Next() : null;
            default:
                return null;
        }
    }

    /// <summary>The exception for a failed request: for a write that may have been done, one that says so.</summary>
    private static KubernetesException Settle(ApiRequest request, KubernetesException error)
    {
        if (request.Repeat != Repeat.UnlessDone)
            return error;
        var isLost = error switch
        {
            ApiServerUnreachableException unreachable => !unreachable.WasNeverSent,
            // What a gateway says when it lost the server, and a server when it lost its store.
            ApiStatusException status => status.StatusCode is 502 or 504,
            _ => false,
        };
        return isLost ? new AnswerLostException(request.Method.Method, request.Path, error) : error;
    }

    private async Task<HttpResponseMessage> ExchangeAsync(ApiRequest request, RequestCredential credential, int attempt, CancellationToken ct)
    {
        var answer = await ExchangeOnceAsync(request, credential, attempt, ct);
        for (var redirects = 0; redirects < MostRedirects && RedirectWithin(request, answer) is { } moved; redirects++)
        {
            answer.Dispose();
            answer = await ExchangeOnceAsync(moved, credential, attempt, ct);
        }

        if (answer.StatusCode != HttpStatusCode.Unauthorized)
            credential.WasAccepted = true;

        if (answer.Headers.NonValidated.TryGetValues("Warning", out var warnings))
        {
            foreach (var header in warnings)
                _warnings.Take(header);
        }

        if ((int)answer.StatusCode is >= 200 and < 300)
            return answer;
        using (answer)
            throw await RefusalAsync(request, answer, ct);
    }

    private async Task<HttpResponseMessage> ExchangeOnceAsync(ApiRequest request, RequestCredential credential, int attempt, CancellationToken ct)
    {
        using var message = new HttpRequestMessage(request.Method, request.MovedTo ?? new Uri(_root + request.PathAndQuery))
        {
            Version = _connector.HttpVersion,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        _impersonation.AddTo(message.Headers);
        SendOnceContent? content = null;
        if (request.Body is not null || request.Method != HttpMethod.Get)
        {
            content = new SendOnceContent(request.Body ?? [], request.ContentType, () => request.Repeat == Repeat.Always || _connector.IsHttp2);
            message.Content = content;
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            var answer = await _server.ExchangeAsync(message, credential, ct);
            _hasAnswered = true;
            Trace(request, (int)answer.StatusCode, started, AuditId(answer), attempt, failure: null);
            return answer;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Not an error of the connection: a watch must not try again for ever.
            ObjectDisposedException.ThrowIf(_server.IsDisposed, typeof(IKubernetesClient));
            var error = Errors.Translate(e);
            if (!_hasAnswered && error is ApiServerUnreachableException { WasNeverSent: false })
                error = _connector.ClientCertificateRefusal(e) ?? error;
            if (error is ApiServerUnreachableException { WasNeverSent: false } lost && content is { WasSent: false })
                error = new ApiServerUnreachableException(lost.Server, lost.Reason, lost.Message, lost.InnerException) { WasNeverSent = true };
            Trace(request, statusCode: null, started, auditId: null, attempt, error.Message);
            throw error;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new OperationCanceledException("The request was cancelled.", e, ct);
        }
    }

    /// <summary>The request as a redirect within the server has it; null for everything else, which is not followed.</summary>
    private ApiRequest? RedirectWithin(ApiRequest request, HttpResponseMessage answer)
    {
        // The other codes let a client turn a write into a GET.
        var isFollowed = (int)answer.StatusCode is 307 or 308 || ((int)answer.StatusCode is 301 or 302 or 303 && request.Method == HttpMethod.Get);
        if (!isFollowed || answer.Headers.Location is not { } location)
            return null;
        var target = new Uri(answer.RequestMessage?.RequestUri ?? _cluster.Server, location);
        return Uri.Compare(target, _cluster.Server, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0
            ? request with { MovedTo = target }
            : null;
    }

    private async Task<ApiStatusException> RefusalAsync(ApiRequest request, HttpResponseMessage answer, CancellationToken ct)
    {
        var code = (int)answer.StatusCode;
        var name = $"{request.Method} {request.Path}";
        if (code is >= 300 and < 400)
        {
            // Following would hand the credentials to whoever the answer names.
            var target = answer.Headers.Location is { } location ? new Uri(_cluster.Server, location).GetLeftPart(UriPartial.Authority) : "somewhere else";
            return new ApiStatusException(code, "Redirect", $"{name}: the server redirects to {target}; is that the server the kubeconfig should name?");
        }

        byte[] bytes;
        try
        {
            using var body = await OpenBodyAsync(answer, ct);
            bytes = await body.ReadAllAsync(_options.RequestTimeout, LongestRefusal);
        }
        catch (ApiServerUnreachableException)
        {
            // The status line alone says enough.
            bytes = [];
        }

        return StatusReader.Read(code, bytes, StatusReader.RetryAfterOf(answer.Headers, _options.TimeProvider), AuditId(answer), name);
    }

    private async Task<AnswerBody> OpenBodyAsync(HttpResponseMessage answer, CancellationToken ct) =>
        new(await answer.Content.ReadAsStreamAsync(ct), Errors, _options.TimeProvider, ct);

    private void Trace(ApiRequest request, int? statusCode, long started, string? auditId, int attempt, string? failure) =>
        _options.Trace?.Invoke(
            new RequestTrace(request.Method.Method, request.PathAndQuery, statusCode, Stopwatch.GetElapsedTime(started), auditId, attempt, failure));

    private static string? AuditId(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues("Audit-Id", out var values) ? values.ToString() : null;
}
