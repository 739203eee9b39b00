using System.Security.Cryptography;
using System.Text;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>Tells clients what is served: plain and aggregated discovery. Everything is computed once.</summary>
internal sealed class Discovery
{
    /// <summary>Media type of all but aggregated discovery.</summary>
    public const string PlainType = "application/json";

    private static readonly string[] CustomVerbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
    private static readonly string[] BuiltInVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly string[] StatusVerbs = ["get", "patch", "update"];

    // Groups in the order a server lists them: built-in ones by priority, then custom ones by name.
    private static readonly string[] BuiltInOrder =
    [
        "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io",
        "apiextensions.k8s.io",
    ];

    private static readonly (string Group, string Plural, string Kind)[] Reviews =
    [
        ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
        ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
        ("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview"),
    ];

    private readonly List<Group> _groups = [];
    private readonly string _address;

    public Discovery(IReadOnlyList<ResourceType> types, string address)
    {
        _address = address;
        foreach (var group in types.GroupBy(t => t.Group))
        {
            _groups.Add(new Group(
                group.Key, [.. group.First().Versions.Select(v => new GroupVersion(v, [.. group.SelectMany(t => Entries(t, v))]))]));
        }

        foreach (var group in Reviews.GroupBy(r => r.Group))
        {
            _groups.Add(new Group(
                group.Key, [new GroupVersion("v1", [.. group.Select(r => new Entry(r.Plural, r.Kind.ToLowerInvariant(), false, r.Kind, ["create"]))])]));
        }

        var actions = SubresourceApi.Discovered.Select(name => new Entry(name, "", true, "", null)).ToList();
        _groups.Add(new Group(SubresourceApi.Group, [new GroupVersion("v1", actions), new GroupVersion("v1alpha3", actions)]));
        _groups.Sort((a, b) => Order(a.Name).CompareTo(Order(b.Name)));
    }

    /// <summary>All group versions served, as <c>api/v1</c> and <c>apis/group/version</c>.</summary>
    public IEnumerable<(string Group, string Version)> GroupVersions => _groups.SelectMany(g => g.Versions.Select(v => (g.Name, v.Version)));

    /// <summary>The answer to a discovery path and its media type, or null when it is none.</summary>
    public (JsonObject Body, string MediaType)? Find(string path, string accept)
    {
        var steps = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (steps is ["api" or "apis"] && WantsAggregated(accept) is { } version)
            return (Aggregated(steps[0] == "api", version), $"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
        return steps switch
        {
            ["api"] => (CoreVersions(), PlainType),
            ["apis"] => (GroupList(), PlainType),
            ["api", var v] => Resources("", v),
            ["apis", var g] when g.Length > 0 && _groups.Find(x => x.Name == g) is { } group => (GroupInfo(group, alone: true), PlainType),
            ["apis", var g, var v] when g.Length > 0 => Resources(g, v),
            _ => null,
        };
    }

    private static string? WantsAggregated(string accept)
    {
        foreach (var version in (string[])["v2", "v2beta1"])
        {
            if (accept.Contains("v=" + version + ";", StringComparison.Ordinal) && accept.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal))
                return version;
        }

        return null;
    }

    private static (int, string) Order(string group)
    {
        var at = Array.IndexOf(BuiltInOrder, group);
        return group.Length == 0 ? (-1, group) : at >= 0 ? (at, "") : (int.MaxValue, group);
    }

    private static IEnumerable<Entry> Entries(ResourceType type, string version)
    {
        var verbs = type.IsCustom ? CustomVerbs : BuiltInVerbs;
        // Namespaces are deleted one at a time.
        if (type is { Group: "", Plural: "namespaces" })
            verbs = [.. verbs.Where(v => v != "deletecollection")];
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{type.Group}/{type.StorageVersion}/{type.Kind}"));
        yield return new Entry(type.Plural, type.Singular, type.Namespaced, type.Kind, verbs)
        {
            ShortNames = type.ShortNames,
            Categories = type.Categories,
            StorageVersionHash = Convert.ToBase64String(hash.AsSpan(0, 8)),
            // A server leaves group and version of a built-in kind's answers empty, meaning those of the path.
            Group = type.IsCustom ? type.Group : "",
            Version = version,
        };
        if (type.HasStatus)
        {
            yield return new Entry(type.Plural + "/status", "", type.Namespaced, type.Kind, StatusVerbs)
            {
                Group = type.IsCustom ? type.Group : "",
                Version = version,
            };
        }
    }

    private JsonObject CoreVersions() => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = _address }),
    };

    private JsonObject GroupList() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. _groups.Where(g => g.Name.Length > 0).Select(g => (JsonNode)GroupInfo(g, alone: false))]),
    };

    private static JsonObject GroupInfo(Group group, bool alone)
    {
        static JsonObject Version(Group group, string version) =>
            new() { ["groupVersion"] = group.Name + "/" + version, ["version"] = version };
        var info = new JsonObject();
        if (alone)
        {
            info["kind"] = "APIGroup";
            info["apiVersion"] = "v1";
        }

        info["name"] = group.Name;
        info["versions"] = new JsonArray([.. group.Versions.Select(v => (JsonNode)Version(group, v.Version))]);
        info["preferredVersion"] = Version(group, group.Versions[0].Version);
        return info;
    }

    private (JsonObject, string)? Resources(string group, string version)
    {
        var found = _groups.Find(g => g.Name == group)?.Versions.Find(v => v.Version == version);
        if (found is null)
            return null;
        var list = new JsonObject { ["kind"] = "APIResourceList" };
        if (group.Length > 0)
            list["apiVersion"] = "v1";
        list["groupVersion"] = group.Length == 0 ? version : group + "/" + version;
        list["resources"] = new JsonArray([.. found.Entries.Select(e => (JsonNode)e.Plain())]);
        return (list, PlainType);
    }

    private JsonObject Aggregated(bool core, string version) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/" + version,
        ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray([.. _groups.Where(g => g.Name.Length == 0 == core).Select(g => (JsonNode)Aggregated(g))]),
    };

    private static JsonObject Aggregated(Group group)
    {
        var metadata = new JsonObject();
        if (group.Name.Length > 0)
            metadata["name"] = group.Name;
        return new JsonObject
        {
            ["metadata"] = metadata,
            ["versions"] = new JsonArray([.. group.Versions.Select(v => (JsonNode)new JsonObject
            {
                ["version"] = v.Version,
                ["resources"] = Aggregated(v.Entries),
                ["freshness"] = "Current",
            })]),
        };
    }

    private static JsonArray Aggregated(List<Entry> entries)
    {
        var resources = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var slash = entry.Name.IndexOf('/', StringComparison.Ordinal);
            var name = slash < 0 ? entry.Name : entry.Name[..slash];
            if (!resources.TryGetValue(name, out var resource))
                resources[name] = resource = entry.Aggregated(name);
            if (slash >= 0)
            {
                resource["subresources"] ??= new JsonArray();
                ((JsonArray)resource["subresources"]!).Add((JsonNode)new JsonObject
                {
                    ["subresource"] = entry.Name[(slash + 1)..],
                    ["responseKind"] = entry.ResponseKind(),
                    ["verbs"] = entry.VerbList(),
                });
            }
        }

        return new JsonArray([.. resources.Values]);
    }

    private sealed record Group(string Name, List<GroupVersion> Versions);

    private sealed record GroupVersion(string Version, List<Entry> Entries);

    private sealed record Entry(string Name, string Singular, bool Namespaced, string Kind, IReadOnlyList<string>? Verbs)
    {
        public string Group { get; init; } = "";

        public string Version { get; init; } = "";

        public IReadOnlyList<string> ShortNames { get; init; } = [];

        public IReadOnlyList<string> Categories { get; init; } = [];

        public string? StorageVersionHash { get; init; }

        public JsonArray? VerbList() => Verbs is null ? null : JsonAccess.StringArray(Verbs);

        public JsonObject ResponseKind() =>
            new() { ["group"] = Kind.Length == 0 ? "" : Group, ["version"] = Group.Length == 0 || Kind.Length == 0 ? "" : Version, ["kind"] = Kind };

        public JsonObject Plain()
        {
            var plain = new JsonObject
            {
                ["name"] = Name,
                ["singularName"] = Singular,
                ["namespaced"] = Namespaced,
                ["kind"] = Kind,
                ["verbs"] = VerbList(),
            };
            AddNames(plain);
            if (StorageVersionHash is not null)
                plain["storageVersionHash"] = StorageVersionHash;
            return plain;
        }

        public JsonObject Aggregated(string resourceName)
        {
            var entry = new JsonObject
            {
                ["resource"] = resourceName,
                ["responseKind"] = ResponseKind(),
                ["scope"] = Namespaced ? "Namespaced" : "Cluster",
                ["singularResource"] = Singular,
                ["verbs"] = VerbList(),
            };
            AddNames(entry);
            return entry;
        }

        private void AddNames(JsonObject target)
        {
            if (ShortNames.Count > 0)
                target["shortNames"] = JsonAccess.StringArray(ShortNames);
            if (Categories.Count > 0)
                target["categories"] = JsonAccess.StringArray(Categories);
        }
    }
}
