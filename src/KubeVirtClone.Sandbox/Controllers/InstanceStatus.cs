using System.Globalization;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>What an instance's status says once its pod and guest are there: phases with their times, node, addresses, sizes.</summary>
internal sealed class InstanceStatus(Cluster cluster, string nodeName)
{
    private const int Pods = 254;
    private int _addresses;

    /// <summary>Enters a phase, and when.</summary>
    public void Enter(JsonObject status, string phase)
    {
        status["phase"] = phase;
        if (status["phaseTransitionTimestamps"] is not JsonArray times)
            status["phaseTransitionTimestamps"] = times = [];
        if (!times.Objects().Any(t => t.TextAt("phase") == phase))
            times.Add((JsonNode)new JsonObject { ["phase"] = phase, ["phaseTransitionTimestamp"] = cluster.Timestamp });
    }

    /// <summary>The pod is on its node.</summary>
    public void Place(JsonObject instance, JsonObject status)
    {
        status["nodeName"] = nodeName;
        status["activePods"] = new JsonObject { [cluster.Api.NewUid()] = nodeName };
        status["runtimeUser"] = JsonTree.Number(107);
        if (instance.TextAt("spec", "domain", "machine", "type") is { } type)
            status["machine"] = new JsonObject { ["type"] = type };
    }

    /// <summary>The guest runs: its addresses as the pod has them, and its sizes. A guest agent is not simulated, so nothing comes from one.</summary>
    public void Boot(JsonObject instance, JsonObject status)
    {
        var domain = instance.ObjectAt("spec", "domain");
        status["interfaces"] = Interfaces(instance.ObjectAt("spec"), domain);
        status["guestOSInfo"] = new JsonObject();
        if (domain.TextAt("memory", "guest") is { } guest)
            status["memory"] = new JsonObject { ["guestAtBoot"] = guest, ["guestCurrent"] = guest, ["guestRequested"] = guest };
        status["currentCPUTopology"] = new JsonObject(((string[])["cores", "sockets", "threads"])
            .Select(f => new KeyValuePair<string, JsonNode?>(f, domain.At("cpu", f) is { } count && count.ToString() != "0" ? count.DeepClone() : 1)));
    }

    private JsonArray Interfaces(JsonObject? spec, JsonObject? domain)
    {
        var networks = spec.ArrayAt("networks").Objects().ToDictionary(n => n.TextAt("name") ?? "", n => n["pod"] is not null);
        var given = domain.ArrayAt("devices", "interfaces").Objects().ToList();
        // A machine that names no interface is attached to the pod's network.
        if (given.Count == 0 && domain.FlagAt("devices", "autoattachPodInterface") is not false)
        {
            given.Add(new JsonObject { ["name"] = "default" });
            networks["default"] = true;
        }

        return new JsonArray([.. given.Select(nic => (JsonNode?)Interface(nic, networks.GetValueOrDefault(nic.TextAt("name") ?? "")))]);
    }

    private JsonObject Interface(JsonObject nic, bool pod)
    {
        var number = _addresses++ % (256 * Pods);
        var (third, fourth) = (number / Pods, (number % Pods) + 1);
        var entry = new JsonObject
        {
            ["infoSource"] = "domain",
            ["mac"] = nic.TextAt("macAddress") is { Length: > 0 } mac
                ? mac.Replace('-', ':').ToLowerInvariant()
                : string.Create(CultureInfo.InvariantCulture, $"0a:58:0a:f4:{third:x2}:{fourth:x2}"),
            ["name"] = nic.TextAt("name"),
            ["queueCount"] = 1,
        };
        if (!pod)
            return entry;
        var address = string.Create(CultureInfo.InvariantCulture, $"10.244.{third}.{fourth}");
        entry["ipAddress"] = address;
        entry["ipAddresses"] = new JsonArray(address);
        entry["podInterfaceName"] = "eth0";
        return entry;
    }
}
