using System.Collections.ObjectModel;
using System.Globalization;
using k8s.Models;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;

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
            foreach (var found in group.Key.Quotas.Items?.Values ?? [])
            {
                if (found.TryAs<V1ResourceQuota>() is not { } quota)
                {
                    yield return NotChecked(found.Namespace, found.Name, $"the quota '{found.Name}' of namespace '{found.Namespace}' says in no known form what it allows");
                    continue;
                }

                if (Scopes(quota) is { Length: > 0 } scopes)
                {
                    yield return NotChecked(quota, $"the quota '{quota.Metadata.Name}' of namespace '{quota.Metadata.NamespaceProperty}' holds for a part of the objects only ({scopes}), so what clones take of it is not counted");
                    continue;
                }

                foreach (var finding in Judge(quota, subjects, needs, batch.TakenBefore))
                    yield return finding;
            }
        }
    }

    private static string Scopes(V1ResourceQuota quota)
    {
        var selected = quota.Spec?.ScopeSelector?.MatchExpressions?.Select(e => e.ScopeName) ?? [];
        return string.Join(", ", (quota.Spec?.Scopes ?? []).Concat(selected).Distinct(StringComparer.Ordinal));
    }

    private static Finding NotChecked(V1ResourceQuota quota, string what) => NotChecked(quota.Metadata.NamespaceProperty, quota.Metadata.Name, what);

    private static Finding NotChecked(string? ns, string name, string what) => new()
    {
        Severity = FindingSeverity.NotChecked,
        Code = FindingCodes.QuotaNotChecked,
        Item = $"{ns}/{name}",
        Message = $"Not checked: {what}.",
        RecommendedAction = $"See for yourself: kubectl describe resourcequota {name}",
        Evidence = $"ResourceQuota {name}",
    };

    private static IEnumerable<Finding> Judge(V1ResourceQuota quota, List<PreflightSubject> all, CloneNeeds needs, Func<string, decimal> takenBefore)
    {
        foreach (var entry in quota.Status?.Hard ?? quota.Spec?.Hard ?? ReadOnlyDictionary<string, ResourceQuantity>.Empty)
        {
            if (Quantity.Of(entry.Value) is not { } hard)
                continue;
            var atStart = CloneNeeds.IsNeededAtStart(entry.Key);
            // Of clones some of which start by themselves, those count; of others all, for the day they are started.
            var subjects = atStart && all.Exists(s => s.Request.StartsAtOnce) ? all.FindAll(s => s.Request.StartsAtOnce) : all;
            if (atStart && subjects.Exists(needs.HasUnknownSize))
            {
                yield return NotChecked(quota, $"how much of {entry.Key} the clones take once they run: their instance type could not be read");
                continue;
            }

            var used = quota.Status?.Used.Amount(entry.Key) ?? 0;
            var before = takenBefore(entry.Key);
            var left = hard - used - before;
            var unfit = new List<(PreflightSubject Subject, int Place, decimal Need)>();
            for (var i = 0; i < subjects.Count; i++)
            {
                var need = needs.Of(subjects[i], entry.Key);
                // Without the snapshot they share none of them is made.
                if (need <= 0 && CloneNeeds.IsOfSnapshot(entry.Key) && unfit.Exists(u => needs.ShareSnapshot(u.Subject, subjects[i])))
                    unfit.Add((subjects[i], i + 1, need));
                if (need <= 0)
                    continue;
                if (need > left)
                    unfit.Add((subjects[i], i + 1, need));
                else
                    left -= need;
            }

            if (unfit.Count > 0)
                yield return Make(quota, entry.Key, (hard, used, before), unfit, subjects);
        }
    }

    private static Finding Make(
        V1ResourceQuota quota,
        string resource,
        (decimal Hard, decimal Used, decimal Before) limit,
        List<(PreflightSubject Subject, int Place, decimal Need)> unfit,
        List<PreflightSubject> subjects)
    {
        var bytes = CloneNeeds.IsBytes(resource);
        var (first, place, need) = unfit[0];
        var atStart = CloneNeeds.IsNeededAtStart(resource);
        var message = $"The quota '{quota.Metadata.Name}' of namespace '{quota.Metadata.NamespaceProperty}' leaves {Quantity.Show(limit.Hard - limit.Used - limit.Before, bytes)} of {resource} "
            + $"({Quantity.Show(limit.Used, bytes)} of {Quantity.Show(limit.Hard, bytes)} used{(limit.Before > 0 ? $", {Quantity.Show(limit.Before, bytes)} for the clones before" : "")}). '{first.Request.TargetName}', "
            + $"clone {place.ToString(CultureInfo.InvariantCulture)} of {subjects.Count.ToString(CultureInfo.InvariantCulture)}, needs {Quantity.Show(need, bytes)} and is the first that does not fit; "
            + $"{unfit.Count.ToString(CultureInfo.InvariantCulture)} of {subjects.Count.ToString(CultureInfo.InvariantCulture)} do not"
            + (!atStart ? CloneNeeds.IsPosted(resource) ? ". The server refuses them." : ". KubeVirt takes them and tries for ever."
                : first.Request.StartsAtOnce ? " when they start." : ", once all of them are started.");
        var fit = subjects.Count - unfit.Count;
        return first.Finding(
            atStart ? FindingSeverity.Warning : FindingSeverity.Error,
            FaultIds.QuotaExceeded,
            message,
            $"{(fit == 0 ? "Free" : $"Make at most {fit.ToString(CultureInfo.InvariantCulture)} of them, free")} some of the quota, or have it raised: kubectl describe resourcequota {quota.Metadata.Name}",
            $"ResourceQuota {quota.Metadata.Name}: {resource} hard {Quantity.Show(limit.Hard, bytes)}, used {Quantity.Show(limit.Used, bytes)}",
            FaultCategory.LimitsExceeded) with
        { Requests = [.. unfit.Select(u => u.Subject.Item.Request)] };
    }
}
