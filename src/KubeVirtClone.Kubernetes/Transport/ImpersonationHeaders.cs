using System.Net.Http.Headers;
using System.Text;
using KubeVirtClone.Kubernetes.Authentication;

namespace KubeVirtClone.Kubernetes.Transport;

/// <summary>Asks the server to treat the request as another user's.</summary>
internal static class ImpersonationHeaders
{
    public static void Add(HttpRequestHeaders headers, Impersonation? impersonation)
    {
        if (impersonation is null)
            return;
        Add(headers, "Impersonate-User", impersonation.User);
        foreach (var group in impersonation.Groups)
            Add(headers, "Impersonate-Group", group);
        if (impersonation.Uid is not null)
            Add(headers, "Impersonate-Uid", impersonation.Uid);
        foreach (var (key, values) in impersonation.Extra ?? new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal))
        {
            foreach (var value in values)
                Add(headers, "Impersonate-Extra-" + EscapeName(key), value);
        }
    }

    private static void Add(HttpRequestHeaders headers, string name, string value)
    {
        // A header dropped without a word would make the request run with the caller's own, larger rights.
        if (value.Any(char.IsControl) || !headers.TryAddWithoutValidation(name, value))
            throw new KubeConfigException(KubeConfigProblem.Invalid, $"The value for {name} holds characters that cannot be sent.");
    }

    /// <summary>Escapes what may not stand in a header name, as the API server unescapes it.</summary>
    private static string EscapeName(string key)
    {
        var name = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(key.ToLowerInvariant()))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "!#$&'*+-.^_`|~".Contains((char)b))
                name.Append((char)b);
            else
                name.Append('%').Append(b.ToString("X2"));
        }

        return name.ToString();
    }
}
