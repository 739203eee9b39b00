using System.Net.Http.Headers;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>A bearer token in a file that somebody else keeps fresh, such as a pod's service account token.</summary>
internal sealed class TokenFileSource(ClusterCredentials credentials, TimeProvider clock) : CredentialSource
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);
    private readonly string _path = credentials.TokenFile!;
    private readonly object _gate = new();
    private RequestCredential? _current;
    private DateTimeOffset _readAt;

    public override RequestCredential? Latest
    {
        get
        {
            lock (_gate)
                return _current;
        }
    }

    public override ValueTask<RequestCredential> GetAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            if (_current is null || clock.GetUtcNow() - _readAt >= ReadAgainAfter)
                Read();
            return new(_current!);
        }
    }

    public override ValueTask<bool> RenewAsync(RequestCredential refused, CancellationToken ct)
    {
        lock (_gate)
        {
            // Of two requests refused with the same token, the second finds it replaced already.
            if (Differs(refused))
                return new(true);
            Read();
            return new(Differs(refused));
        }
    }

    private bool Differs(RequestCredential refused) => _current?.Authorization?.Parameter != refused.Authorization?.Parameter;

    private RequestCredential Bearer(string token) =>
        new(new AuthenticationHeaderValue("Bearer", token), credentials.ClientCertificate, credentials.ClientCertificateChain);

    private void Read()
    {
        try
        {
            var token = File.ReadAllText(_path).Trim();
            if (token.Length == 0)
                throw new KubeConfigException(KubeConfigProblem.CredentialUnreadable, $"The token file '{_path}' is empty.", _path);
            _current = Bearer(token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or KubeConfigException)
        {
            // While the file is being replaced, what was read last still serves.
            if (_current is null)
            {
                _current = credentials.Token is not null
                    ? Bearer(credentials.Token)
                    : throw e as KubeConfigException
                        ?? new KubeConfigException(KubeConfigProblem.CredentialUnreadable, $"The token file '{_path}' cannot be read.", _path);
            }
        }

        _readAt = clock.GetUtcNow();
    }
}
