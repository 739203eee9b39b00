using System.Globalization;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>The faults in force. Rules can be added and removed while the sandbox runs; draws are repeatable by seed.</summary>
public sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly List<Rule> _rules = [];
    private int _made;

#pragma warning disable CA5394 // Repeatable on purpose.
    private readonly Random _random;

    /// <summary>Starts with rules.</summary>
    public FaultPlan(int seed, IEnumerable<Fault>? faults = null)
    {
        _random = new Random(seed);
        foreach (var fault in faults ?? [])
            Add(fault);
    }

    /// <summary>
    /// Asked about every request for a resource, before the rules are: the fault it returns strikes that request, null leaves it to the rules.
    /// For tests that must see requests, or strike one by where it comes in a run. Called from several threads; must not block for long.
    /// </summary>
    public Func<SeenRequest, Fault?>? Decide { get; set; }

    /// <summary>The rules in force with how often each has struck.</summary>
    public IReadOnlyList<(Fault Fault, int Hits)> Rules
    {
        get
        {
            lock (_gate)
                return [.. _rules.Select(r => (r.Fault, r.Hits))];
        }
    }

    /// <summary>Adds a rule behind those there are; returns it with its id.</summary>
    public Fault Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.Probability is not (> 0 and <= 1))
            throw new ArgumentException("probability must be above 0 and at most 1", nameof(fault));
        lock (_gate)
        {
            if (fault.Id.Length == 0)
                fault = fault with { Id = "fault-" + (++_made).ToString(CultureInfo.InvariantCulture) };
            _rules.RemoveAll(r => r.Fault.Id == fault.Id);
            _rules.Add(new Rule(fault));
            return fault;
        }
    }

    /// <summary>Removes a rule; false when there is none of that id.</summary>
    public bool Remove(string id)
    {
        lock (_gate)
            return _rules.RemoveAll(r => r.Fault.Id == id) > 0;
    }

    /// <summary>Removes every rule.</summary>
    public void Clear()
    {
        lock (_gate)
            _rules.Clear();
    }

    /// <summary>
    /// The storage fault that strikes an operation, or null. Counts as a hit.
    /// </summary>
    /// <param name="kind">The kind of storage fault asked about.</param>
    /// <param name="resource"><c>persistentvolumeclaims</c> or <c>volumesnapshots</c>.</param>
    /// <param name="ns">Namespace of the object.</param>
    /// <param name="name">Name of the object.</param>
    /// <param name="storageClass">Storage class, if known.</param>
    public Fault? Storage(FaultKind kind, string resource, string ns, string name, string? storageClass = null) => Strike(
        f => f.Kind == kind && Matches(f.Resource, resource) && Matches(f.Namespace, ns) && Matches(f.Name, name)
            && Matches(f.StorageClass, storageClass ?? ""));

    internal bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _rules.Count == 0 && Decide is null;
        }
    }

    internal Fault? Request(ApiPath path, string name) =>
        Decide?.Invoke(new SeenRequest(path.Verb, path.ResourceWithSub, path.Namespace, name)) ?? Struck(path, name);

    private Fault? Struck(ApiPath path, string name) => Strike(
        f => f.Kind < FaultKind.StorageSlow && Matches(f.Verb, path.Verb) && Matches(f.Resource, path.ResourceWithSub)
            && Matches(f.Namespace, path.Namespace ?? "") && Matches(f.Name, name)
            && (f.Kind != FaultKind.HalfWatchLine || path.Verb == "watch"));

    private Fault? Strike(Func<Fault, bool> matches)
    {
        lock (_gate)
        {
            foreach (var rule in _rules)
            {
                if (rule.Hits >= (rule.Fault.Count ?? int.MaxValue) || !matches(rule.Fault))
                    continue;
                if (rule.Fault.Probability < 1 && _random.NextDouble() >= rule.Fault.Probability)
                    continue;
                rule.Hits++;
                return rule.Fault;
            }

            return null;
        }
    }
#pragma warning restore CA5394

    private static bool Matches(string pattern, string value) =>
        pattern.EndsWith('*') ? value.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == value;

    private sealed class Rule(Fault fault)
    {
        public Fault Fault { get; } = fault;

        public int Hits { get; set; }
    }
}

/// <summary>A request as a sandbox received it.</summary>
/// <param name="Verb">Kubernetes' verb, as <see cref="Fault.Verb"/>.</param>
/// <param name="Resource">Plural name, with <c>/subresource</c> if it is about one.</param>
/// <param name="Namespace">Namespace; null when it is about none.</param>
/// <param name="Name">Object name, for a create the one in its body; empty when there is none.</param>
public sealed record SeenRequest(string Verb, string Resource, string? Namespace, string Name)
{
    /// <summary>Whether it changes something.</summary>
    public bool IsMutating => Verb is "create" or "update" or "patch" or "delete" or "deletecollection";
}
