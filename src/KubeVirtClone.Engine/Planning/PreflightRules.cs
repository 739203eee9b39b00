using KubeVirtClone.Engine.Preflight;
using KubeVirtClone.Engine.Preflight.Checks;

namespace KubeVirtClone.Engine.Planning;

/// <summary>Judges a request by what was found in its namespace: the cheap ones among the preflight's checks, which every clone gets before it is made.</summary>
internal static class PreflightRules
{
    // A clone stays pending for these, and goes on when a claim or class is made after all: worth a word, no reason to refuse.
    private static readonly HashSet<string> MayStillCome = new(StringComparer.Ordinal)
    {
        FindingCodes.VolumeNotSnapshottable, FindingCodes.ClaimMissing, FindingCodes.SnapshotSourceMissing,
    };

    /// <summary>Whether the source has a firmware section; null when that is not known.</summary>
    public static bool? HasFirmware(CloneRequest request, NamespaceFacts facts) =>
        facts.SourceOf(request) is { } source ? SourceMachine.Domain(source)?["firmware"] is not null : null;

    public static Fault? TargetExists(CloneRequest request, NamespaceFacts facts) =>
        facts.Machines?.ContainsKey(request.TargetName!) != true ? null : FaultMapper.Make(
            FaultIds.VMCloneTargetExists,
            FaultCategory.ResourceExists,
            $"A virtual machine '{request.TargetName}' exists in namespace '{request.Namespace}'. KubeVirt would take the clone and never finish it.",
            "Choose another target name, remove the machine, or pass over such items with -SkipExisting.",
            $"{request.Namespace}/{request.TargetName}");

    /// <summary>What makes the clone impossible, or null; what may not be meant goes to <paramref name="warnings"/>.</summary>
    public static Fault? Judge(CheckedRequest item, NamespaceFacts facts, List<string> warnings)
    {
        var state = new NamespaceState
        {
            Name = facts.Namespace,
            Exists = facts.Exists,
            Machines = Known.Of(facts.Machines),
            Snapshots = Known.Of(facts.Snapshots),
            SnapshottedMachines = facts.SnapshottedMachines,
            Claims = Known.Of(facts.Claims),
        };
        var subject = new PreflightSubject(new PreflightItem(item.Request), item, state);
        var batch = new PreflightBatch([subject], new PreflightFacts(), new PreflightOptions());
        Fault? fault = null;
        foreach (var finding in PreflightChecks.Run(PreflightChecks.Cheap, batch))
        {
            if (finding.IsError && !MayStillCome.Contains(finding.Code))
                fault ??= finding.ToFault();
            else if (finding.Severity is FindingSeverity.Error or FindingSeverity.Warning)
                warnings.Add(finding.Message);
        }

        return fault;
    }
}
