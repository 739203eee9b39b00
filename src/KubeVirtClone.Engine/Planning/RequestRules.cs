using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Knowledge.Patches;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Planning;

/// <summary>Checks a request without asking a cluster, and puts it into the form that is sent.</summary>
public static class RequestRules
{
    private const string FirmwarePath = "/spec/template/spec/domain/firmware";
    private static readonly string[] Policies = ["RandomizeNames", "PrefixTargetName"];

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
        var warnings = new List<string>();
        try
        {
            return CheckAll(request, request.Batch ?? batch, ordinal, sourceHasFirmware, warnings);
        }
        catch (RequestFaultException e)
        {
            return new CheckedRequest(request, e.ToFault(request.DisplayName), warnings);
        }
    }

    private static CheckedRequest CheckAll(CloneRequest request, string batch, int ordinal, bool? sourceHasFirmware, List<string> warnings)
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
            warnings.Add($"The target name '{target}' has {target.Length} characters. Above {NameRules.MaxLabelLength} it cannot be a label value or host name, and tools may fail on it.");
        if (sourceKind == SourceKinds.VirtualMachine && target == request.SourceName)
        {
            throw new RequestFaultException(
                FaultIds.VMCloneTargetIsSource,
                $"The clone of '{target}' has the same name as its source.",
                "Choose another target name.");
        }

        var cloneName = string.IsNullOrEmpty(request.CloneName) ? CloneNames.ForClone(batch, request.Namespace, target) : request.CloneName;
        RequireName("clone object's", cloneName, FaultIds.VMCloneNameInvalid);

        var patches = ReadPatches(request, sourceHasFirmware, out var serial);
        var completed = request with
        {
            Batch = batch,
            SourceKind = sourceKind,
            TargetKind = SourceKinds.VirtualMachine,
            TargetName = target,
            CloneName = cloneName,
            LabelFilter = FilterRules.Check(request.LabelFilter, "LabelFilter", "label", warnings),
            AnnotationFilter = FilterRules.Check(request.AnnotationFilter, "AnnotationFilter", "annotation", warnings),
            TemplateLabelFilter = FilterRules.Check(request.TemplateLabelFilter, "TemplateLabelFilter", "template label", warnings),
            TemplateAnnotationFilter = FilterRules.Check(request.TemplateAnnotationFilter, "TemplateAnnotationFilter", "template annotation", warnings),
            MacAddresses = CheckMacs(request.MacAddresses),
            SmbiosSerial = serial,
            Patches = patches.Count == 0 ? null : [.. patches.Select(p => p.ToWebhookText())],
            VolumeNamePolicy = CheckPolicy(request.VolumeNamePolicy),
        };
        CheckLabels(request);
        return new CheckedRequest(completed, null, warnings) { Patches = patches };
    }

    private static List<PatchOperation> ReadPatches(CloneRequest request, bool? sourceHasFirmware, out string? serial)
    {
        serial = request.SmbiosSerial;
        var patches = new List<PatchOperation>();
        if (serial is not null && sourceHasFirmware == false)
        {
            // KubeVirt sets a serial only where a firmware section is.
            patches.Add(PatchOperation.With("add", FirmwarePath, new System.Text.Json.Nodes.JsonObject()));
            patches.Add(PatchOperation.With("add", FirmwarePath + "/serial", serial));
            serial = null;
        }
        else if (serial is not null && serial.AsSpan().IndexOfAny(':', ',') >= 0)
        {
            // KubeVirt writes the serial into a patch of its own without escapes, which its own webhook then refuses.
            patches.Add(PatchOperation.With("replace", FirmwarePath + "/serial", serial));
            serial = null;
        }

        patches.AddRange(PatchRules.Read(request.Patches ?? []));
        return patches;
    }

    private static Dictionary<string, string>? CheckMacs(IReadOnlyDictionary<string, string>? macs)
    {
        if (macs is null)
            return null;
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in macs)
        {
            if (name.Length == 0)
                throw new RequestFaultException(FaultIds.VMCloneMacInvalid, $"The MAC address '{text}' is for no interface.", "Name the interface: @{ default = '02:00:00:00:00:01' }");
            if (string.IsNullOrEmpty(text))
                result[name] = "";
            else if (MacAddress.TryParse(text, out var mac))
                result[name] = mac.ToString();
            else
                throw new RequestFaultException(
                    FaultIds.VMCloneMacInvalid,
                    $"'{text}' for interface '{name}' is not a MAC address.",
                    "Give twelve hexadecimal digits: 02:00:00:aa:bb:cc, 02-00-00-aa-bb-cc, 0200.00aa.bbcc or 020000aabbcc.");
        }

        return result;
    }

    private static string? CheckPolicy(string? policy)
    {
        if (policy is null)
            return null;
        return Array.Find(Policies, p => string.Equals(p, policy, StringComparison.OrdinalIgnoreCase)) ?? throw new RequestFaultException(
            FaultIds.VMCloneVolumeNamePolicyInvalid,
            $"'{policy}' is not a volume name policy.",
            $"Give {string.Join(" or ", Policies)}, or leave it out.");
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
