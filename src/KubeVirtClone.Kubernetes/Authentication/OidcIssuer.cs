using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>What an issuer gives for a refresh token.</summary>
/// <param name="IdToken">The new id-token.</param>
/// <param name="RefreshToken">The refresh token to use from now on; null for the same as before.</param>
internal sealed record OidcAnswer(string IdToken, string? RefreshToken);

/// <summary>The issuer gave no tokens. Its message holds none.</summary>
internal sealed class OidcRefusalException(string message) : Exception(message);

/// <summary>Talks to an OpenID Connect issuer: discovery (OpenID Connect Discovery 1.0 §4), then a refresh (RFC 6749 §6).</summary>
internal static class OidcIssuer
{
    private const int LongestAnswer = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="OidcRefusalException">The issuer cannot be reached, or gives no new token.</exception>
    public static async Task<OidcAnswer> RefreshAsync(OidcLogin login, string refreshToken)
    {
        var endpoint = await DiscoverAsync(login);
        // The standard's way to say who the client is first, then the other one that is in use.
        var (status, body) = await AskAsync(login, endpoint, () => Refresh(login, endpoint, refreshToken, isSecretInHeader: true));
        if (status is >= 400 and < 500)
            (status, body) = await AskAsync(login, endpoint, () => Refresh(login, endpoint, refreshToken, isSecretInHeader: false));
        if (status is < 200 or >= 300)
            throw new OidcRefusalException($"{endpoint.Authority} refuses the refresh-token ({status}{Code(body)})");
        return new OidcAnswer(
            Text(body, "id_token") ?? throw new OidcRefusalException(
                $"{endpoint.Authority} answered without id_token: the scope openid was not asked for at log-in, or it gives none on refresh"),
            Text(body, "refresh_token"));
    }

    private static async Task<Uri> DiscoverAsync(OidcLogin login)
    {
        var address = new Uri(login.Issuer.OriginalString.TrimEnd('/') + "/.well-known/openid-configuration");
        var (status, body) = await AskAsync(login, address, () => new HttpRequestMessage(HttpMethod.Get, address));
        if (status != (int)HttpStatusCode.OK)
            throw new OidcRefusalException($"its discovery document is not there ({status})");
        if (Text(body, "token_endpoint") is not { } text
            || !Uri.TryCreate(text, UriKind.Absolute, out var endpoint)
            || endpoint.Scheme is not ("http" or "https"))
            throw new OidcRefusalException("its discovery document names no token_endpoint");
        // Stricter than kubectl: a secret is not sent in the clear because a document says so.
        return login.Issuer.Scheme == Uri.UriSchemeHttps && endpoint.Scheme != Uri.UriSchemeHttps
            ? throw new OidcRefusalException("its token_endpoint is not https")
            : endpoint;
    }

    private static HttpRequestMessage Refresh(OidcLogin login, Uri endpoint, string refreshToken, bool isSecretInHeader)
    {
        Dictionary<string, string> form = new(StringComparer.Ordinal) { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken };
        var message = new HttpRequestMessage(HttpMethod.Post, endpoint);
        if (isSecretInHeader)
        {
            var pair = $"{WebUtility.UrlEncode(login.ClientId)}:{WebUtility.UrlEncode(login.ClientSecret)}";
            message.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
        else
        {
            form["client_id"] = login.ClientId;
            if (login.ClientSecret is { } secret)
                form["client_secret"] = secret;
        }

        message.Content = new FormUrlEncodedContent(form);
        return message;
    }

    private static async Task<(int Status, JsonElement? Body)> AskAsync(OidcLogin login, Uri address, Func<HttpRequestMessage> request)
    {
        var proxy = ProxyFor(address, Environment.GetEnvironmentVariable);
        var check = new ServerCertificateCheck(new ServerTrust { CertificateAuthorities = login.CertificateAuthorities }, address.IdnHost.Trim('[', ']'));
        using var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = proxy is not null,
            Proxy = proxy,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = check.ChainPolicy(),
                RemoteCertificateValidationCallback = check.Check,
            },
        })
        {
            Timeout = Patience,
            MaxResponseContentBufferSize = LongestAnswer,
        };
        using var message = request();
        message.Headers.Accept.ParseAdd("application/json");
        try
        {
            using var answer = await client.SendAsync(message);
            return ((int)answer.StatusCode, Parse(await answer.Content.ReadAsByteArrayAsync()));
        }
        catch (OperationCanceledException)
        {
            throw new OidcRefusalException($"{address.Authority} does not answer");
        }
        catch (HttpRequestException e)
        {
            throw new OidcRefusalException(
                check.Refusal is { } refusal ? $"{address.Authority} is not trusted: {refusal.Message}" : $"{address.Authority} cannot be reached: {e.Message.TrimEnd('.')}");
        }
    }

    /// <summary>The environment's proxy for an issuer, by the rules that hold for API servers (a kubeconfig's <c>proxy-url</c> is for its cluster only).</summary>
    internal static WebProxy? ProxyFor(Uri address, Func<string, string?> environment)
    {
        Uri? proxy;
        try
        {
            proxy = EnvironmentProxy.For(address, environment);
        }
        catch (KubeConfigException e)
        {
            throw new OidcRefusalException(e.Message.TrimEnd('.'));
        }

        if (proxy is null)
            return null;
        // .NET lets a socks5 proxy look names up, which is what Go calls socks5h and does for both.
        var plain = new UriBuilder(proxy) { UserName = "", Password = "", Scheme = proxy.Scheme == "socks5h" ? "socks5" : proxy.Scheme, Port = ProxyTunnel.EndPointOf(proxy).Port };
        var user = proxy.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        return new WebProxy(plain.Uri) { Credentials = proxy.UserInfo.Length == 0 ? null : new NetworkCredential(user[0], user.Length > 1 ? user[1] : "") };
    }

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement? body, string field) =>
        body is { ValueKind: JsonValueKind.Object } item && item.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: > 0 } text
            ? text
            : null;

    /// <summary>The kind of refusal, where it is one of the standard's plain words.</summary>
    private static string Code(JsonElement? body) =>
        Text(body, "error") is { Length: < 60 } code && code.All(c => char.IsAsciiLetterLower(c) || c == '_') ? $", {code}" : "";
}
