using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>
/// A VirtualMachine as it passes through Go's types in KubeVirt: patches are applied to its JSON text, the result is read back into
/// the types (unknown fields vanish, wrong ones are an error), and empty optional fields are not written again.
/// </summary>
internal static class GoVirtualMachine
{
    private const string TemplateStruct = "VirtualMachineInstanceTemplateSpec";

    /// <summary>Orders in which Go writes the fields of the types a VM is made of; what is not named follows in ordinal order.</summary>
    private static readonly Dictionary<string, string[]> FieldOrder = new(StringComparer.Ordinal)
    {
        [""] = ["kind", "apiVersion", "metadata", "spec", "status"],
        ["metadata"] = ["name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "labels", "annotations", "ownerReferences", "finalizers"],
        ["spec"] = ["running", "runStrategy", "instancetype", "preference", "template", "dataVolumeTemplates", "updateVolumesStrategy"],
        ["spec.dataVolumeTemplates[]"] = ["metadata", "spec"],
        ["spec.template"] = ["metadata", "spec"],
        ["spec.template.metadata"] = ["name", "generateName", "namespace", "labels", "annotations"],
        ["spec.template.spec"] =
        [
            "priorityClassName", "architecture", "domain", "nodeSelector", "affinity", "schedulerName", "tolerations", "topologySpreadConstraints", "evictionStrategy",
            "startStrategy", "terminationGracePeriodSeconds", "volumes", "livenessProbe", "readinessProbe", "hostname", "subdomain", "networks", "dnsPolicy", "dnsConfig", "accessCredentials",
        ],
        ["spec.template.spec.domain"] = ["resources", "cpu", "memory", "machine", "firmware", "clock", "features", "devices", "ioThreadsPolicy", "ioThreads", "chassis", "launchSecurity"],
        ["spec.template.spec.domain.cpu"] = ["cores", "sockets", "maxSockets", "threads", "model", "features", "dedicatedCpuPlacement", "numa", "isolateEmulatorThread", "realtime"],
        ["spec.template.spec.domain.firmware"] = ["uuid", "bootloader", "serial", "kernelBoot", "acpi"],
        ["spec.template.spec.domain.devices"] = ["useVirtioTransitional", "disableHotplug", "disks", "watchdog", "interfaces", "inputs"],
        ["spec.template.spec.domain.devices.disks[]"] = ["name", "disk", "lun", "cdrom", "bootOrder", "serial"],
        ["spec.template.spec.domain.devices.interfaces[]"] =
            ["name", "model", "deprecatedSlirp", "bridge", "masquerade", "sriov", "binding", "ports", "macAddress", "bootOrder", "pciAddress", "dhcpOptions", "tag", "acpiIndex", "state"],
        ["spec.template.spec.networks[]"] = ["name", "pod", "multus"],
        ["spec.template.spec.volumes[]"] = ["name"],
    };

    /// <summary>Go types of fields a patch may hit; the first character tells the JSON kind: a array, o object, s string, b bool, n number.</summary>
    private static readonly Dictionary<string, string> FieldTypes = new(StringComparer.Ordinal)
    {
        ["metadata.labels"] = "omap[string]string",
        ["metadata.labels.*"] = "sstring",
        ["metadata.annotations"] = "omap[string]string",
        ["metadata.annotations.*"] = "sstring",
        ["spec.running"] = "bbool",
        ["spec.runStrategy"] = "sv1.VirtualMachineRunStrategy",
        ["spec.instancetype"] = "ov1.InstancetypeMatcher",
        ["spec.preference"] = "ov1.PreferenceMatcher",
        ["spec.template"] = "ov1.VirtualMachineInstanceTemplateSpec",
        ["spec.dataVolumeTemplates"] = "a[]v1.DataVolumeTemplateSpec",
        ["spec.dataVolumeTemplates[]"] = "ov1.DataVolumeTemplateSpec",
        ["spec.template.metadata"] = "ov1.ObjectMeta",
        ["spec.template.metadata.labels"] = "omap[string]string",
        ["spec.template.metadata.labels.*"] = "sstring",
        ["spec.template.metadata.annotations"] = "omap[string]string",
        ["spec.template.metadata.annotations.*"] = "sstring",
        ["spec.template.spec"] = "ov1.VirtualMachineInstanceSpec",
        ["spec.template.spec.architecture"] = "sstring",
        ["spec.template.spec.hostname"] = "sstring",
        ["spec.template.spec.subdomain"] = "sstring",
        ["spec.template.spec.schedulerName"] = "sstring",
        ["spec.template.spec.priorityClassName"] = "sstring",
        ["spec.template.spec.evictionStrategy"] = "sv1.EvictionStrategy",
        ["spec.template.spec.terminationGracePeriodSeconds"] = "nint64",
        ["spec.template.spec.nodeSelector"] = "omap[string]string",
        ["spec.template.spec.nodeSelector.*"] = "sstring",
        ["spec.template.spec.affinity"] = "ov1.Affinity",
        ["spec.template.spec.tolerations"] = "a[]v1.Toleration",
        ["spec.template.spec.tolerations[]"] = "ov1.Toleration",
        ["spec.template.spec.volumes"] = "a[]v1.Volume",
        ["spec.template.spec.volumes[]"] = "ov1.Volume",
        ["spec.template.spec.networks"] = "a[]v1.Network",
        ["spec.template.spec.networks[]"] = "ov1.Network",
        ["spec.template.spec.domain"] = "ov1.DomainSpec",
        ["spec.template.spec.domain.cpu"] = "ov1.CPU",
        ["spec.template.spec.domain.cpu.cores"] = "nuint32",
        ["spec.template.spec.domain.cpu.sockets"] = "nuint32",
        ["spec.template.spec.domain.cpu.maxSockets"] = "nuint32",
        ["spec.template.spec.domain.cpu.threads"] = "nuint32",
        ["spec.template.spec.domain.cpu.model"] = "sstring",
        ["spec.template.spec.domain.memory"] = "ov1.Memory",
        ["spec.template.spec.domain.machine"] = "ov1.Machine",
        ["spec.template.spec.domain.firmware"] = "ov1.Firmware",
        ["spec.template.spec.domain.firmware.uuid"] = "stypes.UID",
        ["spec.template.spec.domain.firmware.serial"] = "sstring",
        ["spec.template.spec.domain.devices"] = "ov1.Devices",
        ["spec.template.spec.domain.devices.disks"] = "a[]v1.Disk",
        ["spec.template.spec.domain.devices.disks[]"] = "ov1.Disk",
        ["spec.template.spec.domain.devices.interfaces"] = "a[]v1.Interface",
        ["spec.template.spec.domain.devices.interfaces[]"] = "ov1.Interface",
        ["spec.template.spec.domain.devices.interfaces[].macAddress"] = "sstring",
        ["spec.template.spec.domain.devices.interfaces[].model"] = "sstring",
    };

    /// <summary>Applies a restore's patches to the VM about to be created.</summary>
    /// <exception cref="LenientPatchException">They cannot be read or applied, or the result is no VM.</exception>
    public static JsonObject Patch(JsonObject machine, IReadOnlyList<string> patches)
    {
        var document = machine.Copy();
        document["status"] = new JsonObject();
        if (patches.Count == 0)
            return Normalize(document);
        var joined = "[\n" + string.Join(",\n", patches) + "\n]";
        JsonArray operations;
        try
        {
            operations = LenientJsonPatch.Decode(joined);
        }
        catch (LenientPatchException e)
        {
            throw new LenientPatchException($"cannot decode vm patches {joined}: {e.Message}", e);
        }

        var opened = new HashSet<JsonNode>(ReferenceEqualityComparer.Instance);
        JsonNode result;
        try
        {
            result = LenientJsonPatch.Apply(document, operations, opened);
        }
        catch (LenientPatchException e)
        {
            throw new LenientPatchException($"failed to apply patch for VM {joined}: {e.Message}", e);
        }

        if (TypeError("", result) is { } error)
            throw new LenientPatchException($"cannot unmarshal modified marshalled vm {Text(result, opened)}: {error}");
        return Normalize((JsonObject)result);
    }

    /// <summary>Without status, without nulls and without empty optional fields.</summary>
    public static JsonObject Normalize(JsonObject machine)
    {
        var result = machine.Copy();
        result.Remove("status");
        foreach (var map in (JsonObject?[])[result.ObjectAt("metadata", "labels"), result.ObjectAt("metadata", "annotations"), result.ObjectAt("spec", "template", "metadata", "labels"), result.ObjectAt("spec", "template", "metadata", "annotations")])
        {
            // In a map of strings null is the empty string.
            foreach (var key in (map ?? []).Where(p => p.Value is null).Select(p => p.Key).ToList())
                map![key] = "";
        }

        Prune(result, "");
        return result;
    }

    private static void Prune(JsonNode node, string path)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                if (item is not null)
                    Prune(item, path + "[]");
            }

            return;
        }

        if (node is not JsonObject map || IsStringMap(path))
            return;
        foreach (var (key, value) in map.ToList())
        {
            var at = path.Length == 0 ? key : path + "." + key;
            if (value is null || value is JsonArray { Count: 0 } || (value is JsonObject { Count: 0 } && IsStringMap(at)) || (value is JsonValue v && v.TryGetValue(out string? s) && s.Length == 0 && !IsPointer(key)))
            {
                map.Remove(key);
                continue;
            }

            Prune(value, at);
        }
    }

    // Strings behind pointers are written even when empty; a name is no optional field.
    private static bool IsPointer(string key) => key is "storageClassName" or "name" or "running";

    private static bool IsStringMap(string path) => path.EndsWith(".labels", StringComparison.Ordinal) || path.EndsWith(".annotations", StringComparison.Ordinal)
        || path.EndsWith(".nodeSelector", StringComparison.Ordinal) || path.EndsWith(".matchLabels", StringComparison.Ordinal);

    private static string? TypeError(string path, JsonNode? node)
    {
        if (node is null)
            return null;
        if (FieldTypes.TryGetValue(path, out var type) || FieldTypes.TryGetValue(Parent(path) + ".*", out type))
        {
            var kind = node.GetValueKind();
            var right = type[0] switch
            {
                'a' => kind == JsonValueKind.Array,
                'o' => kind == JsonValueKind.Object,
                's' => kind == JsonValueKind.String,
                'b' => kind is JsonValueKind.True or JsonValueKind.False,
                _ => kind == JsonValueKind.Number && long.TryParse(node.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && (type == "nint64" || n is >= 0 and <= uint.MaxValue),
            };
            if (!right)
            {
                var given = kind == JsonValueKind.Number ? type[0] == 'n' ? "number " + node.ToJsonString() : "number" : JsonAccess.GoKind(node);
                var field = path.Replace("[]", "", StringComparison.Ordinal);
                if (FieldTypes.ContainsKey(Parent(path) + ".*"))
                    field = Parent(path);
                return $"json: cannot unmarshal {given} into Go struct field {Struct(path)}.{field} of type {type[1..]}";
            }
        }

        return node switch
        {
            JsonObject map => map.Select(p => TypeError(path.Length == 0 ? p.Key : path + "." + p.Key, p.Value)).FirstOrDefault(e => e is not null),
            JsonArray list => list.Select(i => TypeError(path + "[]", i)).FirstOrDefault(e => e is not null),
            _ => null,
        };
    }

    private static string Parent(string path) => path.LastIndexOf('.') is var dot and > 0 ? path[..dot] : "";

    private static string Struct(string path) => path.StartsWith("spec.template.", StringComparison.Ordinal) ? TemplateStruct
        : path.StartsWith("metadata.", StringComparison.Ordinal) ? "ObjectMeta" : "VirtualMachineSpec";

    // The text Go prints: objects a patch step went through are maps by then and sorted, all others keep their type's order.
    private static string Text(JsonNode node, HashSet<JsonNode> opened)
    {
        var text = new StringBuilder();
        Write(node, "");
        return text.ToString();

        void Write(JsonNode? at, string path)
        {
            switch (at)
            {
                case JsonObject map:
                    text.Append('{');
                    var first = true;
                    foreach (var (key, value) in Ordered(map, path, opened.Contains(map)))
                    {
                        if (!first)
                            text.Append(',');
                        first = false;
                        text.Append(GoText.JsonString(key)).Append(':');
                        Write(value, path.Length == 0 ? key : path + "." + key);
                    }

                    text.Append('}');
                    break;
                case JsonArray list:
                    text.Append('[');
                    for (var i = 0; i < list.Count; i++)
                    {
                        if (i > 0)
                            text.Append(',');
                        Write(list[i], path + "[]");
                    }

                    text.Append(']');
                    break;
                case JsonValue value when value.TryGetValue(out string? s):
                    text.Append(GoText.JsonString(s));
                    break;
                default:
                    text.Append(at?.ToJsonString() ?? "null");
                    break;
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Ordered(JsonObject map, string path, bool sorted)
    {
        if (sorted || !FieldOrder.TryGetValue(path, out var order))
            return map.OrderBy(p => p.Key, StringComparer.Ordinal);
        return map.OrderBy(p => Array.IndexOf(order, p.Key) is var i and >= 0 ? i : int.MaxValue).ThenBy(p => p.Key, StringComparer.Ordinal);
    }
}
