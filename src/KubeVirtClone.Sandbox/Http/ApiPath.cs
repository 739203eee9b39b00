namespace KubeVirtClone.Sandbox.Http;

/// <summary>What a request is about, read from its method, path and query.</summary>
internal sealed record ApiPath
{
    /// <summary>Kubernetes' verb: get, list, watch, create, update, patch, delete, deletecollection; the method for other paths.</summary>
    public required string Verb { get; init; }

    /// <summary>Whether the path is below a group version and names a resource.</summary>
    public bool IsResource { get; init; }

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string? Namespace { get; init; }

    public string Resource { get; init; } = "";

    public string Name { get; init; } = "";

    public string Subresource { get; init; } = "";

    /// <summary>Resource with subresource, as roles write it.</summary>
    public string ResourceWithSub => Subresource.Length == 0 ? Resource : Resource + "/" + Subresource;

    public static ApiPath Parse(HttpRequest request)
    {
        var steps = (request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        var method = request.Method;
        var at = steps switch
        {
            ["api", _, _, ..] => 2,
            ["apis", _, _, _, ..] => 3,
            _ => 0,
        };
        if (at == 0)
            return new ApiPath { Verb = method.ToLowerInvariant() };
        var group = at == 2 ? "" : steps[1];
        var version = steps[at - 1];
        string? ns = null;
        var rest = steps.AsSpan(at);
        // "namespaces/x" alone is the namespace itself; "namespaces/x/status" and "/finalize" are its subresources.
        if (rest is ["namespaces", _, _, ..] && !(group.Length == 0 && rest is ["namespaces", _, "status" or "finalize"]))
        {
            ns = rest[1];
            rest = rest[2..];
        }

        var name = rest.Length > 1 ? rest[1] : "";
        return new ApiPath
        {
            Verb = VerbOf(request, name.Length > 0),
            IsResource = true,
            Group = group,
            Version = version,
            Namespace = ns,
            Resource = rest[0],
            Name = name,
            Subresource = rest.Length > 2 ? string.Join('/', rest[2..].ToArray()) : "",
        };
    }

    private static string VerbOf(HttpRequest request, bool named)
    {
        switch (request.Method)
        {
            case "GET" or "HEAD":
                if (request.Query["watch"].ToString() is "1" or "true")
                    return "watch";
                return named ? "get" : "list";
            case "POST":
                return "create";
            case "PUT":
                return "update";
            case "PATCH":
                return "patch";
            case "DELETE":
                return named ? "delete" : "deletecollection";
            default:
                return request.Method.ToLowerInvariant();
        }
    }
}

/// <summary>One request on its way through the server.</summary>
internal sealed class ApiCall
{
    public required HttpContext Http { get; init; }

    public required ApiPath Path { get; init; }

    public required CallUser User { get; set; }

    /// <summary>The type asked for; null when the path names none that is served.</summary>
    public ResourceType? Type { get; set; }

    /// <summary>A fault that the answer must carry out; null for an honest answer.</summary>
    public Fault? Fault { get; set; }

    /// <summary>The client has gone, or the server is stopping.</summary>
    public required CancellationToken Aborted { get; init; }

    public string Query(string name) => Http.Request.Query[name].ToString();
}

/// <summary>Who a request is from.</summary>
internal sealed record CallUser(string Name, IReadOnlyList<string> Groups)
{
    public const string Masters = "system:masters";

    public bool IsAdmin => Groups.Contains(Masters);
}
