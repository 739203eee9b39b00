using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Knowledge.Identity;

/// <summary>
/// Turns what a clone is to be (host name, labels, run strategy, addresses …) into the filters, addresses and patches KubeVirt takes, by what
/// the source is. The user's own patches come after these, so that they have the last word.
/// </summary>
internal static class IdentityRules
{
    private static readonly string[] Strategies = ["Always", "Halted", "Manual", "RerunOnFailure", "Once"];

    /// <summary>Whether a request asks for anything this turns into patches or addresses.</summary>
    public static bool NeedsSource(CloneRequest request) =>
        request.GenerateMacAddresses || request.Start || request.Hostname is not null || request.RunStrategy is not null || request.Secrets.Any()
        || request.Resizes || request.ChangesDisks || request.TargetLabels is { Count: > 0 } || request.TargetAnnotations is { Count: > 0 }
        || (request.Without & (CloneOmissions.Disks | CloneOmissions.Network)) != CloneOmissions.None;

    /// <summary>Whether a request asks for anything that takes patches.</summary>
    public static bool NeedsPatches(CloneRequest request) => NeedsSource(request with { GenerateMacAddresses = false, DiskSizes = null, StorageClasses = null, AccessModes = null, VolumeModes = null });

    /// <summary>
    /// The request with the filters it comes to, and the patches, in KubeVirt's own terms. Nothing of it hangs on the clone's name or address: it holds for
    /// all that are asked for alike.
    /// </summary>
    /// <param name="request">The request; batch and target may still be missing.</param>
    /// <param name="source">The machine that is cloned; null when it cannot be read.</param>
    /// <exception cref="RequestFaultException">KubeVirt has no way to do it for this source.</exception>
    public static (CloneRequest Filtered, IReadOnlyList<PatchOperation> Patches) Apply(CloneRequest request, JsonObject? source)
    {
        var filtered = Filters(request, source);
        if (!NeedsSource(request))
            return (filtered, []);
        if (source is null)
        {
            throw Unsupported(
                $"What the clone is to be cannot be worked out: '{request.SourceName}' cannot be read",
                $"Ask for the right to read it, or give the change as {OptionName.Patch}.");
        }

        var patches = new PatchList();
        if (request.Hostname is not null)
            patches.AddOwn("add", "/spec/template/spec/hostname", RequestFields.Hostname, request);
        Keys(patches, request.TargetLabels, source, "labels", "label");
        Keys(patches, request.TargetAnnotations, source, "annotations", "annotation");
        RunState(patches, request, source);
        if (request.CloudInitSecret is not null)
            CloudInitPatches.UseUserData(patches, source, request);
        if (request.NetworkDataSecret is not null)
            CloudInitPatches.UseNetworkData(patches, source, request);
        if (request.Without.HasFlag(CloneOmissions.Network))
            Network(patches, source);
        if (request.Without.HasFlag(CloneOmissions.Disks))
            Disks(patches, source, request);
        return (filtered, patches.Operations);
    }

    /// <summary>Checks what is each clone's own.</summary>
    /// <exception cref="RequestFaultException">A text cannot be what it is given for.</exception>
    public static void CheckOwn(CloneRequest request)
    {
        if (request.Hostname is { } hostname && !(NameRules.WhyNotName(hostname) is null && hostname.Length <= NameRules.MaxLabelLength && !hostname.Contains('.', StringComparison.Ordinal)))
        {
            throw new RequestFaultException(
                FaultIds.VMCloneNameInvalid,
                $"The host name cannot be '{hostname}'.",
                "Use at most 63 lower-case letters, digits and '-', beginning and ending with a letter or digit.");
        }

        foreach (var secret in request.Secrets)
        {
            if (NameRules.WhyNotName(secret) is { } why)
                throw new RequestFaultException(FaultIds.VMCloneOptionUnsupported, $"The Secret's name cannot be '{secret}': {why}.", "Give the name of a Secret in the clone's namespace.");
        }
    }

    /// <summary>The clone's addresses: those it was given, and where it is to have new ones, one for each other interface of the source.</summary>
    /// <param name="request">The request with its batch.</param>
    /// <param name="target">Name of the new machine.</param>
    /// <param name="source">The machine that is cloned.</param>
    /// <param name="macs">Source of addresses.</param>
    public static IReadOnlyDictionary<string, string>? Addresses(CloneRequest request, string target, JsonObject? source, MacPool? macs)
    {
        if (!request.GenerateMacAddresses || request.Without.HasFlag(CloneOmissions.Network) || source is null)
            return request.MacAddresses;
        var result = new Dictionary<string, string>(request.MacAddresses ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var nic in (Domain(source)?["devices"]?["interfaces"] as JsonArray)?.OfType<JsonObject>() ?? [])
        {
            if (nic["name"]?.GetValue<string>() is { } name && !result.ContainsKey(name))
                result[name] = macs!.Give(request, target, name).ToString();
        }

        return result;
    }

    private static CloneRequest Filters(CloneRequest request, JsonObject? source)
    {
        var preset = NetworkPresets.AnnotationsOf(request.NetworkPreset);
        var (machine, template) = (source?["metadata"], source?["spec"]?["template"]?["metadata"]);
        return request with
        {
            LabelFilter = List(CloneOmissions.Labels, request.LabelFilter, [.. request.ExcludeLabels ?? [], .. Owned(machine, "labels", OwnershipKeys.LabelGlobs)]),
            TemplateLabelFilter = List(CloneOmissions.Labels, request.TemplateLabelFilter, request.ExcludeTemplateLabels ?? []),
            AnnotationFilter = List(CloneOmissions.Annotations, request.AnnotationFilter, [.. request.ExcludeAnnotations ?? [], .. preset, .. Owned(machine, "annotations", [.. AddressAnnotations.Globs(source), .. OwnershipKeys.AnnotationGlobs])]),
            TemplateAnnotationFilter = List(
                CloneOmissions.Annotations,
                request.TemplateAnnotationFilter,
                [.. request.ExcludeTemplateAnnotations ?? [], .. preset, .. Owned(template, "annotations", AddressAnnotations.Globs(source))]),
        };

        // Where the source is known, only what it has: a filter for every tool there is would say nothing to whoever reads the clone.
        IEnumerable<string> Owned(JsonNode? metadata, string map, IReadOnlyList<string> globs)
        {
            if (!request.CleanOwnership || source is null)
                return request.CleanOwnership ? globs : [];
            var keys = (metadata?[map] as JsonObject)?.Select(k => k.Key).ToList() ?? [];
            return globs.Where(g => keys.Exists(new WildcardName(g).Matches));
        }

        IReadOnlyList<string>? List(CloneOmissions omission, IReadOnlyList<string>? filters, IReadOnlyList<string> globs)
        {
            if (request.Without.HasFlag(omission))
                return ["!*"];
            if (globs.Any(string.IsNullOrEmpty))
                throw new RequestFaultException(FaultIds.VMCloneFilterInvalid, "An exclusion is empty.", "Give a key, or a wildcard such as 'backup/*'.");
            return GlobFilter.Without(filters, globs);
        }
    }

    private static void Keys(PatchList patches, IReadOnlyDictionary<string, string>? entries, JsonObject source, string map, string noun)
    {
        if (entries is not { Count: > 0 })
            return;
        foreach (var (key, value) in entries)
        {
            var why = NameRules.WhyNotLabelKey(key) ?? (noun == "label" ? NameRules.WhyNotLabelValue(value) : null);
            if (why is not null)
                throw new RequestFaultException(FaultIds.VMCloneLabelInvalid, $"The {noun} '{key}={value}' is not a legal one: {why}.", "Use letters, digits, '-', '_' and '.'.");
        }

        if (source["metadata"]?[map] is not JsonObject)
        {
            throw Unsupported(
                $"The source has no {noun}s at all, and KubeVirt lets nobody give a clone its first {noun}",
                $"Give the source one {noun} first (kubectl {noun} vm …), or set it on the clones afterwards.");
        }

        foreach (var (key, value) in entries.OrderBy(e => e.Key, StringComparer.Ordinal))
            patches.Add("add", $"/metadata/{map}/{PatchOperation.Escape(key)}", value);
    }

    private static void RunState(PatchList patches, CloneRequest request, JsonObject source)
    {
        if (request is { RunStrategy: null, Start: false })
            return;
        var strategy = request.RunStrategy is null ? "Always" : Array.Find(Strategies, s => string.Equals(s, request.RunStrategy, StringComparison.OrdinalIgnoreCase));
        if (strategy is null)
            throw new RequestFaultException(FaultIds.VMCloneOptionUnsupported, $"'{request.RunStrategy}' is not a run strategy.", $"Give {string.Join(", ", Strategies)}.");
        if (request.Start && (strategy is "Halted" or "Manual"))
        {
            throw Unsupported(
                $"A machine with run strategy {strategy} is not started by KubeVirt",
                $"Leave Start out and pipe the clones to {CommandName.StartVM}, or choose Always, RerunOnFailure or Once.");
        }

        // KubeVirt makes every restored machine stopped in the source's own way of saying so; the two ways exclude each other.
        var usesRunning = source["spec"]?["running"] is not null;
        if (strategy == "Halted")
            return;
        if (!usesRunning)
        {
            patches.Add("replace", "/spec/runStrategy", strategy);
        }
        else if (strategy == "Always")
        {
            patches.Add("replace", "/spec/running", true);
        }
        else
        {
            patches.Add("remove", "/spec/running");
            patches.Add("add", "/spec/runStrategy", strategy);
        }
    }

    private static void Network(PatchList patches, JsonObject source)
    {
        const string devices = "/spec/template/spec/domain/devices";
        if (Domain(source)?["devices"] is not JsonObject existing)
            patches.Add("add", devices, new JsonObject());
        else if (existing["interfaces"] is not null)
            patches.Add("remove", devices + "/interfaces");
        if (source["spec"]?["template"]?["spec"]?["networks"] is not null)
            patches.Add("remove", "/spec/template/spec/networks");
        patches.Add("add", devices + "/autoattachPodInterface", false);
    }

    private static void Disks(PatchList patches, JsonObject source, CloneRequest request)
    {
        if (SnapshotContent.CopiedVolumes(source).ToList() is { Count: > 0 } copied)
        {
            throw Unsupported(
                $"The disks {string.Join(", ", copied)} cannot be left out: KubeVirt restores every volume of '{request.SourceName}' first, and they would stay behind without a machine",
                "Make a machine without these disks the source.");
        }

        if (Domain(source)?["devices"]?["disks"] is not null)
            patches.Add("remove", "/spec/template/spec/domain/devices/disks");
        if (source["spec"]?["template"]?["spec"]?["volumes"] is not JsonArray volumes)
            return;
        // A volume behind a file system is no disk.
        var shared = (Domain(source)?["devices"]?["filesystems"] as JsonArray)?.Select(f => f?["name"]?.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];
        for (var i = volumes.Count - 1; i >= 0; i--)
        {
            if (!shared.Contains(volumes[i]?["name"]?.GetValue<string>()))
                patches.Add("remove", $"/spec/template/spec/volumes/{i}");
        }
    }

    private static JsonObject? Domain(JsonObject source) => source["spec"]?["template"]?["spec"]?["domain"] as JsonObject;

    internal static RequestFaultException Unsupported(string why, Advice action) => new(FaultIds.VMCloneOptionUnsupported, why + ".", action);
}
