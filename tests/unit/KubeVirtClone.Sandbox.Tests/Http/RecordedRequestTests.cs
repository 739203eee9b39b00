using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Http;

/// <summary>Every recorded request is sent again, and the answer must be the recorded one.</summary>
public sealed class RecordedRequestTests(ITestOutputHelper output) : IAsyncLifetime
{
    private TestServer _server = null!;
    private HttpClient _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        // The recording was made with an administrator's client certificate.
        _admin = _server.Client(certificateUser: "kubernetes-admin");
        _server.Namespace("rec");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Lists_page_select_and_refuse_as_recorded()
    {
        PutListedMachines();
        await AllAsRecorded(Recorded.Load("paging-and-selectors.json"));
    }

    [Fact]
    public async Task Errors_are_as_recorded()
    {
        PutListedMachines();
        var exchanges = Recorded.Load("errors.json");
        var clone = (JsonObject)exchanges[12]["response"]!["body"]!.DeepClone();
        clone["status"]!["phase"] = "Succeeded";
        _server.Put(clone);
        // The fifth is refused by KubeVirt's webhook, which this server does not have.
        exchanges.RemoveAt(4);
        await AllAsRecorded(exchanges);
    }

    [Fact]
    public async Task Patches_are_as_recorded()
    {
        var differences = new List<string>();
        var exchanges = Recorded.Load("patch.json");
        foreach (var (exchange, label) in exchanges.Zip<JsonObject, string?>(["m", "j", "applied", null]))
        {
            if (label is not null)
            {
                var before = (JsonObject)exchange["response"]!["body"]!.DeepClone();
                ((JsonObject)before["metadata"]!["labels"]!).Remove(label);
                _server.Put(before);
            }

            differences.AddRange(await Recorded.Replay(_admin, exchange));
        }

        differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Deletions_are_as_recorded()
    {
        var exchanges = Recorded.Load("delete.json");
        _server.Put((JsonObject)Recorded.Load("errors.json")[12]["response"]!["body"]!);
        _server.Put((JsonObject)exchanges[1]["response"]!["body"]!);
        var finalizers = (JsonArray)exchanges[1]["response"]!["body"]!["metadata"]!["finalizers"]!;
        _server.Api.Patch(
            _server.Api.Type("kubevirt.io", "virtualmachines"),
            "rec",
            "db-1",
            PatchType.Merge,
            new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray(finalizers[0]!.DeepClone()) } },
            RequestInfo.Controller("test"));
        foreach (var machine in (JsonArray)exchanges[2]["response"]!["body"]!["items"]!)
            _server.Put((JsonObject)machine!);

        await AllAsRecorded(exchanges);
    }

    [Fact]
    public async Task Tables_are_as_recorded()
    {
        PutListedMachines();
        var clone = (JsonObject)Recorded.Load("errors.json")[12]["response"]!["body"]!.DeepClone();
        clone["status"]!["phase"] = "Succeeded";
        _server.Put(clone);
        _server.Namespace("b4");
        var exchanges = Recorded.Load("tables.json");
        var now = _server.Api.Timestamp();
        const string snapshot =
            """
            {"spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"src"}},
             "status":{"phase":"Succeeded","readyToUse":true,"creationTime":"NOW"}}
            """;
        PutRow(exchanges[3], 0, "VirtualMachineSnapshot", snapshot.Replace("NOW", now));
        const string restore = """{"spec":{"target":{"kind":"VirtualMachine","name":"NAME"},"virtualMachineSnapshotName":"gold"},"status":{"complete":true,"restoreTime":"NOW"}}""";
        for (var i = 0; i < 400; i++)
            PutRow(exchanges[4], Math.Min(i, 1), "VirtualMachineRestore", restore.Replace("NAME", $"r-{i}").Replace("NOW", now), $"r-{i}");

        await AllAsRecorded(exchanges);
    }

    [Fact]
    public async Task Access_reviews_are_as_recorded() => await AllAsRecorded(Recorded.Load("access-review.json"));

    [Fact]
    public async Task Unauthenticated_requests_are_answered_as_recorded()
    {
        var differences = new List<string>();
        foreach (var exchange in Recorded.Load("unauthenticated.json"))
            differences.AddRange(await Recorded.Replay(_server.Client(), exchange));
        differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Discovery_is_as_recorded_for_everything_served()
    {
        var differences = new List<string>();
        foreach (var exchange in Recorded.Load("discovery.json"))
        {
            differences.AddRange(await Recorded.Replay(_admin, exchange, (wanted, have) =>
                Only((JsonObject)wanted!.DeepClone(), "resources", "name", have)));
        }

        foreach (var exchange in Recorded.Load("discovery-aggregated.json"))
        {
            differences.AddRange(await Recorded.Replay(_admin, exchange, (wanted, have) => OnlyServed((JsonObject)wanted!.DeepClone(), (JsonObject)have!)));
        }

        differences.ShouldBeEmpty();
    }

    // Each file is gone through whole by a test of this class, WatchTests or RecordedKubeVirtTests; one that is added needs its own.
    [Fact]
    public void The_table_of_recorded_requests()
    {
        Recorded.Files.ShouldBe(
        [
            "access-review.json", "delete.json", "discovery-aggregated.json", "discovery.json", "errors.json", "paging-and-selectors.json",
            "patch.json", "subresources.json", "tables.json", "unauthenticated.json", "watch.json",
        ]);
        var all = Recorded.Files.ToDictionary(f => f, f => Recorded.Load(f).Count);
        foreach (var (file, count) in all)
            output.WriteLine($"{file,-28} {count - Recorded.LeftOut.Count(l => l.File == file),3} of {count}");
        output.WriteLine($"recorded requests answered as recorded: {all.Values.Sum() - Recorded.LeftOut.Count} of {all.Values.Sum()}");
        Recorded.LeftOut.ShouldAllBe(l => l.Index < all[l.File]);
        (all.Values.Sum() - Recorded.LeftOut.Count).ShouldBe(67);
    }

    [Fact]
    public void The_comparison_finds_a_changed_field()
    {
        var wanted = JsonNode.Parse("""{"metadata":{"uid":"d4d766ba-be80-45f2-a639-2d119c2ed308","name":"a"},"list":[1,2]}""");
        var same = JsonNode.Parse("""{"metadata":{"uid":"afcf7ef3-1b0c-4667-8d88-e5a1fb8e0e80","name":"a"},"list":[1,2]}""");
        var other = JsonNode.Parse("""{"metadata":{"uid":"x","name":"b"},"list":[1],"more":true}""");
        var none = new List<string>();
        var some = new List<string>();

        Recorded.Compare(wanted, same, "", none);
        Recorded.Compare(wanted, other, "", some);

        none.ShouldBeEmpty();
        some.Count.ShouldBe(4);
    }

    private async Task AllAsRecorded(IEnumerable<JsonObject> exchanges)
    {
        var differences = new List<string>();
        foreach (var exchange in exchanges)
            differences.AddRange(await Recorded.Replay(_admin, exchange));
        differences.ShouldBeEmpty();
    }

    private void PutListedMachines()
    {
        var all = Recorded.Load("paging-and-selectors.json")[8];
        foreach (var machine in (JsonArray)all["response"]!["body"]!["items"]!)
            _server.Put((JsonObject)machine!);
    }

    private void PutRow(JsonObject exchange, int row, string kind, string content, string? name = null)
    {
        var obj = (JsonObject)JsonNode.Parse(content)!;
        var metadata = exchange["response"]!["body"]!["rows"]![row]!["object"]!["metadata"]!.DeepClone();
        if (name is not null)
            metadata["name"] = name;
        obj["apiVersion"] = "snapshot.kubevirt.io/v1beta1";
        obj["kind"] = kind;
        obj["metadata"] = metadata;
        _server.Put(obj);
    }

    // What is recorded and not served here is left out of the comparison; what is served must be as recorded, in its order.
    private static JsonObject Only(JsonObject wanted, string list, string key, JsonNode? have)
    {
        if (wanted[list] is JsonArray items && have?[list] is JsonArray served)
        {
            var names = served.Select(s => s.TextAt(key)).ToHashSet();
            foreach (var item in items.Where(i => !names.Contains(i.TextAt(key))).ToList())
                items.Remove(item);
        }

        return wanted;
    }

    private static JsonObject OnlyServed(JsonObject wanted, JsonObject have)
    {
        var items = (JsonArray)wanted["items"]!;
        foreach (var group in items.Cast<JsonObject>().ToList())
        {
            var served = have["items"]!.AsArray().FirstOrDefault(g => g.TextAt("metadata", "name") == group.TextAt("metadata", "name"));
            if (served is null)
            {
                items.Remove(group);
                continue;
            }

            Only(group, "versions", "version", served);
            foreach (var version in group["versions"]!.AsArray().Cast<JsonObject>())
            {
                var servedVersion = served["versions"]!.AsArray().First(v => v.TextAt("version") == version.TextAt("version"))!;
                Only(version, "resources", "resource", servedVersion);
                foreach (var resource in version["resources"]!.AsArray().Cast<JsonObject>())
                {
                    var servedResource = servedVersion["resources"]!.AsArray().First(r => r.TextAt("resource") == resource.TextAt("resource"));
                    if (servedResource!["subresources"] is null)
                        resource.Remove("subresources");
                    Only(resource, "subresources", "subresource", servedResource);
                }
            }
        }

        return wanted;
    }
}
