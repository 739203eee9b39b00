using System.Globalization;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The namespace's quotas hold the whole batch; where not, which item is the first that does not fit.</summary>
internal sealed class QuotaCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        var needs = new CloneNeeds(batch);
        foreach (var group in batch.Subjects.Where(s => s.AsItStands || s.Checked.Fault is null).GroupBy(s => s.State))
        {
            var subjects = group.ToList();
            foreach (var quota in (group.Key.Quotas.Items?.Values ?? []).Where(q => q.At("spec", "scopes") is null && q.At("spec", "scopeSelector") is null))
            {
                foreach (var finding in Judge(quota, subjects, needs))
                    yield return finding;
            }
        }
    }

    private static IEnumerable<Finding> Judge(KubernetesObject quota, List<PreflightSubject> subjects, CloneNeeds needs)
    {
        foreach (var entry in (quota.At("status", "hard") ?? quota.At("spec", "hard"))?.EnumerateObject() ?? default)
        {
            if (Quantity.Parse(Text(entry.Value)) is not { } hard)
                continue;
            var used = Quantity.Parse(quota.At("status", "used", entry.Name) is { } u ? Text(u) : null) ?? 0;
            var left = hard - used;
            var unfit = new List<(PreflightSubject Subject, int Place, decimal Need)>();
            for (var i = 0; i < subjects.Count; i++)
            {
                var need = needs.Of(subjects[i], entry.Name);
                // Without the snapshot they share none of them is made.
                if (need <= 0 && CloneNeeds.IsOfSnapshot(entry.Name) && unfit.Exists(u => needs.ShareSnapshot(u.Subject, subjects[i])))
                    unfit.Add((subjects[i], i + 1, need));
                if (need <= 0)
                    continue;
                if (need > left)
                    unfit.Add((subjects[i], i + 1, need));
                else
                    left -= need;
            }

            if (unfit.Count > 0)
                yield return Make(quota, entry.Name, (hard, used), unfit, subjects);
        }
    }

    private static Finding Make(
        KubernetesObject quota,
        string resource,
        (decimal Hard, decimal Used) limit,
        List<(PreflightSubject Subject, int Place, decimal Need)> unfit,
        List<PreflightSubject> subjects)
    {
        var bytes = CloneNeeds.IsBytes(resource);
        var (first, place, need) = unfit[0];
        var atStart = CloneNeeds.IsNeededAtStart(resource);
        var message = $"The quota '{quota.Name}' of namespace '{quota.Namespace}' leaves {Quantity.Show(limit.Hard - limit.Used, bytes)} of {resource} "
            + $"({Quantity.Show(limit.Used, bytes)} of {Quantity.Show(limit.Hard, bytes)} used). '{first.Request.TargetName}', "
            + $"clone {place.ToString(CultureInfo.InvariantCulture)} of {subjects.Count.ToString(CultureInfo.InvariantCulture)}, needs {Quantity.Show(need, bytes)} and is the first that does not fit; "
            + $"{unfit.Count.ToString(CultureInfo.InvariantCulture)} of {subjects.Count.ToString(CultureInfo.InvariantCulture)} do not"
            + (atStart ? ", once all of them are started." : CloneNeeds.IsPosted(resource) ? ". The server refuses them." : ". KubeVirt takes them and tries for ever.");
        var fit = subjects.Count - unfit.Count;
        return first.Finding(
            atStart ? FindingSeverity.Warning : FindingSeverity.Error,
            FaultIds.QuotaExceeded,
            message,
            $"{(fit == 0 ? "Free" : $"Make at most {fit.ToString(CultureInfo.InvariantCulture)} of them, free")} some of the quota, or have it raised: kubectl describe resourcequota {quota.Name}",
            $"ResourceQuota {quota.Name}: {resource} hard {Quantity.Show(limit.Hard, bytes)}, used {Quantity.Show(limit.Used, bytes)}",
            FaultCategory.LimitsExceeded) with
        { Requests = [.. unfit.Select(u => u.Subject.Item.Request)] };
    }

    private static string? Text(System.Text.Json.JsonElement value) =>
        value.ValueKind == System.Text.Json.JsonValueKind.String ? value.GetString() : value.GetRawText();
}

/// <summary>What each clone of a batch takes of a quota.</summary>
internal sealed class CloneNeeds
{
    private const string ClassSuffix = ".storageclass.storage.k8s.io/";

    private readonly Dictionary<PreflightSubject, (PreflightSource Source, bool FirstOfSource)> _sources = [];
    private readonly Dictionary<PreflightSource, IReadOnlyList<SourceVolume>> _volumes = [];
    private readonly Dictionary<PreflightSource, (CloneMethod Method, bool Shared)> _ways = [];

    public CloneNeeds(PreflightBatch batch)
    {
        foreach (var source in batch.Sources)
        {
            _volumes[source] = SourceVolume.Of(source, batch.Facts);
            _ways[source] = (batch.MethodOf(source), batch.TakesSnapshot(source) && !batch.Options.NoSharedSnapshot);
            for (var i = 0; i < source.All.Count; i++)
                _sources[source.All[i]] = (source, i == 0);
        }
    }

    public static bool IsBytes(string resource) => resource.EndsWith("storage", StringComparison.Ordinal) || resource.EndsWith("memory", StringComparison.Ordinal);

    /// <summary>True for what only a running machine takes.</summary>
    public static bool IsNeededAtStart(string resource) =>
        resource is "memory" or "requests.memory" or "limits.memory" or "pods" or "count/pods" or "count/virtualmachineinstances.kubevirt.io";

    /// <summary>True for objects that whoever clones posts himself.</summary>
    public static bool IsPosted(string resource) => resource == "count/virtualmachineclones.clone.kubevirt.io";

    /// <summary>True for what only snapshots take.</summary>
    public static bool IsOfSnapshot(string resource) => resource is
        "count/virtualmachinesnapshots.snapshot.kubevirt.io" or "count/virtualmachinesnapshotcontents.snapshot.kubevirt.io" or "count/volumesnapshots.snapshot.storage.k8s.io";

    /// <summary>Whether both clones are made of the one snapshot that is taken for them.</summary>
    public bool ShareSnapshot(PreflightSubject one, PreflightSubject other) =>
        ReferenceEquals(_sources[one].Source, _sources[other].Source) && _ways[_sources[one].Source].Shared;

    /// <summary>How much of a quota's resource the clone takes, in bytes or pieces; 0 when none.</summary>
    public decimal Of(PreflightSubject subject, string resource)
    {
        var (source, first) = _sources[subject];
        var volumes = _volumes[source];
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
        var snapshots = subject.FromSnapshot || (shared && !first) ? 0 : 1;
        return resource switch
        {
            "requests.storage" => volumes.Sum(v => v.Size ?? 0),
            "persistentvolumeclaims" or "count/persistentvolumeclaims" => volumes.Count,
            "count/datavolumes.cdi.kubevirt.io" when method == CloneMethod.Direct => 0,
            "count/datavolumes.cdi.kubevirt.io" => volumes.Count(v => v.Volume.Template is not null),
            "count/virtualmachines.kubevirt.io" => 1,
            "count/virtualmachineclones.clone.kubevirt.io" => method == CloneMethod.Clone ? 1 : 0,
            "count/virtualmachinerestores.snapshot.kubevirt.io" => method == CloneMethod.Direct ? 0 : 1,
            "count/virtualmachinesnapshots.snapshot.kubevirt.io" => snapshots,
            "count/virtualmachinesnapshotcontents.snapshot.kubevirt.io" => snapshots,
            "count/volumesnapshots.snapshot.storage.k8s.io" => snapshots * volumes.Count,
            "memory" or "requests.memory" or "limits.memory" => Memory(source),
            "pods" or "count/pods" or "count/virtualmachineinstances.kubevirt.io" => 1,
            _ => 0,
        };
    }

    private static decimal Memory(PreflightSource source)
    {
        var domain = SourceMachine.Domain(source.Machine);
        return Quantity.Parse(SourceMachine.Text(domain?["memory"]?["guest"]) ?? SourceMachine.Text(domain?["resources"]?["requests"]?["memory"])) ?? 0;
    }
}

/// <summary>The namespace's limit ranges allow volumes of the source's sizes.</summary>
internal sealed class LimitRangeCheck : SourceCheck
{
    protected override IEnumerable<Finding> Check(PreflightSource source, PreflightBatch batch)
    {
        foreach (var range in source.State.LimitRanges.Items?.Values ?? [])
        {
            foreach (var limit in ObjectConditions.ItemsAt(range, "spec", "limits").Where(l => ObjectConditions.Text(l, "type") == "PersistentVolumeClaim"))
            {
                var max = Quantity.Parse(ObjectConditions.Text(ObjectConditions.Member(limit, "max") ?? default, "storage"));
                var min = Quantity.Parse(ObjectConditions.Text(ObjectConditions.Member(limit, "min") ?? default, "storage"));
                foreach (var volume in SourceVolume.Of(source, batch.Facts).Where(v => v.Size > max || v.Size < min))
                {
                    yield return source.Finding(
                        FindingSeverity.Error,
                        FindingCodes.LimitRange,
                        $"The volume '{volume.Volume.Name}' of '{source.Name}' has {Quantity.Show(volume.Size!.Value, bytes: true)}; the limit range '{range.Name}' allows "
                            + $"{(volume.Size > max ? $"at most {Quantity.Show(max.Value, bytes: true)}" : $"at least {Quantity.Show(min!.Value, bytes: true)}")}. KubeVirt takes the clones and tries for ever.",
                        "Have the limit range changed, or clone a machine with other volumes: a clone cannot change their size.",
                        $"LimitRange {range.Name}, type PersistentVolumeClaim",
                        FaultCategory.LimitsExceeded);
                }
            }
        }
    }
}
