using System.Globalization;

namespace KubeVirtClone.Sandbox.Controllers;

/// <summary>Writes Kubernetes Events; an equal one again only raises the count of the first.</summary>
internal sealed class EventRecorder(Cluster cluster)
{
    private const int Remembered = 4096;
    private readonly Dictionary<(string Uid, string Type, string Reason, string Message, string From), string> _seen = [];
    private long _serial;

    public void Normal(JsonObject about, string reason, string message, string component) => Record(about, "Normal", reason, message, component);

    public void Warning(JsonObject about, string reason, string message, string component) => Record(about, "Warning", reason, message, component);

    private void Record(JsonObject about, string type, string reason, string message, string component)
    {
        var identity = (about.Uid(), type, reason, message, component);
        var @namespace = about.Namespace() ?? "default";
        if (_seen.TryGetValue(identity, out var name) && cluster.Get(cluster.Events, @namespace, name) is { } earlier)
        {
            var again = earlier.Copy();
            again["count"] = (earlier["count"]?.GetValue<int>() ?? 1) + 1;
            again["lastTimestamp"] = cluster.Timestamp;
            Try(() => cluster.Update(cluster.Events, again));
            return;
        }

        // A name like the recorder's own: the object's, then the time in hexadecimal (the serial keeps names of one instant apart), or
        // any when that gets too long.
        name = string.Create(CultureInfo.InvariantCulture, $"{about.Name()}.{((cluster.Now.ToUnixTimeMilliseconds() * 1_000_000) + _serial++):x}");
        if (name.Length > 253)
            name = Guid.NewGuid().ToString();
        if (_seen.Count >= Remembered)
            _seen.Clear();
        _seen[identity] = name;
        var involved = new JsonObject
        {
            ["apiVersion"] = about.TextAt("apiVersion"),
            ["kind"] = about.Kind(),
            ["name"] = about.Name(),
            ["uid"] = about.Uid(),
        };
        if (about.Namespace() is { } ns)
            involved["namespace"] = ns;
        if (about.TextAt("metadata", "resourceVersion") is { } version)
            involved["resourceVersion"] = version;
        var entry = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
            ["involvedObject"] = involved,
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = new JsonObject { ["component"] = component },
            ["firstTimestamp"] = cluster.Timestamp,
            ["lastTimestamp"] = cluster.Timestamp,
            ["count"] = 1,
            ["type"] = type,
            ["reportingComponent"] = component,
            ["reportingInstance"] = "",
        };
        Try(() => cluster.Create(cluster.Events, entry));
    }

    // As with a real recorder an event that cannot be written (its namespace is going) is lost and hinders nobody.
    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (ApiException)
        {
            // lost
        }
    }
}
