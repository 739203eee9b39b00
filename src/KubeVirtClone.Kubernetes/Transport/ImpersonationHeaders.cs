using System.Net.Http.Headers;
using System.Text;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Asks the server to treat requests as another user's.</summary>
/// <remarks>
/// The API server wants one header line per group, and takes <c>a, b</c> for one group of that name; .NET always joins the values of a header
/// into one line. So several values are joined here by a random marker, which <see cref="LineBreakStream"/> turns into line breaks. That
/// works where headers are plain bytes: such clients speak HTTP/1.1.
/// </remarks>
internal sealed class ImpersonationHeaders
{
    private readonly List<(string Name, string Value)> _headers = [];
    private readonly List<LineBreak> _breaks = [];

    public ImpersonationHeaders(Impersonation? impersonation)
    {
        if (impersonation is null)
            return;
        Add("Impersonate-User", [impersonation.User]);
        Add("Impersonate-Group", impersonation.Groups);
        if (impersonation.Uid is not null)
            Add("Impersonate-Uid", [impersonation.Uid]);
        foreach (var (key, values) in impersonation.Extra ?? new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal))
            Add("Impersonate-Extra-" + EscapeName(key), values);
    }

    /// <summary>What to turn into line breaks on the way out; empty when no header has several values.</summary>
    public IReadOnlyList<LineBreak> LineBreaks => _breaks;

    public void AddTo(HttpRequestHeaders headers)
    {
        foreach (var (name, value) in _headers)
        {
            // A header dropped without a word would make the request run with the caller's own, larger rights.
            if (!headers.TryAddWithoutValidation(name, value))
                throw CannotBeSent(name);
        }
    }

    private static KubeConfigException CannotBeSent(string name) =>
        new(KubeConfigProblem.Invalid, $"The value for {name} holds characters that cannot be sent.");

    private void Add(string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return;
        if (values.Any(value => value.Any(char.IsControl)))
            throw CannotBeSent(name);
        var marker = $"--{Guid.NewGuid():N}--";
        if (values.Count > 1)
            _breaks.Add(new LineBreak(Encoding.UTF8.GetBytes(marker), Encoding.UTF8.GetBytes($"\r\n{name}: ")));
        _headers.Add((name, string.Join(marker, values)));
    }

    /// <summary>Escapes what may not stand in a header name, as the API server unescapes it.</summary>
    private static string EscapeName(string key)
    {
        var name = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(key))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "!#$&'*+-.^_`|~".Contains((char)b))
                name.Append((char)b);
            else
                name.Append('%').Append(b.ToString("X2"));
        }

        return name.ToString();
    }
}

/// <summary>A marker in a request head, and what to send in its place.</summary>
internal sealed record LineBreak(byte[] Marker, byte[] Replacement);
