namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Several kubeconfig files as one: the first file that has an entry wins, whole entry.</summary>
internal sealed class KubeConfigFiles
{
    private readonly Dictionary<string, KubeConfigEntry> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeConfigEntry> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeConfigEntry> _contexts = new(StringComparer.Ordinal);
    private readonly List<string> _contextNames = [];

    private KubeConfigFiles(IReadOnlyList<string> lookedFor) => LookedFor = lookedFor;

    /// <summary>Every file that was looked for, there or not.</summary>
    public IReadOnlyList<string> LookedFor { get; }

    /// <summary>The first file that was there; null when none was.</summary>
    public string? FirstFile { get; private set; }

    public string? CurrentContext { get; private set; }

    public IReadOnlyList<string> ContextNames => _contextNames;

    public static KubeConfigFiles Read(KubeConfigOptions options)
    {
        var files = new KubeConfigFiles(PathsFor(options));
        foreach (var path in files.LookedFor)
        {
            if (!files.TryAdd(path) && !string.IsNullOrEmpty(options.Path))
                throw new KubeConfigException(KubeConfigProblem.NotFound, $"There is no kubeconfig '{path}'.", path);
        }

        return files;
    }

    public KubeConfigEntry? Context(string name) => _contexts.GetValueOrDefault(name);

    public KubeConfigEntry? Cluster(string name) => _clusters.GetValueOrDefault(name);

    public KubeConfigEntry? User(string name) => _users.GetValueOrDefault(name);

    private static IReadOnlyList<string> PathsFor(KubeConfigOptions options)
    {
        if (!string.IsNullOrEmpty(options.Path))
            return [Path.GetFullPath(options.Path)];
        var list = (options.Environment ?? Environment.GetEnvironmentVariable)("KUBECONFIG");
        if (!string.IsNullOrEmpty(list))
        {
            return
            [
                .. list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                    .Select(Path.GetFullPath)
                    .Distinct(StringComparer.Ordinal),
            ];
        }

        var home = options.HomeDirectory ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length == 0 ? [] : [Path.Combine(home, ".kube", "config")];
    }

    /// <summary>False when the file is not there.</summary>
    private bool TryAdd(string path)
    {
        if (!KubeConfigEntry.TryReadFile(path, out var root))
            return false;
        FirstFile ??= path;
        if (root is null)
            return true;
        RequireKind(root);
        CurrentContext ??= root.Text("current-context");
        foreach (var (name, entry) in root.NamedEntries("clusters", "cluster"))
            _clusters.TryAdd(name, entry);
        foreach (var (name, entry) in root.NamedEntries("users", "user"))
            _users.TryAdd(name, entry);
        foreach (var (name, entry) in root.NamedEntries("contexts", "context"))
        {
            if (_contexts.TryAdd(name, entry))
                _contextNames.Add(name);
        }

        return true;
    }

    /// <summary>A file that says it is something else is not guessed at; one that says nothing is taken for a kubeconfig.</summary>
    private static void RequireKind(KubeConfigEntry root)
    {
        if (root.Text("kind") is { } kind && kind != "Config")
            throw root.Invalid("kind", $"is '{kind}', and a kubeconfig's is 'Config'");
        if (root.Text("apiVersion") is { } version && version != "v1")
            throw root.Invalid("apiVersion", $"is '{version}', which is not known; a kubeconfig's is 'v1'");
    }
}
