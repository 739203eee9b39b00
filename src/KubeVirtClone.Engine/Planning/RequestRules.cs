using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Planning;

/// <summary>Checks a request without asking a cluster, and puts it into the form that is sent.</summary>
public static class RequestRules
{
    /// <summary>Checks and completes a request: kinds and names, filters, MAC addresses, serial, patches, labels.</summary>
    /// <param name="request">The request as given.</param>
    /// <param name="batch">Batch id.</param>
    /// <param name="ordinal">Which one of the batch's requests without a target name for this source it is, from 0.</param>
    /// <param name="sourceHasFirmware">Whether the source has a firmware section; null when that is not known.</param>
    /// <returns>The completed request, or a fault; warnings in either case.</returns>
    public static CheckedRequest Check(CloneRequest request, string batch, int ordinal, bool? sourceHasFirmware = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(batch);
        return Complete(request, batch, ordinal, CompiledWishes.Of(request, sourceHasFirmware));
    }

    /// <summary>The same with what was worked out for all requests that are asked for alike.</summary>
    internal static CheckedRequest Complete(CloneRequest request, string batch, int ordinal, CompiledWishes wishes)
    {
        var warnings = wishes.Warnings;
        try
        {
            var named = Name(request, request.Batch ?? batch, ordinal, ref warnings);
            CheckLabels(request);
            return wishes.FillIn(new CheckedRequest(named, Fault: null, warnings), request, macs: null, source: null);
        }
        catch (RequestFaultException e)
        {
            return new CheckedRequest(request, e.ToFault(request.DisplayName), warnings);
        }
    }

    private static CloneRequest Name(CloneRequest request, string batch, int ordinal, ref IReadOnlyList<string> warnings)
    {
        RequireLabel("The batch id", batch, NameRules.WhyNotLabelValue(batch));
        RequireName("namespace", request.Namespace, FaultIds.VMCloneNameInvalid);
        var sourceKind = SourceKinds.Normalize(request.SourceKind) ?? throw new RequestFaultException(
            FaultIds.VMCloneSourceInvalid,
            $"A clone cannot be made of a {(string.IsNullOrEmpty(request.SourceKind) ? "source without a kind" : request.SourceKind)}.",
            "Name a VirtualMachine or a VirtualMachineSnapshot as the source.");
        RequireName(sourceKind == SourceKinds.VirtualMachine ? "source machine's" : "source snapshot's", request.SourceName, FaultIds.VMCloneSourceInvalid);
        if (SourceKinds.Normalize(request.TargetKind) != SourceKinds.VirtualMachine)
        {
            throw new RequestFaultException(
                FaultIds.VMCloneTargetInvalid,
                $"A clone's target cannot be a {request.TargetKind}.",
                "Leave the target's kind out: it is always a VirtualMachine.");
        }

        var target = string.IsNullOrEmpty(request.TargetName)
            ? CloneNames.ForTarget(batch, request.Namespace, sourceKind, request.SourceName, ordinal)
            : request.TargetName;
        RequireName("target", target, FaultIds.VMCloneNameInvalid);
        if (target.Length > NameRules.MaxLabelLength)
            warnings = [$"The target name '{target}' has {target.Length} characters. Above {NameRules.MaxLabelLength} it cannot be a label value or host name, and tools may fail on it.", .. warnings];
        if (sourceKind == SourceKinds.VirtualMachine && target == request.SourceName)
        {
            throw new RequestFaultException(
                FaultIds.VMCloneTargetIsSource,
                $"The clone of '{target}' has the same name as its source.",
                "Choose another target name.");
        }

        var cloneName = string.IsNullOrEmpty(request.CloneName) ? CloneNames.ForClone(batch, request.Namespace, target) : request.CloneName;
        RequireName("clone object's", cloneName, FaultIds.VMCloneNameInvalid);
        return request with { Batch = batch, SourceKind = sourceKind, TargetKind = SourceKinds.VirtualMachine, TargetName = target, CloneName = cloneName };
    }

    private static void CheckLabels(CloneRequest request)
    {
        foreach (var (key, value) in request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            RequireLabel($"The label key '{key}'", key, NameRules.WhyNotLabelKey(key));
            RequireLabel($"The value of label '{key}'", value, NameRules.WhyNotLabelValue(value));
        }

        foreach (var key in request.Annotations?.Keys ?? [])
            RequireLabel($"The annotation key '{key}'", key, NameRules.WhyNotLabelKey(key));
    }

    private static void RequireLabel(string what, string value, string? why)
    {
        if (why is not null)
            throw new RequestFaultException(FaultIds.VMCloneLabelInvalid, $"{what} cannot be '{value}': {why}.", "Use letters, digits, '-', '_' and '.'.");
    }

    private static void RequireName(string what, string? name, string id)
    {
        if (NameRules.WhyNotName(name ?? "") is { } why)
        {
            var shown = name is { Length: > 80 } ? name[..77] + "..." : name;
            throw new RequestFaultException(
                id,
                $"The {what} name cannot be '{shown}': {why}.",
                why.StartsWith("it has upper", StringComparison.Ordinal) ? "Write it in lower case." : "Give a name such as web-001.");
        }
    }
}
