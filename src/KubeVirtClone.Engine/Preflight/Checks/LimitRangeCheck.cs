using k8s.Models;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The namespace's limit ranges allow volumes of the source's sizes, and machines of its size.</summary>
internal sealed class LimitRangeCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        if (!batch.Sources.Any(s => s.State.LimitRanges.Items is { Count: > 0 }))
            return [];
        var needs = new CloneNeeds(batch);
        return batch.Sources.SelectMany(source => (source.State.LimitRanges.Items?.Values ?? [])
            .SelectMany(range => (range.TryAs<V1LimitRange>()?.Spec?.Limits ?? []).SelectMany(limit => limit.Type switch
            {
                "PersistentVolumeClaim" => Volumes(source, range, limit, batch),
                "Container" or "Pod" => Machines(source, range, limit, needs),
                _ => [],
            })));
    }

    private static IEnumerable<Finding> Volumes(PreflightSource source, KubernetesObject range, V1LimitRangeItem limit, PreflightBatch batch)
    {
        var (max, min) = (limit.Max.Amount("storage"), limit.Min.Amount("storage"));
        var volumes = batch.VolumesOf(source.First);
        foreach (var sized in source.All.SelectMany(s => volumes.Select(v => (Subject: s, Volume: s.AsItStands ? v : v.For(s.Request)))).Where(v => v.Volume.Size > max || v.Volume.Size < min)
            .GroupBy(v => (v.Volume.Volume.Name, v.Volume.Size)))
        {
            var volume = sized.First().Volume;
            var asked = volume.Size != volumes.First(v => v.Volume.Name == volume.Volume.Name).Size;
            yield return source.Finding(
                FindingSeverity.Error,
                FindingCodes.LimitRange,
                $"The volume '{volume.Volume.Name}' of {(asked ? "clones of " : "")}'{source.Name}' {(asked ? "is to have" : "has")} {Quantity.Write(volume.Size!.Value)}; the limit range '{range.Name}' allows "
                    + $"{(volume.Size > max ? $"at most {Quantity.Write(max.Value)}" : $"at least {Quantity.Write(min!.Value)}")}. {(batch.MethodOf(source) == CloneMethod.Direct ? "The server refuses such volumes." : "KubeVirt takes the clones and tries for ever.")}",
                volume.Size > max
                    ? "Have the limit range changed, or clone a machine with smaller volumes: a copy is never smaller than its source."
                    : (Advice)$"Have the limit range changed, or give the clones larger disks: {OptionName.DiskSize} {Quantity.Write(min!.Value)}",
                $"LimitRange {range.Name}, type PersistentVolumeClaim",
                FaultCategory.LimitsExceeded) with
            { Requests = [.. sized.Select(s => s.Subject.Item.Request)] };
        }
    }

    private static IEnumerable<Finding> Machines(PreflightSource source, KubernetesObject range, V1LimitRangeItem limit, CloneNeeds needs)
    {
        foreach (var (resource, bytes) in new[] { ("cpu", false), ("memory", true) })
        {
            if (limit.Max.Amount(resource) is not { } max)
                continue;
            var large = source.All.Select(s => (Subject: s, Size: needs.Size(s))).Where(s => (bytes ? s.Size?.MemoryRequest : s.Size?.CpuRequest) > max).ToList();
            if (large.Count == 0)
                continue;
            var need = bytes ? large[0].Size!.MemoryRequest : large[0].Size!.CpuRequest;
            yield return source.Finding(
                FindingSeverity.Warning,
                FindingCodes.LimitRange,
                $"A clone of '{source.Name}' asks for {Quantity.Show(need, bytes)} of {resource} when it runs; the limit range '{range.Name}' allows {Quantity.Show(max, bytes)}. The clones are made, and cannot start.",
                $"Have the limit range changed, or give the clones another size: {OptionName.Cpu}, {OptionName.Memory}, {OptionName.Instancetype}.",
                $"LimitRange {range.Name}, type {limit.Type}",
                FaultCategory.LimitsExceeded) with
            { Requests = [.. large.Select(l => l.Subject.Item.Request)] };
        }
    }
}
