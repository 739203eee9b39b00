using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Planning;

namespace KubeVirtClone.Engine.Preflight.Subjects;

/// <summary>One item with what is known about its source.</summary>
internal sealed class PreflightSubject
{
    private (JsonObject? Machine, PatchOperation? Failing, string? Why)? _simulation;
    private bool _simulated;

    public PreflightSubject(PreflightItem item, CheckedRequest @checked, NamespaceState state)
    {
        Item = item;
        Checked = @checked;
        State = state;
    }

    public PreflightItem Item { get; }

    public CheckedRequest Checked { get; }

    public NamespaceState State { get; }

    /// <summary>The request in the form that is sent; as given when it cannot be sent.</summary>
    public CloneRequest Request => Checked.Request;

    /// <summary>True when the manifest is posted as it stands, so that KubeVirt's rules count and not this product's.</summary>
    public bool AsItStands => Item.Manifest is not null;

    /// <summary>What the server says to the machine the clone would come out as; null when it was not asked.</summary>
    public RehearsalAnswer? Rehearsed { get; set; }

    /// <summary>What the patches make of the source; worked out once. The machine is not to be changed.</summary>
    public (JsonObject? Machine, PatchOperation? Failing, string? Why)? Simulation
    {
        get
        {
            if (!_simulated)
                (_simulation, _simulated) = (PatchSimulation.Run(this), true);
            return _simulation;
        }
    }

    /// <summary>The patch that cannot be applied to the source, and why; worked out once for all that are asked for alike.</summary>
    public (PatchOperation Operation, string Why)? Inapplicable
    {
        get
        {
            if (!AsItStands && Checked.Compiled is { } compiled && Source is { } source)
                return compiled.OutcomeOf(source, Checked) is { Failing: { } failing, Why: { } reason } ? (failing.For(Request.Wishes), reason) : null;
            return Simulation is var (_, operation, why) && operation is not null ? (operation, why!) : null;
        }
    }

    /// <summary>The machine the clone comes out as, where that can be worked out; not to be changed.</summary>
    public JsonObject? Made => AsItStands || Checked.Fault is null ? Simulation?.Machine : null;

    public bool FromSnapshot => SourceKinds.Normalize(Request.SourceKind) == SourceKinds.VirtualMachineSnapshot;

    /// <summary>The machine that is cloned, as far as it is known; not to be changed.</summary>
    public JsonObject? Source => State.SourceOf(Request);

    /// <summary>The source object itself: machine or snapshot.</summary>
    public KubernetesObject? SourceObject => (FromSnapshot ? State.Snapshots : State.Machines).Find(Request.SourceName);

    public string SourceItem => $"{Request.Namespace}/{Request.SourceName}";

    public string Name => Request.DisplayName;

    public Finding Finding(FindingSeverity severity, string code, string message, Advice action, string evidence = "", FaultCategory category = FaultCategory.InvalidArgument) => new()
    {
        Severity = severity,
        Code = code,
        Item = Name,
        Message = message,
        Evidence = evidence,
        RecommendedAction = action,
        Category = category,
        Requests = [Item.Request],
    };
}

/// <summary>All items of a preflight that have the same source.</summary>
/// <param name="First">One of them.</param>
/// <param name="All">All of them, in order.</param>
internal sealed record PreflightSource(PreflightSubject First, IReadOnlyList<PreflightSubject> All)
{
    public NamespaceState State => First.State;

    public string Name => First.Request.SourceName;

    public JsonObject? Machine => First.Source;

    /// <summary>A machine that is on: its snapshot is of what it was started as, and names the revisions it runs on.</summary>
    public bool IsOn => !First.FromSnapshot && (State.Instances.Find(Name) is not null || SourceMachine.IsOn(Machine));

    public Finding Finding(FindingSeverity severity, string code, string message, Advice action, string evidence = "", FaultCategory category = FaultCategory.InvalidOperation) => new()
    {
        Severity = severity,
        Code = code,
        Item = First.SourceItem,
        Message = message,
        Evidence = evidence,
        RecommendedAction = action,
        Category = category,
        Requests = [.. All.Select(s => s.Item.Request)],
    };
}

/// <summary>What the checks look at.</summary>
internal sealed class PreflightBatch
{
    private readonly Dictionary<SourceKey, IReadOnlyList<SourceVolume>> _volumes = [];

    public PreflightBatch(IReadOnlyList<PreflightSubject> subjects, PreflightFacts facts, PreflightOptions options)
    {
        Subjects = subjects;
        Facts = facts;
        Options = options;
        Sources =
        [
            .. subjects.GroupBy(s => (s.Request.Namespace, s.FromSnapshot, s.Request.SourceName)).Select(g => new PreflightSource(g.First(), [.. g])),
        ];
    }

    public IReadOnlyList<PreflightSubject> Subjects { get; }

    public IReadOnlyList<PreflightSource> Sources { get; }

    public PreflightFacts Facts { get; }

    public PreflightOptions Options { get; }

    /// <summary>The volumes that clones of an item's source get copies of, as far as they are known; worked out once for each source.</summary>
    public IReadOnlyList<SourceVolume> VolumesOf(PreflightSubject subject)
    {
        var key = SourceKey.Of(subject.Request);
        if (!_volumes.TryGetValue(key, out var volumes))
            _volumes[key] = volumes = SourceVolume.Of(subject, Facts);
        return volumes;
    }

    /// <summary>What a source's size hangs on.</summary>
    public SourceSizing SizingOf(PreflightSource source) => Facts.Sizings.GetValueOrDefault(SourceKey.Of(source.First.Request)) ?? SourceSizing.None;

    /// <summary>Those of a source's instance type and preference that not all of its clones are given another for.</summary>
    public IEnumerable<SizingObject> KeptTypes(PreflightSource source) => SizingOf(source).Objects
        .Where(o => source.All.Any(s => s.AsItStands || !SizePatches.Types(s.Request).Any(t => t.Field == o.Field)));

    /// <summary>How much of a quota's resource is taken by what is made in the same namespace before these.</summary>
    public Func<string, decimal> TakenBefore { get; init; } = static _ => 0;

    /// <summary>Volume templates of a source whose DataSource is known to be gone, with its name.</summary>
    public IEnumerable<(ObjectName DataSource, string Template)> LackingTemplates(PreflightSource source) => Facts.References.LackingTemplates(source.Machine, source.First.Request.Namespace);

    /// <summary>How clones of a source would be made.</summary>
    public CloneMethod MethodOf(PreflightSource source)
    {
        if (source.First.AsItStands)
            return source.First.Item.IsRestore ? CloneMethod.Restore : CloneMethod.Clone;
        var requests = source.All.Select(s => s.Request).ToList();
        return GroupPlanner.Choose(Options.Method, Options.NoSharedSnapshot, requests, source.Machine, Facts.KubeVirtVersion, Facts.SnapshotApiVersion is not null, source.State.MayPost, LackingTemplates(source).Any()).Method;
    }

    /// <summary>True when CDI copies the volumes of a source: no snapshot is taken of the machine.</summary>
    public bool IsCopied(PreflightSource source) => MethodOf(source) == CloneMethod.DataVolume;

    /// <summary>True when a snapshot is taken that several clones of a source have in common, or that restores need.</summary>
    public bool TakesSnapshot(PreflightSource source) => !source.First.FromSnapshot && !source.First.AsItStands && !IsCopied(source)
        && (MethodOf(source) != CloneMethod.Clone || (!Options.NoSharedSnapshot && source.All.Count > 1 && Facts.SnapshotApiVersion is not null));
}

/// <summary>One thing a preflight looks for.</summary>
internal interface IPreflightCheck
{
    IEnumerable<Finding> Check(PreflightBatch batch);
}

/// <summary>A check of each item by itself.</summary>
internal abstract class SubjectCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch) => batch.Subjects.SelectMany(s => Check(s, batch));

    public abstract IEnumerable<Finding> Check(PreflightSubject subject, PreflightBatch batch);
}

/// <summary>A check of each source, once for all items made of it.</summary>
internal abstract class SourceCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch) => batch.Sources.SelectMany(s => Check(s, batch));

    public abstract IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch);
}
