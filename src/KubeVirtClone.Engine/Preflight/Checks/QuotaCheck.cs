using System.Collections.ObjectModel;
using System.Globalization;
using k8s.Models;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>The namespace's quotas hold the whole batch; where not, which item is the first that does not fit.</summary>
internal sealed class QuotaCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        CloneNeeds? needs = null;
        foreach (var group in batch.Subjects.Where(s => s.AsItStands || s.Checked.Fault is null).GroupBy(s => s.State))
        {
            if (group.Key.Quotas.Items is not { Count: > 0 } quotas)
                continue;
            var limits = new List<Limit>();
            foreach (var found in quotas.Values)
            {
                if (found.TryAs<V1ResourceQuota>() is not { } quota)
                    yield return NotChecked(found.Namespace, found.Name, $"the quota '{found.Name}' of namespace '{found.Namespace}' says in no known form what it allows");
                else if (Scopes(quota) is { Length: > 0 } scopes)
                    yield return NotChecked(quota, $"the quota '{quota.Metadata.Name}' of namespace '{quota.Metadata.NamespaceProperty}' holds for a part of the objects only ({scopes}), so what clones take of it is not counted");
                else
                    limits.AddRange(Limit.Of(quota, batch.TakenBefore));
            }

            foreach (var finding in Judge(limits, [.. group], needs ??= new CloneNeeds(batch)))
                yield return finding;
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

    private static IEnumerable<Finding> Judge(List<Limit> limits, List<PreflightSubject> all, CloneNeeds needs)
    {
        var always = limits.FindAll(l => !CloneNeeds.IsNeededAtStart(l.Resource));
        var made = new List<PreflightSubject>(all.Count);
        for (var i = 0; i < all.Count; i++)
        {
            var wanted = always.ConvertAll(l => needs.Of(all[i], l.Resource));
            var fits = true;
            for (var l = 0; l < always.Count; l++)
                fits &= always[l].Holds(all[i], i + 1, wanted[l], needs);
            // What one limit keeps from being made takes nothing of the others.
            if (!fits)
                continue;
            for (var l = 0; l < always.Count; l++)
                always[l].Left -= wanted[l];
            made.Add(all[i]);
        }

        foreach (var limit in always)
        {
            if (limit.Unfit.Count > 0)
                yield return Make(limit, limit.Unfit, all.Count, FindingSeverity.Error, needs.IsPosted(limit.Unfit[0].Subject, limit.Resource) ? ". The server refuses them." : ". KubeVirt takes them and tries for ever.");
            if (limit.Late.Count > 0)
                yield return Make(limit, limit.Late, all.Count, FindingSeverity.Warning, needs.IsPosted(limit.Late[0].Subject, limit.Resource) ? ". The server refuses what comes before others are done." : ". KubeVirt tries again until others are done.");
        }

        // Of clones some of which start by themselves, those count; of others all, for the day they are started.
        var starting = made.Exists(s => s.Request.StartsAtOnce) ? made.FindAll(s => s.Request.StartsAtOnce) : made;
        foreach (var limit in limits.Except(always))
        {
            if (starting.Exists(needs.HasUnknownSize))
            {
                yield return NotChecked(limit.Quota, $"how much of {limit.Resource} the clones take once they run: their instance type could not be read");
                continue;
            }

            for (var i = 0; i < starting.Count; i++)
            {
                var need = needs.Of(starting[i], limit.Resource);
                if (limit.Holds(starting[i], i + 1, need, needs))
                    limit.Left -= need;
            }

            if (limit.Unfit.Count > 0)
                yield return Make(limit, limit.Unfit, starting.Count, FindingSeverity.Warning, limit.Unfit[0].Subject.Request.StartsAtOnce ? " when they start." : ", once all of them are started.");
        }
    }

    private static Finding Make(Limit limit, List<(PreflightSubject Subject, int Place, decimal Need)> unfit, int count, FindingSeverity severity, string consequence)
    {
        var bytes = CloneNeeds.IsBytes(limit.Resource);
        var (first, place, need) = unfit[0];
        var name = limit.Quota.Metadata.Name;
        var of = count.ToString(CultureInfo.InvariantCulture);
        var message = $"The quota '{name}' of namespace '{limit.Quota.Metadata.NamespaceProperty}' leaves {Quantity.Show(limit.Free, bytes)} of {limit.Resource} "
            + $"({Quantity.Show(limit.Used, bytes)} of {Quantity.Show(limit.Hard, bytes)} used{(limit.Before > 0 ? $", {Quantity.Show(limit.Before, bytes)} for the clones before" : "")}). '{first.Request.TargetName}', "
            + $"clone {place.ToString(CultureInfo.InvariantCulture)} of {of}, needs {Quantity.Show(need, bytes)} and is the first that does not fit; "
            + $"{unfit.Count.ToString(CultureInfo.InvariantCulture)} of {of} do not{consequence}";
        var fit = count - unfit.Count;
        return first.Finding(
            severity,
            FaultIds.QuotaExceeded,
            message,
            $"{(fit == 0 ? "Free" : $"Make at most {fit.ToString(CultureInfo.InvariantCulture)} of them, free")} some of the quota, or have it raised: kubectl describe resourcequota {name}",
            $"ResourceQuota {name}: {limit.Resource} hard {Quantity.Show(limit.Hard, bytes)}, used {Quantity.Show(limit.Used, bytes)}",
            FaultCategory.LimitsExceeded) with
        { Requests = [.. unfit.Select(u => u.Subject.Item.Request)] };
    }

    /// <summary>What a quota says of one resource, and what of a batch it has no room for.</summary>
    private sealed class Limit
    {
        public required V1ResourceQuota Quota { get; init; }

        public required string Resource { get; init; }

        public required decimal Hard { get; init; }

        public required decimal Used { get; init; }

        public required decimal Before { get; init; }

        /// <summary>What is left for the batch.</summary>
        public decimal Free => Hard - Used - Before;

        /// <summary>What is left after those that were counted so far.</summary>
        public decimal Left { get; set; }

        /// <summary>Clones without room, with their place among all and what they need.</summary>
        public List<(PreflightSubject Subject, int Place, decimal Need)> Unfit { get; } = [];

        /// <summary>Clones without room while others of the batch are made.</summary>
        public List<(PreflightSubject Subject, int Place, decimal Need)> Late { get; } = [];

        public static IEnumerable<Limit> Of(V1ResourceQuota quota, Func<string, decimal> takenBefore)
        {
            foreach (var (resource, amount) in quota.Status?.Hard ?? quota.Spec?.Hard ?? ReadOnlyDictionary<string, ResourceQuantity>.Empty)
            {
                if (Quantity.Parse(amount.ToString()) is not { } hard)
                    continue;
                var limit = new Limit { Quota = quota, Resource = resource, Hard = hard, Used = quota.Status?.Used.Amount(resource) ?? 0, Before = takenBefore(resource) };
                limit.Left = limit.Free;
                yield return limit;
            }
        }

        /// <summary>Whether the clone can be made as far as this limit goes.</summary>
        public bool Holds(PreflightSubject subject, int place, decimal need, CloneNeeds needs)
        {
            // Without the snapshot they share none of them is made.
            var shared = need <= 0 && CloneNeeds.IsOfSnapshot(Resource);
            var passing = needs.IsPassing(Resource);
            if (shared ? Unfit.Exists(u => needs.ShareSnapshot(u.Subject, subject)) : need > 0 && need > (passing ? Free : Left))
            {
                Unfit.Add((subject, place, need));
                return false;
            }

            if (shared ? Late.Exists(u => needs.ShareSnapshot(u.Subject, subject)) : passing && need > 0 && need > Left)
                Late.Add((subject, place, need));
            return true;
        }
    }
}
