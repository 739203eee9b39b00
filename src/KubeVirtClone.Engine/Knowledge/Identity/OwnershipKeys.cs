namespace KubeVirtClone.Engine.Knowledge.Identity;

/// <summary>Labels and annotations by which a tool knows what is its own: a copy with them is taken for the tool's, and removed or overwritten by it.</summary>
internal static class OwnershipKeys
{
    /// <summary>What <c>kubectl apply</c> keeps of a machine; copied, an apply of the clone starts from the source's fields.</summary>
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private static readonly (string Glob, string Tool)[] Labels =
    [
        ("argocd.argoproj.io/*", "Argo CD"), ("app.kubernetes.io/instance", "Argo CD and Helm"), ("kustomize.toolkit.fluxcd.io/*", "Flux"), ("helm.toolkit.fluxcd.io/*", "Flux"),
        ("applyset.kubernetes.io/part-of", "kubectl apply --applyset"), ("objectset.rio.cattle.io/*", "Rancher Fleet"), ("fleet.cattle.io/*", "Rancher Fleet"),
    ];

    private static readonly (string Glob, string Tool)[] Annotations =
    [
        ("argocd.argoproj.io/*", "Argo CD"), ("meta.helm.sh/*", "Helm"), ("kustomize.toolkit.fluxcd.io/*", "Flux"), ("helm.toolkit.fluxcd.io/*", "Flux"),
        ("objectset.rio.cattle.io/*", "Rancher Fleet"), ("config.k8s.io/owning-inventory", "cli-utils"),
    ];

    // Written by tools about one machine, without making it theirs.
    private static readonly string[] OfOneMachine = ["harvesterhci.io/*", "network.harvesterhci.io/*"];

    /// <summary>Wildcards of the labels that are left out when a clone is to belong to nobody.</summary>
    public static IReadOnlyList<string> LabelGlobs { get; } = [.. Labels.Select(l => l.Glob)];

    /// <summary>Wildcards of the annotations that are left out when a clone is to belong to nobody.</summary>
    public static IReadOnlyList<string> AnnotationGlobs { get; } = [.. Annotations.Select(l => l.Glob), LastApplied, .. OfOneMachine];

    /// <summary>Which tools a machine belongs to by its labels and annotations, and the wildcards that leave just those out.</summary>
    /// <param name="machine">The machine.</param>
    public static (IReadOnlyList<string> Tools, IReadOnlyList<string> Labels, IReadOnlyList<string> Annotations, IReadOnlyList<string> Keys) Of(JsonObject machine)
    {
        var (labels, annotations) = (KeysOf(machine, "labels"), KeysOf(machine, "annotations"));
        var byLabel = Labels.Where(l => labels.Exists(k => Matches(l.Glob, k))).ToList();
        var byAnnotation = Annotations.Where(a => annotations.Exists(k => Matches(a.Glob, k))).ToList();
        if (byLabel.Count == 0 && byAnnotation.Count == 0)
            return ([], [], [], []);
        return (
            [.. byLabel.Concat(byAnnotation).Select(t => t.Tool).Distinct(StringComparer.Ordinal)],
            [.. byLabel.Select(l => l.Glob)],
            [.. byAnnotation.Select(a => a.Glob), LastApplied],
            [
                .. labels.Where(k => byLabel.Exists(l => Matches(l.Glob, k))).Order(StringComparer.Ordinal),
                .. annotations.Where(k => byAnnotation.Exists(a => Matches(a.Glob, k))).Order(StringComparer.Ordinal),
            ]);
    }

    /// <summary>Annotations a tool has written about this one machine: its claims, its addresses.</summary>
    /// <param name="machine">The machine.</param>
    public static IReadOnlyList<string> OfThisMachine(JsonObject machine) =>
        [.. KeysOf(machine, "annotations").Where(k => OfOneMachine.Any(g => Matches(g, k))).Order(StringComparer.Ordinal)];

    private static List<string> KeysOf(JsonObject machine, string map) => (machine["metadata"]?[map] as JsonObject)?.Select(k => k.Key).ToList() ?? [];

    private static bool Matches(string glob, string key) => glob.EndsWith('*') ? key.StartsWith(glob[..^1], StringComparison.Ordinal) : key == glob;
}
