using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Resources;

namespace KubeVirtClone.Sandbox.Tests.Machinery;

public sealed class GarbageCollectorTests : IDisposable
{
    private static readonly RequestInfo Me = new("me", []);

    private readonly ApiMachinery _api = new(ResourceCatalog.For(Profile.Load("1.9")), TimeProvider.System, seed: 1);
    private readonly GarbageCollector _collector;
    private readonly NamespaceController _namespaces;

    public GarbageCollectorTests()
    {
        _api.AddAdmission(new BuiltInAdmission(_api));
        _collector = new GarbageCollector(_api);
        _namespaces = new NamespaceController(_api);
        _api.Create(_api.Type("", "namespaces"), null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "ns" } }, Me);
    }

    private ResourceType Maps => _api.Type("", "configmaps");

    public void Dispose()
    {
        _collector.Dispose();
        _namespaces.Dispose();
    }

    [Fact]
    public void Dependents_go_with_their_last_owner()
    {
        var a = Make("a");
        var b = Make("b");
        Make("child", a, b);

        Delete("a");
        Owners("child").ShouldBe(["b"]);

        Delete("b");
        Exists("child").ShouldBeFalse();
    }

    [Fact]
    public void Chains_go_whole()
    {
        var parent = Make("a");
        for (var i = 0; i < 30; i++)
            parent = Make($"link-{i}", parent);

        Delete("a");

        _api.List(Maps, "ns").ShouldBeEmpty();
    }

    [Fact]
    public void A_dependent_of_an_owner_that_never_was_goes()
    {
        var ghost = Make("ghost");
        Delete("ghost");

        Make("child", ghost);

        Exists("child").ShouldBeFalse();
    }

    [Fact]
    public void A_new_object_of_the_owners_name_is_not_the_owner()
    {
        var first = Make("a");
        Delete("a");
        Make("a");

        Make("child", first);

        Exists("child").ShouldBeFalse();
    }

    [Fact]
    public void An_owner_of_a_kind_that_is_not_served_is_left_alone()
    {
        var stranger = (JsonObject)Make("a").DeepClone();
        stranger["kind"] = "Gizmo";
        stranger["apiVersion"] = "example.com/v1";

        Make("child", stranger);

        Exists("child").ShouldBeTrue();
    }

    [Fact]
    public void Foreground_deletion_holds_the_owner_until_blocking_dependents_are_gone()
    {
        var owner = Make("a");
        Make("child", [owner], finalizer: "example.com/hold");

        _api.Delete(Maps, "ns", "a", new DeleteRequest { PropagationPolicy = "Foreground" }, Me);
        Exists("a").ShouldBeTrue();
        _api.Get(Maps, "ns", "child").TextAt("metadata", "deletionTimestamp").ShouldNotBeNull();

        _api.Patch(Maps, "ns", "child", PatchType.Merge, JsonNode.Parse("""{"metadata":{"finalizers":null}}""")!, Me);
        Exists("child").ShouldBeFalse();
        Exists("a").ShouldBeFalse();
    }

    [Fact]
    public void Orphans_lose_the_reference_and_stay()
    {
        var owner = Make("a");
        Make("child", owner);

        _api.Delete(Maps, "ns", "a", new DeleteRequest { PropagationPolicy = "Orphan" }, Me);

        Exists("a").ShouldBeFalse();
        Owners("child").ShouldBeEmpty();
    }

    [Fact]
    public void A_namespace_waits_for_finalizers_and_takes_nothing_new()
    {
        Make("held", [], finalizer: "example.com/hold");
        Make("free");
        var namespaces = _api.Type("", "namespaces");

        _api.Delete(namespaces, null, "ns", new DeleteRequest(), Me);

        Exists("free").ShouldBeFalse();
        _api.Get(namespaces, null, "ns").TextAt("status", "phase").ShouldBe("Terminating");
        Should.Throw<ApiException>(() => Make("late")).Message.ShouldBe(
            "configmaps \"late\" is forbidden: unable to create new content in namespace ns because it is being terminated");

        _api.Patch(Maps, "ns", "held", PatchType.Merge, JsonNode.Parse("""{"metadata":{"finalizers":null}}""")!, Me);
        _api.Get(namespaces, null, "ns").ShouldBeNull();
    }

    private JsonObject Make(string name, params JsonObject[] owners) => Make(name, owners, finalizer: null);

    private JsonObject Make(string name, JsonObject[] owners, string? finalizer)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (finalizer is not null)
            metadata["finalizers"] = new JsonArray(finalizer);
        if (owners.Length > 0)
        {
            metadata["ownerReferences"] = new JsonArray([.. owners.Select(o => (JsonNode)new JsonObject
            {
                ["apiVersion"] = o.TextAt("apiVersion"),
                ["kind"] = o.TextAt("kind"),
                ["name"] = o.TextAt("metadata", "name"),
                ["uid"] = o.TextAt("metadata", "uid"),
                ["blockOwnerDeletion"] = true,
            })]);
        }

        return _api.Create(Maps, "ns", new JsonObject { ["metadata"] = metadata }, Me);
    }

    private void Delete(string name) => _api.Delete(Maps, "ns", name, new DeleteRequest(), Me);

    private bool Exists(string name) => _api.Get(Maps, "ns", name) is not null;

    private List<string?> Owners(string name) =>
        [.. (_api.Get(Maps, "ns", name).At("metadata", "ownerReferences") as JsonArray ?? []).Select(o => o.TextAt("name"))];
}
