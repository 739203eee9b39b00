using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>An instance type or preference by its kind and name.</summary>
/// <param name="Field"><c>instancetype</c> or <c>preference</c>: the field of a machine that names it.</param>
/// <param name="Kind">Its kind, in full.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct TypeReference(string Field, string Kind, string Name)
{
    public const string Instancetype = "instancetype";
    public const string Preference = "preference";

    /// <summary>Whether it is of the whole cluster, as against of a namespace.</summary>
    public bool IsClusterWide => Kind.Contains("Cluster", StringComparison.Ordinal);

    /// <summary>Whether a machine has a type of its own namespace, which means another one, or none, elsewhere.</summary>
    /// <param name="machine">The machine.</param>
    public static bool IsOfNamespace(JsonObject machine) => Matchers(machine).Any(m =>
        SourceMachine.Text(m["kind"]) is { Length: > 0 } kind && !kind.Contains("cluster", StringComparison.OrdinalIgnoreCase));

    /// <summary>Has a machine take its types as they are now: the revisions it names are of its own namespace.</summary>
    /// <param name="machine">The machine; it is changed.</param>
    public static void Unpin(JsonObject machine)
    {
        foreach (var matcher in Matchers(machine))
            matcher.Remove("revisionName");
    }

    private static IEnumerable<JsonObject> Matchers(JsonObject machine) => new[] { machine["spec"]?[Instancetype], machine["spec"]?[Preference] }.OfType<JsonObject>();

    /// <summary>What may be meant, the likeliest first: the kind that is written, else the kind the source's own is of, the cluster's, the namespace's.</summary>
    /// <param name="field">Which of the two.</param>
    /// <param name="text"><c>name</c> or <c>kind/name</c>, with virtctl's or KubeVirt's words for kinds.</param>
    /// <param name="source">The machine that is cloned; null when it is not known.</param>
    /// <exception cref="RequestFaultException">It is neither.</exception>
    public static IReadOnlyList<TypeReference> Candidates(string field, string text, JsonObject? source)
    {
        var (wide, narrow) = field == Instancetype ? ("VirtualMachineClusterInstancetype", "VirtualMachineInstancetype") : ("VirtualMachineClusterPreference", "VirtualMachinePreference");
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var name = text[(slash + 1)..].Trim();
        var noun = char.ToUpperInvariant(field[0]) + field[1..];
        if (NameRules.WhyNotName(name) is { } why)
            throw new RequestFaultException(FaultIds.VMCloneSizeInvalid, $"{noun} cannot be '{text}': {why}.", $"Give the name of one, or its kind and name: {narrow}/NAME.");
        if (slash >= 0)
        {
            var written = text[..slash].Trim().ToLowerInvariant().TrimEnd('s');
            return Means(wide) ? [new(field, wide, name)] : Means(narrow) ? [new(field, narrow, name)]
                : throw new RequestFaultException(FaultIds.VMCloneSizeInvalid, $"{noun} cannot be of kind '{text[..slash]}'.", $"Write {wide}/{name} or {narrow}/{name}, or the name alone.");

            bool Means(string kind) => new[] { "virtualmachine", "vm", "" }.Any(prefix => written == prefix + kind["VirtualMachine".Length..].ToLowerInvariant());
        }

        var own = source?["spec"]?[field] is JsonObject named && SourceMachine.Text(named["name"]) is { Length: > 0 } ? SourceMachine.Text(named["kind"]) ?? wide : wide;
        // A machine's kind is written in any case.
        return own.Contains("cluster", StringComparison.OrdinalIgnoreCase) ? [new(field, wide, name), new(field, narrow, name)] : [new(field, narrow, name), new(field, wide, name)];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} '{Name}'";
}

/// <summary>Which of the instance types and preferences that are asked for exist, as far as that could be read.</summary>
/// <param name="found">By namespace (empty for those of the cluster), kind and name: whether it exists, null when that is not known, and its specification.</param>
internal sealed class KnownTypes(IReadOnlyDictionary<(string Namespace, string Kind, string Name), (bool? Exists, JsonObject? Spec)> found)
{
    /// <summary>Nothing is known.</summary>
    public static KnownTypes None { get; } = new(new Dictionary<(string, string, string), (bool?, JsonObject?)>());

    /// <summary>The specification of one, or null when it is not known.</summary>
    public JsonObject? Spec(string ns, string kind, string name) => Find(ns, new TypeReference("", kind, name)).Spec;

    /// <summary>The one that is meant.</summary>
    /// <param name="ns">Namespace of the new machine.</param>
    /// <param name="field">Which of the two.</param>
    /// <param name="text">As it was asked for.</param>
    /// <param name="source">The machine that is cloned.</param>
    /// <exception cref="RequestFaultException">There is none such.</exception>
    public TypeReference Choose(string ns, string field, string text, JsonObject? source)
    {
        var candidates = TypeReference.Candidates(field, text, source);
        foreach (var known in candidates)
        {
            if (Find(ns, known).Exists == true)
                return known;
        }

        var open = candidates.Where(c => Find(ns, c).Exists is null).ToList();
        return open.Count > 0 ? open[0] : throw new RequestFaultException(
            FaultIds.VMInstancetypeNotFound,
            $"There is no {string.Join(" and no ", candidates.Select(c => c.IsClusterWide ? c.ToString() : $"{c} in namespace '{ns}'"))}: KubeVirt would refuse the new machine.",
            $"See what there is: kubectl get {string.Join(',', candidates.Select(c => c.Kind.ToLowerInvariant() + "s"))} -n {ns}");
    }

    private (bool? Exists, JsonObject? Spec) Find(string ns, TypeReference type) => found.GetValueOrDefault((type.IsClusterWide ? "" : ns, type.Kind, type.Name));
}
