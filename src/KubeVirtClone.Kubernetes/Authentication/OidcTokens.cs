using System.Globalization;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>The tokens of one log-in: refreshed when the id-token has expired, once for all who wait.</summary>
internal sealed class OidcTokens(OidcLogin login, TimeProvider clock)
{
    /// <summary>How much earlier a token counts as expired: clocks differ.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private string? _idToken = login.IdToken;
    private string? _refreshToken = login.RefreshToken;
    private Task<string>? _refreshing;

    /// <summary>An id-token that is good now.</summary>
    /// <param name="warning">Gets told when new tokens could not be kept.</param>
    /// <param name="ct">Cancels the wait; a refresh goes on, because its answer may be the only one the issuer gives.</param>
    /// <exception cref="CredentialException">There is none to be had.</exception>
    public async ValueTask<string> GetAsync(Action<string>? warning, CancellationToken ct)
    {
        Task<string> refreshing;
        lock (_gate)
        {
            if (_refreshing is null)
            {
                if (_idToken is { } token && clock.GetUtcNow() + Margin < Expiry(token))
                    return token;
                if (_refreshToken is not { } refresh)
                    throw Failed("its id-token has expired, and there is no refresh-token to get a new one with");
                _refreshing = Task.Run(() => RefreshAsync(refresh, warning), CancellationToken.None);
            }

            refreshing = _refreshing;
        }

        return await refreshing.WaitAsync(ct);
    }

    private async Task<string> RefreshAsync(string refreshToken, Action<string>? warning)
    {
        try
        {
            OidcAnswer answer;
            try
            {
                answer = await OidcIssuer.RefreshAsync(login, refreshToken);
            }
            catch (OidcRefusalException e)
            {
                throw Failed(e.Message);
            }

            Dictionary<string, string> kept = new(StringComparer.Ordinal) { ["id-token"] = answer.IdToken };
            if (answer.RefreshToken is { } next && next != refreshToken)
                kept["refresh-token"] = next;
            lock (_gate)
            {
                _idToken = answer.IdToken;
                _refreshToken = answer.RefreshToken ?? refreshToken;
            }

            Keep(kept, warning);
            return answer.IdToken;
        }
        finally
        {
            lock (_gate)
                _refreshing = null;
        }
    }

    private void Keep(Dictionary<string, string> values, Action<string>? warning)
    {
        if (login.File is not { } file || login.UserName is not { } user)
            return;
        try
        {
            AuthProviderWriter.Write(file, user, values);
        }
        catch (IOException e)
        {
            // It works for this process; the next one has to know why it may not for it.
            warning?.Invoke($"The new tokens of user '{user}' could not be written to '{file}': {e.Message.TrimEnd('.')}. Log in again where the old ones are refused.");
        }
    }

    private DateTimeOffset Expiry(string token)
    {
        try
        {
            if (token.Split('.') is not [_, var payload, _])
                throw Failed("its id-token is not a JSON Web Token");
            var text = payload.Replace('-', '+').Replace('_', '/');
            using var claims = JsonDocument.Parse(Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '=')));
            var seconds = claims.RootElement.TryGetProperty("exp", out var exp) ? exp.GetDouble() : 0;
            return DateTimeOffset.UnixEpoch.AddSeconds(Math.Clamp(Math.Floor(seconds), 0, 1e11));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            throw Failed("its id-token is not a JSON Web Token");
        }
    }

    private CredentialException Failed(string why) => new(
        CredentialProblem.LoginFailed,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(login.UserName is null ? "The user" : $"User '{login.UserName}'")} of auth-provider oidc at {login.Issuer.GetLeftPart(UriPartial.Path)} cannot log in: {why}."));
}
