using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Tests.Support;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Planning;

/// <summary>What a real KubeVirt 1.9 did with clones of the groups filters, MAC addresses, patches, volume names, names: what it refuses or never finishes is said before it is sent, or sent in a form that works.</summary>
public sealed class RecordedCaseTests
{
    // Not expressible in a request: lists and names are typed, and source, target, kind and apiGroup are always written.
    private static readonly HashSet<string> NotExpressible = new(StringComparer.Ordinal)
    {
        "b28-filter-type-error", "b29-filter-item-type-error", "j10-source-no-group", "j45-kind-mismatch",
    };

    // Refused or hanging as recorded, done by sending the same wish in another form.
    private static readonly HashSet<string> SentInAnotherForm = new(StringComparer.Ordinal)
    {
        "b27-filters-snapshot-source", "c02-mac-all", "c03-mac-some", "c08-mac-duplicate", "c11-mac-source-same", "c19-mac-colon-delete",
        "e11-patch-mac-wins", "e16-patch-value-colon", "e22-patch-nested-object", "j10-source-no-group", "j19-target-no-group", "j20-target-group-wrong",
    };

    // Only the server can know.
    private static readonly HashSet<string> ServerOnly = new(StringComparer.Ordinal)
    {
        "j28-clone-exists", "j32-alice-no-rights", "j33-alice-kubevirt-view", "j06-snapshot-not-ready",
    };

    // Taken by KubeVirt, refused here: they strip everything, adopt somebody's data, overwrite a machine, or wait for a source nobody may make.
    private static readonly Dictionary<string, string> RefusedForSafety = new(StringComparer.Ordinal)
    {
        ["b05-all-empty-lists"] = FaultIds.VMCloneFilterInvalid,
        ["f05-policy-prefix-exists"] = FaultIds.VMCloneVolumeExists,
        ["j36-snapshot-target-is-orig"] = FaultIds.VMCloneTargetExists,
        // It succeeded because somebody made the source later.
        ["j04-source-missing-then-made"] = FaultIds.VMNotFound,
    };

    private static readonly Dictionary<string, string> ExpectedIds = new(StringComparer.Ordinal)
    {
        ["b17-empty-string"] = FaultIds.VMCloneFilterInvalid,
        ["b19-negation-inside"] = FaultIds.VMCloneFilterInvalid,
        ["b20-wildcard-inside"] = FaultIds.VMCloneFilterInvalid,
        ["b21-wildcard-first"] = FaultIds.VMCloneFilterInvalid,
        ["c05-mac-malformed"] = FaultIds.VMCloneMacInvalid,
        ["c06-mac-two-malformed"] = FaultIds.VMCloneMacInvalid,
        ["e02-patch-not-json"] = FaultIds.VMClonePatchInvalid,
        ["e03-patch-empty-string"] = FaultIds.VMClonePatchInvalid,
        ["e04-patch-json-not-patch"] = FaultIds.VMClonePatchInvalid,
        ["e06-patch-missing-path"] = FaultIds.VMClonePatchInvalid,
        ["e07-patch-name"] = FaultIds.VMClonePatchInvalid,
        ["e12-patch-remove-filtered"] = FaultIds.VMClonePatchInvalid,
        ["e13-patch-test-op"] = FaultIds.VMClonePatchInvalid,
        ["e17-patch-path-labels-whole"] = FaultIds.VMClonePatchInvalid,
        ["e18-patch-path-labels-null"] = FaultIds.VMClonePatchInvalid,
        ["e19-patch-status"] = FaultIds.VMClonePatchInvalid,
        ["e20-patch-spec-whole"] = FaultIds.VMClonePatchInvalid,
        ["e27-patch-stuck-then-fixed"] = FaultIds.VMClonePatchInvalid,
        ["f07-policy-v1alpha1"] = FaultIds.VMClonePatchInvalid,
        ["f08-policy-empty-string"] = FaultIds.VMCloneVolumeNamePolicyInvalid,
        ["j01-target-exists"] = FaultIds.VMCloneTargetExists,
        ["j02-target-is-source"] = FaultIds.VMCloneTargetIsSource,
        ["j03-source-missing"] = FaultIds.VMNotFound,
        ["j05-snapshot-missing"] = FaultIds.VMSnapshotNotFound,
        ["j08-source-kind-bad"] = FaultIds.VMCloneSourceInvalid,
        ["j09-target-kind-bad"] = FaultIds.VMCloneTargetInvalid,
        ["j12-source-name-empty"] = FaultIds.VMCloneSourceInvalid,
        ["j13-source-name-missing"] = FaultIds.VMCloneSourceInvalid,
        ["j14-source-kind-missing"] = FaultIds.VMCloneSourceInvalid,
        ["j15-source-missing-field"] = FaultIds.VMCloneSourceInvalid,
        ["j16-source-null"] = FaultIds.VMCloneSourceInvalid,
        ["j17-source-empty-object"] = FaultIds.VMCloneSourceInvalid,
        ["j18-source-kind-empty"] = FaultIds.VMCloneSourceInvalid,
        ["j21-target-name-bad"] = FaultIds.VMCloneNameInvalid,
        ["j23-target-name-254"] = FaultIds.VMCloneNameInvalid,
        ["j25-clone-name-bad"] = FaultIds.VMCloneNameInvalid,
        ["j26-clone-name-254"] = FaultIds.VMCloneNameInvalid,
        ["j31-no-namespace"] = FaultIds.NamespaceNotFound,
        ["j39-no-spec"] = FaultIds.VMCloneSourceInvalid,
        ["j46-snapshot-failed"] = FaultIds.VMCloneSnapshotFailed,
    };

    public static TheoryData<string> Cases() => [.. RecordedCase.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Refused_and_hanging_requests_are_faults_before_anything_is_sent_and_the_others_are_sent(string name)
    {
        var recorded = RecordedCase.Named(name);
        var world = recorded.Load();
        var updates = await world.CloneAsync([recorded.Request()], new CloneOptions { Batch = "recorded" });

        var faults = updates.Of(ItemUpdateKind.Fault).Select(u => u.Fault!).ToList();
        if (ExpectedIds.TryGetValue(name, out var id) || RefusedForSafety.TryGetValue(name, out id))
        {
            var fault = faults.ShouldHaveSingleItem();
            fault.Id.ShouldBe(id, fault.Message);
            fault.RecommendedAction.ToString().ShouldNotBeNullOrWhiteSpace();
            fault.TargetName.ShouldNotBeNullOrWhiteSpace();
            fault.Terminating.ShouldBeFalse();
            world.Client.Count("CREATE").ShouldBe(0);
            return;
        }

        faults.ShouldBeEmpty();
        world.Client.Count("CREATE").ShouldBe(1);
        if (!NotExpressible.Contains(name) && !ServerOnly.Contains(name) && !SentInAnotherForm.Contains(name))
            recorded.End.ShouldBe("Succeeded", $"a case that KubeVirt does not finish ({recorded.Title}) was neither refused nor rewritten");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_is_sent_passes_the_checks_of_the_restore_webhook(string name)
    {
        var recorded = RecordedCase.Named(name);
        var world = recorded.Load();
        await world.CloneAsync([recorded.Request()], new CloneOptions { Batch = "recorded" });

        foreach (var clone in world.Client.All(World.Clones))
        {
            clone["spec"]!["target"]!["apiGroup"]!.GetValue<string>().ShouldBe("kubevirt.io");
            foreach (var mac in clone["spec"]!["newMacAddresses"]?.AsObject() ?? [])
                mac.Value!.GetValue<string>().ShouldNotContain(":");
            foreach (var patch in clone["spec"]!["patches"]?.AsArray() ?? [])
                NaiveRestoreCheck.WhyRefused(patch!.GetValue<string>()).ShouldBeNull();
        }
    }
}

/// <summary>One recorded case.</summary>
internal sealed record RecordedCase(string Name, string Title, string Namespace, string End, JsonObject Posted, JsonArray Objects)
{
    private static readonly Lazy<Dictionary<string, RecordedCase>> Loaded = new(() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "recorded-clones.jsonl"))
            .Select(line => JsonSerializer.Deserialize<RecordedCase>(line, JsonSerializerOptions.Web)!)
            .ToDictionary(c => c.Name, StringComparer.Ordinal));

    public static IEnumerable<RecordedCase> All => Loaded.Value.Values;

    public static RecordedCase Named(string name) => Loaded.Value[name];

    public World Load()
    {
        var world = new World();
        if (Name != "j31-no-namespace")
            world.Client.Put(World.Namespaces, new JsonObject { ["metadata"] = new JsonObject { ["name"] = Namespace, ["namespace"] = "" } });
        foreach (var item in Objects.OfType<JsonObject>())
        {
            var kind = item["kind"]!.GetValue<string>() switch
            {
                "VirtualMachine" => KubeVirtKinds.VirtualMachine,
                "PersistentVolumeClaim" => KubeVirtKinds.PersistentVolumeClaim,
                "VirtualMachineSnapshot" => World.Snapshots,
                "VirtualMachineSnapshotContent" => KubeVirtKinds.SnapshotContent("v1beta1"),
                var other => new ResourceKind("", "v1", other.ToLowerInvariant() + "s", other),
            };
            world.Client.Put(kind, item);
        }

        return world;
    }

    /// <summary>The recorded wish as a request of ours.</summary>
    public CloneRequest Request()
    {
        var item = (JsonObject)Posted.DeepClone();
        item["metadata"]!["namespace"] = Name == "j31-no-namespace" ? "nope-nope" : Namespace;
        var record = CloneRecord.From(new KubernetesObject(JsonSerializer.SerializeToElement(item)));
        return CloneRequest.FromClone(record) with
        {
            CloneName = record.Name.Length == 0 ? null : record.Name,
            TargetKind = record.Raw.StringAt("spec", "target", "kind") ?? SourceKinds.VirtualMachine,
        };
    }
}
