using KubeVirtClone.Sandbox.Controllers;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>Validating webhook of VirtualMachineSnapshots.</summary>
internal sealed class SnapshotWebhook(ApiMachinery api, Profile profile)
    : KubeVirtWebhook(api, api.Type("snapshot.kubevirt.io", "virtualmachinesnapshots"), profile)
{
    private const string Name = "virtualmachinesnapshot-validator.snapshot.kubevirt.io";

    public override void Validate(AdmissionRequest request)
    {
        var spec = request.Object!.ObjectAt("spec");
        if (request.Operation == "UPDATE")
        {
            if (!spec.Same(request.OldObject!["spec"]))
                Refuse(Name, [new ApiCause("spec", "FieldValueInvalid", "spec in immutable after creation")]);
            return;
        }

        RequireGate(Name, "snapshot feature gate not enabled");
        if (spec.TextAt("failureDeadline") is { } deadline)
        {
            try
            {
                GoDuration.Parse(deadline);
            }
            catch (FormatException e)
            {
                throw ApiException.Denied(Name, 400, e.Message);
            }
        }

        var source = spec.ObjectAt("source");
        if (source.TextAt("apiGroup") is not { } group)
            Refuse(Name, [new ApiCause("spec.source.apiGroup", "FieldValueNotFound", "missing apiGroup")]);
        else if (group != "kubevirt.io")
            Refuse(Name, [new ApiCause("spec.source.apiGroup", "FieldValueInvalid", "invalid apiGroup")]);
        else if (source.TextAt("kind") != "VirtualMachine")
            Refuse(Name, [new ApiCause("spec.source.kind", "FieldValueInvalid", "invalid kind")]);
        else if (Profile.Is("snapshotWebhookChecksSource") && Api.Get(Api.Type("kubevirt.io", "virtualmachines"), request.Namespace, source.TextAt("name") ?? "") is null)
            Refuse(Name, [new ApiCause("spec.source.name", "FieldValueInvalid", $"VirtualMachine {GoText.Quote(source.TextAt("name") ?? "")} does not exist")]);
    }
}

/// <summary>Validating webhook of VirtualMachineRestores.</summary>
internal sealed class RestoreWebhook(ApiMachinery api, Profile profile, ControllerSettings settings)
    : KubeVirtWebhook(api, api.Type("snapshot.kubevirt.io", "virtualmachinerestores"), profile)
{
    private const string Name = "virtualmachinerestore-validator.snapshot.kubevirt.io";
    private const string Path = "/virtualmachinerestores-validate";
    private readonly ResourceType _restores = api.Type("snapshot.kubevirt.io", "virtualmachinerestores");
    private readonly ResourceType _snapshots = api.Type("snapshot.kubevirt.io", "virtualmachinesnapshots");
    private readonly ResourceType _contents = api.Type("snapshot.kubevirt.io", "virtualmachinesnapshotcontents");
    private readonly ResourceType _machines = api.Type("kubevirt.io", "virtualmachines");

    public override void Validate(AdmissionRequest request)
    {
        var restore = request.Object!;
        if (request.Operation == "UPDATE")
        {
            // Compared by meaning: an empty list and none are the same.
            if (!WithoutEmptyLists(restore["spec"]).Same(WithoutEmptyLists(request.OldObject!["spec"])))
                Refuse(Name, [new ApiCause("spec", "FieldValueInvalid", "spec in immutable after creation")]);
            return;
        }

        RequireGate(Name, "Snapshot/Restore feature gate not enabled");
        var causes = new List<ApiCause>();
        var target = restore.ObjectAt("spec", "target");
        if (target.TextAt("apiGroup") is not { } group)
        {
            causes.Add(new ApiCause("spec.target.apiGroup", "FieldValueNotFound", "missing apiGroup"));
        }
        else if (group != "kubevirt.io")
        {
            causes.Add(new ApiCause("spec.target.apiGroup", "FieldValueInvalid", "invalid apiGroup"));
        }
        else if (target.TextAt("kind") != "VirtualMachine")
        {
            causes.Add(new ApiCause("spec.target.kind", "FieldValueInvalid", "invalid kind"));
        }
        else
        {
            causes.AddRange(CheckTarget(request.Namespace, restore));
            CheckOverrides(restore, causes);
            CheckPolicies(restore, causes);
        }

        foreach (var other in Api.List(_restores, request.Namespace))
        {
            if (settings.WebhookSees(restore.Name(), other.Name()) && other.FlagAt("status", "complete") is not true && other.At("spec", "target").Same(target))
                causes.Add(new ApiCause("spec.target", "FieldValueInvalid", $"VirtualMachineRestore {GoText.Quote(other.Name())} in progress"));
        }

        Refuse(Name, causes);
    }

    private static JsonNode? WithoutEmptyLists(JsonNode? spec) => spec is not JsonObject map ? spec.Copy()
        : new JsonObject(map.Where(p => p.Value is not JsonArray { Count: 0 }).Select(p => new KeyValuePair<string, JsonNode?>(p.Key, p.Value.Copy())));

    // Without its snapshot a restore's patches go unchecked: KubeVirt drops what it found before it looked for the snapshot.
    private List<ApiCause> CheckTarget(string? @namespace, JsonObject restore)
    {
        var causes = PatchCheck.Objections(restore.ArrayAt("spec", "patches").Texts()).Select(m => new ApiCause("spec.patches", "FieldValueInvalid", m)).ToList();
        if (Named(_snapshots, @namespace, restore.TextAt("spec", "virtualMachineSnapshotName")) is not { } snapshot)
            return [];
        var machine = Named(_machines, @namespace, restore.TextAt("spec", "target", "name"));
        if (machine is not null && snapshot["status"] is null)
            throw Broken(Name, Path);
        if (machine is not null && !Profile.Is("restoreToExistingAccepted") && machine.Uid() != snapshot.TextAt("status", "sourceUID"))
            causes.Add(new ApiCause("spec.target", "FieldValueInvalid", "restore source and restore target are different but restore target already exists"));
        if (machine is not null && (snapshot.TextAt("status", "sourceUID") is not { } source || source == machine.Uid()))
            return causes;
        if (snapshot["status"] is null)
            throw Broken(Name, Path);
        if (snapshot.TextAt("status", "virtualMachineSnapshotContentName") is not { } contentName)
            throw ApiException.Denied(Name, 400, "snapshot content name is nil in vmSnapshot status");
        if (Api.Get(_contents, @namespace, contentName) is not { } content)
            throw ApiException.Denied(Name, 400, $"{_contents.QualifiedResource} {GoText.Quote(contentName)} not found");
        if (content.ObjectAt("spec", "source", "virtualMachine") is { } captured && Profile.Is("backendStorageIsRefused") && VirtualMachines.NeedsBackendStorage(captured))
            causes.Add(new ApiCause("spec", "FieldValueInvalid", "Restore to a different VM is not supported when snapshotted VM has backend storage (persistent TPM or EFI)"));
        return causes;
    }

    // KubeVirt's client refuses to ask for an object without a name.
    private JsonObject? Named(ResourceType type, string? @namespace, string? name) =>
        string.IsNullOrEmpty(name) ? throw ApiException.Denied(Name, 400, "resource name may not be empty") : Api.Get(type, @namespace, name);

    private static void CheckOverrides(JsonObject restore, List<ApiCause> causes)
    {
        var index = 0;
        foreach (var given in restore.ArrayAt("spec", "volumeRestoreOverrides").Objects())
        {
            var field = $"spec.volumeRestoreOverrides[{index++}]";
            if (string.IsNullOrEmpty(given.TextAt("volumeName")))
                causes.Add(new ApiCause(field + ".volumeName", "FieldValueRequired", "must provide a volume name"));
            if (string.IsNullOrEmpty(given.TextAt("restoreName")) && given.ObjectAt("annotations") is null && given.ObjectAt("labels") is null)
                causes.Add(new ApiCause(field, "FieldValueRequired", "must provide at least one overriden field"));
        }
    }

    private static void CheckPolicies(JsonObject restore, List<ApiCause> causes)
    {
        if (restore.TextAt("spec", "volumeRestorePolicy") is { } names and not ("InPlace" or "RandomizeNames" or "PrefixTargetName"))
            causes.Add(new ApiCause("spec.volumeRestorePolicy", "FieldValueInvalid", $"volume restore policy \"{names}\" doesn't exist"));
        if (restore.TextAt("spec", "volumeOwnershipPolicy") is { } owners and not ("Vm" or "None"))
            causes.Add(new ApiCause("spec.volumeOwnershipPolicy", "FieldValueInvalid", $"volume ownership policy \"{owners}\" doesn't exist"));
    }
}
