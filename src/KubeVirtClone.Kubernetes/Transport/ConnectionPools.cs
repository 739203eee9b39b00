using System.Security.Cryptography.X509Certificates;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>
/// Connections made with one client certificate, and after it is replaced those made with the next: a server knows who somebody is by the
/// connection, so those of the old certificate are given up.
/// </summary>
internal sealed class ConnectionPools : IDisposable
{
    private readonly object _gate = new();
    private readonly Func<HttpClient> _create;
    private readonly ServerConnector _connector;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _clock;
    private Pool _current;
    private bool _isDisposed;

    /// <param name="first">The official client's own connections.</param>
    /// <param name="firstHandler">What makes them, which the official client keeps from its own <see cref="HttpClient"/>'s end.</param>
    /// <param name="create">Makes others like them.</param>
    /// <param name="connector">Makes and ends the connections themselves.</param>
    /// <param name="patience">How long what is being answered over old connections may go on.</param>
    /// <param name="clock">Measures it.</param>
    public ConnectionPools(HttpClient first, IDisposable? firstHandler, Func<HttpClient> create, ServerConnector connector, TimeSpan patience, TimeProvider clock)
    {
        _current = new Pool(first, firstHandler);
        _create = () =>
        {
            var next = create();
            foreach (var header in first.DefaultRequestHeaders)
                next.DefaultRequestHeaders.TryAddWithoutValidation(header.Key, header.Value);
            return next;
        };
        _connector = connector;
        _patience = patience;
        _clock = clock;
    }

    /// <summary>Sends a request over a connection of that certificate; the answer is handed over as soon as it begins.</summary>
    /// <param name="message">The request.</param>
    /// <param name="certificate">The certificate of its credentials; null for none.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, X509Certificate2? certificate, CancellationToken ct)
    {
        var pool = Enter(certificate);
        try
        {
            return await pool.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        finally
        {
            Leave(pool);
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        _current.Dispose();
    }

    private Pool Enter(X509Certificate2? certificate)
    {
        Pool? old = null;
        Pool pool;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IKubernetesClient));
            if (!_current.IsUsed)
            {
                _current.Certificate = certificate;
            }
            else if (!ReferenceEquals(_current.Certificate, certificate))
            {
                old = _current;
                old.IsRetired = true;
                _current = new Pool(_create(), handler: null) { Certificate = certificate };
            }

            pool = _current;
            pool.IsUsed = true;
            pool.Users++;
            if (old is { Users: > 0 })
                old = null;
        }

        if (old is not null)
            _ = EndAsync(old);
        return pool;
    }

    private void Leave(Pool pool)
    {
        bool isLast;
        lock (_gate)
            isLast = --pool.Users == 0 && pool.IsRetired;
        if (isLast)
            _ = EndAsync(pool);
    }

    private async Task EndAsync(Pool pool)
    {
        // Idle connections close at once, others as soon as they are idle; a watch would not be for long.
        pool.Dispose();
        if (pool.Certificate is not { } certificate)
            return;
        await Task.Delay(_patience, _clock);
        _connector.Cut(certificate);
    }

    private sealed class Pool(HttpClient http, IDisposable? handler) : IDisposable
    {
        public HttpClient Http => http;

        public X509Certificate2? Certificate { get; set; }

        public bool IsUsed { get; set; }

        public int Users { get; set; }

        public bool IsRetired { get; set; }

        public void Dispose()
        {
            http.Dispose();
            handler?.Dispose();
        }
    }
}
