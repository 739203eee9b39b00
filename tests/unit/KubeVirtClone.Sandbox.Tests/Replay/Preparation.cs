using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Replay.Live;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>
/// Brings a sandbox to a case's <c>beforeState</c>: posts <c>before</c>, then does by hand what the recorder did by hand and
/// recorded only by its result (an owner given to a claim, a volume for a claim), and waits until states are as recorded.
/// </summary>
internal sealed class Preparation(IReplayTarget sandbox, VectorCase @case)
{
    private static readonly string[] StateKinds = ["VirtualMachine", "PersistentVolumeClaim", "DataVolume", "VirtualMachineSnapshot", "VirtualMachineSnapshotContent", "VirtualMachineRestore", "VirtualMachineInstance"];
    private readonly Dictionary<string, string> _uids = [];

    private IEnumerable<JsonObject> Recorded => @case.Data.ArrayAt("beforeState").Objects();

    /// <summary>What was posted first, with its answers' HTTP status, as recordings have it.</summary>
    public JsonArray Answers { get; private set; } = [];

    /// <summary>Posts what was there first; differences in the answers.</summary>
    public IEnumerable<string> Run()
    {
        var problems = new List<string>();
        Answers = [];
        sandbox.TakeChances(new RecordedChances(@case.Data));
        var given = @case.Data.ArrayAt("before").Objects().Where(e => e.TextAt("object", "kind") == "PersistentVolume").Select(e => e.TextAt("object", "spec", "claimRef", "name")).ToHashSet();
        foreach (var claim in Recorded.Where(o => o.Kind() == "PersistentVolumeClaim" && IsBoundByHand(o) && !given.Contains(o.Name())))
            GiveVolume(claim);
        foreach (var entry in @case.Data.ArrayAt("before").Objects())
        {
            if (entry.ObjectAt("object") is not { } o)
            {
                Settle();
                Answers.Add((JsonNode)entry.Copy());
                continue;
            }

            var type = sandbox.Find(o);
            var result = sandbox.Post(type, type.Namespaced ? @case.Namespace : null, o);
            Answers.Add((JsonNode)new JsonObject { ["object"] = o.Copy(), ["httpStatus"] = result["httpStatus"].Copy() });
            if (entry["httpStatus"] is { } status && result["httpStatus"]!.GetValue<int>() != status.GetValue<int>())
                problems.Add($"before {o.Kind()}/{o.Name()}: recorded {entry["httpStatus"]}, replayed {result.ToJsonString()}");
            if (!CaughtAtOnce)
            {
                sandbox.Run(TimeSpan.FromMilliseconds(400));
                Hand();
            }
        }

        BindRole();

        if (!CaughtAtOnce)
        {
            Settle();
            if (@case.IsDraft)
                LiveRules.AwaitQuiet(sandbox, TimeSpan.FromSeconds(@case.Data.ToJsonString().Contains("\"slow\"", StringComparison.Ordinal) ? 10 : 3));
            sandbox.Run(TimeSpan.FromSeconds(2));
        }

        foreach (var recorded in Recorded)
        {
            if (sandbox.Get(recorded.Kind(), recorded.Name()) is { } ours)
                _uids[recorded.Uid()] = ours.Uid();
        }

        return problems;
    }

    /// <summary>
    /// From now on snapshots of volumes take as long as they took in the recording, whose snapshot-controller was throttled; longer than
    /// the case when they were never seen to end.
    /// </summary>
    public void TakeRecordedSpeed()
    {
        var times = new List<double>();
        var end = @case.Data.ArrayAt("timeline").Objects().Concat(@case.Data.ArrayAt("steps").Objects()).Select(t => t["ms"]!.GetValue<double>()).DefaultIfEmpty(0).Max();
        foreach (var history in @case.Data.ArrayAt("timeline").Objects().Where(t => t.TextAt("kind") == "VolumeSnapshot").GroupBy(t => t.TextAt("name")))
        {
            if (history.FirstOrDefault(t => t.TextAt("event") == "ADDED") is not { } added)
                continue;
            var done = history.FirstOrDefault(t => t.FlagAt("readyToUse") is true || t["error"] is not null)?["ms"]?.GetValue<double>();
            var gone = history.FirstOrDefault(t => t.FlagAt("deleting") is true || t.TextAt("event") == "DELETED")?["ms"]?.GetValue<double>();
            times.Add((done ?? ((gone ?? end) + 1000)) - added["ms"]!.GetValue<double>());
        }

        if (times.Count == 0)
            return;
        // Snapshots of two clones wait for each other, which is no speed: the shorter time is the storage's.
        sandbox.TakeSnapshotTime(Math.Max(0, ((@case.IsClone ? times.Min() : times.Max()) / 1000) - 0.15));
    }

    /// <summary>From now on input that names the recorded object names ours.</summary>
    public void Match(JsonObject? recorded, JsonObject? ours)
    {
        if (recorded is not null && ours is not null && recorded.Uid().Length > 0)
            _uids[recorded.Uid()] = ours.Uid();
    }

    /// <summary>Input that names a recorded object's uid names ours instead.</summary>
    public JsonNode Translate(JsonNode input)
    {
        var text = input.ToJsonString();
        foreach (var (recorded, ours) in _uids)
            text = text.Replace(recorded, ours, StringComparison.Ordinal);
        return JsonNode.Parse(text)!;
    }

    /// <summary>
    /// The role a case's user gets; null when none. The recorder gave roles by requests of which only the status was kept; the case's
    /// title says which.
    /// </summary>
    public static string? RoleOf(JsonObject data)
    {
        var title = data.TextAt("title") ?? "";
        if (data.TextAt("create", "asUser") is null || !title.Contains(" rights", StringComparison.Ordinal) || title.Contains("without", StringComparison.Ordinal))
            return null;
        return title.Contains("kubevirt view", StringComparison.Ordinal) ? "kubevirt.io:view" : title.Contains("view", StringComparison.Ordinal) ? "view" : "edit";
    }

    private void BindRole()
    {
        if (RoleOf(@case.Data) is not { } role)
            return;
        var user = @case.Data.TextAt("create", "asUser")!;
        var binding = new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = "RoleBinding",
            ["metadata"] = new JsonObject { ["name"] = "given-by-hand" },
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = role },
            ["subjects"] = new JsonArray(new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "User", ["name"] = UserName(user) }),
        };
        sandbox.Post(sandbox.Find("RoleBinding"), @case.Namespace, binding);
    }

    /// <summary>The recordings name a user by its credentials.</summary>
    public static string? UserName(string? credentials) => credentials?.StartsWith("user-", StringComparison.Ordinal) is true ? credentials["user-".Length..] : credentials;

    // A VM without any status: the case began before a controller had looked at it.
    private bool CaughtAtOnce => Recorded.Any(o => o.Kind() == "VirtualMachine" && o["status"] is null);

    private void Hand()
    {
        foreach (var recorded in Recorded.Where(o => o.Kind() == "PersistentVolumeClaim"))
        {
            if (sandbox.Get(recorded.Kind(), recorded.Name()) is not { } ours)
                continue;
            var owners = recorded.ArrayAt("metadata", "ownerReferences").Objects().Where(r => r.TextAt("kind") == "VirtualMachine").ToList();
            if (owners.Count > 0 && (ours.ArrayAt("metadata", "ownerReferences")?.Count ?? 0) == 0)
            {
                var list = new JsonArray([.. owners.Select(r =>
                {
                    var copy = r.Copy();
                    copy["uid"] = sandbox.Get("VirtualMachine", r.TextAt("name")!)?.Uid();
                    return (JsonNode?)copy;
                })]);
                sandbox.Merge(recorded.Kind(), recorded.Name(), new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = list } });
            }
        }
    }

    private static bool IsBoundByHand(JsonObject claim) => claim.TextAt("status", "phase") == "Bound"
        && claim.Annotation("volume.kubernetes.io/storage-provisioner") is null && claim.TextAt("spec", "volumeName")?.StartsWith("pvc-", StringComparison.Ordinal) is false;

    /// <summary>What there is of the kinds the recording lists.</summary>
    public JsonArray State() =>
        new([.. (@case.IsDraft ? StateKinds : Recorded.Select(o => o.Kind()).Distinct()).SelectMany(k => Recorder.Objects(sandbox, k)).Select(o => o.Copy())]);

    private void GiveVolume(JsonObject claim)
    {
        var volume = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolume",
            ["metadata"] = new JsonObject { ["name"] = claim.TextAt("spec", "volumeName") },
            ["spec"] = new JsonObject
            {
                ["accessModes"] = claim.At("spec", "accessModes").Copy(),
                ["capacity"] = new JsonObject { ["storage"] = claim.TextAt("spec", "resources", "requests", "storage") },
                ["claimRef"] = new JsonObject { ["namespace"] = @case.Namespace, ["name"] = claim.Name() },
                ["csi"] = new JsonObject { ["driver"] = "csi.fake.example.com", ["volumeHandle"] = "h-" + claim.Name() },
                ["persistentVolumeReclaimPolicy"] = "Delete",
                ["storageClassName"] = claim.TextAt("spec", "storageClassName"),
            },
        };
        sandbox.Post(sandbox.Find("PersistentVolume"), null, volume);
    }

    private void Settle() => sandbox.RunUntil(() => Recorded.All(IsReached), sandbox.IsLive ? TimeSpan.FromSeconds(90) : TimeSpan.FromMinutes(8));

    private bool IsReached(JsonObject recorded)
    {
        if (recorded.Name().StartsWith("prime-", StringComparison.Ordinal))
            return true;
        // Names made from a uid cannot be found by name; their owners are waited for instead.
        if (sandbox.Get(recorded.Kind(), recorded.Name()) is not { } ours)
            return recorded.Name().Any(char.IsAsciiDigit) && recorded.Name().Length > 36;
        return ours.TextAt("status", "phase") == recorded.TextAt("status", "phase")
            && ours.FlagAt("status", "readyToUse") == recorded.FlagAt("status", "readyToUse")
            && ours.TextAt("status", "printableStatus") == recorded.TextAt("status", "printableStatus");
    }
}
