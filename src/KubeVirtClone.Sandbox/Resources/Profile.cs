namespace KubeVirtClone.Sandbox.Resources;

/// <summary>Versions that one API group serves.</summary>
/// <param name="Versions">Served, the preferred one first.</param>
/// <param name="Storage">The version objects are stored as.</param>
public sealed record ServedGroup(IReadOnlyList<string> Versions, string Storage);

/// <summary>
/// What a client can tell apart between releases, as data: version strings, served API versions, fields that a release
/// does not have yet, feature gate defaults. Read from an embedded JSON file named after the profile.
/// </summary>
public sealed class Profile
{
    /// <summary>The API group of CDI.</summary>
    public const string CdiGroup = "cdi.kubevirt.io";

    /// <summary>At the end of a profile's name: that release on a cluster where CDI is not installed.</summary>
    public const string WithoutCdi = "-no-cdi";

    private static readonly string[] All = ["1.9", "1.5", "1.2"];
    private readonly Dictionary<string, bool> _settings;

    private Profile(string name, JsonObject raw)
    {
        // Read by several requests at once, so the tree must be whole and not parsed on demand.
        var data = JsonTree.Frozen(raw);
        Name = name;
        KubeVirtVersion = (JsonObject)data["kubevirtVersion"]!;
        KubernetesVersion = (JsonObject)data["kubernetesVersion"]!;
        FeatureGates = data.TextsAt("featureGates");
        HiddenFields = data.TextsAt("hiddenFields");
        Indications = data.TextsAt("indications");
        _settings = ((JsonObject)data["settings"]!).ToDictionary(s => s.Key, s => s.Value!.GetValue<bool>(), StringComparer.Ordinal);
        Groups = ((JsonObject)data["groups"]!).Where(g => g.Key != CdiGroup || !name.EndsWith(WithoutCdi, StringComparison.Ordinal)).ToDictionary(
            g => g.Key,
            g => new ServedGroup(g.Value.TextsAt("versions"), g.Value.TextAt("storage")!),
            StringComparer.Ordinal);
    }

    /// <summary>Whether CDI is installed.</summary>
    public bool HasCdi => Groups.ContainsKey(CdiGroup);

    /// <summary>Names of the profiles there are, the default first; each also with <see cref="WithoutCdi"/> at its end.</summary>
    public static IReadOnlyList<string> Names => All;

    /// <summary>Such as <c>1.9</c>.</summary>
    public string Name { get; }

    /// <summary>Answer of <c>/apis/subresources.kubevirt.io/v1/version</c>. Not to be mutated.</summary>
    public JsonObject KubeVirtVersion { get; }

    /// <summary>Answer of <c>/version</c>. Not to be mutated.</summary>
    public JsonObject KubernetesVersion { get; }

    /// <summary>Feature gates switched on in the KubeVirt object.</summary>
    public IReadOnlyList<string> FeatureGates { get; }

    /// <summary>Schema fields the release does not have, as <c>group/Kind:path</c>.</summary>
    public IReadOnlyList<string> HiddenFields { get; }

    /// <summary>Served custom resource groups.</summary>
    public IReadOnlyDictionary<string, ServedGroup> Groups { get; }

    /// <summary>What a snapshot of the release may say of its VM's state.</summary>
    public IReadOnlyList<string> Indications { get; }

    /// <summary>Behaviours that admission and controllers ask for, by name; every profile says yes or no to each.</summary>
    public IReadOnlyDictionary<string, bool> Settings => _settings;

    /// <summary>Whether the release behaves so.</summary>
    /// <exception cref="ArgumentException">No profile has a setting of that name.</exception>
    public bool Is(string setting) =>
        _settings.TryGetValue(setting, out var holds) ? holds : throw new ArgumentException($"profile {Name} has no setting '{setting}'", nameof(setting));

    /// <summary>Loads a profile by name.</summary>
    /// <exception cref="ArgumentException">There is no such profile.</exception>
    public static Profile Load(string name)
    {
        var release = name.EndsWith(WithoutCdi, StringComparison.Ordinal) ? name[..^WithoutCdi.Length] : name;
        using var stream = typeof(Profile).Assembly.GetManifestResourceStream("profile:" + release)
            ?? throw new ArgumentException($"there is no profile '{name}'; there are {string.Join(", ", All)}, each also with {WithoutCdi} at its end", nameof(name));
        return new Profile(name, JsonNode.Parse(stream)!.AsObject());
    }
}
