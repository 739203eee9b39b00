using KubeVirtClone.Engine.Facts;
using KubeVirtClone.Engine.Objects;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.Engine.Preflight.Checks;

/// <summary>Whether the user (or the one impersonated) may make the clones, by the server's own access review.</summary>
internal sealed class AccessCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        foreach (var group in batch.Subjects.GroupBy(s => s.State))
        {
            var ns = group.Key.Name;
            if (group.Key.Access.Count == 0)
            {
                if (group.Key.Exists && ns.Length > 0)
                    yield return Of([.. group], FindingSeverity.NotChecked, $"Whether you may make clones in {ns} could not be asked.", "");
                continue;
            }

            var sources = batch.Sources.Where(s => ReferenceEquals(s.State, group.Key)).ToList();
            foreach (var needed in sources.SelectMany(s => Needed(s, batch).Select(right => (Source: s, Right: right))).GroupBy(n => n.Right, StringComparer.Ordinal))
            {
                if (group.Key.Access.GetValueOrDefault(needed.Key) is not { Allowed: false } refused)
                    continue;
                yield return Of(
                    [.. needed.SelectMany(n => n.Source.All)],
                    FindingSeverity.Error,
                    $"You may not {needed.Key} in namespace '{ns}'{(refused.Reason.Length > 0 ? $" ({refused.Reason})" : "")}.",
                    $"Ask for the right, for example by a RoleBinding to the ClusterRole kubevirt.io:edit in that namespace, or use another context or {OptionName.As}.{(needed.Key is "create virtualmachineclones" or PatchClaims ? Advice.None : OtherWay)}");
            }
        }
    }

    private const string PatchClaims = "patch persistentvolumeclaims";

    private static Advice OtherWay => $" With {OptionName.Method} Clone {OptionName.NoSharedSnapshot} the right to create virtualmachineclones is enough.";

    private static IEnumerable<string> Needed(PreflightSource source, PreflightBatch batch)
    {
        switch (batch.MethodOf(source))
        {
            case CloneMethod.Clone:
                yield return "create virtualmachineclones";
                break;
            case CloneMethod.Restore:
                yield return "create virtualmachinerestores";
                break;
            // The data volumes are made by virt-controller.
            case CloneMethod.DataVolume:
                yield return "create virtualmachines";
                break;
            default:
                yield return "create virtualmachines";
                yield return "create persistentvolumeclaims";
                break;
        }

        // Made like the source's, disks are given their size afterwards.
        if (!batch.MethodOf(source).StandsAsMachine() && source.All.Any(s => !s.AsItStands && s.Checked.Fault is null && DiskMethodCheck.Growing(s, batch).Any()))
            yield return PatchClaims;
        if (batch.TakesSnapshot(source))
            yield return "create virtualmachinesnapshots";
    }

    private static Finding Of(IReadOnlyList<PreflightSubject> subjects, FindingSeverity severity, string message, Advice action) => new()
    {
        Severity = severity,
        Code = FaultIds.ApiForbidden,
        Item = subjects[0].State.Name,
        Message = message,
        Evidence = "SelfSubjectAccessReview",
        RecommendedAction = action,
        Category = FaultCategory.PermissionDenied,
        Requests = [.. subjects.Select(s => s.Item.Request)],
    };
}

/// <summary>What could not be read, and what was not checked therefore.</summary>
internal sealed class NotReadCheck : IPreflightCheck
{
    public IEnumerable<Finding> Check(PreflightBatch batch)
    {
        var facts = batch.Facts;
        foreach (var finding in Of("storageclasses", "", facts.StorageClasses, "when volumes are bound, and which driver makes them"))
            yield return finding;
        foreach (var finding in Of("storageprofiles", "", facts.StorageProfiles, "which snapshot class CDI names for each storage class"))
            yield return finding;
        foreach (var finding in Of("volumesnapshotclasses", "", facts.VolumeSnapshotClasses, "whether each volume's driver can take snapshots, beyond what the machine's status says"))
            yield return finding;
        if (facts.MacsOfNamespacesOnly)
        {
            yield return Of(
                "virtualmachines of all namespaces",
                "whether a MAC address belongs to a machine of another namespace",
                "you may not list virtualmachines across namespaces");
        }

        foreach (var state in facts.Namespaces.Values)
        {
            foreach (var (kind, known, consequence) in Parts(state))
            {
                foreach (var finding in Of(kind, $" in {state.Name}", known, consequence))
                    yield return finding;
            }
        }
    }

    private static IEnumerable<(string Kind, KindListing Known, string Consequence)> Parts(NamespaceState state) =>
    [
        ("virtualmachines", state.Machines, "sources and targets"),
        ("virtualmachineinstances", state.Instances, "whether running sources are paused or have a guest agent"),
        ("virtualmachinesnapshots", state.Snapshots, "snapshots used as sources"),
        ("virtualmachinesnapshotcontents", state.Contents, "the machines inside snapshots"),
        ("virtualmachineclones", state.Clones, "other clones with the same name or target"),
        ("virtualmachinerestores", state.Restores, "restores into the same target"),
        ("persistentvolumeclaims", state.Claims, "sizes and state of the volumes, names already taken, storage quota"),
        ("datavolumes", state.DataVolumes, "whether volumes are filled"),
        ("pods", state.Pods, "whether something uses the volumes"),
        ("resourcequotas", state.Quotas, "quota"),
        ("limitranges", state.LimitRanges, "limit ranges"),
        ("volumesnapshots", state.VolumeSnapshots, "how many snapshots the storage holds already"),
        ("services", state.Services, "whether services select the clones"),
    ];

    private static IEnumerable<Finding> Of(string kind, string where, KindListing known, string consequence) =>
        known.WhyNot is { } why ? [Of(kind + where, consequence, why)] : [];

    private static Finding Of(string item, string consequence, string why) => new()
    {
        Severity = FindingSeverity.NotChecked,
        Code = FindingCodes.NotRead,
        Item = item,
        Message = $"Not checked: {consequence} ({why}).",
        Evidence = why,
    };
}
