namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>Conditions of clones, snapshots and restores: the text is in the reason, and only a change of status or reason renews them.</summary>
internal static class Conditions
{
    public static void Set(JsonObject status, string type, bool value, string reason, string now)
    {
        if (status["conditions"] is not JsonArray list)
            status["conditions"] = list = [];
        var text = value ? "True" : "False";
        var made = new JsonObject
        {
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = now,
            ["reason"] = reason,
            ["status"] = text,
            ["type"] = type,
        };
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].TextAt("type") != type)
                continue;
            if (list[i].TextAt("status") != text || list[i].TextAt("reason") != reason)
                list[i] = made;
            return;
        }

        list.Add((JsonNode)made);
    }

    public static void ProgressAndReady(JsonObject status, bool progressing, string progress, bool ready, string readiness, string now)
    {
        Set(status, "Progressing", progressing, progress, now);
        Set(status, "Ready", ready, readiness, now);
    }

    public static bool Has(JsonObject? status, string type) => status.ArrayAt("conditions").Objects().Any(c => c.TextAt("type") == type);
}
