using System.Globalization;

namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>What may change while a machine runs, and how far: sockets up to <c>maxSockets</c>, guest memory up to <c>maxGuest</c>.</summary>
internal static class LiveUpdateRules
{
    private const string Domain = "spec.template.spec.domain";
    private const decimal Gi = 1073741824m;
    private const decimal Block = 2097152m;
    private const int Ratio = 4;

    /// <summary>Why sizes do not fit the bounds that were given with them.</summary>
    public static IEnumerable<ApiCause> Objections(JsonObject? templateSpec)
    {
        var domain = templateSpec.ObjectAt("domain");
        if (Number(domain.At("cpu", "maxSockets")) is > 0 and var most && Number(domain.At("cpu", "sockets")) > most)
            yield return new ApiCause(Domain + ".cpu.sockets", "FieldValueInvalid", "Number of sockets in CPU topology is greater than the maximum sockets allowed");
        if (domain.TextAt("memory", "maxGuest") is { } maxGuest && MemoryProblem(templateSpec, domain!, Quantity.Value(maxGuest)) is { } problem)
            yield return new ApiCause(Domain + ".memory.guest", "FieldValueInvalid", problem);
    }

    private static string? MemoryProblem(JsonObject? templateSpec, JsonObject domain, decimal maxGuest)
    {
        if (domain.At("cpu", "realtime") is not null)
            return "Memory hotplug is not compatible with realtime VMs";
        if (domain.At("cpu", "numa", "guestMappingPassthrough") is not null)
            return "Memory hotplug is not compatible with guest mapping passthrough";
        if (domain.At("launchSecurity") is not null)
            return "Memory hotplug is not compatible with encrypted VMs";
        if (domain.TextAt("memory", "guest") is not { } text)
            return "Guest memory must be configured when memory hotplug is enabled";
        var guest = Quantity.Value(text);
        if (guest > maxGuest)
            return "Guest memory is greater than the configured maxGuest memory";
        var (block, shown) = domain.TextAt("memory", "hugepages", "pageSize") == "1Gi" ? (Gi, "1Gi") : (Block, "2Mi");
        if (guest % block != 0)
            return $"Guest memory must be {shown} aligned";
        if (maxGuest % block != 0)
            return $"MaxGuest must be {shown} aligned";
        if (templateSpec.TextAt("architecture") is not ("amd64" or "arm64"))
            return "Memory hotplug is only available for x86_64 and arm64 VMs";
        return guest < Gi ? "Memory hotplug is only available for VMs with at least 1Gi of guest memory" : null;
    }

    /// <summary>Gives an instance the bounds it is to have where its VM gave none: four times what it starts with.</summary>
    public static void SetBounds(JsonObject instanceSpec)
    {
        var domain = instanceSpec.Ensure("domain");
        if (domain.ObjectAt("cpu") is { } cpu && Number(cpu["maxSockets"]) is not > 0 && Number(cpu["sockets"]) is > 0 and var sockets)
            cpu["maxSockets"] = sockets * Ratio;
        if (domain.ObjectAt("memory") is not { } memory || memory.TextAt("maxGuest") is not null || memory.TextAt("guest") is not { } guest)
            return;
        var bound = Quantity.Value(guest) * Ratio;
        memory["maxGuest"] = new Amount(bound, Binary: guest.EndsWith('i')).ToString();
        if (MemoryProblem(instanceSpec, domain, bound) is not null)
            memory.Remove("maxGuest");
    }

    /// <summary>
    /// Brings a running instance's sizes to those its VM's template has now; null when the template asks for nothing that can be done
    /// while it runs. <paramref name="restart"/> says why the rest has to wait for the next start; null when nothing has to.
    /// </summary>
    public static JsonObject? Follow(JsonObject template, JsonObject started, JsonObject instance, out string? restart)
    {
        restart = WithoutSizes(template).Same(WithoutSizes(started)) ? null : "a non-live-updatable field was changed in the template spec";
        var wanted = template.ObjectAt("spec", "domain");
        var copy = instance.Copy();
        var domain = copy.Ensure("spec", "domain");
        if (Number(wanted.At("cpu", "sockets")) is > 0 and var sockets && domain.ObjectAt("cpu") is { } cpu && Number(cpu["sockets"]) is var now && now != sockets)
        {
            if (Number(cpu["maxSockets"]) is > 0 and var most && sockets > most)
                restart ??= "CPU sockets updated in template spec to a value higher than what's available";
            else if (sockets < now)
                restart ??= "Reduction of CPU socket count requires a restart";
            else
                SetSockets(copy, cpu, sockets);
        }

        if (wanted.TextAt("memory", "guest") is { } guest && domain.ObjectAt("memory") is { } memory && memory.TextAt("guest") is { } has && Quantity.Value(guest) != Quantity.Value(has))
        {
            if (memory.TextAt("maxGuest") is not { } bound || Quantity.Value(guest) > Quantity.Value(bound))
                restart ??= "memory updated in template spec to a value higher than what's available";
            else if (Quantity.Value(guest) < Quantity.Value(copy.TextAt("status", "memory", "guestAtBoot") ?? has))
                restart ??= "memory updated in template spec to a value lower than what the VM started with";
            else
                SetGuest(copy, memory, guest);
        }

        return copy.Same(instance) ? null : copy;
    }

    private static void SetSockets(JsonObject instance, JsonObject cpu, int sockets)
    {
        cpu["sockets"] = sockets;
        if (instance.ObjectAt("status", "currentCPUTopology") is { } topology)
            topology["sockets"] = sockets;
    }

    private static void SetGuest(JsonObject instance, JsonObject memory, string guest)
    {
        memory["guest"] = guest;
        if (instance.ObjectAt("status", "memory") is not { } status)
            return;
        status["guestRequested"] = guest;
        status["guestCurrent"] = guest;
    }

    private static JsonObject WithoutSizes(JsonObject template)
    {
        var copy = template.Copy();
        copy.ObjectAt("spec", "domain", "cpu")?.Remove("sockets");
        copy.ObjectAt("spec", "domain", "memory")?.Remove("guest");
        return copy;
    }

    private static int? Number(JsonNode? node) =>
        node is not null && int.TryParse(node.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
}
