using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>What each clone of a batch takes of a quota.</summary>
internal sealed class CloneNeeds
{
    private const string ClassSuffix = ".storageclass.storage.k8s.io/";
    private const string Clones = "count/virtualmachineclones.clone.kubevirt.io";
    private const string Restores = "count/virtualmachinerestores.snapshot.kubevirt.io";
    private const string Machines = "count/virtualmachines.kubevirt.io";

    // Of what only a running machine takes; the rest of the names are those of devices.
    private static readonly string[] OfObjects = ["requests.storage", "requests.ephemeral-storage"];

    private readonly PreflightBatch _batch;
    private readonly Dictionary<PreflightSubject, (PreflightSource Source, bool FirstOfSource)> _sources = [];
    private readonly Dictionary<PreflightSource, IReadOnlyList<SourceVolume>> _volumes = [];
    private readonly Dictionary<PreflightSource, (CloneMethod Method, bool Shared)> _ways = [];
    private readonly Dictionary<(PreflightSource Source, object Alike), MachineSizing?> _sizes = [];

    public CloneNeeds(PreflightBatch batch)
    {
        _batch = batch;
        foreach (var source in batch.Sources)
        {
            _volumes[source] = batch.VolumesOf(source.First);
            _ways[source] = (batch.MethodOf(source), batch.TakesSnapshot(source) && !batch.Options.NoSharedSnapshot);
            for (var i = 0; i < source.All.Count; i++)
                _sources[source.All[i]] = (source, i == 0);
        }
    }

    public static bool IsBytes(string resource) =>
        resource.EndsWith("storage", StringComparison.Ordinal) || resource.EndsWith("memory", StringComparison.Ordinal) || resource.Contains("hugepages-", StringComparison.Ordinal);

    /// <summary>True for what only a running machine takes.</summary>
    public static bool IsNeededAtStart(string resource) =>
        resource is "cpu" or "memory" or "pods" or "count/pods" or "count/virtualmachineinstances.kubevirt.io"
        || resource.StartsWith("limits.", StringComparison.Ordinal)
        || resource.StartsWith("hugepages-", StringComparison.Ordinal)
        || (resource.StartsWith("requests.", StringComparison.Ordinal) && !OfObjects.Contains(resource, StringComparer.Ordinal));

    /// <summary>Whether whoever clones posts himself what takes of the resource.</summary>
    public bool IsPosted(PreflightSubject subject, string resource) => _ways[_sources[subject].Source].Method switch
    {
        CloneMethod.Clone => resource == Clones,
        CloneMethod.Restore => resource == Restores,
        CloneMethod.DataVolume => resource == Machines,
        _ => !IsOfSnapshot(resource),
    };

    /// <summary>True for what is taken only while clones are made, and free again for those that come later.</summary>
    public bool IsPassing(string resource) => resource == Restores || IsOfSnapshot(resource) || (resource == Clones && _batch.Options.PurgeOnSuccess);

    /// <summary>True for what only snapshots take.</summary>
    public static bool IsOfSnapshot(string resource) => resource is
        "count/virtualmachinesnapshots.snapshot.kubevirt.io" or "count/virtualmachinesnapshotcontents.snapshot.kubevirt.io" or "count/volumesnapshots.snapshot.storage.k8s.io";

    /// <summary>How much of a quota's resource all clones take, with what is made before them.</summary>
    public decimal All(string resource) => _batch.TakenBefore(resource) + _batch.Subjects.Where(s => s.Checked.Fault is null).Sum(s => Of(s, resource));

    /// <summary>Whether both clones are made of the one snapshot that is taken for them.</summary>
    public bool ShareSnapshot(PreflightSubject one, PreflightSubject other) =>
        ReferenceEquals(_sources[one].Source, _sources[other].Source) && _ways[_sources[one].Source].Shared;

    /// <summary>Whether the clone's size hangs on an instance type that is not known.</summary>
    public bool HasUnknownSize(PreflightSubject subject) => Size(subject) is null && subject.Source is not null;

    /// <summary>How much of a quota's resource the clone takes, in bytes or pieces; 0 when none.</summary>
    public decimal Of(PreflightSubject subject, string resource)
    {
        var (source, first) = _sources[subject];
        var volumes = subject.AsItStands ? _volumes[source] : [.. _volumes[source].Select(v => v.For(subject.Request))];
        var at = resource.IndexOf(ClassSuffix, StringComparison.Ordinal);
        if (at > 0)
        {
            var ofClass = volumes.Where(v => v.StorageClass == resource[..at]).ToList();
            return resource[(at + ClassSuffix.Length)..] switch
            {
                "requests.storage" => ofClass.Sum(v => v.Size ?? 0),
                "persistentvolumeclaims" => ofClass.Count,
                _ => 0,
            };
        }

        var (method, shared) = _ways[source];
        var snapshots = subject.FromSnapshot || method == CloneMethod.DataVolume || (shared && !first) ? 0 : 1;
        return resource switch
        {
            "requests.storage" => volumes.Sum(v => v.Size ?? 0),
            "persistentvolumeclaims" or "count/persistentvolumeclaims" => volumes.Count,
            "count/datavolumes.cdi.kubevirt.io" when method == CloneMethod.Direct => 0,
            "count/datavolumes.cdi.kubevirt.io" when method == CloneMethod.DataVolume => volumes.Count,
            "count/datavolumes.cdi.kubevirt.io" => volumes.Count(v => v.Volume.Template is not null),
            Machines => 1,
            Clones => method == CloneMethod.Clone ? 1 : 0,
            Restores => method.StandsAsMachine() ? 0 : 1,
            "count/virtualmachinesnapshots.snapshot.kubevirt.io" => snapshots,
            "count/virtualmachinesnapshotcontents.snapshot.kubevirt.io" => snapshots,
            "count/volumesnapshots.snapshot.storage.k8s.io" => snapshots * volumes.Count,
            "pods" or "count/pods" or "count/virtualmachineinstances.kubevirt.io" => 1,
            _ => Size(subject) is { } size ? OfRunning(size, resource) : 0,
        };
    }

    /// <summary>What the clone asks for when it runs; null when that is not known.</summary>
    public MachineSizing? Size(PreflightSubject subject)
    {
        // What is each clone's own says nothing of its size.
        var key = (_sources[subject].Source, (object?)subject.Checked.Compiled ?? subject);
        if (_sizes.TryGetValue(key, out var known))
            return known;
        return _sizes[key] = ReadSize(subject);
    }

    private static decimal OfRunning(MachineSizing size, string resource) => resource switch
    {
        "cpu" or "requests.cpu" => size.CpuRequest,
        "limits.cpu" => size.CpuLimit,
        "memory" or "requests.memory" => size.MemoryRequest,
        "limits.memory" => size.MemoryLimit,
        _ => size.Others.GetValueOrDefault(resource.StartsWith("requests.", StringComparison.Ordinal) ? resource["requests.".Length..] : resource),
    };

    private MachineSizing? ReadSize(PreflightSubject subject)
    {
        var source = _sources[subject].Source;
        var machine = subject.Made ?? subject.Source;
        var named = _batch.SizingOf(source).Instancetype;
        var wanted = SourceMachine.Text(machine?["spec"]?["instancetype"]?["name"]);
        if (machine is null || string.IsNullOrEmpty(wanted))
            return machine is null ? null : MachineSizing.Of(machine, instancetype: null);
        if (subject.Request.Instancetype is not null && !subject.AsItStands)
            return _batch.Facts.Types.Spec(subject.Request.Namespace, SourceMachine.Text(machine["spec"]!["instancetype"]!["kind"]) ?? "", wanted) is { } asked ? MachineSizing.Of(machine, asked) : null;
        // One that a patch names is not read.
        return wanted == named?.Name && named.OfClone(source.IsOn) is { } spec ? MachineSizing.Of(machine, spec) : null;
    }
}
