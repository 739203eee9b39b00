using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Machines;
using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Planning;

/// <summary>
/// What requests that are asked for alike come to, for one source: filters, patches and what they make of the machine. Worked out once; what is each
/// clone's own (names, addresses, the texts of <see cref="RequestFields.OfEachClone"/>) is filled in.
/// </summary>
internal sealed class CompiledWishes
{
    private const string FirmwarePath = "/spec/template/spec/domain/firmware";
    private static readonly string[] Policies = ["RandomizeNames", "PrefixTargetName"];

    private readonly List<string> _warnings = [];
    private readonly RequestFaultException? _refusal;
    private readonly RequestValues _wishes = RequestValues.None;
    private readonly IReadOnlyList<PatchOperation> _patches = [];
    private readonly IReadOnlyList<string> _texts = [];
    private readonly bool _keepsSerial = true;
    private RestoreOutcome? _outcome;

    private CompiledWishes(CloneRequest request, bool? sourceHasFirmware, Func<(CloneRequest Request, IReadOnlyList<PatchOperation> Patches)> derive)
    {
        try
        {
            SizePatches.Check(request);
            var (derived, own) = derive();
            var serial = request.SmbiosSerial is null ? [] : Serial(request, sourceHasFirmware);
            _keepsSerial = serial.Count == 0;
            _patches = [.. serial, .. own, .. PatchRules.Read(request.Patches ?? [])];
            _texts = [.. _patches.Select(p => p.ToWebhookText())];
            _wishes = (derived with
            {
                LabelFilter = FilterRules.Check(derived.LabelFilter, "LabelFilter", "label", _warnings),
                AnnotationFilter = FilterRules.Check(derived.AnnotationFilter, "AnnotationFilter", "annotation", _warnings),
                TemplateLabelFilter = FilterRules.Check(derived.TemplateLabelFilter, "TemplateLabelFilter", "template label", _warnings),
                TemplateAnnotationFilter = FilterRules.Check(derived.TemplateAnnotationFilter, "TemplateAnnotationFilter", "template annotation", _warnings),
                Patches = _texts.Count == 0 ? null : _texts,
                VolumeNamePolicy = CheckPolicy(request.VolumeNamePolicy),
            }).Wishes;
        }
        catch (RequestFaultException e)
        {
            _refusal = e;
        }
    }

    /// <summary>What the requests will do that may not be meant.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>As far as it hangs on the request alone.</summary>
    /// <param name="request">One of the requests.</param>
    /// <param name="sourceHasFirmware">Whether the source has a firmware section; null when that is not known.</param>
    public static CompiledWishes Of(CloneRequest request, bool? sourceHasFirmware) => new(request, sourceHasFirmware, () => (request, []));

    /// <summary>With what the request comes to for its source.</summary>
    /// <param name="request">One of the requests.</param>
    /// <param name="source">The machine that is cloned; null when it cannot be read.</param>
    /// <param name="types">Which instance types and preferences there are.</param>
    public static CompiledWishes For(CloneRequest request, JsonObject? source, KnownTypes types)
    {
        var told = new List<string>();
        IReadOnlyList<PatchOperation> templates = [];
        bool? firmware = source is null ? null : SourceMachine.Domain(source)?["firmware"] is JsonObject;
        var compiled = new CompiledWishes(request, firmware, () =>
        {
            var (filtered, identity) = IdentityRules.Apply(request, source);
            IReadOnlyList<PatchOperation> patches = [.. identity, .. SizePatches.Of(request, source, types, told.Add)];
            templates = RestoredMachine.LeaveTemplatesOut(source, [.. patches, .. PatchRules.Read(request.Patches ?? [])]);
            return (filtered, [.. templates, .. patches]);
        });
        compiled._warnings.AddRange(told);
        if (templates.Count > 0)
            compiled._warnings.Add($"Clones of '{request.SourceName}' are made without the volume template that its volume names as a claim ({string.Join(", ", RestoredMachine.TemplatesNamedAsClaims(source).Select(t => t.Name))}): KubeVirt would refuse them with it. Their volumes are copied all the same.");
        return compiled;
    }

    /// <summary>One clone's request.</summary>
    /// <param name="named">The request with its names.</param>
    /// <param name="asked">The request as it was asked for.</param>
    /// <param name="macs">Source of addresses, when any are to be made.</param>
    /// <param name="source">The machine that is cloned; null when it cannot be read.</param>
    /// <exception cref="RequestFaultException">It cannot be sent.</exception>
    public CheckedRequest FillIn(CheckedRequest named, CloneRequest asked, MacPool? macs, JsonObject? source)
    {
        if (_refusal is not null)
            throw new RequestFaultException(_refusal.Id, _refusal.Message, _refusal.Action);
        IdentityRules.CheckOwn(asked);
        var wishes = _wishes;
        foreach (var field in RequestFields.All.Where(f => f.IsPattern))
        {
            if (asked.Wishes[field] is { } own)
                wishes = wishes.With(field, own);
        }

        if (asked.SmbiosSerial is not null)
            wishes = wishes.With(RequestFields.SmbiosSerial, _keepsSerial ? asked.SmbiosSerial : null);
        if (CheckMacs(IdentityRules.Addresses(asked with { Batch = named.Request.Batch }, named.Request.TargetName!, source, macs)) is { } addresses)
            wishes = wishes.With(RequestFields.MacAddress, addresses);
        var patches = _patches;
        if (_patches.Any(p => p.ValueOf is not null))
        {
            patches = [.. _patches.Select(p => p.For(asked.Wishes))];
            wishes = wishes.With(RequestFields.Patch, (IReadOnlyList<string>)[.. patches.Select((p, i) => p.ValueOf is null ? _texts[i] : p.ToWebhookText())]);
        }

        return named with { Request = named.Request with { Wishes = wishes }, Patches = patches, Compiled = this };
    }

    /// <summary>What a restore with these patches makes of the machine it is of; the same for all of them.</summary>
    /// <param name="source">The machine.</param>
    /// <param name="request">One of the requests, checked.</param>
    public RestoreOutcome OutcomeOf(JsonObject source, CheckedRequest request) => _outcome is { } known && ReferenceEquals(known.Source, source)
        ? known
        : _outcome = RestoreOutcome.Of(source, RestorePatches.For(source, request.Request, request.Patches));

    // KubeVirt sets a serial only where a firmware section is, and writes it into a patch of its own without escapes, which its own webhook then refuses.
    private static IReadOnlyList<PatchOperation> Serial(CloneRequest request, bool? sourceHasFirmware)
    {
        var serial = (string op) => PatchOperation.With(op, FirmwarePath + "/serial", request.SmbiosSerial) with { ValueOf = RequestFields.SmbiosSerial };
        return sourceHasFirmware == false ? [PatchOperation.With("add", FirmwarePath, new JsonObject()), serial("add")]
            : NeedsEscapes(request.SmbiosSerial) ? [serial("replace")]
            : [];
    }

    /// <summary>Whether a serial goes by a patch.</summary>
    public static bool NeedsEscapes(string? serial) => serial.AsSpan().IndexOfAny(':', ',') >= 0;

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
}
