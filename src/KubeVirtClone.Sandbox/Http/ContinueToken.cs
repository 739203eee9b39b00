using System.Buffers.Text;
using System.Text;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>
/// Where a paged list goes on: a revision and the key after the last object sent. Opaque to clients; made as an API
/// server makes it.
/// </summary>
/// <param name="Revision">Revision the pages show; -1 for whatever is current.</param>
/// <param name="Namespace">Namespace of the last object; null when the list is of one namespace.</param>
/// <param name="Name">Name of the last object.</param>
internal sealed record ContinueToken(long Revision, string? Namespace, string Name)
{
    public static ContinueToken Parse(string text, bool allNamespaces)
    {
        var bytes = Decode(text);
        JsonObject token;
        try
        {
            token = GoJson.Parse(bytes) as JsonObject ?? throw new GoJsonException("json: cannot unmarshal into Go value of type storage.continueToken");
        }
        catch (GoJsonException e)
        {
            throw Invalid(e.Message);
        }

        var start = token.TextAt("start") ?? "";
        if (token.TextAt("v") != "meta.k8s.io/v1" || start.Length < 2 || token["rv"] is not { } revision)
            throw Invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
        var steps = start[1..^1].Split('/', 2);
        return allNamespaces && steps.Length == 2
            ? new ContinueToken(revision.GetValue<long>(), steps[0], steps[1])
            : new ContinueToken(revision.GetValue<long>(), null, start[1..^1]);
    }

    public override string ToString()
    {
        var key = Namespace is null ? Name : Namespace + "/" + Name;
        var json = $$"""{"v":"meta.k8s.io/v1","rv":{{Revision}},"start":"/{{key}}\u0000"}""";
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
    }

    /// <summary>Whether an object comes after the key.</summary>
    public bool Precedes(StoredObject stored)
    {
        if (Namespace is not null)
        {
            var order = string.CompareOrdinal(stored.Namespace, Namespace);
            if (order != 0)
                return order > 0;
        }

        return string.CompareOrdinal(stored.Name, Name) > 0;
    }

    private static byte[] Decode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(text[i]) && text[i] is not ('-' or '_'))
                throw Invalid($"illegal base64 data at input byte {i}");
        }

        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            // Trailing bits that no encoder sets; Go ignores them.
            return Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '='));
        }
    }

    private static ApiException Invalid(string why) =>
        ApiException.BadRequest("invalid continue token: continue key is not valid: " + why);
}
