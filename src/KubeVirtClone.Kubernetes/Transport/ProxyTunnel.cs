using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Has a proxy connect to a server: by CONNECT over HTTP/1.1, or by SOCKS 5 (RFC 1928 and 1929). Names are the proxy's to look up.</summary>
/// <remarks>
/// Done here and not by the HTTP handler so that everything beyond the proxy is as without one: the handler takes the name for SNI and
/// verification from the <c>Host</c> header, and tells neither a proxy's refusal nor its words.
/// </remarks>
internal static class ProxyTunnel
{
    /// <summary>Where a proxy listens.</summary>
    public static DnsEndPoint EndPointOf(Uri proxy) => new(
        proxy.IdnHost.Trim('[', ']'),
        proxy.Port > 0 ? proxy.Port : 1080);

    /// <summary>The connection to the server, made over one to the proxy.</summary>
    /// <param name="stream">The connection to the proxy; closed when this fails.</param>
    /// <param name="proxy">Its URL, perhaps with user and password.</param>
    /// <param name="server">Where to.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="ProxyRefusalException">The proxy does not make it.</exception>
    public static async Task<Stream> OpenAsync(Stream stream, Uri proxy, DnsEndPoint server, CancellationToken ct)
    {
        try
        {
            if (proxy.Scheme.StartsWith("socks5", StringComparison.Ordinal))
            {
                await SocksAsync(stream, CredentialsOf(proxy), server, ct);
                return stream;
            }

            return await ConnectAsync(stream, proxy, server, ct);
        }
        catch (Exception e)
        {
            await stream.DisposeAsync();
            if (e is IOException or HttpRequestException)
                throw new ProxyRefusalException("it closed the connection without a word that could be understood", e);
            throw;
        }
    }

    private static async Task<Stream> ConnectAsync(Stream stream, Uri proxy, DnsEndPoint server, CancellationToken ct)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectCallback = (_, _) => new(stream),
        };
        var http = new HttpMessageInvoker(handler, disposeHandler: true);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Connect, new UriBuilder("http", "proxy", 80).Uri)
            {
                Version = HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.Host = ConnectionErrors.Name(server);
            request.Headers.TryAddWithoutValidation("User-Agent", ProductVersion.UserAgent);
            if (CredentialsOf(proxy) is { } credentials)
            {
                var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}"));
                request.Headers.ProxyAuthorization = new AuthenticationHeaderValue("Basic", pair);
            }

            // What follows a 200 is the server's; the handler hands that over as the body, in both directions.
            var answer = await http.SendAsync(request, ct);
            if (answer.StatusCode == HttpStatusCode.OK)
                return await answer.Content.ReadAsStreamAsync(ct);
            using (answer)
            {
                var words = $"{(int)answer.StatusCode} {answer.ReasonPhrase}".TrimEnd();
                throw new ProxyRefusalException(
                    answer.StatusCode == HttpStatusCode.ProxyAuthenticationRequired
                        ? $"it wants {(request.Headers.ProxyAuthorization is null ? "a" : "another")} user and password ({words})"
                        : $"it answers {words}");
            }
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    private static async Task SocksAsync(Stream stream, (string User, string Password)? credentials, DnsEndPoint server, CancellationToken ct)
    {
        const byte Version = 5;
        const byte ByPassword = 2;
        await stream.WriteAsync(credentials is null ? (byte[])[Version, 1, 0] : [Version, 2, 0, ByPassword], ct);
        var chosen = await TakeAsync(stream, 2, ct);
        if (chosen[0] != Version)
            throw new ProxyRefusalException("it does not speak SOCKS 5");
        if (chosen[1] == ByPassword && credentials is { } given)
        {
            byte[] user = Encoding.UTF8.GetBytes(given.User), password = Encoding.UTF8.GetBytes(given.Password);
            if (user.Length > byte.MaxValue || password.Length > byte.MaxValue)
                throw new ProxyRefusalException("its user or password is longer than SOCKS 5 allows");
            await stream.WriteAsync((byte[])[1, (byte)user.Length, .. user, (byte)password.Length, .. password], ct);
            if ((await TakeAsync(stream, 2, ct))[1] != 0)
                throw new ProxyRefusalException("it wants another user and password");
        }
        else if (chosen[1] != 0)
        {
            throw new ProxyRefusalException(credentials is null ? "it wants a user and password" : "it takes neither no password nor one");
        }

        await stream.WriteAsync((byte[])[Version, 1, 0, .. AddressOf(server.Host), (byte)(server.Port >> 8), (byte)server.Port], ct);
        var answer = await TakeAsync(stream, 4, ct);
        if (answer[1] != 0)
            throw new ProxyRefusalException($"it answers: {ReplyOf(answer[1])}");
        var length = answer[3] switch
        {
            1 => 4,
            4 => 16,
            _ => (await TakeAsync(stream, 1, ct))[0],
        };
        await TakeAsync(stream, length + 2, ct);
    }

    private static byte[] AddressOf(string host)
    {
        if (IPAddress.TryParse(host, out var address))
            return [(byte)(address.AddressFamily == AddressFamily.InterNetwork ? 1 : 4), .. address.GetAddressBytes()];
        var name = Encoding.ASCII.GetBytes(host);
        return name.Length <= byte.MaxValue ? [3, (byte)name.Length, .. name] : throw new ProxyRefusalException("the server's name is longer than SOCKS 5 allows");
    }

    private static string ReplyOf(byte code) => code switch
    {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => $"reply {code}",
    };

    private static async Task<byte[]> TakeAsync(Stream stream, int count, CancellationToken ct)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, ct);
        return bytes;
    }

    private static (string User, string Password)? CredentialsOf(Uri proxy) => proxy.UserInfo.Split(':', 2) switch
    {
        [{ Length: > 0 } user, var password] => (Uri.UnescapeDataString(user), Uri.UnescapeDataString(password)),
        [{ Length: > 0 } user] => (Uri.UnescapeDataString(user), ""),
        ["", var password] => ("", Uri.UnescapeDataString(password)),
        _ => null,
    };
}

/// <summary>A proxy does not make the connection asked for.</summary>
internal sealed class ProxyRefusalException(string message, Exception? innerException = null) : Exception(message, innerException);
