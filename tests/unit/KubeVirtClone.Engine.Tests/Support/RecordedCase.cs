using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>A case recorded from a real KubeVirt 1.9, as a cluster to ask: the state before the clone was posted, and the last one seen after.</summary>
internal sealed class RecordedCase
{
    private static readonly Dictionary<string, string> Drivers = new(StringComparer.Ordinal)
    {
        ["fast"] = "csi.fake.example.com",
        ["rounds"] = "csi.fake.example.com",
        ["slow"] = "csi.fake.example.com",
        ["wffc"] = "csi.fake.example.com",
        ["never"] = "never.fake.example.com",
        ["nosnap"] = "nosnap.fake.example.com",
        ["slowsnap"] = "slowsnap.fake.example.com",
        ["brokensnap"] = "broken.fake.example.com",
    };

    private readonly JsonObject _data;

    private RecordedCase(JsonObject data) => _data = data;

    public string Name => _data["name"]!.GetValue<string>();

    public string Namespace => _data["namespace"]!.GetValue<string>();

    public JsonObject Clone => (JsonObject)_data["clone"]!;

    /// <summary>True when the API server or admission took the clone.</summary>
    public bool Accepted => _data["accepted"]?.GetValue<bool>() ?? _data["create"]!["httpStatus"]!.GetValue<int>() < 300;

    /// <summary>True when the server took the clone, but made nothing of it.</summary>
    public bool DryRun => Accepted && !Phases.Any();

    public bool Succeeded => Phases.Contains("Succeeded");

    /// <summary>True when somebody did something while the clone was under way.</summary>
    public bool SomebodyHelped => (_data["during"] as JsonArray)?.Count > 0;

    /// <summary>True when the clone object was still there at the end.</summary>
    public bool CloneStands => _data["cloneFinal"] is JsonObject && _data["targetVM"] is JsonObject;

    /// <summary>True when the source was there before, and so was recorded as the server keeps it.</summary>
    public bool SourceIsRecorded => _data["beforeState"]!.AsArray().Any(o =>
        o!["kind"]!.GetValue<string>() == Clone["spec"]?["source"]?["kind"]?.GetValue<string>() && o["metadata"]!["name"]!.GetValue<string>() == Clone["spec"]?["source"]?["name"]?.GetValue<string>());

    /// <summary>Namespace the clone was posted to.</summary>
    public string PostedTo => _data["create"]!["response"] is JsonObject response && response["details"] is JsonObject details && details["kind"]?.GetValue<string>() == "namespaces"
        ? details["name"]!.GetValue<string>()
        : Namespace;

    public string? User => _data["create"]!["asUser"]?.GetValue<string>();

    private IEnumerable<string?> Phases => ((_data["phases"] as JsonArray) ?? []).Select(p => p!["status"]?["phase"]?.GetValue<string>());

    /// <summary>Names of the recorded clones: this project's, and those of the folders that <c>KUBEVIRTCLONE_VECTORS</c> names.</summary>
    public static IEnumerable<string> Names() => Files("clone").Keys.Order(StringComparer.Ordinal);

    /// <summary>Names of the recorded clones in one of this project's folders.</summary>
    public static IEnumerable<string> Names(string folder) =>
        Files("clone").Where(f => Path.GetFileName(Path.GetDirectoryName(f.Value)) == folder).Select(f => f.Key).Order(StringComparer.Ordinal);

    public static RecordedCase Load(string name) => new(JsonNode.Parse(File.ReadAllText(Files("clone")[name]))!.AsObject());

    /// <summary>The recorded cases with a key, by name.</summary>
    internal static Dictionary<string, string> Files(string key) => Folders()
        .SelectMany(f => Directory.EnumerateFiles(f, "*.json"))
        .Where(f => File.ReadLines(f).Any(l => l.Contains($"\"{key}\":", StringComparison.Ordinal)))
        .GroupBy(f => Path.GetFileNameWithoutExtension(f), StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);

    /// <summary>The cluster as it was when the clone was posted.</summary>
    public KubeVirtCluster Before()
    {
        var clock = new ManualClock();
        var client = NewClient(clock);
        EnsureNamespace(client);
        foreach (var entry in _data["before"]!.AsArray())
        {
            if (entry!["object"] is JsonObject item && entry["httpStatus"]?.GetValue<int>() < 300)
                Put(client, item);
        }

        foreach (var state in _data["beforeState"]!.AsArray())
            Put(client, state!.AsObject());
        var allowed = User is null || Accepted;
        client.Answer = (path, _) => path.Contains("selfsubjectaccessreviews", StringComparison.Ordinal)
            ? new JsonObject { ["status"] = new JsonObject { ["allowed"] = allowed, ["reason"] = "" } }
            : null;
        return new KubeVirtCluster(client, clock: clock);
    }

    /// <summary>The cluster as it was last seen, some minutes after the clone was posted.</summary>
    public KubeVirtCluster After()
    {
        var clock = new ManualClock();
        var client = NewClient(clock);
        foreach (var item in _data["beforeState"]!.AsArray())
            Put(client, item!.AsObject());
        if (_data["cloneFinal"] is JsonObject clone)
            Put(client, clone);
        foreach (var kind in new[] { "snapshots", "contents", "restores" })
        {
            foreach (var entry in (_data[kind] as JsonArray ?? []).Where(e => e!["lastEvent"]!.GetValue<string>() != "DELETED"))
                Put(client, entry!["object"]!.AsObject());
        }

        foreach (var claim in _data["leftPVCs"] as JsonArray ?? [])
            Put(client, claim!.AsObject());
        if (_data["targetVM"] is JsonObject target)
            Put(client, target);
        PutTimeline(client, clock);
        clock.Advance(TimeSpan.FromHours(1));
        return new KubeVirtCluster(client, clock: clock);
    }

    public CloneReference Reference => new(Namespace, _data["cloneFinal"]?["metadata"]?["name"]?.GetValue<string>() ?? "cl");

    internal static FakeClient NewClient(ManualClock clock)
    {
        var client = new FakeClient(clock);
        foreach (var (name, driver) in Drivers)
        {
            var storageClass = Object("storage.k8s.io/v1", "StorageClass", name);
            storageClass["provisioner"] = driver;
            storageClass["volumeBindingMode"] = name == "wffc" ? "WaitForFirstConsumer" : "Immediate";
            client.Put(RelatedKinds.StorageClass, storageClass);
            if (name is "fast" or "never" or "slowsnap" or "brokensnap")
            {
                var snapshotClass = Object("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", name);
                snapshotClass["driver"] = driver;
                client.Put(RelatedKinds.VolumeSnapshotClass, snapshotClass);
            }
        }

        return client;
    }

    private void Put(FakeClient client, JsonObject item) => Put(client, item, Namespace);

    internal static void Put(FakeClient client, JsonObject item, string ns)
    {
        var kind = KindOf(item["kind"]?.GetValue<string>() ?? "");
        if (kind is null)
            return;
        item = (JsonObject)item.DeepClone();
        if (kind.Namespaced)
            item["metadata"]!["namespace"] ??= ns;
        else
            item["metadata"]!["namespace"] = "";
        client.Put(kind, item);
    }

    private void EnsureNamespace(FakeClient client)
    {
        var item = Object("v1", "Namespace", Namespace);
        client.Put(RelatedKinds.Namespace, item);
    }

    private void PutTimeline(FakeClient client, ManualClock clock) => PutTimeline(client, clock, _data, Namespace);

    internal static void PutTimeline(FakeClient client, ManualClock clock, JsonObject data, string ns)
    {
        var start = clock.GetUtcNow();
        var number = 0;
        foreach (var entry in data["timeline"]!.AsArray())
        {
            var at = (start + TimeSpan.FromMilliseconds(entry!["ms"]!.GetValue<double>())).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            var kind = entry["kind"]!.GetValue<string>();
            if (kind == "Event" && entry["on"]?.GetValue<string>().Split('/') is [var onKind, var onName])
            {
                var item = Object("v1", "Event", $"e{number++}");
                item["metadata"]!["namespace"] = ns;
                item["involvedObject"] = new JsonObject { ["kind"] = onKind, ["name"] = onName };
                if (onKind == "VirtualMachineClone" && data["cloneFinal"]?["metadata"] is JsonObject clone && clone["name"]?.GetValue<string>() == onName)
                    item["involvedObject"]!["uid"] = clone["uid"]?.DeepClone();
                foreach (var field in new[] { "type", "reason", "message", "count" })
                    item[field] = entry[field]?.DeepClone();
                item["firstTimestamp"] = at;
                item["lastTimestamp"] = at;
                client.Put(KubeVirtKinds.Event, item);
            }
            else if (kind == "VolumeSnapshot")
            {
                var name = entry["name"]!.GetValue<string>();
                if (entry["event"]!.GetValue<string>() == "DELETED")
                {
                    client.Remove(RelatedKinds.VolumeSnapshot, ns, name);
                    continue;
                }

                var item = Object("snapshot.storage.k8s.io/v1", "VolumeSnapshot", name);
                item["metadata"]!["namespace"] = ns;
                item["status"] = new JsonObject { ["readyToUse"] = entry["readyToUse"]?.DeepClone(), ["error"] = entry["error"]?.DeepClone() };
                client.Put(RelatedKinds.VolumeSnapshot, item);
            }
        }
    }

    internal static JsonObject Object(string apiVersion, string kind, string name) =>
        new() { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "" } };

    internal static ResourceKind? KindOf(string kind) => kind switch
    {
        "VirtualMachine" => KubeVirtKinds.VirtualMachine,
        "VirtualMachineInstance" => RelatedKinds.Instance,
        "VirtualMachineClone" => KubeVirtKinds.Clone("v1beta1"),
        "VirtualMachineSnapshot" => KubeVirtKinds.Snapshot("v1beta1"),
        "VirtualMachineSnapshotContent" => KubeVirtKinds.SnapshotContent("v1beta1"),
        "VirtualMachineRestore" => KubeVirtKinds.Restore("v1beta1"),
        "PersistentVolumeClaim" => KubeVirtKinds.PersistentVolumeClaim,
        "DataVolume" => RelatedKinds.DataVolume,
        "VolumeSnapshot" => RelatedKinds.VolumeSnapshot,
        "ResourceQuota" => RelatedKinds.ResourceQuota,
        "DataSource" => RelatedKinds.DataSource,
        "ControllerRevision" => RelatedKinds.ControllerRevision,
        "VirtualMachineInstancetype" or "VirtualMachinePreference" => new ResourceKind("instancetype.kubevirt.io", "v1beta1", kind.ToLowerInvariant() + "s", kind),
        _ => null,
    };

    private static IEnumerable<string> Folders([CallerFilePath] string here = "")
    {
        var fixtures = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures"));
        return new[] { "vectors", "vectors-restore", "vectors-more" }.Select(f => Path.Combine(fixtures, f))
            .Concat((Environment.GetEnvironmentVariable("KUBEVIRTCLONE_VECTORS") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(Directory.Exists));
    }
}
