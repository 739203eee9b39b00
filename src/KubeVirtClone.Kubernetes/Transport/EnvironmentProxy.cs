using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Which proxy the environment wants for a server, read as Go reads it (golang.org/x/net/http/httpproxy), so as kubectl does.</summary>
/// <remarks>
/// .NET's own reading differs where it hurts: it prefers the small names, knows ALL_PROXY and takes NO_PROXY for suffixes without ranges of
/// addresses; a server that kubectl reaches directly would be looked for behind a proxy, or the other way round.
/// </remarks>
internal static class EnvironmentProxy
{
    /// <summary>The proxy; null for none.</summary>
    /// <param name="server">The API server.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <exception cref="KubeConfigException">It is of a kind that is not supported.</exception>
    public static Uri? For(Uri server, Func<string, string?> environment)
    {
        var isHttps = server.Scheme == Uri.UriSchemeHttps;
        var (name, text) = isHttps ? First(environment, "HTTPS_PROXY", "https_proxy") : First(environment, "HTTP_PROXY", "http_proxy");
        if (text is null || Parse(text) is not { } proxy || !IsWanted(server, First(environment, "NO_PROXY", "no_proxy").Text))
            return null;
        // A web server puts a request's "Proxy" header into HTTP_PROXY of what it runs: anybody could set it.
        if (!isHttps && !string.IsNullOrEmpty(environment("REQUEST_METHOD")))
            throw new KubeConfigException(KubeConfigProblem.ProxyInvalid, $"{name} is not used where REQUEST_METHOD is set: a web server's caller may have set it.");
        return proxy.Scheme is "http" or "https" or "socks5" or "socks5h"
            ? proxy
            : throw new KubeConfigException(
                KubeConfigProblem.ProxyInvalid, $"{name} names a proxy of kind '{proxy.Scheme}', which is not supported (http, https, socks5 and socks5h are).");
    }

    /// <summary>Whether a proxy is to be used for the server at all.</summary>
    /// <param name="server">The API server.</param>
    /// <param name="exceptions">What NO_PROXY says: names with what is below them, addresses, ranges, each perhaps with a port; or <c>*</c>.</param>
    internal static bool IsWanted(Uri server, string? exceptions)
    {
        var host = server.IdnHost.Trim('[', ']').ToLowerInvariant();
        var address = IPAddress.TryParse(host, out var parsed) ? Plain(parsed) : null;
        if (host == "localhost" || (address is not null && IPAddress.IsLoopback(address)))
            return false;
        return !(exceptions ?? "").Split(',').Select(each => each.Trim().ToLowerInvariant()).Any(each => Excepts(each, host, address, server.Port));
    }

    private static bool Excepts(string exception, string host, IPAddress? address, int port)
    {
        if (exception.Length == 0)
            return false;
        if (exception == "*")
            return true;
        if (Range(exception) is { } range)
            return address is not null && address.AddressFamily == range.BaseAddress.AddressFamily && range.Contains(address);
        var (name, wantedPort) = SplitPort(exception);
        if (name.Length == 0 || (wantedPort is not null && wantedPort != port.ToString(CultureInfo.InvariantCulture)))
            return false;
        if (Address(name) is { } one)
            return address is not null && Plain(one).Equals(address);
        if (address is not null)
            return false;
        if (name.StartsWith("*.", StringComparison.Ordinal))
            name = name[1..];
        if (name[0] == '.')
            return host.EndsWith(Ascii(name), StringComparison.Ordinal);
        name = Ascii(name);
        return host == name || host.EndsWith("." + name, StringComparison.Ordinal);
    }

    /// <summary>A range such as 10.0.0.0/8; null for anything else. Bits beyond the length do not matter.</summary>
    private static IPNetwork? Range(string text)
    {
        if (text.Split('/') is not [var start, var length]
            || Address(WithoutLeadingZeros(start)) is not { } address
            || !int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bits))
            return null;
        if (address.IsIPv4MappedToIPv6 && bits >= 96)
            (address, bits) = (address.MapToIPv4(), bits - 96);
        var bytes = address.GetAddressBytes();
        if (bits > bytes.Length * 8)
            return null;
        for (var bit = bits; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), bits);
    }

    /// <summary>An address; null for what .NET, but not Go, takes for one: fewer than four parts, octal and hexadecimal ones, brackets without a port.</summary>
    private static IPAddress? Address(string text) =>
        !text.StartsWith('[') && IPAddress.TryParse(text, out var address) && (text.Contains(':') || (text.Count(c => c == '.') == 3 && WithoutLeadingZeros(text) == text && !text.Contains('x')))
            ? address
            : null;

    private static string WithoutLeadingZeros(string address) => address.Contains(':')
        ? address
        : string.Join('.', address.Split('.').Select(part => part.TrimStart('0') is { Length: > 0 } rest ? rest : part.Length > 0 ? "0" : ""));

    private static (string Name, string? Port) SplitPort(string text)
    {
        if (text.StartsWith('[') && text.IndexOf("]:", StringComparison.Ordinal) is var end and > 0)
            return (text[1..end], NullIfEmpty(text[(end + 2)..]));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || text.IndexOf(':', colon + 1) >= 0 ? (text, null) : (text[..colon], NullIfEmpty(text[(colon + 1)..]));
    }

    private static Uri? Parse(string text)
    {
        // As in Go, what is no URL is no proxy.
        if (text.Length == 0 || char.IsWhiteSpace(text[0]))
            return null;
        if (!text.Contains("://", StringComparison.Ordinal))
            text = "http://" + text;
        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Host.Length > 0 ? proxy : null;
    }

    private static (string Name, string? Text) First(Func<string, string?> environment, params string[] names)
    {
        foreach (var name in names)
        {
            if (environment(name) is { Length: > 0 } text)
                return (name, text);
        }

        return (names[0], null);
    }

    private static string Ascii(string name)
    {
        try
        {
            var dot = name[0] == '.' ? "." : "";
            return dot + new IdnMapping().GetAscii(name[dot.Length..]);
        }
        catch (ArgumentException)
        {
            return name;
        }
    }

    private static IPAddress Plain(IPAddress address) =>
        address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
