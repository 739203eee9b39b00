using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Planning;
using KubeVirtClone.Engine.Preflight.Checks;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight;

/// <summary>
/// Judges the requests of one namespace by what was found there: the cheap ones among the preflight's checks, which every clone gets before it is made. What
/// they say of a source is found once.
/// </summary>
/// <param name="facts">What was found there.</param>
/// <param name="method">How the clones are to be made.</param>
internal sealed class PlanJudge(NamespaceFacts facts, CloneMethodChoice method)
{
    // A clone stays pending for these, and goes on when a claim or class is made after all: worth a word, no reason to refuse.
    private static readonly HashSet<string> MayStillCome = new(StringComparer.Ordinal)
    {
        FindingCodes.VolumeNotSnapshottable, FindingCodes.ClaimMissing, FindingCodes.SnapshotSourceMissing,
    };

    private readonly PreflightBatch _storage = new([], facts.Storage, new PreflightOptions { Method = method });

    private readonly Dictionary<SourceKey, IReadOnlyList<Finding>> _ofSources = [];

    /// <summary>Why the disks asked for can be had by method Direct only; null where any method gives them.</summary>
    public string? WhyOnlyDirect(CheckedRequest item) => DiskMethodCheck.WhyOnlyDirect(new PreflightSubject(new PreflightItem(item.Request), item, facts.State), _storage);

    /// <summary>Whether a disk has to grow where it is made like the source's.</summary>
    public bool Grows(CheckedRequest item) => DiskMethodCheck.Growing(new PreflightSubject(new PreflightItem(item.Request), item, facts.State), _storage).Any();

    /// <summary>What makes the clone impossible, or null; what may not be meant goes to <paramref name="warnings"/>.</summary>
    public Fault? Judge(CheckedRequest item, List<string> warnings)
    {
        var subject = new PreflightSubject(new PreflightItem(item.Request), item, facts.State);
        var key = SourceKey.Of(item.Request);
        if (!_ofSources.TryGetValue(key, out var findings))
        {
            var source = new PreflightSource(subject, [subject]);
            _ofSources[key] = findings = PreflightChecks.InOrder(PreflightChecks.CheapOfSources.SelectMany(c => c.Check(source, _storage)));
        }

        List<Finding>? own = null;
        foreach (var check in PreflightChecks.CheapOfSubjects)
        {
            foreach (var finding in check.Check(subject, _storage))
                (own ??= []).Add(finding);
        }

        if (own is not null)
            findings = PreflightChecks.InOrder(findings.Concat(own));
        Fault? fault = null;
        foreach (var finding in findings)
        {
            if (finding.IsError && !MayStillCome.Contains(finding.Code))
                fault ??= finding.ToFault();
            else if (finding.Severity is FindingSeverity.Error or FindingSeverity.Warning)
                warnings.Add(finding.Message);
        }

        return fault;
    }
}
