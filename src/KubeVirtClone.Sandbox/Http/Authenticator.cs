using System.Security.Cryptography.X509Certificates;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>Finds out who a request is from: client certificate, bearer token, or nobody; then impersonation.</summary>
internal sealed class Authenticator(IReadOnlyList<SandboxUser> users)
{
    private const string Authenticated = "system:authenticated";

    private static readonly CallUser Anonymous = new("system:anonymous", ["system:unauthenticated"]);

    private readonly Dictionary<string, SandboxUser> _byToken = users.ToDictionary(u => u.Token, StringComparer.Ordinal);

    /// <summary>The user as the connection or token says.</summary>
    /// <exception cref="ApiException">401 for a token that is unknown or expired.</exception>
    public CallUser Authenticate(HttpContext http)
    {
        // A server asks its certificate authenticator first, so a good certificate beats a bad token.
        if (http.Connection.ClientCertificate is { } certificate)
            return FromCertificate(certificate);
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
            return Anonymous;
        const string scheme = "Bearer ";
        if (header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && _byToken.TryGetValue(header[scheme.Length..].Trim(), out var user) && !user.Expired)
        {
            return new CallUser(user.Name, [.. user.Groups, Authenticated]);
        }

        throw Unauthorized();
    }

    /// <summary>401.</summary>
    public static ApiException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    /// <summary>Takes the identity of <c>Impersonate-User</c> and <c>Impersonate-Group</c> when the user may.</summary>
    public static CallUser Impersonate(HttpContext http, CallUser user, Authorizer authorizer)
    {
        var headers = http.Request.Headers;
        var name = headers["Impersonate-User"].ToString();
        var groups = headers["Impersonate-Group"].OfType<string>().ToList();
        if (name.Length == 0)
        {
            return groups.Count == 0
                ? user
                : throw ApiException.BadRequest("requested [{Group  " + groups[0] + "    }] without impersonating a user");
        }

        Require(authorizer, user, "users", name);
        foreach (var group in groups)
            Require(authorizer, user, "groups", group);
        if (name.StartsWith("system:serviceaccount:", StringComparison.Ordinal) && groups.Count == 0)
            groups.AddRange(["system:serviceaccounts", "system:serviceaccounts:" + name.Split(':')[2]]);
        if (!groups.Contains(Authenticated))
            groups.Add(Authenticated);
        return new CallUser(name, groups);
    }

    private static void Require(Authorizer authorizer, CallUser user, string resource, string name)
    {
        var wanted = new ApiPath { Verb = "impersonate", IsResource = true, Resource = resource, Name = name };
        if (!authorizer.Allows(user, wanted))
            throw Authorizer.Forbidden(user, wanted);
    }

    private static CallUser FromCertificate(X509Certificate2 certificate)
    {
        var name = "";
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            switch (part.GetSingleElementType().Value)
            {
                case "2.5.4.3":
                    name = part.GetSingleElementValue() ?? "";
                    break;
                case "2.5.4.10":
                    groups.Add(part.GetSingleElementValue() ?? "");
                    break;
            }
        }

        groups.Add(Authenticated);
        return new CallUser(name, groups);
    }
}
