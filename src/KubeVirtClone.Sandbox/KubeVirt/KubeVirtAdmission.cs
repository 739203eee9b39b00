using KubeVirtClone.Sandbox.Controllers;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>One of KubeVirt's webhooks: called for one resource, with KubeVirt's names in what it refuses.</summary>
internal abstract class KubeVirtWebhook(ApiMachinery api, ResourceType type, Profile profile) : IAdmission
{
    private const int MostCauses = 10;

    protected ApiMachinery Api { get; } = api;

    protected Profile Profile { get; } = profile;

    public virtual bool Handles(AdmissionRequest request) => request.Type == type && request.Subresource is null && request.Operation is ("CREATE" or "UPDATE");

    public virtual void Mutate(AdmissionRequest request)
    {
    }

    public virtual void Validate(AdmissionRequest request)
    {
    }

    /// <summary>Refuses with all causes, as KubeVirt does: the first ten, joined.</summary>
    protected static void Refuse(string webhook, IReadOnlyList<ApiCause> causes)
    {
        if (causes.Count == 0)
            return;
        var shown = causes.Take(MostCauses).ToList();
        throw ApiException.Denied(webhook, 422, string.Join(", ", shown.Select(c => c.Message)), shown);
    }

    /// <summary>What a client gets when the webhook's process breaks off.</summary>
    protected static ApiException Broken(string webhook, string path) => ApiException.InternalError(
        $"failed calling webhook \"{webhook}\": failed to call webhook: Post \"https://virt-api.kubevirt.svc:28443{path}?timeout=10s\": EOF");

    protected void RequireGate(string webhook, string message)
    {
        var configuration = Api.FindType("kubevirt.io", "kubevirts") is { } kubeVirts
            && Api.List(kubeVirts, null) is [var installed, ..]
            ? installed.ObjectAt("spec", "configuration", "developerConfiguration")
            : null;
        var listed = configuration.ArrayAt("featureGates").Texts().Contains("Snapshot");
        var disabled = configuration.ArrayAt("disabledFeatureGates").Texts().Contains("Snapshot");
        var on = listed || (configuration is null ? true : Profile.Is("snapshotGateOnByDefault") && !disabled);
        if (!on)
            throw ApiException.Denied(webhook, 400, message);
    }
}

/// <summary>Mutating and validating webhooks of VirtualMachineClones.</summary>
internal sealed class CloneWebhook(ApiMachinery api, Profile profile)
    : KubeVirtWebhook(api, api.Type("clone.kubevirt.io", "virtualmachineclones"), profile)
{
    private const string Mutator = "virtualmachineclones-mutator.kubevirt.io";
    private const string Validator = "vm-clone-validator.kubevirt.io";

    /// <summary>The order in which Go writes a clone's spec; what is empty is left out.</summary>
    private static readonly string[] OptionalLists = ["annotationFilters", "labelFilters", "patches"];

    public override void Mutate(AdmissionRequest request)
    {
        if (request.Operation != "CREATE")
            return;
        var clone = request.Object!;
        if (clone["spec"] is null)
            throw ApiException.Denied(Mutator, 422, "spec in body is required", [new ApiCause(null, null, "spec in body is required")]);
        if (GoTypes.Error(clone, "VirtualMachineClone", "") is { } error)
            throw ApiException.Denied(Mutator, 400, error);
        var spec = clone.ObjectAt("spec")!;
        var source = spec.TextAt("source", "name") ?? "";
        var target = spec.ObjectAt("target");
        if (target is not null && !string.IsNullOrEmpty(target.TextAt("name")))
            return;
        if (spec.ObjectAt("source") is null)
            throw Broken(Mutator, "/vm-clone-mutate-create");
        var name = $"clone-{source}-{Api.NewSuffix()}";
        if (target is null)
            spec["target"] = new JsonObject { ["apiGroup"] = "kubevirt.io", ["kind"] = "VirtualMachine", ["name"] = name };
        else
            target["name"] = name;
        WriteAgain(spec);
    }

    // The whole spec is written anew from its type, which leaves out what is empty: [] becomes "no filter".
    private static void WriteAgain(JsonObject spec)
    {
        // References are written with all their fields: what was not given becomes null or empty, which the schema then judges.
        foreach (var reference in (JsonObject?[])[spec.ObjectAt("source"), spec.ObjectAt("target")])
        {
            reference?.TryAdd("apiGroup", null);
            reference?.TryAdd("kind", "");
            reference?.TryAdd("name", "");
        }

        foreach (var field in OptionalLists)
        {
            if (spec[field] is null or JsonArray { Count: 0 })
                spec.Remove(field);
        }

        var template = spec.ObjectAt("template") ?? [];
        foreach (var field in (ReadOnlySpan<string>)["annotationFilters", "labelFilters"])
        {
            if (template[field] is null or JsonArray { Count: 0 })
                template.Remove(field);
        }

        if (template.Parent is null)
            spec["template"] = template;
        if (spec["newMacAddresses"] is null or JsonObject { Count: 0 })
            spec.Remove("newMacAddresses");
        foreach (var field in (ReadOnlySpan<string>)["newSMBiosSerial", "volumeNamePolicy"])
        {
            if (spec[field] is null)
                spec.Remove(field);
        }
    }

    public override void Validate(AdmissionRequest request)
    {
        if (request.Operation == "CREATE")
            RequireGate(Validator, "snapshot feature gate is not enabled");
        var spec = request.Object!.ObjectAt("spec") ?? [];
        var causes = new List<ApiCause>();
        try
        {
            CheckFilters(spec["annotationFilters"], "spec.annotations", causes);
            CheckFilters(spec["labelFilters"], "spec.labels", causes);
            CheckFilters(spec.At("template", "annotationFilters"), "spec.template.annotations", causes);
            CheckFilters(spec.At("template", "labelFilters"), "spec.template.labels", causes);
        }
        catch (WebhookPanicException)
        {
            throw Broken(Validator, "/vm-clone-validate-create");
        }

        CheckReferences(spec, causes);
        if (Profile.Is("cloneWebhookChecksMacs"))
        {
            foreach (var (nic, mac) in spec.ObjectAt("newMacAddresses") ?? [])
            {
                if (mac.AsText() is { Length: > 0 } text && !MacAddress.IsValid(text))
                    causes.Add(Invalid("spec.newMacAddresses." + nic, $"interface {nic} has malformed MAC address ({text})."));
            }
        }

        var index = 0;
        foreach (var patch in spec.ArrayAt("patches").Texts())
        {
            if (GoJson.Error(patch) is not null)
                causes.Add(Invalid($"spec.patches[{index}]", $"patch is not valid JSON ({patch})"));
            index++;
        }

        if (request.Operation == "CREATE")
            CheckSourceNow(request.Namespace, spec, causes);
        Refuse(Validator, causes);
    }

    private static ApiCause Invalid(string field, string message) => new(field, "FieldValueInvalid", message);

    private static void CheckFilters(JsonNode? filters, string field, List<ApiCause> causes)
    {
        if (filters is JsonArray list)
            causes.AddRange(CloneFilters.Objections(list.Texts(), field).Select(m => Invalid(field, m)));
    }

    private static void CheckReferences(JsonObject spec, List<ApiCause> causes)
    {
        var kind = spec.TextAt("source", "kind") ?? "";
        if (kind is not ("VirtualMachine" or "VirtualMachineSnapshot"))
            causes.Add(Invalid("spec.Source.Kind", "Source kind is not supported"));
        if (spec.ObjectAt("target") is { } target && target.TextAt("kind") != "VirtualMachine")
            causes.Add(Invalid("spec.Target.Kind", "Target kind is not supported"));
        if (spec.ObjectAt("source") is not { } source)
        {
            causes.Add(Invalid("spec.Source", "Source cannot be nil"));
            return;
        }

        if (string.IsNullOrEmpty(source.TextAt("apiGroup")))
            causes.Add(Invalid("spec.Source.APIGroup", "Source's APIGroup cannot be empty"));
        if (kind.Length == 0)
            causes.Add(Invalid("spec.Source", "Source's Kind cannot be empty"));
        if (string.IsNullOrEmpty(source.TextAt("name")))
            causes.Add(Invalid("spec.Source.Name", "Source's name cannot be empty"));
        if (kind == "VirtualMachine" && spec.TextAt("target", "kind") == "VirtualMachine" && spec.TextAt("target", "name") == source.TextAt("name"))
            causes.Add(Invalid("spec.target.name", "Target name cannot be equal to source name when both are VirtualMachines"));
    }

    // Releases before 1.5 looked at a VM when its clone was made, those before 1.6 at a snapshot; later ones leave it to the controller.
    private void CheckSourceNow(string? @namespace, JsonObject spec, List<ApiCause> causes)
    {
        var name = spec.TextAt("source", "name") ?? "";
        switch (spec.TextAt("source", "kind"))
        {
            case "VirtualMachineSnapshot" when Profile.Is("cloneWebhookChecksSnapshot"):
                causes.AddRange(SnapshotProblems(@namespace, name).Select(p => Invalid("spec.Source", p)));
                break;
            case "VirtualMachine" when Profile.Is("cloneWebhookChecksSource"):
                IEnumerable<string> problems = Api.Get(Api.Type("kubevirt.io", "virtualmachines"), @namespace, name) is { } machine
                    ? VirtualMachines.SnapshotProblems(machine)
                    : [$"VM {name} does not exist in namespace {@namespace}"];
                causes.AddRange(problems.Select(p => Invalid("spec.Source", p)));
                break;
        }
    }

    private IEnumerable<string> SnapshotProblems(string? @namespace, string name)
    {
        if (Api.Get(Api.Type("snapshot.kubevirt.io", "virtualmachinesnapshots"), @namespace, name) is not { } snapshot)
            return [$"Snapshot {name} does not exist in namespace {@namespace}"];
        var contentName = SnapshotController.ContentName(snapshot);
        return Api.Get(Api.Type("snapshot.kubevirt.io", "virtualmachinesnapshotcontents"), @namespace, contentName) is { } content
            ? CapturedSource.Problems(snapshot, content, Profile)
            : [$"snapshot content {contentName} in namespace {@namespace} does not exist"];
    }
}
