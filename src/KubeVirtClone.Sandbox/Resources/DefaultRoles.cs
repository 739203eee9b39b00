namespace KubeVirtClone.Sandbox.Resources;

/// <summary>Puts the default ClusterRoles, and bindings for everybody, into a new sandbox.</summary>
internal static class DefaultRoles
{
    public static void Install(ApiMachinery api)
    {
        using var stream = typeof(DefaultRoles).Assembly.GetManifestResourceStream("roles")!;
        using var reader = new StreamReader(stream);
        var roles = ((JsonArray)YamlText.Parse(reader.ReadToEnd())!).Cast<JsonObject>().ToList();
        var me = RequestInfo.Controller("sandbox");
        foreach (var role in roles)
        {
            var name = role.TextAt("name")!;
            var rules = (JsonArray)role["rules"]!.DeepClone();
            foreach (var included in Included(role, roles))
            {
                foreach (var rule in (JsonArray)included["rules"]!)
                    rules.Add(rule!.DeepClone());
            }

            api.Create(
                api.Type("rbac.authorization.k8s.io", "clusterroles"),
                null,
                new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["rules"] = rules },
                me);
            if (role.TextAt("bindTo") is { } group)
                Bind(api, name, name, "Group", group);
        }
    }

    /// <summary>Binds a ClusterRole cluster-wide.</summary>
    public static void Bind(ApiMachinery api, string name, string role, string subjectKind, string subject) => api.Create(
        api.Type("rbac.authorization.k8s.io", "clusterrolebindings"),
        null,
        new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name },
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = role },
            ["subjects"] = new JsonArray(
                new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = subjectKind, ["name"] = subject }),
        },
        RequestInfo.Controller("sandbox"));

    private static IEnumerable<JsonObject> Included(JsonObject role, List<JsonObject> roles)
    {
        foreach (var name in role.TextsAt("include"))
        {
            var included = roles.First(r => r.TextAt("name") == name);
            yield return included;
            foreach (var deeper in Included(included, roles))
                yield return deeper;
        }
    }
}
