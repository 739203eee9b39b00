using System.Globalization;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>A machine's size and lasting state with its instance type and preference expanded, and what its pod asks for when it runs.</summary>
internal sealed record MachineSizing
{
    private const decimal Mi = 1024m * 1024;

    // What KubeVirt adds to a guest's memory for its own processes, as its launcher's manifest does: monitor, launcher, virtlogd, virtqemud, qemu, IO thread.
    private const decimal FixedOverhead = (25 + 100 + 25 + 40 + 30 + 8) * Mi;

    // Share of a vCPU that is asked for: KubeVirt's default cpuAllocationRatio is 10.
    private const decimal CpuShare = 0.1m;

    private MachineSizing(decimal cpus, decimal memory)
    {
        Cpus = cpus;
        Memory = memory;
    }

    /// <summary>Number of vCPUs.</summary>
    public decimal Cpus { get; }

    /// <summary>Memory of the guest, in bytes; 0 when nothing says it.</summary>
    public decimal Memory { get; }

    /// <summary>CPU the pod requests, in cores.</summary>
    public decimal CpuRequest { get; private init; }

    /// <summary>CPU the pod is limited to, in cores, in a namespace that wants limits.</summary>
    public decimal CpuLimit { get; private init; }

    /// <summary>Memory the pod requests, in bytes, KubeVirt's own overhead included.</summary>
    public decimal MemoryRequest { get; private init; }

    /// <summary>Memory the pod is limited to, in bytes, in a namespace that wants limits.</summary>
    public decimal MemoryLimit { get; private init; }

    /// <summary>Other resources the pod requests, by name.</summary>
    public IReadOnlyDictionary<string, decimal> Others { get; private init; } = new Dictionary<string, decimal>(StringComparer.Ordinal);

    /// <summary>The size in words.</summary>
    public string Text => $"{Cpus.ToString("0.###", CultureInfo.InvariantCulture)} CPU{(Cpus == 1 ? "" : "s")} and {(Memory == 0 ? "unknown memory" : Quantity.Show(Memory, bytes: true))}";

    /// <summary>The size of a machine.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="instancetype">Specification of its instance type, or null when it has none.</param>
    public static MachineSizing Of(JsonObject? machine, JsonObject? instancetype)
    {
        var domain = SourceMachine.Domain(machine);
        var (requests, limits) = (domain?["resources"]?["requests"], domain?["resources"]?["limits"]);
        var cpus = Number(instancetype?["cpu"]?["guest"])
            ?? (domain?["cpu"] is JsonObject cpu && (cpu["cores"] ?? cpu["sockets"] ?? cpu["threads"]) is not null
                ? (Number(cpu["cores"]) ?? 1) * (Number(cpu["sockets"]) ?? 1) * (Number(cpu["threads"]) ?? 1)
                : Math.Max(1, Math.Ceiling(Number(limits?["cpu"]) ?? Number(requests?["cpu"]) ?? 1)));
        var memory = Number(instancetype?["memory"]?["guest"]) ?? Number(domain?["memory"]?["guest"]) ?? Number(requests?["memory"]) ?? Number(limits?["memory"]) ?? 0;
        var overhead = Overhead(domain, instancetype, cpus, memory);
        var dedicated = SourceMachine.IsTrue(domain?["cpu"]?["dedicatedCpuPlacement"]) || SourceMachine.IsTrue(instancetype?["cpu"]?["dedicatedCPUPlacement"]);
        var whole = cpus + (SourceMachine.IsTrue(domain?["cpu"]?["isolateEmulatorThread"]) || SourceMachine.IsTrue(instancetype?["cpu"]?["isolateEmulatorThread"]) ? 1 : 0);
        var cpuRequest = dedicated ? whole : Number(requests?["cpu"]) ?? Number(limits?["cpu"]) ?? cpus * CpuShare;
        var cpuLimit = dedicated ? whole : Number(limits?["cpu"]) ?? Math.Max(cpus, cpuRequest);
        var page = SourceMachine.Text(domain?["memory"]?["hugepages"]?["pageSize"]) ?? SourceMachine.Text(instancetype?["memory"]?["hugepages"]?["pageSize"]);
        var overcommit = Number(instancetype?["memory"]?["overcommitPercent"]) ?? 0;
        var asked = page is not null ? 0 : Number(requests?["memory"]) ?? memory * (100 - overcommit) / 100;
        var others = Devices(domain, instancetype);
        if (page is not null)
            others["hugepages-" + page] = memory;
        return new MachineSizing(cpus, memory)
        {
            CpuRequest = cpuRequest,
            CpuLimit = cpuLimit,
            MemoryRequest = asked + overhead,
            // Where a quota wants limits and the machine has none, KubeVirt sets twice the memory.
            MemoryLimit = (page is not null ? 0 : Number(limits?["memory"]) ?? (dedicated ? asked : asked * 2)) + overhead,
            Others = others,
        };
    }

    /// <summary>What of the preference, or of the machine itself, gives it state that lasts: <c>persistent TPM</c>, <c>persistent EFI variables</c>, each with its field.</summary>
    /// <param name="machine">The machine; what it says itself comes before its preference.</param>
    /// <param name="preference">Specification of its preference, or null.</param>
    public static IEnumerable<(string What, string Field)> StateByPreference(JsonObject? machine, JsonObject? preference)
    {
        var domain = SourceMachine.Domain(machine);
        if (domain?["devices"]?["tpm"] is null && SourceMachine.IsTrue(preference?["devices"]?["preferredTPM"]?["persistent"]))
            yield return ("a persistent TPM", "spec.devices.preferredTPM.persistent");
        var loader = domain?["firmware"]?["bootloader"];
        var efi = preference?["firmware"]?["preferredEfi"] is JsonObject preferred && SourceMachine.IsTrue(preferred["persistent"]);
        if (efi && loader?["bios"] is null && loader?["efi"]?["persistent"] is null)
            yield return ("persistent EFI variables", "spec.firmware.preferredEfi.persistent");
    }

    private static decimal Overhead(JsonObject? domain, JsonObject? instancetype, decimal cpus, decimal memory)
    {
        var devices = domain?["devices"];
        // One bit of page table for every 512 of memory.
        var sum = FixedOverhead + (memory / 512) + (cpus * 8 * Mi);
        if (devices?["autoattachGraphicsDevice"] is not JsonValue graphics || !graphics.TryGetValue<bool>(out var shown) || shown)
            sum += 32 * Mi;
        if (devices?["tpm"] is not null)
            sum += 53 * Mi;
        if (domain?["launchSecurity"] is not null || instancetype?["launchSecurity"] is not null)
            sum += 256 * Mi;
        var passed = Count(devices?["gpus"]) + Count(devices?["hostDevices"]) + Count(instancetype?["gpus"]) + Count(instancetype?["hostDevices"])
            + ((devices?["interfaces"] as JsonArray)?.Count(i => i?["sriov"] is not null) ?? 0);
        return passed > 0 ? sum + (1024 * Mi) : sum;
    }

    private static Dictionary<string, decimal> Devices(JsonObject? domain, JsonObject? instancetype)
    {
        var found = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var list in new[] { domain?["devices"]?["gpus"], domain?["devices"]?["hostDevices"], instancetype?["gpus"], instancetype?["hostDevices"] })
        {
            foreach (var device in (list as JsonArray)?.Select(d => SourceMachine.Text(d?["deviceName"])).OfType<string>() ?? [])
                found[device] = found.GetValueOrDefault(device) + 1;
        }

        return found;
    }

    private static int Count(JsonNode? list) => (list as JsonArray)?.Count ?? 0;

    private static decimal? Number(JsonNode? node) => node is null ? null : Quantity.Parse(SourceMachine.Text(node) ?? node.ToJsonString());
}
