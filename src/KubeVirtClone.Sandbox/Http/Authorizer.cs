namespace KubeVirtClone.Sandbox.Http;

/// <summary>
/// Role-based access control: the rules given with a user, and the Roles, ClusterRoles and their bindings that exist in
/// the sandbox, read anew after each change to one of them.
/// </summary>
internal sealed class Authorizer : IDisposable
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private static readonly string[] OpenToAll = ["/version", "/healthz", "/livez", "/readyz"];
    private static readonly string[] OpenToAuthenticated = ["/api", "/apis", "/openapi", .. OpenToAll];

    private readonly ApiMachinery _api;
    private readonly Dictionary<string, SandboxUser> _users;
    private readonly IDisposable _subscription;
    private volatile List<Grant>? _grants;

    public Authorizer(ApiMachinery api, IEnumerable<SandboxUser> users)
    {
        _api = api;
        _users = users.ToDictionary(u => u.Name, StringComparer.Ordinal);
        _subscription = api.Subscribe(change =>
        {
            if (change.Resource.Group == Rbac)
                _grants = null;
        });
    }

    public void Dispose() => _subscription.Dispose();

    /// <summary>Whether a user may do what a request asks.</summary>
    public bool Allows(CallUser user, ApiPath path) => user.IsAdmin || RulesOf(user, path.Namespace).Any(rule => Covers(rule, path));

    /// <summary>Whether a user may read a path that is no resource.</summary>
    public static bool AllowsPath(CallUser user, string path) =>
        user.IsAdmin || (user.Groups.Contains("system:authenticated") ? OpenToAuthenticated : OpenToAll)
            .Any(open => path == open || path.StartsWith(open + "/", StringComparison.Ordinal));

    /// <summary>Rules that hold for a user in a namespace (null: across all of them).</summary>
    public IEnumerable<PolicyRule> RulesOf(CallUser user, string? ns)
    {
        if (_users.TryGetValue(user.Name, out var known))
        {
            foreach (var rule in known.Rules)
            {
                if (rule.Namespaces.Count == 0 || (ns is not null && rule.Namespaces.Contains(ns)))
                    yield return rule;
            }
        }

        foreach (var grant in _grants ??= ReadGrants())
        {
            if ((grant.Namespace is null || grant.Namespace == ns) && grant.IsFor(user))
            {
                foreach (var rule in grant.Rules)
                    yield return rule;
            }
        }
    }

    /// <summary>403 for a request on a resource.</summary>
    public static ApiException Forbidden(CallUser user, ApiPath path)
    {
        var resource = path.Group.Length == 0 ? path.Resource : path.Resource + "." + path.Group;
        var scope = path.Namespace is null ? " at the cluster scope" : $" in the namespace \"{path.Namespace}\"";
        var name = path.Name.Length == 0 ? "" : $" \"{path.Name}\"";
        var details = new JsonObject();
        if (path.Name.Length > 0)
            details["name"] = path.Name;
        if (path.Group.Length > 0)
            details["group"] = path.Group;
        details["kind"] = path.Resource;
        return new ApiException(
            403,
            "Forbidden",
            $"{resource}{name} is forbidden: User \"{user.Name}\" cannot {path.Verb} resource \"{path.ResourceWithSub}\" in API group \"{path.Group}\"{scope}",
            details);
    }

    /// <summary>403 for a path that is no resource.</summary>
    public static ApiException ForbiddenPath(CallUser user, string verb, string path) =>
        new(403, "Forbidden", $"forbidden: User \"{user.Name}\" cannot {verb} path \"{path}\"", []);

    private static bool Covers(PolicyRule rule, ApiPath path) =>
        Has(rule.Verbs, path.Verb) && Has(rule.ApiGroups, path.Group)
        && (Has(rule.Resources, path.ResourceWithSub) || (path.Subresource.Length > 0 && rule.Resources.Contains("*/" + path.Subresource)))
        && (rule.ResourceNames.Count == 0 || rule.ResourceNames.Contains(path.Name));

    private static bool Has(IReadOnlyList<string> list, string value) => list.Contains("*") || list.Contains(value);

    private List<Grant> ReadGrants()
    {
        var grants = new List<Grant>();
        foreach (var plural in (string[])["clusterrolebindings", "rolebindings"])
        {
            foreach (var binding in _api.List(_api.Type(Rbac, plural), null))
            {
                var ns = plural == "rolebindings" ? binding.TextAt("metadata", "namespace") : null;
                var role = binding.TextAt("roleRef", "kind") == "ClusterRole"
                    ? _api.Get(_api.Type(Rbac, "clusterroles"), null, binding.TextAt("roleRef", "name") ?? "")
                    : _api.Get(_api.Type(Rbac, "roles"), ns, binding.TextAt("roleRef", "name") ?? "");
                if (role?["rules"] is not JsonArray rules)
                    continue;
                var subjects = (binding["subjects"] as JsonArray ?? []).Select(s => (
                    Kind: s.TextAt("kind") ?? "",
                    Name: s.TextAt("kind") == "ServiceAccount"
                        ? $"system:serviceaccount:{s.TextAt("namespace")}:{s.TextAt("name")}"
                        : s.TextAt("name") ?? "")).ToList();
                grants.Add(new Grant(ns, subjects, [.. rules.Select(Rule)]));
            }
        }

        return grants;
    }

    private static PolicyRule Rule(JsonNode? rule) => new()
    {
        Verbs = rule.TextsAt("verbs"),
        ApiGroups = rule.TextsAt("apiGroups"),
        Resources = rule.TextsAt("resources"),
        ResourceNames = rule.TextsAt("resourceNames"),
    };

    private sealed record Grant(string? Namespace, List<(string Kind, string Name)> Subjects, List<PolicyRule> Rules)
    {
        public bool IsFor(CallUser user) =>
            Subjects.Any(s => s.Kind == "Group" ? user.Groups.Contains(s.Name) : s.Name == user.Name);
    }
}
