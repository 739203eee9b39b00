using System.Globalization;
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
            foreach (var quota in group.Key.Quotas.Items?.Values ?? [])
            {
                if (Scopes(quota) is { Length: > 0 } scopes)
                {
                    yield return NotChecked(quota, $"the quota '{quota.Name}' of namespace '{quota.Namespace}' holds for a part of the objects only ({scopes}), so what clones take of it is not counted");
                    continue;
                }

                foreach (var finding in Judge(quota, subjects, needs))
                    yield return finding;
            }
        }
    }

    private static string Scopes(KubernetesObject quota)
    {
        var plain = quota.At("spec", "scopes") is { ValueKind: System.Text.Json.JsonValueKind.Array } list ? list.EnumerateArray().Select(s => s.GetString() ?? "") : [];
        var selected = quota.ItemsAt("spec", "scopeSelector", "matchExpressions").Select(e => e.Text("scopeName") ?? "");
        return string.Join(", ", plain.Concat(selected).Distinct(StringComparer.Ordinal));
    }

    private static Finding NotChecked(KubernetesObject quota, string what) => new()
    {
        Severity = FindingSeverity.NotChecked,
        Code = FindingCodes.QuotaNotChecked,
        Item = $"{quota.Namespace}/{quota.Name}",
        Message = $"Not checked: {what}.",
        RecommendedAction = $"See for yourself: kubectl describe resourcequota {quota.Name}",
        Evidence = $"ResourceQuota {quota.Name}",
    };

    private static IEnumerable<Finding> Judge(KubernetesObject quota, List<PreflightSubject> all, CloneNeeds needs)
    {
        foreach (var entry in (quota.At("status", "hard") ?? quota.At("spec", "hard"))?.EnumerateObject() ?? default)
        {
            if (Quantity.Parse(Text(entry.Value)) is not { } hard)
                continue;
            var atStart = CloneNeeds.IsNeededAtStart(entry.Name);
            // Of clones some of which start by themselves, those count; of others all, for the day they are started.
            var subjects = atStart && all.Exists(s => s.Request.StartsAtOnce) ? all.FindAll(s => s.Request.StartsAtOnce) : all;
            if (atStart && subjects.Exists(needs.HasUnknownSize))
            {
                yield return NotChecked(quota, $"how much of {entry.Name} the clones take once they run: their instance type could not be read");
                continue;
            }

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
            + (!atStart ? CloneNeeds.IsPosted(resource) ? ". The server refuses them." : ". KubeVirt takes them and tries for ever."
                : first.Request.StartsAtOnce ? " when they start." : ", once all of them are started.");
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
