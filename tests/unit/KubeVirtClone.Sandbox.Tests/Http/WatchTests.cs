using System.Globalization;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Http;

public sealed class WatchTests : IAsyncLifetime
{
    private const string Machines = "/apis/kubevirt.io/v1/namespaces/rec/virtualmachines";
    private static readonly RequestInfo Me = RequestInfo.Controller("test");

    private TestServer _server = null!;

    private ResourceType Type => _server.Api.Type("kubevirt.io", "virtualmachines");

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        _server.Namespace("rec");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Changes_and_bookmarks_come_as_recorded()
    {
        var recorded = Recorded.Load("watch.json")[0]["response"]!["lines"]!.AsArray().Cast<JsonObject>().ToList();
        var deleting = recorded.Where(l => l.TextAt("type") == "DELETED").Select(l => (JsonObject)l["object"]!).Take(3).ToList();
        foreach (var machine in deleting)
        {
            _server.Put(machine);
            _server.Api.Delete(Type, "rec", machine.TextAt("metadata", "name")!, new DeleteRequest(), Me);
        }

        await using var watch = await Watch($"?watch=1&resourceVersion={_server.Api.ResourceVersion}&timeoutSeconds=3&allowWatchBookmarks=true");
        Release("web-1");
        _server.Put(Without((JsonObject)recorded[1]["object"]!, "status"));
        Release("web-1-copy");
        _server.Api.Patch(
            Type, "rec", "w1", PatchType.Merge, new JsonObject { ["status"] = recorded[3]["object"]!["status"]!.DeepClone() }, Me, "status");
        Release("web-2");
        _server.Api.Patch(Type, "rec", "w1", PatchType.Merge, JsonNode.Parse("""{"metadata":{"labels":{"z":"1"}}}""")!, Me);
        _server.Api.Delete(Type, "rec", "w1", new DeleteRequest(), Me);
        var lines = await watch.ReadToEnd();

        var differences = new List<string>();
        var changes = recorded.Where(l => l.TextAt("type") != "BOOKMARK").ToList();
        for (var i = 0; i < changes.Count; i++)
            Recorded.Compare(changes[i], lines[i], $"line {i}", differences);
        differences.ShouldBeEmpty();
        // When bookmarks come is a matter of time; that they come, and what they hold, is not.
        lines.Count.ShouldBeGreaterThan(changes.Count);
        foreach (var mark in lines.Skip(changes.Count))
            Recorded.Compare(recorded[^1], mark, "bookmark", differences);
        differences.ShouldBeEmpty();
        Revision(lines[^1]).ShouldBeGreaterThanOrEqualTo(Revision(lines[changes.Count - 1]));
    }

    [Fact]
    public async Task A_revision_that_was_compacted_is_expired_as_recorded()
    {
        _server.Api.Compact(_server.Api.ResourceVersion);

        await using var watch = await Watch("?watch=1&resourceVersion=1&timeoutSeconds=3");
        var lines = await watch.ReadToEnd();

        var differences = new List<string>();
        Recorded.Compare(Recorded.Load("watch.json")[1]["response"]!["lines"], new JsonArray([.. lines]), "", differences);
        differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Initial_events_end_with_a_marked_bookmark_as_recorded()
    {
        await using var watch = await Watch("?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=3");

        var differences = new List<string>();
        Recorded.Compare(Recorded.Load("watch.json")[2]["response"]!["lines"]![0], await watch.Next(), "", differences);
        differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_object_that_starts_or_stops_matching_is_added_or_deleted()
    {
        Put("a", "tier", "web");
        await using var watch = await Watch($"?watch=1&resourceVersion={_server.Api.ResourceVersion}&labelSelector=tier%3Ddb");

        Label("a", "db");
        Label("a", "db", "more");
        Label("a", "web");

        (await watch.Next()).ShouldSatisfyAllConditions(l => Shown(l).ShouldBe("ADDED a db"));
        Shown(await watch.Next()).ShouldBe("MODIFIED a db");
        var gone = await watch.Next();
        Shown(gone).ShouldBe("DELETED a db");
        Revision(gone).ShouldBe(_server.Api.ResourceVersion);
    }

    [Theory]
    [InlineData("")]
    [InlineData("&resourceVersion=0")]
    public async Task Without_a_revision_the_objects_there_are_come_first(string revision)
    {
        Put("a", "tier", "web");
        Put("b", "tier", "web");
        await using var watch = await Watch("?watch=true" + revision);

        Shown(await watch.Next()).ShouldBe("ADDED a web");
        Shown(await watch.Next()).ShouldBe("ADDED b web");
        Put("c", "tier", "web");
        Shown(await watch.Next()).ShouldBe("ADDED c web");
    }

    [Fact]
    public async Task A_watch_ends_at_its_time_limit()
    {
        await using var watch = await Watch("?watch=1&timeoutSeconds=1");

        (await watch.ReadToEnd()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Stopping_the_server_ends_open_watches_at_once()
    {
        var server = await TestServer.Start();
        await using var watch = await WatchStream.Open(server.Client("admin-token"), "/api/v1/namespaces?watch=1&resourceVersion=0&timeoutSeconds=600");
        await watch.Next();
        var clock = System.Diagnostics.Stopwatch.StartNew();

        await server.DisposeAsync();

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60)); // ten minutes it would have stayed open
    }

    [Fact]
    public async Task A_table_watch_sends_headings_once()
    {
        Put("a", "tier", "web");
        await using var watch = await Watch("?watch=1", "application/json;as=Table;v=v1;g=meta.k8s.io");

        // The answer begins before the objects there are have been looked at: changed any sooner there would be one line only.
        var first = (await watch.Next())["object"]!;
        Label("a", "db");
        var second = (await watch.Next())["object"]!;

        first["columnDefinitions"]!.AsArray().Count.ShouldBe(4);
        second["columnDefinitions"]!.AsArray().ShouldBeEmpty();
        second["rows"]![0]!["cells"]![0]!.GetValue<string>().ShouldBe("a");
    }

    [Fact]
    public async Task A_watcher_of_forgotten_history_is_told_so_and_cut_off()
    {
        await using var watch = await Watch($"?watch=1&resourceVersion={_server.Api.ResourceVersion}");
        _server.Api.HistoryLimit = 1;

        for (var i = 0; i < 200; i++)
            Put($"vm-{i}", "tier", "web");
        var lines = await watch.ReadUntil(l => l.TextAt("type") == "ERROR" || Shown(l).StartsWith("ADDED vm-199", StringComparison.Ordinal));

        // Either it kept up, or it was told; it never misses a change silently.
        (lines[^1].TextAt("type") == "ERROR" || lines.Count == 200).ShouldBeTrue();
    }

    private static string Shown(JsonObject line) =>
        $"{line.TextAt("type")} {line.TextAt("object", "metadata", "name")} {line.TextAt("object", "metadata", "labels", "tier")}";

    private static long Revision(JsonObject line) =>
        long.Parse(line.TextAt("object", "metadata", "resourceVersion")!, CultureInfo.InvariantCulture);

    private static JsonObject Without(JsonObject obj, string key)
    {
        var copy = (JsonObject)obj.DeepClone();
        copy.Remove(key);
        return copy;
    }

    private Task<WatchStream> Watch(string query, string accept = "application/json") => WatchStream.Open(_server.Admin, Machines + query, accept);

    private void Release(string name) =>
        _server.Api.Patch(Type, "rec", name, PatchType.Merge, JsonNode.Parse("""{"metadata":{"finalizers":null}}""")!, Me);

    private void Put(string name, string label, string value) => _server.Put(new JsonObject
    {
        ["apiVersion"] = "kubevirt.io/v1",
        ["kind"] = "VirtualMachine",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "rec", ["labels"] = new JsonObject { [label] = value } },
        ["spec"] = JsonNode.Parse("""{"template":{"spec":{"domain":{"devices":{}}}}}"""),
    });

    private void Label(string name, string tier, string? more = null) => _server.Api.Patch(
        Type,
        "rec",
        name,
        PatchType.Merge,
        new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["tier"] = tier, ["more"] = more } } },
        Me);
}
